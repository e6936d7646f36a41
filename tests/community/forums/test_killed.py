"""A server that is killed while somebody types: what was said to be kept is kept."""

import contextlib
import os
import random
import signal
import time
import uuid

import pytest
from django.db import connection, connections

from community.forums import drafts
from community.forums.drafts import Words, words_of
from community.forums.models import Draft
from community.members.models import Group, Member
from tests import make_forums as forums

# The whole claim of forums.md is a thousand: DRAFT_KILLS=1000.
KILLS = int(os.environ.get("DRAFT_KILLS", "30"))
WIDE = 8

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def leave_the_database() -> None:
    """No open connection, and no pool of them, may be shared with a child."""
    connections.close_all()
    if close_pool := getattr(connection, "close_pool", None):
        close_pool()


def type_until_killed(member: Member, place: str, key: uuid.UUID, seen: int, told: int) -> None:
    """In a child of its own: each text is its number, and is told of once it is kept."""
    with contextlib.suppress(BaseException):
        while True:
            drafts.save(member, place, key, Words(body=str(seen + 1)), seen)
            seen += 1
            os.write(told, seen.to_bytes(WIDE, "big"))
    os._exit(1)


def test_no_text_that_was_kept_is_lost_at_any_moment(group: Group, ana: Member) -> None:
    thread = forums.published(forums.board(group), ana, "Hello.").thread
    place, key = drafts.place_of("reply", thread.id), uuid.uuid4()
    drafts.save(ana, place, key, Words(body="1"), 0)
    chance, seen = random.Random(5), 1
    for _ in range(KILLS):
        heard, told = os.pipe()
        leave_the_database()
        child = os.fork()
        if child == 0:
            type_until_killed(ana, place, key, seen, told)
        os.close(told)
        # However busy the machine is: it ends while texts are being kept, not before.
        said = os.read(heard, WIDE)
        time.sleep(chance.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(heard, "rb") as pipe:
            said += pipe.read()
        last = int.from_bytes(said[-WIDE:], "big")
        draft = Draft.objects.get()
        # What was being kept in the very moment may have come through as well.
        assert last <= draft.revision <= last + 1
        assert words_of(draft).body == str(draft.revision)
        seen = draft.revision
    assert seen > KILLS, "it was killed while it wrote"

"""Leaving for good: three days to think, texts with or without, and nothing of the person stays."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.chat import actions as chat
from community.forums import actions as forums
from community.forums.models import Draft, Post
from community.members import identity, invitations, leaving, own_copies, vault
from community.members.models import AuditEntry, Leaving, Member
from moderation.screening import runner
from tests import make, make_events, make_forums
from tests.races import together

pytestmark = pytest.mark.django_db
ClientOf = Callable[..., Client]
NAME = "Quillfeather"
TEXT = "marigold seeds in a paper bag"


@pytest.fixture
def quill(ana: Member, ada: Member) -> Member:
    """Somebody with something everywhere."""
    group = ana.memberships.get().group
    made = invitations.invite(
        ada, groups=[group], life=timedelta(days=1), email="quillfeather@people.example"
    )
    quill = make.member(group.clinic, NAME, groups=(group,))
    invitations.join_as(made.invitation, quill)
    post = make_forums.published(make_forums.board(group), ana, "A clean text.")
    forums.reply(post.thread, quill, TEXT, uuid.uuid4())
    forums.keep(post, quill)
    room = chat.open_room(group, "Evening room")
    chat.say(quill, room.id, TEXT, str(uuid.uuid4()))
    while runner.run_once():
        pass
    sealed = vault.seal(json.dumps({"body": TEXT}))
    Draft.objects.create(member=quill, place="start.1", sealed=sealed)
    identity.keep(quill, {"name": NAME})
    make_events.place(make_events.workshop(ada), email=quill.email, name=NAME)
    own_copies.ask(quill)
    return quill


def due(member: Member) -> None:
    Leaving.objects.filter(member=member).update(due_at=timezone.now() - timedelta(seconds=1))


def cells_with(*words: str) -> list[str]:
    """Every table and column in which one of the words stands."""
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            for field in model._meta.concrete_fields:
                if field.get_internal_type() not in {
                    *("CharField", "TextField", "EmailField", "JSONField", "SlugField"),
                    "GenericIPAddressField",
                }:
                    continue
                cell = f'CAST("{field.column}" AS TEXT)'
                for word in words:
                    cursor.execute(
                        f'SELECT COUNT(*) FROM "{model._meta.db_table}" WHERE {cell} LIKE %s',  # noqa: S608
                        [f"%{word}%"],
                    )
                    if cursor.fetchone()[0]:
                        found.append(f"{model._meta.db_table}.{field.column}")
    return sorted(set(found))


def test_after_leaving_no_cell_holds_the_name_the_address_or_a_text(
    quill: Member, ana: Member, client_of: ClientOf
) -> None:
    words = (NAME, NAME.lower(), TEXT)
    assert len(cells_with(*words)) >= 5  # there is something to find
    leaving.ask(quill, keep_texts=False)
    assert leaving.leave_due() == 0
    due(quill)
    assert (leaving.leave_due(), leaving.leave_due()) == (1, 0)
    assert cells_with(*words) == []
    assert not Draft.objects.exists()
    # The thread still stands for the others.
    thread = Post.objects.filter(author=ana).first().thread
    page = client_of(ana).get(reverse("forums:thread", args=[thread.id]))
    assert page.status_code == 200
    assert "A clean text." in page.content.decode()


def test_who_leaves_may_leave_the_texts_behind_without_the_name(
    quill: Member, ana: Member, client_of: ClientOf
) -> None:
    leaving.ask(quill, keep_texts=True)
    due(quill)
    leaving.leave_due()
    assert cells_with(NAME, NAME.lower()) == []
    post = Post.objects.get(author=quill)
    page = client_of(ana).get(reverse("forums:thread", args=[post.thread_id])).content.decode()
    assert TEXT in page
    assert "Former member" in page
    assert not Draft.objects.exists()


def test_somebody_can_think_again(quill: Member) -> None:
    row = leaving.ask(quill, keep_texts=False)
    assert leaving.ask(quill, keep_texts=True) == row
    assert leaving.planned(quill).keep_texts is True
    assert (leaving.stay(quill), leaving.stay(quill)) == (True, False)
    due(quill)
    assert leaving.leave_due() == 0
    quill.refresh_from_db()
    assert quill.is_active
    assert leaving.ask(quill, keep_texts=False) != row
    actions = AuditEntry.objects.filter(about_id=quill.id, action__startswith="leaving")
    assert actions.count() == 3


def test_the_care_team_cannot_leave_by_itself(moss: Member, ana: Member) -> None:
    with pytest.raises(leaving.StaffStays):
        leaving.ask(moss, keep_texts=False)
    leaving.ask(ana, keep_texts=False)
    Member.objects.filter(id=ana.id).update(is_moderator=True)
    due(ana)
    assert leaving.leave_due() == 0
    assert leaving.planned(ana) is None


def test_the_pages_ask_twice_and_say_so_on_the_way(ana: Member, client_of: ClientOf) -> None:
    client, url = client_of(ana), reverse("members:leave_for_good")
    assert "3 days" in client.get(url).content.decode()
    answer = client.post(url, {"texts": "keep"})
    assert answer.status_code == 422
    assert "tick the box" in answer.content.decode()
    assert client.post(url, {"texts": "keep", "sure": "on"}).url == url
    for page in (url, reverse("members:home")):
        assert "I would rather stay" in client.get(page).content.decode()
    assert client.post(reverse("members:stay")).status_code == 302
    assert "I would rather stay" not in client.get(reverse("members:home")).content.decode()


def test_who_has_a_passphrase_shows_it_before_leaving(ana: Member, client_of: ClientOf) -> None:
    ana.set_password("four calm lanterns glow")
    ana.save(update_fields=["password"])
    form = {"texts": "erase", "sure": "on"}
    answer = client_of(ana).post(reverse("members:leave_for_good"), form)
    assert answer.url.startswith(reverse("account_reauthenticate"))
    assert leaving.planned(ana) is None


def test_an_administrator_is_told_why_not(ada: Member, client_of: ClientOf) -> None:
    form = {"texts": "erase", "sure": "on"}
    answer = client_of(ada).post(reverse("members:leave_for_good"), form)
    assert answer.status_code == 409
    assert "your role has to end first" in answer.content.decode()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_many_workers_erase_once(ana: Member) -> None:
    leaving.ask(ana, keep_texts=False)
    due(ana)
    assert sum(together([partial(leaving.leave_due)] * 4)) == 1

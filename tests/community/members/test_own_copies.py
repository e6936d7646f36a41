"""A copy of everything one has: complete, one's own alone, taken once, gone in time."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.chat import actions as chat
from community.forums import actions as forums
from community.forums.models import Draft
from community.members import blocks, identity, outbox, own_copies, vault
from community.members.models import Member, Notice, OwnCopy
from community.members.own_copies import NotThere
from mentorship.models import Answers, Side
from moderation import risk
from moderation.models import Level, RiskSource
from moderation.screening import runner
from tests import make_events, make_forums
from tests.races import together

pytestmark = pytest.mark.django_db
ClientOf = Callable[..., Client]
# A word of ana's in each place, and one of ben's that must not be in her copy.
ANAS = {
    "forum": "heron by the river",
    "chat": "kettle is singing",
    "draft": "unsent lantern words",
    "identity": "Ana Adler of Elm Street",
    "letter": "we think of you tonight",
    "matching": "anxiety",
}
BENS = "bens own private marmalade"


@pytest.fixture
def full(ana: Member, ben: Member, moss: Member, ada: Member) -> Member:
    """Ana has something in every place, and ben has something beside it."""
    group = ana.memberships.get().group
    board = make_forums.board(group)
    post = make_forums.published(board, ana, ANAS["forum"])
    forums.edit(post, ana, ANAS["forum"] + " and a boat")
    forums.reply(post.thread, ben, BENS, uuid.uuid4())
    room = chat.open_room(group, "Evening room")
    chat.say(ana, room.id, ANAS["chat"], str(uuid.uuid4()))
    while runner.run_once():
        pass
    place = f"start.{board.id}"
    sealed = vault.seal(json.dumps({"title": "T", "body": ANAS["draft"]}))
    Draft.objects.create(member=ana, place=place, sealed=sealed)
    Draft.objects.create(member=ben, place=place, sealed=vault.seal(json.dumps({"body": BENS})))
    identity.keep(ana, {"name": ANAS["identity"]})
    case = risk.raise_risk(ana, Level.AMBER, RiskSource.MODERATOR)
    risk.write(case, moss, ANAS["letter"])
    Answers.objects.create(
        member=ana, side=Side.MENTEE, topics=[ANAS["matching"]], time_zone="Europe/London"
    )
    occurrence = make_events.workshop(ada)
    make_events.place(occurrence, email=ana.email)
    blocks.block(ana, ben)
    return ana


def prepared(member: Member) -> OwnCopy:
    row = own_copies.ask(member)
    while outbox.run_once():
        pass
    return row


def content(file: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.namelist() == ["my-copy.html", "my-copy.json"]
        page = archive.read("my-copy.html").decode()
        found: dict[str, Any] = json.loads(archive.read("my-copy.json"))
    for words in ANAS.values():
        assert words in page
    assert BENS not in page
    assert "<script" not in page
    return found


def test_a_copy_holds_everything_of_one_person_and_no_word_of_another(full: Member) -> None:
    found = content(own_copies.take(full, prepared(full).id))
    words = json.dumps(found, ensure_ascii=False)
    for each in ANAS.values():
        assert each in words
    assert BENS not in words
    (about,) = found["About you"]
    assert about["E-mail address"] == full.email
    written = found["What you wrote"]
    assert [len(thing["Wordings"]) for thing in written] == [2, 1]
    assert found["Your groups"][0]["Group"] == "Tuesday circle"
    assert found["Workshops"][0]["Under the name"]
    assert {"Blocked": "Ben"}.items() <= found["Your settings"][-1].items()


def test_every_app_with_something_of_a_person_is_in_the_registry() -> None:
    titles = {title for title, _ in own_copies._parts}
    assert titles >= {"About you", "What you wrote", "Forums", "Rooms", "Mentoring", "Workshops"}


def test_a_copy_waits_sealed_and_can_be_taken_once(full: Member, ben: Member) -> None:
    row = prepared(full)
    assert Notice.objects.filter(member=full, kind="copy_ready").exists()
    stored = OwnCopy.objects.get(id=row.id).sealed
    assert stored
    assert "PK" not in stored[:4]
    with pytest.raises(NotThere):
        own_copies.take(ben, row.id)
    assert own_copies.take(full, row.id)[:2] == b"PK"
    with pytest.raises(NotThere):
        own_copies.take(full, row.id)
    assert OwnCopy.objects.get().sealed == ""


def test_asking_twice_is_one_copy_and_after_its_time_it_is_gone(ana: Member) -> None:
    row = own_copies.ask(ana)
    assert own_copies.ask(ana) == row
    with pytest.raises(NotThere):
        own_copies.take(ana, row.id)  # not ready
    prepared(ana)
    OwnCopy.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert own_copies.waiting(ana) is None
    with pytest.raises(NotThere):
        own_copies.take(ana, row.id)
    assert own_copies.tidy() == 1
    assert (OwnCopy.objects.get().sealed, own_copies.tidy()) == ("", 0)
    assert own_copies.ask(ana) != row


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_taken_by_many_at_once_it_is_given_once(ana: Member) -> None:
    row = prepared(ana)
    results = together([partial(own_copies.take, ana, row.id)] * 6)
    assert sum(isinstance(result, bytes) for result in results) == 1
    assert sum(isinstance(result, NotThere) for result in results) == 5


def test_the_pages_lead_from_asking_to_the_file(ana: Member, client_of: ClientOf) -> None:
    client, url = client_of(ana), reverse("members:own_copy")
    assert "Make my copy" in client.get(url).content.decode()
    assert client.post(url).url == url
    assert "being made" in client.get(url).content.decode()
    while outbox.run_once():
        pass
    page = client.get(url).content.decode()
    assert "It is ready" in page
    take = reverse("members:take_copy", args=[OwnCopy.objects.get().id])
    assert client.get(take).status_code == 405
    answer = client.post(take)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert "attachment" in answer["Content-Disposition"]
    assert client.post(take).status_code == 404


def test_who_has_a_passphrase_shows_it_again_first(ana: Member, client_of: ClientOf) -> None:
    ana.set_password("four calm lanterns glow")
    ana.save(update_fields=["password"])
    client = client_of(ana)
    take = reverse("members:take_copy", args=[prepared(ana).id])
    answer = client.post(take)
    assert answer.url.startswith(reverse("account_reauthenticate"))
    assert OwnCopy.objects.get().taken_at is None
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(ana.pk)
    session.save()
    assert client.post(take).status_code == 200


def test_the_copy_costs_the_same_queries_for_one_text_and_for_five(
    full: Member, django_assert_num_queries: Callable[..., object]
) -> None:
    own_copies.parts_of(full)
    with _counting() as few:
        own_copies.parts_of(full)
    board = make_forums.board(full.memberships.get().group, "Second")
    make_forums.published(board, full, "One.", "Two.", "Three.", "Four.")
    with django_assert_num_queries(len(few)):
        own_copies.parts_of(full)


def _counting() -> Any:
    from django.test.utils import CaptureQueriesContext

    return CaptureQueriesContext(connection)

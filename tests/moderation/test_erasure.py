"""Erasing a person: their words go; cases can still be decided, and the audit still verifies."""

import uuid
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from community.chat import actions as chat
from community.members import audit, erasure, identity
from community.members.models import Group, Identity, Member, Notice
from moderation import disclosure, review, risk
from moderation.models import (
    Basis,
    Decision,
    DisclosureRequest,
    Level,
    ReviewState,
    Revision,
    RiskSource,
    RiskState,
    State,
    Submission,
)
from tests import make_forums
from tests.make_moderation import held

WORDS = "The garden was full of blackbirds this morning."
ClientOf = Callable[..., Client]


def test_words_and_particulars_go_and_digests_stay(ana: Member, moss: Member) -> None:
    identity.keep(ana, {"name": "Anna Invented"})
    case = held(ana, WORDS, title="Birds")
    before = case.revision.sha256
    assert erasure.erase(ana, moss) == 1
    revision = Revision.objects.get()
    assert (revision.title, revision.body, revision.sha256) == ("", "", before)
    assert not Identity.objects.exists()
    assert not Notice.objects.filter(member=ana).exists()
    assert (ana.name, ana.is_active) == (f"Former member {ana.id}", False)
    assert "ana" not in ana.email
    assert erasure.erase(ana, moss) == 0


@pytest.mark.parametrize("outcome", [State.VISIBLE, State.REMOVED])
def test_an_open_case_is_still_decided(ana: Member, moss: Member, outcome: State) -> None:
    waiting, taken = held(ana, WORDS), review.claim(held(ana, WORDS), moss)
    erasure.erase(ana, None)
    for case in (review.claim(waiting, moss), taken):
        review.decide(
            case,
            moss,
            outcome,
            token=case.token,
            revision_id=case.revision_id,
            policy="unkind",
            reason="A sentence.",
        )
        assert case.state == ReviewState.DECIDED
    # Nobody brings an erased text back.
    assert Submission.objects.filter(state=State.PURGED, shown=None).count() == 2
    assert Decision.objects.filter(by=moss).count() == 2
    audit.verify()


def test_the_desk_shows_the_case_and_not_the_words(
    client_of: ClientOf, ana: Member, moss: Member
) -> None:
    case = held(ana, WORDS)
    person = risk.raise_risk(ana, Level.RED, RiskSource.FILTER, submission=case.submission)
    client = client_of(moss)
    pages = [reverse("moderation:case", args=[case.id])]
    pages += [reverse("moderation:risk", args=[person.id]), reverse("moderation:queue")]
    assert "blackbirds" in client.get(pages[0]).content.decode()
    erasure.erase(ana, None)
    for url in pages:
        page = client.get(url)
        assert page.status_code == 200
        assert "blackbirds" not in page.content.decode()
        assert "Former member" in page.content.decode()


def test_a_person_at_risk_stays_in_the_teams_care(ana: Member, moss: Member) -> None:
    case = risk.raise_risk(ana, Level.RED, RiskSource.FILTER)
    erasure.erase(ana, None)
    assert risk.acknowledge(case, moss)
    case.refresh_from_db()
    assert case.state == RiskState.ACKNOWLEDGED
    audit.verify()


def test_who_looked_is_still_known_and_nothing_is_left_to_see(
    ana: Member, moss: Member, lena: Member
) -> None:
    from datetime import timedelta

    identity.keep(ana, {"name": "Anna Invented"})
    request = disclosure.ask(moss, ana, Basis.CARE, "To send a letter.", ["name"])
    disclosure.agree(request, lena, timedelta(0))
    disclosure.look(request, moss)
    erasure.erase(ana, None)
    request = DisclosureRequest.objects.get()
    assert disclosure.views_of(request).count() == 1
    assert disclosure.look(request, moss) == {"name": ""}
    audit.verify()


def test_posts_and_messages_disappear_for_others(
    client_of: ClientOf, group: Group, ana: Member, ben: Member, screen: Callable[[], int]
) -> None:
    post = make_forums.published(make_forums.board(group), ana, WORDS)
    room = chat.open_room(group, "Evening room")
    chat.say(ana, room.id, WORDS, str(uuid.uuid4()))
    screen()
    pages = [
        reverse("forums:thread", args=[post.thread_id]),
        reverse("chat:room", args=[room.id]),
    ]
    browser = client_of(ben)
    assert all("blackbirds" in browser.get(url).content.decode() for url in pages)
    erasure.erase(ana, None)
    assert not any("blackbirds" in browser.get(url).content.decode() for url in pages)


def test_a_text_nobody_has_read_is_not_screened_any_more(
    ana: Member, screen: Callable[[], int]
) -> None:
    from tests.make_moderation import letter

    letter(ana, WORDS)
    erasure.erase(ana, None)
    assert screen() == 0


def test_the_erased_cannot_come_back_in(client_of: ClientOf, ana: Member) -> None:
    client = client_of(ana)
    assert client.get(reverse("members:home")).status_code == 200
    erasure.erase(ana, None)
    assert client.get(reverse("members:home")).status_code == 302


def test_the_command_asks_first_and_keeps_staff(ana: Member, moss: Member, capsys: object) -> None:
    call_command("erase_member", ana.id)
    assert Member.objects.get(id=ana.id).is_active
    call_command("erase_member", ana.id, yes=True)
    assert not Member.objects.get(id=ana.id).is_active
    with pytest.raises(CommandError, match="work here"):
        call_command("erase_member", moss.id, yes=True)

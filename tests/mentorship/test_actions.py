"""Pairing: who is asked first, what silence means, and that no place is given twice."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.chat import actions as chat
from community.chat.access import may_enter
from community.chat.actions import RoomClosed
from community.chat.models import Posting, Seat
from community.members.models import Group, Member, Notice
from mentorship import actions
from mentorship.actions import NoRoom, NotOpen, NotPossible
from mentorship.models import (
    Concern,
    EndKind,
    MentorProfile,
    Pair,
    PairState,
    Proposal,
    ProposalState,
)
from moderation.models import Level, RiskCase, RiskState


@pytest.fixture
def mint(mia: Member) -> Member:
    MentorProfile.objects.create(member=mia, max_pairs=1)
    return mia


@pytest.fixture
def asked(moss: Member, mint: Member, ana: Member) -> Proposal:
    return actions.propose(moss, mint, ana, "Would like company in the mornings.")


def test_first_the_mentor_then_the_member_then_a_private_room(
    asked: Proposal, mint: Member, ana: Member
) -> None:
    with pytest.raises(NotOpen):
        actions.mentee_says_yes(asked, ana)
    actions.mentor_says_yes(asked, mint)
    pair = actions.mentee_says_yes(asked, ana)
    assert pair.state == PairState.ACTIVE
    assert set(Seat.objects.filter(room=pair.room).values_list("member", flat=True)) == {
        mint.id,
        ana.id,
    }
    with pytest.raises(NotOpen):
        actions.mentor_says_yes(asked, mint)


def test_silence_is_not_a_yes(asked: Proposal, mint: Member) -> None:
    Proposal.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NotOpen):
        actions.mentor_says_yes(asked, mint)
    assert actions.expire() == 1
    assert Proposal.objects.get().state == ProposalState.EXPIRED


def test_a_no_is_told_to_nobody(asked: Proposal, mint: Member, ana: Member) -> None:
    before = Notice.objects.count()
    actions.decline(asked, mint)
    assert Notice.objects.count() == before
    assert not Notice.objects.filter(member=ana).exists()


def test_the_last_place_goes_to_one(moss: Member, mint: Member, ana: Member, ben: Member) -> None:
    first = actions.propose(moss, mint, ana, "One")
    second = actions.propose(moss, mint, ben, "Two")
    for proposal in (first, second):
        actions.mentor_says_yes(proposal, mint)
    actions.mentee_says_yes(first, ana)
    with pytest.raises(NoRoom):
        actions.mentee_says_yes(second, ben)
    assert Pair.objects.count() == 1
    second.refresh_from_db()
    # Pitfall 4: never accepted without a pair, and free to be asked about somebody else.
    assert second.state == ProposalState.OVERTAKEN


def test_what_cannot_be_is_said_kindly(
    asked: Proposal, moss: Member, mint: Member, ana: Member, dora: Member
) -> None:
    for mentor, mentee in ((mint, ana), (mint, dora), (ana, mint), (mint, mint)):
        with pytest.raises(NotPossible) as why:
            actions.propose(moss, mentor, mentee, "x")
        assert str(why.value).endswith(".")


@pytest.fixture
def pair(asked: Proposal, mint: Member, ana: Member) -> Pair:
    actions.mentor_says_yes(asked, mint)
    return actions.mentee_says_yes(asked, ana)


def say(member: Member, pair: Pair) -> None:
    chat.say(member, pair.room_id, "Hello again", str(uuid.uuid4()))


def test_an_ended_pair_can_be_read_for_two_weeks_and_written_in_never(
    pair: Pair, moss: Member, mint: Member, ana: Member
) -> None:
    """Pitfall 9."""
    say(ana, pair)
    assert actions.end(pair, ana, EndKind.PLANNED) is True
    assert actions.end(pair, mint, EndKind.SILENT) is False
    pair.refresh_from_db()
    assert pair.end_kind == EndKind.PLANNED
    for person in (mint, ana):
        assert may_enter(person, pair.room_id)
        with pytest.raises(RoomClosed):
            say(person, pair)
    assert actions.expire() == 0
    Pair.objects.update(readable_until=timezone.now())
    assert actions.expire() == 1
    assert not may_enter(ana, pair.room_id)
    with pytest.raises(NotPossible, match="before"):
        actions.propose(moss, mint, ana, "Again")


def test_a_safeguarding_ending_closes_the_room_at_once(
    pair: Pair, moss: Member, ana: Member
) -> None:
    actions.end(pair, moss, EndKind.SAFEGUARDING)
    assert not may_enter(ana, pair.room_id)


def test_a_worry_rests_the_pair_and_calls_the_care_team(
    pair: Pair, moss: Member, mint: Member, ana: Member
) -> None:
    concern = actions.worry(pair, mint, Level.RED, "Ana was very quiet.")
    assert actions.worry(pair, mint, Level.RED, "Ana was very quiet.") == concern
    pair.refresh_from_db()
    assert pair.state == PairState.PAUSED
    for person in (mint, ana):
        with pytest.raises(RoomClosed):
            say(person, pair)
    case = RiskCase.objects.get(member=ana)
    assert (case.level, case.state) == (Level.RED, RiskState.RAISED)
    assert list(case.events.values_list("source", "by")) == [("mentor", mint.id)]
    assert actions.resume(pair, moss) is True
    say(ana, pair)
    concern.refresh_from_db()
    assert (concern.outcome, concern.answered_by) == ("resumed", moss)
    # The person may still be at risk: that case stands for itself.
    assert RiskCase.objects.get().state == RiskState.RAISED
    assert actions.resume(pair, moss) is False


@pytest.mark.parametrize(
    "broken", ["mentorship.actions.risk.worry", "mentorship.actions.change_posting"]
)
def test_pause_room_and_call_are_one_commit(
    broken: str, pair: Pair, mint: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever part fails, no other part stays behind."""

    def fails(*args: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(broken, fails)
    with pytest.raises(RuntimeError), transaction.atomic():
        actions.worry(pair, mint, Level.RED, "x")
    pair.refresh_from_db()
    assert (pair.state, pair.room.posting) == (PairState.ACTIVE, Posting.OPEN)
    assert (Concern.objects.count(), RiskCase.objects.count()) == (0, 0)


def test_a_resting_pair_keeps_its_place_and_its_mentee(
    pair: Pair, moss: Member, mint: Member, ana: Member, ben: Member
) -> None:
    actions.worry(pair, mint, Level.AMBER)
    for mentee in (ana, ben):
        with pytest.raises(NotPossible):
            actions.propose(moss, mint, mentee, "x")


def test_one_reminder_after_three_days_for_whoever_is_asked(
    asked: Proposal, mint: Member, ana: Member
) -> None:
    """Pitfall 10."""
    assert actions.expire() == 0
    Proposal.objects.update(asked_at=timezone.now() - timedelta(days=3))
    before = Notice.objects.filter(member=mint).count()
    assert (actions.expire(), actions.expire()) == (1, 0)
    assert Notice.objects.filter(member=mint).count() == before + 1
    assert not Notice.objects.filter(member=ana).exists()
    actions.mentor_says_yes(asked, mint)
    Proposal.objects.update(asked_at=timezone.now() - timedelta(days=3))
    assert (actions.expire(), actions.expire()) == (1, 0)
    assert Notice.objects.filter(member=ana).count() == 2


def test_both_write_down_a_meeting_and_only_the_care_team_reads_both(
    pair: Pair, moss: Member, mint: Member, ana: Member, client_of: Callable[..., Client]
) -> None:
    page = reverse("mentorship:pair", args=[pair.id])
    form = {
        "key": str(uuid.uuid4()),
        "on": timezone.localdate().isoformat(),
        "mode": "room",
        "mood_before": "2",
        "mood_after": "4",
    }
    for person, minutes in ((mint, 41), (ana, 23)):
        for _ in range(2):
            answer = client_of(person).post(
                reverse("mentorship:log", args=[pair.id]), {**form, "minutes": minutes}
            )
            assert answer.status_code == 302
    read = {p: client_of(p).get(page).content.decode() for p in (mint, ana, moss)}
    cells = {p: (">41<" in text, ">23<" in text) for p, text in read.items()}
    assert cells == {mint: (True, False), ana: (False, True), moss: (True, True)}
    assert pair.sessions.count() == 2
    wrong = client_of(ana).post(
        reverse("mentorship:log", args=[pair.id]), {**form, "minutes": "many"}
    )
    assert wrong.status_code == 422
    assert "Write a number, such as 30." in wrong.content.decode()


def test_the_mentor_learns_no_name_before_both_said_yes(
    asked: Proposal, mint: Member, ana: Member, client_of: Callable[..., Client]
) -> None:
    for url in (reverse("mentorship:index"), reverse("mentorship:proposal", args=[asked.id])):
        page = client_of(mint).get(url).content.decode()
        assert "company in the mornings" in page
        assert "Ana" not in page
    assert client_of(ana).get(reverse("mentorship:proposal", args=[asked.id])).status_code == 404


def test_the_board_costs_the_same_at_one_and_three_rows(
    moss: Member,
    mint: Member,
    group: Group,
    client_of: Callable[..., Client],
    django_assert_num_queries: Any,
) -> None:
    from tests import make

    MentorProfile.objects.update(max_pairs=9)
    board = client_of(moss)
    board.get(reverse("members:home"))
    for more in (1, 2):
        for _ in range(more):
            actions.propose(moss, mint, make.member(group.clinic), "x")
        with django_assert_num_queries(9):
            assert board.get(reverse("mentorship:index")).status_code == 200

"""Pairing: who is asked first, what silence means, and that no place is given twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.chat.models import Posting, Seat
from community.members.models import Group, Member, Notice
from mentorship import actions
from mentorship.actions import NoRoom, NotOpen, NotPossible
from mentorship.models import MentorProfile, Pair, PairState, Proposal, ProposalState


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
    assert second.state == ProposalState.MENTOR_OK


def test_what_cannot_be_is_said_kindly(
    asked: Proposal, moss: Member, mint: Member, ana: Member, dora: Member
) -> None:
    for mentor, mentee in ((mint, ana), (mint, dora), (ana, mint), (mint, mint)):
        with pytest.raises(NotPossible) as why:
            actions.propose(moss, mentor, mentee, "x")
        assert str(why.value).endswith(".")


def test_ending_closes_the_room_once(asked: Proposal, mint: Member, ana: Member) -> None:
    actions.mentor_says_yes(asked, mint)
    pair = actions.mentee_says_yes(asked, ana)
    assert actions.end(pair, ana) is True
    assert actions.end(pair, mint) is False
    pair.room.refresh_from_db()
    assert pair.room.posting == Posting.CLOSED
    assert not Seat.objects.filter(room=pair.room, ended_at__isnull=True).exists()


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
        with django_assert_num_queries(7):
            assert board.get(reverse("mentorship:index")).status_code == 200

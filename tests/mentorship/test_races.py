"""A hundred members accept a mentor's last two places in the same moment; two get them."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest

from community.members.models import Member
from mentorship import actions
from mentorship.actions import NoRoom
from mentorship.models import MentorProfile, Pair, Proposal
from tests import make
from tests.races import together

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PEOPLE = 100
PLACES = 2
THREADS = 10
Asked = list[tuple[Proposal, Member]]


def last_places(people: int = PEOPLE) -> Asked:
    clinic = make.clinic()
    moss, mia = make.member(clinic, role="moderator"), make.member(clinic, role="mentor")
    MentorProfile.objects.create(member=mia, max_pairs=PLACES)
    asked = []
    for _ in range(people):
        mentee = make.member(clinic)
        proposal = actions.propose(moss, mia, mentee, "Likes mornings.")
        actions.mentor_says_yes(proposal, mia)
        asked.append((proposal, mentee))
    return asked


def test_two_places_among_a_hundred_who_accept_at_once() -> None:
    results = accept_all(actions.mentee_says_yes, last_places())
    assert sum(isinstance(result, Pair) for result in results) == PLACES
    assert sum(isinstance(result, NoRoom) for result in results) == PEOPLE - PLACES
    assert Pair.objects.count() == PLACES
    states = Counter(Proposal.objects.values_list("state", flat=True))
    assert states == {"accepted": PLACES, "overtaken": PEOPLE - PLACES}


def accept_all(accept: Callable[[Proposal, Member], Any], asked: Asked) -> list[Any]:
    """In ten threads, each one's share one after the other: a pool of connections is finite."""

    def share(part: Asked) -> list[Any]:
        found = []
        for proposal, mentee in part:
            try:
                found.append(accept(proposal, mentee))
            except NoRoom as error:
                found.append(error)
        return found

    parts = [asked[start::THREADS] for start in range(THREADS)]
    answers = together([partial(share, part) for part in parts])
    return [one for answer in answers for one in answer]


def test_without_lock_and_transaction_more_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control: the race is there, and the test above would see it."""
    asked = last_places(10)

    def unlocked(mentor_id: int, today: date) -> None:
        if Pair.objects.filter(mentor_id=mentor_id).count() >= PLACES:
            raise NoRoom
        time.sleep(0.3)

    monkeypatch.setattr(actions, "take_place", unlocked)
    bare = actions._begin.__wrapped__  # type: ignore[attr-defined]
    accept_all(bare, asked)
    assert Pair.objects.count() > PLACES


def test_accepting_and_taking_back_at_once_leave_one_end() -> None:
    for proposal, mentee in last_places(2):
        moss = proposal.created_by
        together(
            [
                partial(actions.mentee_says_yes, proposal, mentee),
                partial(actions.withdraw, proposal, moss),
            ]
        )
        proposal.refresh_from_db()
        assert proposal.state in ("accepted", "withdrawn")
        assert Pair.objects.filter(proposal=proposal).exists() == (proposal.state == "accepted")

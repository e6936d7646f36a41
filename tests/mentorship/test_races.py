"""Several members accept a mentor's last place in the same moment; one gets it."""

import time
from functools import partial

import pytest

from community.members.models import Member
from mentorship import actions
from mentorship.actions import NoRoom
from mentorship.models import MentorProfile, Pair, Proposal
from tests import make
from tests.races import together

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PEOPLE = 6


def last_place() -> list[tuple[Proposal, Member]]:
    clinic = make.clinic()
    moss, mia = make.member(clinic, role="moderator"), make.member(clinic, role="mentor")
    MentorProfile.objects.create(member=mia, max_pairs=1)
    asked = []
    for _ in range(PEOPLE):
        mentee = make.member(clinic)
        proposal = actions.propose(moss, mia, mentee, "Likes mornings.")
        actions.mentor_says_yes(proposal, mia)
        asked.append((proposal, mentee))
    return asked


def test_the_last_place_goes_to_exactly_one() -> None:
    results = together([partial(actions.mentee_says_yes, p, m) for p, m in last_place()])
    assert sum(isinstance(result, Pair) for result in results) == 1
    assert sum(isinstance(result, NoRoom) for result in results) == PEOPLE - 1
    assert Pair.objects.count() == 1


def test_without_lock_and_transaction_several_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control: the race is there, and the test above would see it."""
    asked = last_place()

    def unlocked(mentor_id: int) -> None:
        if Pair.objects.filter(mentor_id=mentor_id).exists():
            raise NoRoom
        time.sleep(0.3)

    monkeypatch.setattr(actions, "take_place", unlocked)
    bare = actions.mentee_says_yes.__wrapped__  # type: ignore[attr-defined]
    together([partial(bare, proposal, mentee) for proposal, mentee in asked])
    assert Pair.objects.count() > 1

"""Many sign up for few seats in the same moment; without the lock, too many get one."""

import itertools
import time
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from events import actions, seats, waiting
from events.actions import Wish
from events.models import Occurrence, Registration, RegistrationState
from tests import make, make_events
from tests.races import together

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SEATS, PEOPLE = 3, 8


def workshop() -> Occurrence:
    return make_events.workshop(make.member(make.clinic(), role="administrator"), seats=SEATS)


def seated() -> int:
    return Registration.objects.filter(state=RegistrationState.PENDING).count()


def test_exactly_as_many_as_there_are_seats_get_one() -> None:
    date = workshop()
    calls = [
        partial(actions.sign_up, date.id, Wish(f"P{n}", f"p{n}@visitors.example"))
        for n in range(PEOPLE)
    ]
    assert [type(found) for found in together(calls)] == [Registration] * PEOPLE
    assert seated() == SEATS
    first = Registration.objects.filter(state=RegistrationState.PENDING).order_by("-no").first()
    waiting = Registration.objects.filter(state=RegistrationState.WAITING).order_by("no")
    assert waiting.count() == PEOPLE - SEATS
    assert first is not None
    assert all(registration.no > first.no for registration in waiting)
    date.refresh_from_db()
    assert seats.counters(date) == seats.recount(date)
    assert (date.taken, date.held) == (0, SEATS)


def test_without_lock_and_transaction_too_many_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control: the race is there, and the test above would see it."""
    date = workshop()
    numbers = itertools.count(1)

    def unlocked(occurrence_id: int) -> tuple[Occurrence, Any]:
        occurrence = Occurrence.objects.get(id=occurrence_id)
        time.sleep(0.3)
        return occurrence, timezone.now()

    monkeypatch.setattr(waiting, "lock", unlocked)
    monkeypatch.setattr(seats, "take_number", lambda occurrence: next(numbers))
    bare = actions.sign_up.__wrapped__  # type: ignore[attr-defined]
    calls = [partial(bare, date.id, Wish(f"P{n}", f"p{n}@visitors.example")) for n in range(PEOPLE)]
    together(calls)
    assert seated() > SEATS

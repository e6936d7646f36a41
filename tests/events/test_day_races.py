"""One ticket held under fifty scanners in the same moment."""

import time
from functools import partial
from typing import Any

import pytest
from django.db import connection

from events import day
from events.day_rows import CheckIn, How
from events.models import Occurrence, Registration
from tests import make, make_events
from tests.races import together

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def ticket() -> Registration:
    by = make.member(make.clinic(), role="administrator")
    return make_events.place(make_events.workshop(by, days=0.02))


def scans(place: Registration, act: Any, count: int) -> list[Any]:
    calls = [partial(act, place.occurrence, place.id, f"nonce-{n}", How.SCAN) for n in range(count)]
    return together(calls)


def test_fifty_scans_of_one_ticket_let_one_in() -> None:
    place = ticket()
    done = scans(place, day.check_in, 50)
    assert [type(each).__name__ for each in done] == ["LetIn"] * 50
    assert sum(each.new for each in done) == 1
    assert CheckIn.objects.count() == 1


def test_without_lock_and_constraint_several_are_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control: the race is there, and the test above would see it."""
    place = ticket()
    (rule,) = [c for c in CheckIn._meta.constraints if c.name == "one_check_in_per_place"]

    def unlocked(occurrence: Occurrence, registration_id: int) -> Registration:
        return Registration.objects.get(id=registration_id)

    stands = day._standing

    def slowly(registration: Registration) -> CheckIn | None:
        found = stands(registration)
        time.sleep(0.3)
        return found

    monkeypatch.setattr(day, "lock_place", unlocked)
    monkeypatch.setattr(day, "_standing", slowly)
    with connection.schema_editor() as editor:
        editor.remove_constraint(CheckIn, rule)
    try:
        scans(place, day.check_in.__wrapped__, 8)  # type: ignore[attr-defined]
        assert CheckIn.objects.count() > 1
    finally:
        CheckIn.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(CheckIn, rule)

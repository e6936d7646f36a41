"""Seats: kept, confirmed, given back, passed on, and counted right throughout."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from community.members.models import Member
from events import actions, capacity
from events.actions import TooLate
from events.models import Occurrence, Registration, RegistrationState
from tests import make_events as make

States = RegistrationState


def come(occurrence: Occurrence, name: str, *, confirmed: bool = True) -> Registration:
    actions.sign_up(occurrence.id, name, f"{name}@visitors.example")
    registration = Registration.objects.get(occurrence=occurrence, email=f"{name}@visitors.example")
    return actions.confirm(registration) if confirmed else registration


def counts(occurrence: Occurrence) -> tuple[int, int]:
    occurrence.refresh_from_db()
    assert (occurrence.taken, occurrence.held) == capacity.recount(occurrence)
    return occurrence.taken, occurrence.held


def letters() -> list[str]:
    rows = DBTaskResult.objects.order_by("enqueued_at")
    return [row.args_kwargs["args"][0] for row in rows]


def test_a_seat_is_kept_then_confirmed(ada: Member) -> None:
    occurrence = make.workshop(ada)
    wren = come(occurrence, "wren", confirmed=False)
    assert (wren.state, counts(occurrence)) == (States.PENDING, (0, 1))
    assert actions.confirm(wren).state == States.CONFIRMED
    assert counts(occurrence) == (1, 0)
    assert actions.confirm(wren).state == States.CONFIRMED
    assert (counts(occurrence), letters()) == ((1, 0), ["confirm", "seat"])


def test_who_comes_late_waits_and_gets_the_seat_that_is_given_back(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1)
    first, second, third = (come(occurrence, name) for name in ("wren", "robin", "finch"))
    assert [r.state for r in (first, second, third)] == ["confirmed", "waiting", "waiting"]
    assert actions.cancel(first) is True
    second.refresh_from_db()
    third.refresh_from_db()
    assert (second.state, third.state) == (States.CONFIRMED, States.WAITING)
    assert counts(occurrence) == (1, 0)
    assert letters()[-2:] == ["cancelled", "promoted"]
    assert actions.cancel(first) is False
    assert counts(occurrence) == (1, 0)


def test_an_unconfirmed_address_on_the_list_blocks_nobody(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1)
    first = come(occurrence, "wren")
    come(occurrence, "robin", confirmed=False)
    third = come(occurrence, "finch")
    actions.cancel(first)
    third.refresh_from_db()
    assert third.state == States.CONFIRMED


def test_a_hold_that_ran_out_is_free_again_without_any_worker(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1)
    late = come(occurrence, "wren", confirmed=False)
    Registration.objects.update(hold_until=timezone.now() - timedelta(seconds=1))
    robin = come(occurrence, "robin")
    assert (robin.state, counts(occurrence)) == (States.CONFIRMED, (1, 0))
    late.refresh_from_db()
    assert late.state == States.EXPIRED
    assert actions.confirm(late).state == States.WAITING


def test_a_late_confirmation_finds_a_seat_when_there_is_one(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1)
    late = come(occurrence, "wren", confirmed=False)
    Registration.objects.update(hold_until=timezone.now() - timedelta(seconds=1))
    actions.tidy_all()
    assert counts(occurrence) == (0, 0)
    late.refresh_from_db()
    assert actions.confirm(late).state == States.CONFIRMED


@pytest.mark.parametrize("again", ["wren@visitors.example", " WREN@Visitors.Example "])
def test_one_address_has_one_place(again: str, ada: Member) -> None:
    occurrence = make.workshop(ada)
    come(occurrence, "wren")
    actions.sign_up(occurrence.id, "Wren", again)
    assert Registration.objects.count() == 1
    assert letters()[-1] == "again"


def test_nobody_signs_up_or_moves_up_after_the_start(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1)
    first = come(occurrence, "wren")
    second = come(occurrence, "robin")
    Occurrence.objects.update(starts_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(TooLate):
        actions.sign_up(occurrence.id, "Finch", "finch@visitors.example")
    actions.cancel(first)
    second.refresh_from_db()
    assert second.state == States.WAITING


def test_a_rolled_back_sign_up_sends_nothing(ada: Member) -> None:
    occurrence = make.workshop(ada)
    with transaction.atomic():
        actions.sign_up(occurrence.id, "Wren", "wren@visitors.example")
        transaction.set_rollback(True)
    assert (Registration.objects.count(), letters()) == (0, [])


def test_a_task_row_holds_no_address(ada: Member) -> None:
    come(make.workshop(ada), "wren")
    assert "wren" not in str(list(DBTaskResult.objects.values()))

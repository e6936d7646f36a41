"""Counting seats. Every change of `taken` and `held` happens here, with the date's row locked.

One code path for both databases: PostgreSQL locks the row, SQLite runs IMMEDIATE transactions, so
whoever comes second waits and then sees what the first one did.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from events.models import Occurrence, Registration, RegistrationState

HOLD_MIN = 30


def lock(occurrence_id: int, now: datetime) -> Occurrence:
    """The date's row, locked, with holds that ran out given back. Call inside a transaction."""
    occurrence = Occurrence.objects.select_for_update().get(id=occurrence_id)
    _let_go_of_late_holds(occurrence, now)
    return occurrence


def _let_go_of_late_holds(occurrence: Occurrence, now: datetime) -> None:
    late = occurrence.registrations.filter(state=RegistrationState.PENDING, hold_until__lte=now)
    freed = late.update(state=RegistrationState.EXPIRED, hold_until=None)
    if freed:
        occurrence.held -= freed
        occurrence.save(update_fields=["held"])


def take_number(occurrence: Occurrence) -> int:
    """The next number in the order of coming."""
    number = occurrence.next_no
    occurrence.next_no = number + 1
    occurrence.save(update_fields=["next_no"])
    return number


def has_seat(occurrence: Occurrence) -> bool:
    """Whether one more seat can be held or taken."""
    return occurrence.taken + occurrence.held < occurrence.capacity


def hold(occurrence: Occurrence, now: datetime) -> datetime:
    """Keep a seat for somebody who has yet to confirm. Returns until when."""
    occurrence.held += 1
    occurrence.save(update_fields=["held"])
    return now + timedelta(minutes=HOLD_MIN)


def turn_hold_into_seat(occurrence: Occurrence) -> None:
    """A held seat is confirmed."""
    occurrence.held -= 1
    occurrence.taken += 1
    occurrence.save(update_fields=["held", "taken"])


def take(occurrence: Occurrence) -> None:
    """Give a free seat."""
    occurrence.taken += 1
    occurrence.save(update_fields=["taken"])


def give_back(occurrence: Occurrence, *, held: bool) -> None:
    """A seat becomes free: one that was only held, or a taken one."""
    field = "held" if held else "taken"
    setattr(occurrence, field, getattr(occurrence, field) - 1)
    occurrence.save(update_fields=[field])


def promote(occurrence: Occurrence) -> list[Registration]:
    """Give free seats to confirmed addresses on the waiting list, in the order they came."""
    given = []
    waiting: Iterable[Registration] = occurrence.registrations.filter(
        state=RegistrationState.WAITING, verified=True
    ).order_by("no")
    for registration in waiting:
        if not has_seat(occurrence):
            break
        moved = Registration.objects.filter(
            id=registration.id, state=RegistrationState.WAITING
        ).update(state=RegistrationState.CONFIRMED, confirmed_at=timezone.now())
        if moved:
            take(occurrence)
            given.append(registration)
    return given


def recount(occurrence: Occurrence) -> tuple[int, int]:
    """(taken, held) counted from the registrations, for `verify_events`."""
    rows = occurrence.registrations
    return (
        rows.filter(state=RegistrationState.CONFIRMED).count(),
        rows.filter(state=RegistrationState.PENDING, hold_until__isnull=False).count(),
    )

"""Signing up, confirming and cancelling. One transaction each; mails leave through the outbox."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from community.members.models import email_key
from events import capacity, letters
from events.models import LIVE, Occurrence, Registration, RegistrationState


class TooLate(Exception):
    """The date has begun, or does not take place."""


@transaction.atomic
def sign_up(occurrence_id: int, name: str, email: str) -> None:
    """Keep a seat, or a place on the waiting list, and send a letter to confirm it.

    Returns nothing: whoever signs up learns the same, whether the address was known or not. A
    known address gets its letter again. Raises TooLate.
    """
    now = timezone.now()
    occurrence = capacity.lock(occurrence_id, now)
    if not occurrence.is_open(now):
        raise TooLate
    address = email_key(email)
    known = occurrence.registrations.filter(email=address, state__in=LIVE).first()
    if known is not None:
        letters.enqueue("again", known)
        return
    registration = Registration(
        occurrence=occurrence, no=capacity.take_number(occurrence), name=name, email=address
    )
    if _goes_first(occurrence):
        registration.state = RegistrationState.PENDING
        registration.hold_until = capacity.hold(occurrence, now)
    else:
        registration.state = RegistrationState.WAITING
    registration.save()
    letters.enqueue("confirm", registration)


def _goes_first(occurrence: Occurrence) -> bool:
    """A seat is free and nobody with a confirmed address waits for it."""
    waiting = occurrence.registrations.filter(state=RegistrationState.WAITING, verified=True)
    return capacity.has_seat(occurrence) and not waiting.exists()


@transaction.atomic
def confirm(registration: Registration) -> Registration:
    """The address is real. A kept seat becomes theirs; a late one is found again if there is room.

    Confirming twice is the same as once. Raises TooLate.
    """
    now = timezone.now()
    occurrence = capacity.lock(registration.occurrence_id, now)
    fresh = Registration.objects.get(id=registration.id)
    if fresh.state in (RegistrationState.CONFIRMED, RegistrationState.CANCELLED):
        return fresh
    if not occurrence.is_open(now):
        raise TooLate
    if fresh.state == RegistrationState.PENDING:
        capacity.turn_hold_into_seat(occurrence)
        return _confirmed(fresh, now)
    if fresh.state == RegistrationState.EXPIRED:
        return _late(occurrence, fresh, now)
    if not fresh.verified:
        Registration.objects.filter(id=fresh.id).update(verified=True)
        fresh.verified = True
        _promote(occurrence)
        fresh.refresh_from_db()
        if fresh.state == RegistrationState.WAITING:
            letters.enqueue("waiting", fresh)
    return fresh


def _confirmed(registration: Registration, now: datetime) -> Registration:
    registration.state = RegistrationState.CONFIRMED
    registration.verified, registration.hold_until = True, None
    registration.confirmed_at = now
    registration.save(update_fields=["state", "verified", "hold_until", "confirmed_at"])
    letters.enqueue("seat", registration)
    return registration


def _late(occurrence: Occurrence, registration: Registration, now: datetime) -> Registration:
    """Confirmed after the seat was given back: a seat if there is one, else the waiting list."""
    others = occurrence.registrations.filter(email=registration.email, state__in=LIVE)
    if (other := others.first()) is not None:
        return other
    if _goes_first(occurrence):
        capacity.take(occurrence)
        return _confirmed(registration, now)
    registration.state, registration.verified = RegistrationState.WAITING, True
    registration.no = capacity.take_number(occurrence)
    registration.save(update_fields=["state", "verified", "no"])
    letters.enqueue("waiting", registration)
    return registration


@transaction.atomic
def cancel(registration: Registration) -> bool:
    """Give a place back. The next on the waiting list gets the seat in the same transaction.

    False when there was nothing to give back.
    """
    now = timezone.now()
    occurrence = capacity.lock(registration.occurrence_id, now)
    fresh = Registration.objects.get(id=registration.id)
    if fresh.state not in LIVE:
        return False
    if fresh.state == RegistrationState.CONFIRMED:
        capacity.give_back(occurrence, held=False)
    elif fresh.state == RegistrationState.PENDING:
        capacity.give_back(occurrence, held=True)
    was_confirmed = fresh.state == RegistrationState.CONFIRMED
    fresh.state, fresh.cancelled_at, fresh.hold_until = RegistrationState.CANCELLED, now, None
    fresh.save(update_fields=["state", "cancelled_at", "hold_until"])
    if was_confirmed:
        letters.enqueue("cancelled", fresh)
    if occurrence.is_open(now):
        _promote(occurrence)
    return True


def _promote(occurrence: Occurrence) -> None:
    for registration in capacity.promote(occurrence):
        letters.enqueue("promoted", registration)


@transaction.atomic
def tidy(occurrence_id: int) -> int:
    """Give back holds that ran out and pass the seats on. Returns how many people got a seat."""
    occurrence = capacity.lock(occurrence_id, timezone.now())
    if not occurrence.is_open(timezone.now()):
        return 0
    given = capacity.promote(occurrence)
    for registration in given:
        letters.enqueue("promoted", registration)
    return len(given)


def tidy_all() -> int:
    """The periodic job: `tidy` for every date with a hold that ran out."""
    late = Registration.objects.filter(
        state=RegistrationState.PENDING, hold_until__lte=timezone.now()
    )
    return sum(
        tidy(occurrence_id) or 1
        for occurrence_id in late.values_list("occurrence", flat=True).distinct()[:50]
    )

"""Signing up, confirming, answering an offer, changing, giving back. One transaction each.

Mails leave through the outbox. Whoever signs up learns the same whether the address was known or
not. The date's row is locked first, always: what follows sees what everybody before did.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from community.members.models import email_key
from events import letters, needs, seats, waiting
from events.models import LIVE, Occurrence, Pool, Registration, RegistrationState, Way

States = RegistrationState


class TooLate(Exception):
    """The date has begun, is closed, or does not take place."""


class NoRoom(Exception):
    """There are not so many seats."""


class OfferOver(Exception):
    """The seat was offered to somebody else meanwhile."""


@dataclass(frozen=True)
class Wish:
    """What somebody asks for when they sign up. needs: in the shape of events.needs."""

    name: str
    email: str
    companions: int = 0
    accessible: bool = False
    # Where people meet in person or online: they take part online.
    online: bool = False
    time_zone: str = ""
    named: bool = False
    needs: dict[str, object] = field(default_factory=dict)


@transaction.atomic
def sign_up(occurrence_id: int, wish: Wish) -> Registration:
    """Keep a seat, or a place on the waiting list, and send a letter to confirm it.

    A known address gets its letter again and nothing changes. Both write about as much, so that the
    time of the answer tells nothing. Returns the place. Raises TooLate.
    """
    occurrence, now = waiting.lock(occurrence_id)
    if not occurrence.is_open(now):
        raise TooLate
    address = email_key(wish.email)
    known = occurrence.registrations.filter(email=address, state__in=LIVE).first()
    if known is not None:
        seats.take_number(occurrence)
        needs.keep(known, needs.own(known))
        known.bounced_at, known.soft_bounces = None, 0
        known.save(update_fields=["bounced_at", "soft_bounces"])
        letters.enqueue("confirm" if not known.verified else "again", known)
        return known
    registration = place_for_wish(occurrence, wish, address, now)
    letters.enqueue("confirm", registration)
    return registration


def place_for_wish(occurrence: Occurrence, wish: Wish, address: str, now: datetime) -> Registration:
    """A new place at a locked date: a seat kept, or the end of the waiting list. No letter yet."""
    registration = _new(occurrence, wish, address)
    if waiting.goes_first(occurrence, registration.pool, registration.seats):
        seats.hold(occurrence, registration, now)
        registration.state = States.PENDING
    registration.save()
    needs.keep(registration, wish.needs)
    return registration


def _new(occurrence: Occurrence, wish: Wish, address: str) -> Registration:
    """A row for the waiting list, with the next number, not yet stored."""
    number = seats.take_number(occurrence)
    return Registration(
        occurrence=occurrence,
        no=number,
        turn=number,
        state=States.WAITING,
        name=wish.name,
        email=address,
        companions=min(wish.companions, occurrence.event.companions),
        pool=_pool(occurrence, wish),
        time_zone=wish.time_zone,
        named=wish.named,
    )


def _pool(occurrence: Occurrence, wish: Wish) -> Pool:
    if wish.online and occurrence.event.way == Way.HYBRID:
        return Pool.ONLINE
    return Pool.ACCESS if wish.accessible and occurrence.access_capacity else Pool.GENERAL


def _seen(occurrence: Occurrence, registration: Registration) -> Registration:
    """The row as it is now that the date is locked. Who acts by a letter's link was reached."""
    fresh = Registration.objects.get(id=registration.id, occurrence=occurrence)
    fresh.occurrence = occurrence
    if fresh.bounced_at is not None or fresh.soft_bounces:
        fresh.bounced_at, fresh.soft_bounces = None, 0
        fresh.save(update_fields=["bounced_at", "soft_bounces"])
    return fresh


@transaction.atomic
def confirm(registration: Registration) -> Registration:
    """The address is real. A kept seat becomes theirs; a late one is found again if there is room.

    Confirming twice is the same as once. Raises TooLate.
    """
    occurrence, now = waiting.lock(registration.occurrence_id)
    fresh = _seen(occurrence, registration)
    if fresh.state in (States.CONFIRMED, States.CANCELLED, States.REMOVED, States.OFFERED):
        return fresh
    if not occurrence.is_open(now):
        raise TooLate
    if fresh.state == States.PENDING:
        seats.turn_hold_into_seat(occurrence, fresh)
        return _confirmed(fresh, now)
    if fresh.state == States.EXPIRED:
        return _late(occurrence, fresh, now)
    if not fresh.verified:
        fresh.verified = True
        fresh.save(update_fields=["verified"])
        return _asked_or_waiting(occurrence, fresh, now)
    return fresh


def _confirmed(registration: Registration, now: datetime) -> Registration:
    registration.state = States.CONFIRMED
    registration.verified, registration.hold_until, registration.offer_until = True, None, None
    registration.sits_out = False
    registration.confirmed_at = now
    names = ["state", "verified", "hold_until", "offer_until", "sits_out", "confirmed_at"]
    registration.save(update_fields=names)
    letters.enqueue("seat", registration)
    return registration


def _asked_or_waiting(
    occurrence: Occurrence, registration: Registration, now: datetime
) -> Registration:
    """A newly verified person: a seat if they overtake nobody, else a word that they wait."""
    others = waiting.line(occurrence, registration.pool).filter(sits_out=False)
    alone = not others.exclude(id=registration.id).filter(turn__lt=registration.turn).exists()
    if alone and seats.fits(occurrence, registration.pool, registration.seats):
        seats.change(occurrence, registration.pool, taken=registration.seats)
        return _confirmed(registration, now)
    waiting.promote(occurrence, now)
    registration.refresh_from_db()
    registration.occurrence = occurrence
    if registration.state == States.WAITING:
        letters.enqueue("waiting", registration)
    return registration


def _late(occurrence: Occurrence, registration: Registration, now: datetime) -> Registration:
    """Confirmed after the seat was given back: a seat if there is one, else the waiting list."""
    others = occurrence.registrations.filter(email=registration.email, state__in=LIVE)
    if (other := others.first()) is not None:
        return other
    if waiting.goes_first(occurrence, registration.pool, registration.seats):
        seats.change(occurrence, registration.pool, taken=registration.seats)
        return _confirmed(registration, now)
    registration.state, registration.verified = States.WAITING, True
    registration.no = registration.turn = seats.take_number(occurrence)
    registration.save(update_fields=["state", "verified", "no", "turn"])
    letters.enqueue("waiting", registration)
    return registration


@transaction.atomic
def accept(registration: Registration) -> Registration:
    """Take the seat that is offered, or one that is free now. Twice is the same as once.

    Raises TooLate, and OfferOver when the seat went on and none is free for this person.
    """
    occurrence, now = waiting.lock(registration.occurrence_id)
    fresh = _seen(occurrence, registration)
    if fresh.state == States.CONFIRMED:
        return fresh
    if occurrence.cancelled_at is not None or occurrence.starts_at <= now:
        raise TooLate
    if fresh.state == States.OFFERED:
        seats.turn_hold_into_seat(occurrence, fresh)
        return _confirmed(fresh, now)
    if fresh.state == States.WAITING and fresh.verified and may_take(occurrence, fresh):
        seats.change(occurrence, fresh.pool, taken=fresh.seats)
        return _confirmed(fresh, now)
    raise OfferOver


def may_take(occurrence: Occurrence, registration: Registration) -> bool:
    """Whether somebody on the list may take free seats now: nobody whose turn it is, is before.

    Near the start no offer is made any more. Then who comes first may take what is free.
    """
    if not seats.fits(occurrence, registration.pool, registration.seats):
        return False
    now = timezone.now()
    if occurrence.cancelled_at is not None or occurrence.starts_at <= now:
        return False
    if waiting.offer_ends(now, occurrence.closing, occurrence.zone) is None:
        return True
    turns = waiting.line(occurrence, registration.pool).filter(sits_out=False)
    return not turns.exclude(id=registration.id).filter(turn__lt=registration.turn).exists()


@transaction.atomic
def pass_on(registration: Registration) -> bool:
    """Not this time: the offer goes to the next, and the place on the list is kept.

    False when there was no offer.
    """
    occurrence, now = waiting.lock(registration.occurrence_id)
    fresh = _seen(occurrence, registration)
    if fresh.state != States.OFFERED:
        return False
    waiting.step_back(occurrence, fresh, silent=False)
    waiting.promote(occurrence, now)
    return True


@transaction.atomic
def cancel(registration: Registration) -> bool:
    """Give a place back. The next on the waiting list is asked in the same transaction.

    False when there was nothing to give back.
    """
    occurrence, now = waiting.lock(registration.occurrence_id)
    fresh = _seen(occurrence, registration)
    if fresh.state not in LIVE:
        return False
    was_known = fresh.state == States.CONFIRMED
    seats.give_back(occurrence, fresh)
    end(fresh, States.CANCELLED, now)
    if was_known:
        letters.enqueue("cancelled", fresh)
    waiting.promote(occurrence, now)
    return True


def end(registration: Registration, state: States, now: datetime) -> None:
    """A live place ends. Its seats were given back by the caller; what it needed is forgotten."""
    registration.state, registration.cancelled_at = state, now
    registration.hold_until = registration.offer_until = None
    registration.needs_sealed = ""
    registration.sits_out = False
    names = ["state", "cancelled_at", "hold_until", "offer_until", "needs_sealed", "sits_out"]
    registration.save(update_fields=names)


@transaction.atomic
def renew_link(registration: Registration) -> None:
    """Make every earlier link to this place useless and send a new one."""
    Registration.objects.filter(id=registration.id).update(nonce=uuid.uuid4())
    letters.enqueue("again", registration)


def choose_letters(registration: Registration, *, time_zone: str, named: bool) -> None:
    """In which zone somebody reads times, and whether letters and calendars name the workshop."""
    rows = Registration.objects.filter(id=registration.id)
    rows.update(time_zone=time_zone, named=named)


@transaction.atomic
def change_place(
    registration: Registration, name: str, companions: int, wanted: dict[str, object] | None = None
) -> Registration:
    """Change the name, who comes along, and what is needed (None: leave that as it is).

    Fewer companions free their seats for the next at once. Raises NoRoom and TooLate.
    """
    occurrence, now = waiting.lock(registration.occurrence_id)
    fresh = _seen(occurrence, registration)
    if fresh.state not in LIVE or occurrence.starts_at <= now:
        raise TooLate
    before = fresh.seats
    fresh.name, fresh.companions = name, min(companions, occurrence.event.companions)
    more = fresh.seats - before
    if fresh.state == States.WAITING:
        more = 0
    elif more > 0 and not seats.fits(occurrence, fresh.pool, fresh.seats, own=before):
        raise NoRoom
    if more:
        what = "taken" if fresh.state == States.CONFIRMED else "held"
        seats.change(occurrence, fresh.pool, **{what: more})
    fresh.save(update_fields=["name", "companions"])
    if wanted is not None:
        needs.keep(fresh, wanted)
    if more < 0:
        waiting.promote(occurrence, now)
    return fresh


@transaction.atomic
def tidy(occurrence_id: int) -> None:
    """Give back what ran out on one date and pass it on."""
    occurrence, now = waiting.lock(occurrence_id)
    waiting.promote(occurrence, now)


def tidy_all() -> int:
    """The periodic job: `tidy` for dates where something ran out. Returns for how many."""
    now = timezone.now()
    holds = Registration.objects.filter(state=States.PENDING, hold_until__lte=now)
    offers = Registration.objects.filter(state=States.OFFERED, offer_until__lte=now)
    late = {
        *holds.values_list("occurrence", flat=True)[:50],
        *offers.values_list("occurrence", flat=True)[:50],
    }
    for occurrence_id in sorted(late):
        tidy(occurrence_id)
    return len(late)

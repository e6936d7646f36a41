"""One sign-up for all coming dates of a course. Each date counts its own seats.

Dates are locked in the order of their numbers, always: two people never wait for each other
crosswise. Letters about several dates of one sign-up become one (events.letters).
"""

import uuid
from collections.abc import Callable
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from community.members.models import email_key
from events import actions, letters, waiting
from events.actions import NoRoom, OfferOver, TooLate, Wish
from events.models import LIVE, Event, Occurrence, Registration, RegistrationState, SignUpFor

Result = TypeVar("Result")


def dates_of(event: Event) -> list[Occurrence]:
    """The dates one sign-up covers now; [] when it is too late.

    A whole course is closed when its first date is. Where single dates can be had too, what is left
    of it can be had until the last.
    """
    rows = event.occurrences.filter(cancelled_at=None).select_related("event")
    dates = list(rows.order_by("starts_at", "id"))
    now = timezone.now()
    coming = [date for date in dates if date.is_open(now)]
    if event.sign_up_for == SignUpFor.WHOLE and len(coming) < len(dates):
        return []
    return coming


@transaction.atomic
def sign_up(event: Event, wish: Wish) -> Registration:
    """Keep a seat, or a place on the waiting list, at each date. One letter confirms all of them.

    Dates they have already stay as they are. Returns the first place. Raises TooLate.
    """
    dates = dates_of(event)
    if not dates:
        raise TooLate
    address = email_key(wish.email)
    known = Registration.objects.filter(
        occurrence__in=dates, email=address, state__in=LIVE
    ).order_by("occurrence__starts_at", "id")
    first = known.first()
    bundle = (first.bundle if first else None) or uuid.uuid4()
    added = 0
    for number in sorted(date.id for date in dates):
        occurrence, now = waiting.lock(number)
        if known.filter(occurrence=occurrence).exists() or not occurrence.is_open(now):
            continue
        registration = actions.place_for_wish(occurrence, wish, address, now)
        Registration.objects.filter(id=registration.id).update(bundle=bundle)
        added += 1
    known.filter(bundle=None).update(bundle=bundle)
    lead = known.select_related("occurrence__event").first()
    if lead is None:
        raise TooLate
    letters.enqueue("confirm" if added or not lead.verified else "again", lead)
    return lead


def places(registration: Registration) -> list[Registration]:
    """All places of the sign-up this one belongs to, the first date first."""
    if registration.bundle is None:
        return [registration]
    rows = Registration.objects.filter(bundle=registration.bundle)
    return list(rows.select_related("occurrence__event").order_by("occurrence__starts_at", "id"))


@transaction.atomic
def each(act: Callable[[Registration], Result], registration: Registration) -> list[Result]:
    """Do the same with every place of a sign-up. Raises what went wrong when nothing went right."""
    results: list[Result] = []
    problem: Exception | None = None
    for place in sorted(places(registration), key=lambda row: row.occurrence_id):
        try:
            results.append(act(place))
        except (TooLate, NoRoom, OfferOver) as met:
            problem = met
    if problem is not None and not results:
        raise problem
    return results


def accept(registration: Registration) -> list[Registration]:
    """Take the seat at this date, and with it every other seat offered for the same sign-up."""
    mine = actions.accept(registration)
    offered = [place for place in places(registration) if place.state == RegistrationState.OFFERED]
    taken = [mine]
    for place in sorted(offered, key=lambda row: row.occurrence_id):
        try:
            taken.append(actions.accept(place))
        except (TooLate, OfferOver):
            continue
    return taken

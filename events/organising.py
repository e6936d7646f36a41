"""What organisers do: make, change, publish and call off workshops and dates, and tell people.

One transaction each. Nobody loses a place by a change, except where a date is called off.
"""

import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.urls import resolve, reverse
from django.utils import timezone
from django.utils.text import slugify

from community.members import audit
from community.members.models import Member
from events import joining, letters, needs, reminders, seats, waiting
from events.actions import TooLate, end
from events.models import LIVE, Event, Host, News, Occurrence, Registration, RegistrationState

States = RegistrationState


class NoDate(Exception):
    """A workshop without a coming date cannot be published."""


class PeopleCome(Exception):
    """Somebody has or awaits a place: call the dates off instead."""


@dataclass(frozen=True)
class Draft:
    """A workshop as people read about it, and how its seats go."""

    title: str
    about: str
    place: str = ""
    topic: str = "other"
    way: str = "here"
    sign_up_for: str = "dates"
    travel: str = ""
    costs: str = ""
    time_zone: str = "Europe/London"
    companions: int = 1
    by_offer: bool = True
    keep_days: int = 30


@dataclass(frozen=True)
class Seats:
    """How many seats a date has."""

    general: int
    accessible: int = 0
    online: int = 0


# --- Workshops ------------------------------------------------------------------------------------


@transaction.atomic
def create(by: Member, draft: Draft) -> Event:
    """A workshop nobody else sees yet. Who makes it runs it."""
    event = Event.objects.create(
        clinic=by.clinic, created_by=by, slug=_free_slug(draft.title), **asdict(draft)
    )
    Host.objects.create(event=event, member=by, name=by.name)
    return event


def _free_slug(title: str) -> str:
    """An address for a workshop: from its title, unless that is taken or means another page."""
    slug = slugify(title)[:60].strip("-") or "workshop"
    free = resolve(reverse("events:event", args=[slug])).url_name == "event"
    if free and not Event.objects.filter(slug=slug).exists():
        return slug
    return f"{slug}-{secrets.token_hex(3)}"


@transaction.atomic
def edit(event: Event, draft: Draft) -> None:
    """Change the words. Another place concerns everybody who comes: they and their calendars learn
    of it. A better sentence disturbs nobody."""
    moved = event.place != draft.place
    Event.objects.filter(id=event.id).update(**asdict(draft))
    if not moved:
        return
    coming = event.occurrences.filter(cancelled_at=None, starts_at__gt=timezone.now())
    for occurrence_id in list(coming.order_by("id").values_list("id", flat=True)):
        occurrence, _ = waiting.lock(occurrence_id)
        _tell_of_change(occurrence)


@transaction.atomic
def duplicate(event: Event, by: Member) -> Event:
    """The same workshop again, unpublished, with its people and without dates."""
    fields = {name: getattr(event, name) for name in Draft.__dataclass_fields__}
    copy = create(by, Draft(**fields))
    Event.objects.filter(id=copy.id).update(neutral_title=event.neutral_title)
    for host in event.hosts.all():
        if host.member_id == by.id:
            Host.objects.filter(event=copy, member=by).update(
                name=host.name, work=host.work, about=host.about
            )
        else:
            Host.objects.create(
                event=copy,
                member_id=host.member_id,
                name=host.name,
                work=host.work,
                about=host.about,
            )
    return copy


@transaction.atomic
def publish(event: Event) -> bool:
    """Show it to everybody. False when it was so. Raises NoDate."""
    if not event.occurrences.filter(cancelled_at=None, starts_at__gt=timezone.now()).exists():
        raise NoDate
    rows = Event.objects.filter(id=event.id, published_at=None)
    return rows.update(published_at=timezone.now()) == 1


@transaction.atomic
def withdraw(event: Event) -> bool:
    """Take it off the public page, as long as nobody has a place. Raises PeopleCome."""
    Event.objects.select_for_update().get(id=event.id)
    coming = event.occurrences.filter(cancelled_at=None, starts_at__gt=timezone.now())
    for occurrence_id in list(coming.order_by("id").values_list("id", flat=True)):
        seats.lock(occurrence_id)
    if Registration.objects.filter(occurrence__in=coming, state__in=LIVE).exists():
        raise PeopleCome
    rows = Event.objects.filter(id=event.id, published_at__isnull=False)
    return rows.update(published_at=None) == 1


@transaction.atomic
def introduce(event: Event, member: Member | None, name: str, work: str, about: str) -> Host:
    """Keep how somebody who runs it is introduced; the same account again changes its words."""
    words = {"name": name, "work": work, "about": about}
    if member is None:
        return Host.objects.create(event=event, **words)
    return Host.objects.update_or_create(event=event, member=member, defaults=words)[0]


@transaction.atomic
def part_with(event: Event, host_id: int) -> bool:
    """Somebody runs it no more. Who made it stays its organiser."""
    return event.hosts.filter(id=host_id).delete()[0] == 1


# --- Dates ----------------------------------------------------------------------------------------


@transaction.atomic
def add_dates(
    event: Event, spans: Collection[tuple[datetime, datetime]], room: Seats
) -> list[Occurrence]:
    """Dates with so many seats each. A date that begins at the same moment is there already."""
    Event.objects.select_for_update().get(id=event.id)
    there = set(event.occurrences.filter(cancelled_at=None).values_list("starts_at", flat=True))
    return [
        Occurrence.objects.create(
            event=event,
            starts_at=starts,
            ends_at=ends,
            capacity=room.general,
            ceiling=room.general,
            access_capacity=room.accessible,
            access_ceiling=room.accessible,
            online_capacity=room.online,
            online_ceiling=room.online,
        )
        for starts, ends in spans
        if starts not in there
    ]


@transaction.atomic
def resize(
    occurrence_id: int, capacity: int, access_capacity: int, online_capacity: int | None = None
) -> None:
    """Set how many seats there are. Fewer than are taken cancels nobody; more are passed on."""
    occurrence, now = waiting.lock(occurrence_id)
    seats.resize(occurrence, capacity, access_capacity, online_capacity)
    waiting.promote(occurrence, now)


@transaction.atomic
def move(occurrence_id: int, starts_at: datetime, ends_at: datetime) -> bool:
    """Another time. Everybody who comes or waits learns of it, calendars too. False when it is so.

    Raises TooLate for a date that has begun or was called off.
    """
    occurrence, now = waiting.lock(occurrence_id)
    if occurrence.cancelled_at is not None or occurrence.starts_at <= now:
        raise TooLate
    if (occurrence.starts_at, occurrence.ends_at) == (starts_at, ends_at):
        return False
    if occurrence.closes_at is not None:
        occurrence.closes_at += starts_at - occurrence.starts_at
    occurrence.starts_at, occurrence.ends_at = starts_at, ends_at
    occurrence.save(update_fields=["starts_at", "ends_at", "closes_at"])
    # Reminders whose time is still to come will be sent (again); those behind us will not.
    behind = sum(starts_at - before <= now for before, _ in reminders.STAGES)
    occurrence.registrations.filter(state__in=LIVE).update(reminded=behind)
    _tell_of_change(occurrence)
    return True


@transaction.atomic
def set_join_link(occurrence: Occurrence, by: Member, url: str) -> None:
    """Where people meet online; '' for nowhere. Raises ValueError unless it is an https address."""
    joining.set_link(occurrence, url)
    audit.record(by, "join_link.set", occurrence, there=bool(url))


def _tell_of_change(occurrence: Occurrence) -> None:
    """A new revision for calendars, and a letter to everybody with a place or in the line."""
    occurrence.revision += 1
    occurrence.save(update_fields=["revision"])
    for registration in occurrence.registrations.filter(state__in=LIVE, verified=True):
        seat = registration.state == States.CONFIRMED
        letters.enqueue("moved" if seat else "moved_waiting", registration)


@transaction.atomic
def cancel_date(occurrence_id: int, by: Member | None = None, words: str = "") -> bool:
    """Call a date off and write to everybody who had or awaited a place. False when it was so.

    words: what the organiser wants to say to them; read on the place's page.
    """
    occurrence, now = waiting.lock(occurrence_id)
    if occurrence.cancelled_at is not None or occurrence.starts_at <= now:
        return False
    occurrence.cancelled_at = timezone.now()
    occurrence.save(update_fields=["cancelled_at"])
    if words and by is not None:
        News.objects.create(occurrence=occurrence, by=by, body=words)
    for registration in list(occurrence.registrations.filter(state__in=LIVE).order_by("no")):
        verified = registration.verified
        seats.give_back(occurrence, registration)
        end(registration, RegistrationState.REMOVED, now)
        if verified:
            letters.enqueue("called_off", registration)
    return True


@transaction.atomic
def cancel_all(event: Event, by: Member, words: str = "") -> int:
    """Call off every coming date. Returns how many that were."""
    coming = event.occurrences.filter(cancelled_at=None, starts_at__gt=timezone.now())
    numbers = list(coming.order_by("id").values_list("id", flat=True))
    return sum(cancel_date(number, by, words) for number in numbers)


@transaction.atomic
def tell(occurrence: Occurrence, by: Member, body: str) -> int:
    """Tell everybody with a seat something. Returns to how many people a letter goes.

    The letter says that there is news and leads to it: what organisers write stands in no mail.
    """
    News.objects.create(occurrence=occurrence, by=by, body=body)
    people = occurrence.registrations.filter(state=States.CONFIRMED).exclude(email="")
    for registration in people.order_by("no"):
        letters.enqueue("news", registration)
    return len(people)


# --- What they read -------------------------------------------------------------------------------


@transaction.atomic
def read_needs(
    occurrence: Occurrence, by: Member
) -> list[tuple[Registration, list[str], str]] | None:
    """What people of a date need, in the shape of `needs.for_host`; None before and after its time.

    Who looked is written down.
    """
    now = timezone.now()
    if not needs.are_shown(occurrence, now):
        return None
    rows = needs.for_host(occurrence, now)
    if rows:
        audit.record(by, "needs.read", occurrence, places=len(rows))
    return rows


@transaction.atomic
def take_along(occurrence: Occurrence, by: Member, form: str) -> list[Registration]:
    """The confirmed people of a date for a file or a printed list; that somebody took them along
    is written down. form: 'csv', 'list' or 'badges'."""
    rows = list(occurrence.registrations.filter(state=States.CONFIRMED).order_by("name", "id"))
    audit.record(by, "places.taken_along", occurrence, form=form, places=len(rows))
    return rows

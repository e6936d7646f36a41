"""Calendar files by the book (RFC 5545, 5546): stable UID, growing SEQUENCE, a real time zone."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar, Event, vCalAddress, vText

from events.calendar_zones import zone_around
from events.models import Occurrence, Registration, RegistrationState, Way

ONLINE = "Online"


def calendar_of(registration: Registration, method: str) -> bytes:
    """The file for one registration. method: 'REQUEST' or 'CANCEL'.

    The same registration keeps its UID for good. SEQUENCE is the date's revision doubled, one more
    for the cancellation, so that calendars take the newer one. Calendars are shared with colleagues
    and family: no word of what it is about unless they wished it, and never a link.
    """
    occurrence = registration.occurrence
    gone = method == "CANCEL" or registration.state in (
        RegistrationState.CANCELLED,
        RegistrationState.REMOVED,
    )
    entry = _entry(
        f"{registration.uid}@{settings.ALLOWED_HOSTS[0]}",
        occurrence.revision * 2 + (1 if gone else 0),
        registration.local_start,
        registration.local_end,
        registration.title,
    )
    where = ONLINE if registration.takes_part_online else occurrence.event.place
    if where:
        entry.add("location", where)
    entry.add("status", "CANCELLED" if gone else "CONFIRMED")
    entry.add("organizer", _organiser())
    return _file([entry], method)


def feed_of(occurrences: Iterable[Occurrence], name: str) -> bytes:
    """A calendar of public dates to subscribe to; those called off stay in it as cancelled."""
    entries = []
    for occurrence in occurrences:
        event, gone = occurrence.event, occurrence.cancelled_at is not None
        entry = _entry(
            f"date-{occurrence.id}@{settings.ALLOWED_HOSTS[0]}",
            occurrence.revision * 2 + (1 if gone else 0),
            occurrence.local_start,
            occurrence.local_end,
            event.title,
        )
        entry.add("status", "CANCELLED" if gone else "CONFIRMED")
        entry.add("url", settings.SITE_URL + reverse("events:event", args=[event.slug]))
        entry.add("transp", "TRANSPARENT")
        if where := ONLINE if event.way == Way.ONLINE else event.place:
            entry.add("location", where)
        entries.append(entry)
    return _file(entries, "PUBLISH", name)


def _entry(uid: str, sequence: int, starts: datetime, ends: datetime, title: str) -> Event:
    if _is_shown_twice(starts) or _is_shown_twice(ends):
        # A local time means the first pass of such an hour, and not every reader knows that.
        starts, ends = starts.astimezone(UTC), ends.astimezone(UTC)
    entry = Event()
    entry.add("uid", uid)
    entry.add("sequence", sequence)
    entry.add("dtstamp", timezone.now())
    entry.add("dtstart", starts)
    entry.add("dtend", ends)
    entry.add("summary", title)
    return entry


def _is_shown_twice(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _file(entries: list[Event], method: str, name: str = "") -> bytes:
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.SITE_NAME}//events//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    if name:
        # Both spellings: RFC 7986, and what was there before it.
        calendar.add("name", name)
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", timedelta(hours=6), parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", "PT6H")
    starts = [entry.decoded("dtstart") for entry in entries]
    zones = {entry["dtstart"].params.get("TZID") for entry in entries}
    for tzid in sorted(zone for zone in zones if zone):
        calendar.add_component(zone_around(tzid, min(starts), max(starts)))
    for entry in entries:
        calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _organiser() -> vCalAddress:
    address = vCalAddress(f"mailto:{settings.DEFAULT_FROM_EMAIL}")
    address.params["cn"] = vText(settings.SITE_NAME)
    return address

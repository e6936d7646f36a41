"""Calendar files by the book (RFC 5545, 5546): stable UID, growing SEQUENCE, a real time zone."""

from django.conf import settings
from django.utils import timezone
from icalendar import Calendar, Event, vCalAddress, vText

from events.models import Registration, RegistrationState


def calendar_of(registration: Registration, method: str) -> bytes:
    """The file for one registration. method: 'REQUEST' or 'CANCEL'.

    The same registration keeps its UID for good. SEQUENCE is the date's revision doubled, one more
    for the cancellation, so that calendars take the newer one.
    """
    occurrence = registration.occurrence
    entry = Event()
    entry.add("uid", f"{registration.uid}@{settings.ALLOWED_HOSTS[0]}")
    gone = method == "CANCEL" or registration.state in (
        RegistrationState.CANCELLED,
        RegistrationState.REMOVED,
    )
    entry.add("sequence", occurrence.revision * 2 + (1 if gone else 0))
    entry.add("dtstamp", timezone.now())
    entry.add("dtstart", occurrence.local_start)
    entry.add("dtend", occurrence.local_end)
    # Calendars are shared with colleagues and family: no word of what it is about.
    entry.add("summary", occurrence.event.neutral_title or occurrence.event.title)
    if occurrence.event.place:
        entry.add("location", occurrence.event.place)
    entry.add("status", "CANCELLED" if gone else "CONFIRMED")
    entry.add("organizer", _organiser())
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.SITE_NAME}//events//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(entry)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _organiser() -> vCalAddress:
    address = vCalAddress(f"mailto:{settings.DEFAULT_FROM_EMAIL}")
    address.params["cn"] = vText(settings.SITE_NAME)
    return address

"""Going to the online meeting: through one's own link, and only around its time.

The address of the meeting is sealed for its date. It stands in no page, no letter and no calendar
file: whoever has a place presses a button from half an hour before, and is led there.
"""

import json
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from community.members import vault
from events.models import JoinUse, Occurrence, Registration, RegistrationState

OPENS = timedelta(minutes=30)
_PURPOSE = "events.joining"


class NotNow(Exception):
    """It is too early or too late, or the place is not (or no more) confirmed."""


def set_link(occurrence: Occurrence, url: str) -> None:
    """Keep the address of the meeting, sealed; '' forgets it. Raises ValueError unless https."""
    if url and (urlsplit(url).scheme != "https" or not urlsplit(url).hostname):
        raise ValueError("https")
    sealed = vault.seal_identity(occurrence.id, json.dumps([_PURPOSE, url])) if url else ""
    occurrence.join_sealed = sealed
    Occurrence.objects.filter(id=occurrence.id).update(join_sealed=sealed)


def link_of(occurrence: Occurrence) -> str:
    """The address, for who runs the date; '' when there is none. Raises vault.Tampered."""
    if not occurrence.join_sealed:
        return ""
    purpose, url = json.loads(vault.unseal_identity(occurrence.id, occurrence.join_sealed))
    if purpose != _PURPOSE:
        raise vault.Tampered
    return str(url)


def is_open(registration: Registration, now: datetime) -> bool:
    """Whether this person may go in at this moment."""
    date = registration.occurrence
    return (
        registration.state == RegistrationState.CONFIRMED
        and date.cancelled_at is None
        and bool(date.join_sealed)
        and date.starts_at - OPENS <= now < date.ends_at
    )


def origin_of(occurrence: Occurrence) -> str:
    """Scheme and host of the meeting: where a form of ours may lead."""
    parts = urlsplit(link_of(occurrence))
    return f"{parts.scheme}://{parts.netloc}"


@transaction.atomic
def enter(registration: Registration) -> str:
    """Note that somebody goes in and return the address. Raises NotNow."""
    rows = Registration.objects.select_related("occurrence__event")
    fresh = rows.get(id=registration.id)
    if not is_open(fresh, timezone.now()):
        raise NotNow
    JoinUse.objects.create(registration=fresh)
    return link_of(fresh.occurrence)

"""Ticket codes and self check-in codes. Nothing of them is stored: they are worked out."""

import io

import segno
from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from events.models import Occurrence, Registration

# Nothing that looks like something else when it is read aloud.
SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class OtherDate(Exception):
    """The ticket is real or not, but it is not for this date."""


def _signs(salt: str, value: str, length: int) -> str:
    number = int.from_bytes(salted_hmac(salt, value, algorithm="sha256").digest(), "big")
    found = ""
    for _ in range(length):
        number, rest = divmod(number, len(SIGNS))
        found += SIGNS[rest]
    return found


def code_of(registration: Registration) -> str:
    """What a ticket says, such as '12-7-K3F9QZ': date, number, seal. It opens nothing by itself."""
    seal = _signs("events.ticket", f"{registration.id}.{registration.nonce.hex}", 6)
    return f"{registration.occurrence_id}-{registration.no}-{seal}"


def date_in(code: str) -> int:
    """The number of the date a code speaks of; 0 for anything else."""
    first = code.strip().split("-")[0]
    return int(first) if first.isascii() and first.isdigit() and len(first) < 10 else 0


def registration_in(occurrence: Occurrence, code: str) -> Registration:
    """Whose ticket it is. Raises OtherDate when it is not one of this date, whatever the reason."""
    code = code.strip().upper()
    parts = code.split("-")
    if date_in(code) != occurrence.id or len(parts) != 3 or not parts[1].isdigit():
        raise OtherDate
    if len(parts[1]) > 9:
        raise OtherDate
    found = occurrence.registrations.filter(no=int(parts[1])).first()
    if found is None or not constant_time_compare(code_of(found), code):
        raise OtherDate
    return found


def self_code(occurrence: Occurrence) -> str:
    """Five signs that hang at the door, for those who check in with their own phone."""
    return _signs("events.self", f"{occurrence.id}.{occurrence.starts_at.isoformat()}", 5)


def is_self_code(occurrence: Occurrence, typed: str) -> bool:
    """Whether this is what hangs at the door."""
    return constant_time_compare(self_code(occurrence), "".join(typed.split()).upper())


def url_of(registration: Registration) -> str:
    """Where the QR code leads: a page for organisers of this date alone."""
    return settings.SITE_URL + reverse("events:ticket", args=[code_of(registration)])


def picture(registration: Registration) -> bytes:
    """The ticket as a QR code, in SVG."""
    out = io.BytesIO()
    segno.make(url_of(registration), error="m").save(
        out, kind="svg", scale=8, border=3, dark="#27323b", light="#fff", xmldecl=False
    )
    return out.getvalue()

"""What somebody needs to be able to come. Sealed; read by the hosts of the date, and only near it.

Sealed for one registration with the clinic's vault key: put into another row it does not open.
Organisers learn in advance what must be arranged, as counts without a name.
"""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from community.members import vault
from events.models import LIVE, Occurrence, Registration

# Code: what people tick, what staff arrange.
KINDS = {
    "step_free": "A way without steps",
    "hearing_loop": "A hearing loop",
    "sign": "A sign language interpreter",
    "captions": "Captions",
    "large_print": "Large print",
    "quiet": "A quiet place to step out to",
    "breaks": "More breaks",
    "assistance": "My assistance dog or person comes along",
}
SHOWN_BEFORE = timedelta(days=7)
KEPT_AFTER = timedelta(days=7)
_PURPOSE = "events.needs"


def keep(registration: Registration, wanted: Mapping[str, object]) -> None:
    """Seal what somebody needs; nothing wanted is forgotten. The row must be stored already.

    wanted: {"kinds": [codes of KINDS], "words": text}.
    """
    kinds = [code for code in KINDS if code in _list(wanted.get("kinds"))]
    words = str(wanted.get("words") or "")
    sealed = ""
    if kinds or words:
        plain = json.dumps([_PURPOSE, {"kinds": kinds, "words": words}])
        sealed = vault.seal_identity(registration.id, plain)
    if sealed or registration.needs_sealed:
        registration.needs_sealed = sealed
        registration.save(update_fields=["needs_sealed"])


def _list(value: object) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list | tuple) else []


def own(registration: Registration) -> dict[str, object]:
    """What somebody wrote about themselves, for their own page. Raises vault.Tampered."""
    if not registration.needs_sealed:
        return {"kinds": [], "words": ""}
    purpose, wanted = json.loads(vault.unseal_identity(registration.id, registration.needs_sealed))
    if purpose != _PURPOSE:
        raise vault.Tampered
    return dict(wanted)


def are_shown(occurrence: Occurrence, now: datetime) -> bool:
    """Hosts read them from a week before the date until they are erased."""
    return occurrence.starts_at - SHOWN_BEFORE <= now < occurrence.ends_at + KEPT_AFTER


def for_host(occurrence: Occurrence, now: datetime) -> list[tuple[Registration, list[str], str]]:
    """(place, what is needed, their words), for a host of this date; [] before its time."""
    if not are_shown(occurrence, now):
        return []
    found = []
    for registration in _with_needs(occurrence):
        wanted = own(registration)
        kinds = [KINDS[code] for code in _list(wanted["kinds"]) if code in KINDS]
        found.append((registration, kinds, str(wanted["words"])))
    return found


def to_arrange(occurrence: Occurrence) -> list[tuple[str, int]]:
    """(what, how many), for who prepares the date: counts of the ticks, no name and no words."""
    counts: Counter[str] = Counter()
    for registration in _with_needs(occurrence):
        counts.update(_list(own(registration)["kinds"]))
    return [(KINDS[code], counts[code]) for code in KINDS if counts[code]]


def _with_needs(occurrence: Occurrence) -> list[Registration]:
    rows = occurrence.registrations.filter(state__in=LIVE).exclude(needs_sealed="")
    return list(rows.order_by("name", "id"))

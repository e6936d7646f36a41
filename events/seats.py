"""Counting seats. Every change of `taken` and `held` happens here, with the date's row locked.

One code path for both databases: PostgreSQL locks the row, SQLite runs IMMEDIATE transactions, so
whoever comes second waits and then sees what the first one did.
"""

from datetime import datetime, timedelta

from django.db.models import Sum

from events.models import Occurrence, Pool, Registration, RegistrationState

HOLD = timedelta(minutes=30)
HOLDING = (RegistrationState.PENDING, RegistrationState.OFFERED)
_PREFIX = {Pool.GENERAL: "", Pool.ACCESS: "access_", Pool.ONLINE: "online_"}
_COUNTERS = tuple(f"{p}{name}" for p in _PREFIX.values() for name in ("taken", "held"))


def lock(occurrence_id: int) -> Occurrence:
    """The date's row, locked until the transaction ends."""
    occurrence = Occurrence.objects.select_for_update(of=("self",)).select_related("event")
    return occurrence.get(id=occurrence_id)


def take_number(occurrence: Occurrence) -> int:
    """The next number in the order of coming."""
    number = occurrence.next_no
    occurrence.next_no = number + 1
    occurrence.save(update_fields=["next_no"])
    return number


def free(occurrence: Occurrence, pool: str, own: int = 0) -> int:
    """Free seats of a pool, 0 or more. own: seats the asking person holds already; they count
    as free for them."""
    p = _PREFIX[Pool(pool)]
    used: int = getattr(occurrence, f"{p}taken") + getattr(occurrence, f"{p}held") - own
    seats: int = getattr(occurrence, f"{p}capacity")
    return max(0, seats - used)


def fits(occurrence: Occurrence, pool: str, seats: int, own: int = 0) -> bool:
    """Whether so many seats can be held or taken by somebody who holds `own` already."""
    return seats <= own or seats <= free(occurrence, pool, own)


def change(occurrence: Occurrence, pool: str, *, taken: int = 0, held: int = 0) -> None:
    """Add to the counters of a pool; numbers below zero give seats back."""
    p = _PREFIX[Pool(pool)]
    setattr(occurrence, f"{p}taken", getattr(occurrence, f"{p}taken") + taken)
    setattr(occurrence, f"{p}held", getattr(occurrence, f"{p}held") + held)
    _settle_ceiling(occurrence, p)
    occurrence.save(update_fields=[f"{p}taken", f"{p}held", f"{p}ceiling"])


def _settle_ceiling(occurrence: Occurrence, p: str) -> None:
    """After seats were given back, an overfull date may not fill up again beyond its capacity."""
    used = getattr(occurrence, f"{p}taken") + getattr(occurrence, f"{p}held")
    capacity = getattr(occurrence, f"{p}capacity")
    ceiling = getattr(occurrence, f"{p}ceiling")
    setattr(occurrence, f"{p}ceiling", max(capacity, min(ceiling, used)))


def resize(
    occurrence: Occurrence, capacity: int, access_capacity: int, online_capacity: int | None = None
) -> None:
    """Set how many seats there are (online None: as it is). Fewer than are taken cancels nobody."""
    online = occurrence.online_capacity if online_capacity is None else online_capacity
    for p, wanted in (("", capacity), ("access_", access_capacity), ("online_", online)):
        used = getattr(occurrence, f"{p}taken") + getattr(occurrence, f"{p}held")
        setattr(occurrence, f"{p}capacity", wanted)
        setattr(occurrence, f"{p}ceiling", max(wanted, used))
    fields = [f"{p}{name}" for p in _PREFIX.values() for name in ("capacity", "ceiling")]
    occurrence.save(update_fields=fields)


def hold(occurrence: Occurrence, registration: Registration, now: datetime) -> None:
    """Keep seats for somebody who has yet to confirm, but never beyond the closing."""
    change(occurrence, registration.pool, held=registration.seats)
    registration.hold_until = min(now + HOLD, occurrence.closing)


def turn_hold_into_seat(occurrence: Occurrence, registration: Registration) -> None:
    """Held seats are confirmed."""
    seats = registration.seats
    change(occurrence, registration.pool, held=-seats, taken=seats)


def give_back(occurrence: Occurrence, registration: Registration) -> None:
    """Whatever seats a live place has, held or taken, become free."""
    if registration.state == RegistrationState.CONFIRMED:
        change(occurrence, registration.pool, taken=-registration.seats)
    elif registration.state in HOLDING:
        change(occurrence, registration.pool, held=-registration.seats)


def recount(occurrence: Occurrence) -> dict[str, int]:
    """The counters as the registrations say they should be, by the names of the columns."""
    counted = dict.fromkeys(_COUNTERS, 0)
    rows = (
        occurrence.registrations.filter(state__in=(*HOLDING, RegistrationState.CONFIRMED))
        .values("pool", "state")
        .annotate(people=Sum("companions"))
    )
    for row in rows:
        count = occurrence.registrations.filter(pool=row["pool"], state=row["state"]).count()
        brought = row["people"] if row["pool"] == Pool.GENERAL else 0
        what = "taken" if row["state"] == RegistrationState.CONFIRMED else "held"
        counted[_PREFIX[Pool(row["pool"])] + what] += count + brought
    return counted


def counters(occurrence: Occurrence) -> dict[str, int]:
    """The counters as they stand, in the shape of `recount`."""
    return {name: getattr(occurrence, name) for name in _COUNTERS}


def repair(occurrence: Occurrence, counted: dict[str, int]) -> None:
    """Set the counters to what `recount` found."""
    for p in _PREFIX.values():
        for name in ("taken", "held"):
            setattr(occurrence, p + name, counted[p + name])
        used = counted[f"{p}taken"] + counted[f"{p}held"]
        setattr(occurrence, f"{p}ceiling", max(getattr(occurrence, f"{p}capacity"), used))
    occurrence.save(update_fields=[*counted, *(f"{p}ceiling" for p in _PREFIX.values())])

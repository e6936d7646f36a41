"""The waiting list: whose turn it is, how long an offer stands, what silence means.

Offers shrink as the start comes near, and the night does not count: nobody loses a seat in their
sleep. Silence once, and the next person is asked before them; silence twice, and they go to the end
of the list. Nobody overtakes anybody, except that near the start a small party may take what is
too little for the large one before it.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import timezone

from events import letters, seats
from events.models import Occurrence, Pool, Registration, RegistrationState

LONGEST = timedelta(hours=24)
SHORTEST = timedelta(minutes=60)
SHARE = 0.2
NEAR = timedelta(hours=24)
MORNING, EVENING = time(7), time(22)
# Silent offers after which somebody goes to the end of the list.
SILENCES = 2

States = RegistrationState


# --- How long an offer stands (pure) --------------------------------------------------------------


def offer_ends(now: datetime, closing: datetime, zone: ZoneInfo) -> datetime | None:
    """Until when an offer made now stands; None when too little time is left to make one.

    A fifth of the time left, at most 24 hours and at least one, counted while people are awake
    (7:00 to 22:00 in `zone`), and never beyond `closing`.
    """
    left = closing - now
    wanted = max(SHORTEST, min(LONGEST, left * SHARE))
    ends = awake_later(now, wanted, zone)
    if ends <= closing:
        return ends
    # Too late for a whole share of waking hours, but an hour may still be there.
    return closing if awake_later(now, SHORTEST, zone) <= closing else None


def awake_later(start: datetime, wanted: timedelta, zone: ZoneInfo) -> datetime:
    """The moment when `wanted` waking time has passed since start."""
    for begins, ends in _days(start, zone):
        if wanted <= ends - begins:
            return begins + wanted
        wanted -= ends - begins
    raise AssertionError("days do not end")


def _days(start: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Waking hours from start on, as pairs of moments. Clock changes happen while people sleep."""
    utc = ZoneInfo("UTC")
    day = start.astimezone(zone).date()
    while True:
        begins = datetime.combine(day, MORNING, zone).astimezone(utc)
        ends = datetime.combine(day, EVENING, zone).astimezone(utc)
        if ends > start:
            yield max(begins, start.astimezone(utc)), ends
        day += timedelta(days=1)


# --- Whose turn it is -----------------------------------------------------------------------------


def line(occurrence: Occurrence, pool: str | None = None) -> QuerySet[Registration]:
    """Who waits with a confirmed address that letters reach, in the order they are asked."""
    rows = occurrence.registrations.filter(
        state=States.WAITING, verified=True, bounced_at__isnull=True
    )
    return (rows if pool is None else rows.filter(pool=pool)).order_by("turn", "id")


def place_in_line(registration: Registration) -> int:
    """1 for who is asked next."""
    before = line(registration.occurrence, registration.pool)
    return before.filter(turn__lt=registration.turn).count() + 1


def goes_first(occurrence: Occurrence, pool: str, wanted: int, own: int = 0) -> bool:
    """Whether somebody who comes now, or waits and asks again, finds room without overtaking.

    Those who let their turn pass are not overtaken by who takes what they left.
    """
    if not seats.fits(occurrence, pool, wanted, own):
        return False
    return not line(occurrence, pool).filter(sits_out=False).exists()


def promote(occurrence: Occurrence, now: datetime) -> int:
    """Pass free seats on, in the transaction that freed them. Returns to how many people.

    The date's row must be locked. After the closing nothing is offered.
    """
    if not occurrence.is_open(now):
        return 0
    return sum(_promote(occurrence, pool, now) for pool in Pool)


def _promote(occurrence: Occurrence, pool: str, now: datetime) -> int:
    if seats.free(occurrence, pool) == 0:
        return 0
    near = occurrence.closing - now <= NEAR
    given = 0
    for registration in list(line(occurrence, pool).filter(sits_out=False)):
        if seats.fits(occurrence, pool, registration.seats):
            if not _give(occurrence, registration, now):
                break
            given += 1
        elif not near:
            break
    if given:
        # Somebody else had a turn: those who let theirs pass are asked again from now on.
        line(occurrence, pool).filter(sits_out=True).update(sits_out=False)
    return given


def _give(occurrence: Occurrence, registration: Registration, now: datetime) -> bool:
    if not occurrence.event.by_offer:
        seats.change(occurrence, registration.pool, taken=registration.seats)
        _move(registration, States.CONFIRMED, confirmed_at=now)
        letters.enqueue("promoted", registration)
        return True
    until = offer_ends(now, occurrence.closing, occurrence.zone)
    if until is None:
        return False
    seats.change(occurrence, registration.pool, held=registration.seats)
    _move(registration, States.OFFERED, offer_until=until)
    letters.enqueue("offer", registration)
    return True


def _move(registration: Registration, state: States, **fields: object) -> None:
    """Change one waiting row. The date is locked, so it must still be as it was seen."""
    rows = Registration.objects.filter(id=registration.id, state=States.WAITING)
    moved = rows.update(state=state, sits_out=False, **fields)
    assert moved == 1, "the waiting list moved under its lock"  # noqa: S101


# --- What comes back ------------------------------------------------------------------------------


def step_back(occurrence: Occurrence, registration: Registration, *, silent: bool) -> None:
    """An offer is passed or ran out: the seats are free again and its holder waits.

    Passing costs nothing. A second silence leads to the end of the list.
    """
    seats.change(occurrence, registration.pool, held=-registration.seats)
    missed = registration.offers_missed + (1 if silent else 0)
    turn = registration.turn
    if missed >= SILENCES:
        turn, missed = seats.take_number(occurrence), 0
    rows = Registration.objects.filter(id=registration.id, state=States.OFFERED)
    moved = rows.update(
        state=States.WAITING, offer_until=None, offers_missed=missed, turn=turn, sits_out=True
    )
    assert moved == 1, "an offer moved under its lock"  # noqa: S101
    registration.refresh_from_db()
    if silent:
        letters.enqueue("missed", registration)


def let_go(occurrence: Occurrence, now: datetime) -> int:
    """Give back what ran out: holds nobody confirmed, offers nobody answered. Returns how many.

    Asked at each lock, so the clock decides and not a worker.
    """
    late_holds = list(
        occurrence.registrations.filter(state=States.PENDING, hold_until__lte=now).order_by("no")
    )
    for registration in late_holds:
        expire(occurrence, registration)
    late_offers = list(
        occurrence.registrations.filter(state=States.OFFERED, offer_until__lte=now).order_by("turn")
    )
    for registration in late_offers:
        step_back(occurrence, registration, silent=True)
    return len(late_holds) + len(late_offers)


def expire(occurrence: Occurrence, registration: Registration) -> None:
    """An unconfirmed hold is over."""
    seats.give_back(occurrence, registration)
    rows = Registration.objects.filter(id=registration.id, state=States.PENDING)
    moved = rows.update(state=States.EXPIRED, hold_until=None)
    assert moved == 1, "a hold moved under its lock"  # noqa: S101


def lock(occurrence_id: int) -> tuple[Occurrence, datetime]:
    """The date, locked, with what ran out given back and passed on; and the moment that counts.

    The moment is taken when the lock is there: who waited for it does not act on an older clock.
    """
    occurrence = seats.lock(occurrence_id)
    now = timezone.now()
    if let_go(occurrence, now):
        promote(occurrence, now)
    return occurrence, now


def chances(occurrence: Occurrence, place: int) -> str:
    """An honest word on whether somebody at this place of the list will get a seat.

    A rule of thumb: of ten people with a seat, one or two give it back.
    """
    expected = (occurrence.capacity * 15 + 50) // 100
    if place <= max(1, expected // 2):
        return "good"
    return "fair" if place <= max(2, expected) else "small"

"""Letting people in, and afterwards: who came, how it was, why not. One transaction each.

A scan may come twice, from two doors, or hours late from a phone without network: its nonce says
whether it is known, and the database allows one check-in that stands for each place.
"""

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from community.members.models import Member
from events import letters, seats, tickets
from events.actions import NoRoom
from events.day_rows import TOOK_PART, Again, Attendance, Came, CheckIn, DropOut, Feedback, How, Why
from events.models import Occurrence, Pool, Registration, RegistrationState
from events.tokens import date_of_token, spend_token

States = RegistrationState

DOOR_OPENS = timedelta(hours=2)
DOOR_CLOSES = timedelta(hours=12)
LATE = timedelta(minutes=15)
# Until then organisers set the list right; afterwards letters go out.
FINISHED_AFTER = timedelta(hours=3)
FINISHED_UNTIL = timedelta(days=3)
SMALL = 5


class NotTheTime(Exception):
    """The door is open from two hours before a date until twelve hours after."""


class NoSeat(Exception):
    """This person has no confirmed seat."""


class WrongCode(Exception):
    """That is not what hangs at the door."""


class AnsweredAlready(Exception):
    """Each is asked once."""


@dataclass(frozen=True)
class LetIn:
    """What became of a scan. new: by this one; else it stands since `at` by another."""

    registration: Registration
    at: datetime
    how: str
    new: bool


# --- The door -------------------------------------------------------------------------------------


def door_is_open(occurrence: Occurrence, now: datetime) -> bool:
    """Whether people are let in now."""
    if occurrence.cancelled_at is not None:
        return False
    return occurrence.starts_at - DOOR_OPENS <= now < occurrence.ends_at + DOOR_CLOSES


def lock_place(occurrence: Occurrence, registration_id: int) -> Registration:
    """A place of this date, locked until the transaction ends."""
    rows = Registration.objects.select_for_update(of=("self",)).filter(occurrence=occurrence)
    return rows.get(id=registration_id)


@transaction.atomic
def check_in(
    occurrence: Occurrence,
    registration_id: int,
    nonce: str,
    how: How,
    by: Member | None = None,
    at: datetime | None = None,
) -> LetIn:
    """Let somebody in. The same nonce, or a second scan, changes nothing.

    nonce: the scan's own name. at: when it was, for one that waited on a phone without network; it
    cannot lie in the future or before the door opened. Raises NotTheTime, NoSeat,
    Registration.DoesNotExist.
    """
    now = timezone.now()
    if not door_is_open(occurrence, now):
        raise NotTheTime
    at = min(max(at or now, occurrence.starts_at - DOOR_OPENS), now)
    registration = lock_place(occurrence, registration_id)
    if registration.state != States.CONFIRMED:
        raise NoSeat
    stands = _standing(registration)
    if stands is not None:
        return LetIn(registration, stands.at, stands.how, new=stands.nonce == nonce)
    known = CheckIn.objects.filter(nonce=nonce).first()
    if known is not None:
        # It was undone meanwhile: a replay does not bring it back.
        return LetIn(registration, known.at, known.how, new=False)
    CheckIn.objects.create(registration=registration, nonce=nonce, how=how, by=by, at=at)
    late = at > occurrence.starts_at + LATE
    _mark(registration, Came.LATE if late else Came.PRESENT)
    return LetIn(registration, at, how, new=True)


def _standing(registration: Registration) -> CheckIn | None:
    return CheckIn.objects.filter(registration=registration, undone_at=None).first()


def _mark(registration: Registration, state: Came) -> None:
    Attendance.objects.update_or_create(
        registration=registration, defaults={"state": state, "at": timezone.now()}
    )


@transaction.atomic
def undo_check_in(occurrence: Occurrence, registration_id: int) -> bool:
    """It was somebody else. False when nobody was let in."""
    registration = lock_place(occurrence, registration_id)
    rows = CheckIn.objects.filter(registration=registration, undone_at=None)
    if rows.update(undone_at=timezone.now()) != 1:
        return False
    Attendance.objects.filter(registration=registration).delete()
    return True


@transaction.atomic
def walk_in(
    occurrence_id: int, name: str, nonce: str, by: Member, *, beyond: bool = False
) -> Registration:
    """Let somebody in who has not signed up. The same nonce is the same person.

    beyond: also when every seat is taken; the date then has one seat more. Raises NotTheTime, and
    NoRoom without `beyond`.
    """
    occurrence, now = seats.lock(occurrence_id), timezone.now()
    if not door_is_open(occurrence, now):
        raise NotTheTime
    known = CheckIn.objects.filter(nonce=nonce).select_related("registration").first()
    if known is not None and known.registration.occurrence_id == occurrence_id:
        return known.registration
    if not seats.fits(occurrence, Pool.GENERAL, 1):
        if not beyond:
            raise NoRoom
        used = occurrence.taken + occurrence.held
        seats.resize(occurrence, max(occurrence.capacity, used) + 1, occurrence.access_capacity)
    seats.change(occurrence, Pool.GENERAL, taken=1)
    number = seats.take_number(occurrence)
    registration = Registration.objects.create(
        occurrence=occurrence,
        no=number,
        turn=number,
        name=name,
        state=States.CONFIRMED,
        verified=True,
        walked_in=True,
        confirmed_at=now,
    )
    CheckIn.objects.create(registration=registration, nonce=nonce, how=How.WALK_IN, by=by, at=now)
    _mark(registration, Came.LATE if now > occurrence.starts_at + LATE else Came.PRESENT)
    return registration


def let_self_in(registration: Registration, typed: str) -> LetIn:
    """Somebody checks in with their own phone and the code that hangs at the door.

    Raises WrongCode, NotTheTime, NoSeat.
    """
    if not tickets.is_self_code(registration.occurrence, typed):
        raise WrongCode
    return check_in(registration.occurrence, registration.id, uuid.uuid4().hex, How.OWN)


@transaction.atomic
def mark(occurrence: Occurrence, registration_id: int, state: Came) -> None:
    """Set right by hand who was there. Raises NoSeat."""
    registration = lock_place(occurrence, registration_id)
    if registration.state != States.CONFIRMED or occurrence.starts_at > timezone.now() + DOOR_OPENS:
        raise NoSeat
    _mark(registration, state)


# --- Afterwards -----------------------------------------------------------------------------------


@transaction.atomic
def finish(occurrence_id: int) -> bool:
    """A date is over: who had a seat and was not let in was not there, and is asked kindly why;
    who came is asked how it was. False when that was done, or it is not over.

    Where nobody was let in at all, nobody held the door: then nothing is known of anybody.
    """
    occurrence, now = seats.lock(occurrence_id), timezone.now()
    if occurrence.ends_at > now or occurrence.cancelled_at is not None:
        return False
    rows = Occurrence.objects.filter(id=occurrence_id, finished_at=None)
    if rows.update(finished_at=now) != 1:
        return False
    people = list(
        occurrence.registrations.filter(state=States.CONFIRMED)
        .select_related("attendance")
        .order_by("no")
    )
    known = any(hasattr(person, "attendance") for person in people)
    for person in people:
        state = person.attendance.state if hasattr(person, "attendance") else None
        if state is None and known:
            _mark(person, Came.ABSENT)
            state = Came.ABSENT
        if state is None or state in TOOK_PART:
            letters.enqueue("how_was_it", person)
        elif state == Came.ABSENT:
            letters.enqueue("missed_you", person)
    return True


def finish_due() -> int:
    """The periodic job: `finish` for dates that ended some hours ago. Returns for how many."""
    now = timezone.now()
    due = Occurrence.objects.filter(
        ends_at__lte=now - FINISHED_AFTER,
        ends_at__gt=now - FINISHED_UNTIL,
        finished_at=None,
        cancelled_at=None,
    )
    return sum(finish(number) for number in list(due.values_list("id", flat=True)[:20]))


# --- How it was -----------------------------------------------------------------------------------


@transaction.atomic
def say_how_it_was(token: str, helpful: int, safe: int, again: str, words: str) -> Feedback:
    """Keep what somebody thought, without a trace of who. Raises AnsweredAlready."""
    occurrence = date_of_token(token)
    if occurrence is None or not spend_token(token):
        raise AnsweredAlready
    return Feedback.objects.create(
        occurrence=occurrence, helpful=helpful, safe=safe, again=again, words=words
    )


@dataclass(frozen=True)
class Voices:
    """What a date's people thought, as far as it may be shown.

    count: how many answered; shown: of how many the rest speaks, a multiple of five, so that no
    single new answer can be told from the others. The counts are by 1 to 5, and by `Again`.
    """

    count: int
    shown: int
    helpful: tuple[int, ...] = ()
    safe: tuple[int, ...] = ()
    again: tuple[tuple[str, int], ...] = ()
    words: tuple[str, ...] = ()


def voices(occurrence: Occurrence) -> Voices:
    """Anonymous feedback of a date: nothing below five answers."""
    rows = list(occurrence.feedback.order_by("id"))
    shown = rows[: len(rows) - len(rows) % SMALL]
    if not shown:
        return Voices(len(rows), 0)
    helpful, safe = Counter(r.helpful for r in shown), Counter(r.safe for r in shown)
    again = Counter(r.again for r in shown)
    return Voices(
        count=len(rows),
        shown=len(shown),
        helpful=tuple(helpful[n] for n in range(1, 6)),
        safe=tuple(safe[n] for n in range(1, 6)),
        again=tuple((label, again[code]) for code, label in Again.choices),
        # Sorted by themselves: not in the order in which they came.
        words=tuple(sorted(r.words for r in shown if r.words)),
    )


# --- Why not --------------------------------------------------------------------------------------

ASKED = (States.CANCELLED, States.CONFIRMED)


def may_say_why(registration: Registration) -> bool:
    """Somebody who gave their place back or was not there, and has not told yet."""
    if registration.said_why:
        return False
    if registration.state == States.CANCELLED:
        return registration.verified
    absent = Attendance.objects.filter(registration=registration, state=Came.ABSENT)
    return registration.state == States.CONFIRMED and absent.exists()


@transaction.atomic
def say_why(registration: Registration, why: Why) -> None:
    """Keep why somebody could not come, without a link to them. Raises AnsweredAlready."""
    if not may_say_why(registration):
        raise AnsweredAlready
    rows = Registration.objects.filter(id=registration.id, said_why=False)
    if rows.update(said_why=True) != 1:
        raise AnsweredAlready
    DropOut.objects.create(occurrence=registration.occurrence, why=why)


def reasons(occurrence: Occurrence) -> tuple[int, list[tuple[str, int]]]:
    """(how many told, [(reason, how many)]); no reasons below five, and in steps of five."""
    rows = list(occurrence.drop_outs.order_by("id").values_list("why", flat=True))
    shown = Counter(rows[: len(rows) - len(rows) % SMALL])
    return len(rows), [(why.label, shown[why]) for why in Why if shown[why]]


# --- What a door sees -----------------------------------------------------------------------------


@dataclass(frozen=True)
class AtDoor:
    """One line of the door's list."""

    registration: Registration
    code: str
    check_in: CheckIn | None
    state: str


def line_at_door(occurrence: Occurrence) -> list[AtDoor]:
    """Everybody with a seat, by name, with who is in already. Two queries."""
    standing = CheckIn.objects.filter(registration__occurrence=occurrence, undone_at=None)
    let_in = {row.registration_id: row for row in standing}
    people = (
        occurrence.registrations.filter(state=States.CONFIRMED)
        .select_related("attendance")
        .order_by("name", "id")
    )
    return [
        AtDoor(
            person,
            tickets.code_of(person),
            let_in.get(person.id),
            person.attendance.state if hasattr(person, "attendance") else "",
        )
        for person in people
    ]


def attendance(occurrence: Occurrence) -> list[tuple[str, int]]:
    """(how, how many places) for a date, in the order of `Came`; then those nothing is known of."""
    rows = Attendance.objects.filter(
        registration__occurrence=occurrence, registration__state=States.CONFIRMED
    )
    counted = Counter(rows.values_list("state", flat=True))
    return [(state.label, counted[state]) for state in Came if counted[state]]


def for_place(registration: Registration) -> dict[str, object]:
    """What the page of a place shows of the day: ticket, door, and whether to ask why not."""
    occurrence, now = registration.occurrence, timezone.now()
    shown: dict[str, object] = {"asks_why": may_say_why(registration)}
    coming = occurrence.cancelled_at is None and now < occurrence.ends_at
    if registration.state == States.CONFIRMED and coming:
        stands = _standing(registration)
        shown |= {
            "ticket": tickets.code_of(registration),
            "door_open": door_is_open(occurrence, now),
            "here_since": stands.at.astimezone(occurrence.zone) if stands else None,
        }
    return shown

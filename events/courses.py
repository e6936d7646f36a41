"""Courses: made, published in advance, joined, completed. One transaction each."""

import secrets
import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone

from community.chat import hosting
from community.members.access import groups_of
from community.members.models import Member, email_key
from events import actions, completing, letters, seats, waiting
from events.access import own_events
from events.actions import NoRoom, TooLate
from events.course_rows import Course, Enrolment, Fidelity, Material, Opens, Session
from events.day_rows import TOOK_PART, Attendance
from events.models import LIVE, Event, Occurrence, Pool, Registration, RegistrationState
from events.tickets import SIGNS

States = RegistrationState


class NotYet(Exception):
    """They have not completed the course, or it gives no certificate."""


# --- Doors ----------------------------------------------------------------------------------------


def courses_for(member: Member) -> QuerySet[Course]:
    """Published courses of their clinic that a member may join or is in, and those they run."""
    mine = Enrolment.objects.filter(course=OuterRef("id"), member=member, left_at=None)
    open_to = Q(group=None) | Q(group__in=groups_of(member).values("id")) | Q(joined=True)
    shown = Q(event__published_at__isnull=False) & open_to
    rows = Course.objects.filter(event__clinic=member.clinic_id).annotate(joined=Exists(mine))
    rows = rows.filter(shown | Q(event__in=own_events(member)))
    return rows.select_related("event__clinic", "room__group", "group")


def course_for(member: Member, course_id: int) -> Course:
    """A course as a member sees it, or 404."""
    return get_object_or_404(courses_for(member), id=course_id)


def own_course_for(member: Member, course_id: int) -> Course:
    """A course that this person runs, or 404."""
    rows = Course.objects.filter(event__in=own_events(member))
    return get_object_or_404(rows.select_related("event", "room", "group"), id=course_id)


def own_session_for(member: Member, session_id: int) -> Session:
    """A session of a course that this person runs, or 404."""
    rows = Session.objects.filter(course__event__in=own_events(member))
    return get_object_or_404(
        rows.select_related("course__event", "course__room", "occurrence__event"), id=session_id
    )


def enrolment_of(course: Course, member: Member) -> Enrolment | None:
    """Somebody's own part in a course, unless they left it."""
    return course.enrolments.filter(member=member, left_at=None).first()


# --- Making ---------------------------------------------------------------------------------------


@transaction.atomic
def make_course(event: Event) -> Course:
    """Give a workshop a curriculum: a session for each date. Again: for dates that are new."""
    Event.objects.select_for_update().get(id=event.id)
    course, _ = Course.objects.get_or_create(event=event)
    without = event.occurrences.filter(session=None, cancelled_at=None)
    Session.objects.bulk_create(
        Session(course=course, occurrence=date) for date in without.order_by("starts_at", "id")
    )
    return course


@transaction.atomic
def publish_curriculum(course: Course) -> bool:
    """Let everybody who may join read what is planned. False when they could."""
    rows = Course.objects.filter(id=course.id, curriculum_at=None)
    return rows.update(curriculum_at=timezone.now()) == 1


@transaction.atomic
def tick(session: Session, by: Member, ticks: Collection[str], notes: str) -> Fidelity:
    """Keep which items of the checklist were held, and a note."""
    known = [item for item in session.course.items if item in ticks]
    words = {"ticks": known, "notes": notes, "by": by, "at": timezone.now()}
    return Fidelity.objects.update_or_create(session=session, defaults=words)[0]


def agenda_to_room(session: Session, by: Member) -> bool:
    """Put the session's agenda beside the talk of the course's room. False without a room."""
    if session.course.room is None:
        return False
    hosting.plan(session.course.room, by, session.agenda)
    return True


def sessions_of(course: Course) -> list[Session]:
    """The sessions in the order of their dates. One query."""
    rows = course.sessions.select_related("occurrence__event", "makes_up__occurrence__event")
    return list(rows.order_by("occurrence__starts_at", "id"))


# --- Materials ------------------------------------------------------------------------------------


def opens_at(material: Material, occurrence: Occurrence) -> datetime | None:
    """From when on a material can be read; None for at once."""
    if material.opens == Opens.START:
        return occurrence.starts_at
    if material.opens == Opens.END:
        return occurrence.ends_at
    if material.opens == Opens.DAY and material.opens_on is not None:
        return datetime.combine(material.opens_on, time(), occurrence.zone)
    return None


@dataclass(frozen=True)
class Shelf:
    """A material as a member sees it. material: None while it is locked, so that nothing leaks."""

    title: str
    material: Material | None
    opens_at: datetime | None


def shelves(sessions: Collection[Session], now: datetime) -> dict[int, list[Shelf]]:
    """What there is to read, by session. One query."""
    found: dict[int, list[Shelf]] = defaultdict(list)
    by_id = {session.id: session for session in sessions}
    for material in Material.objects.filter(session__in=by_id).order_by("id"):
        date = by_id[material.session_id].occurrence
        opens = opens_at(material, date)
        is_open = opens is None or opens <= now
        local = opens.astimezone(date.zone) if opens else None
        found[material.session_id].append(
            Shelf(material.title, material if is_open else None, local)
        )
    return found


# --- Going through it -----------------------------------------------------------------------------


@transaction.atomic
def join(course: Course, member: Member, occurrence_id: int | None = None) -> Enrolment:
    """Join the whole course, or one date of it. All or nothing; again is the same as once.

    occurrence_id: the one date; None for all that are to come. Raises NoRoom when a date is full,
    TooLate when there is none to join.
    """
    dates = Occurrence.objects.filter(session__course=course, cancelled_at=None)
    if occurrence_id is not None:
        dates = dates.filter(id=occurrence_id)
    Course.objects.select_for_update(of=("self",)).get(id=course.id)
    enrolment, _ = Enrolment.objects.get_or_create(course=course, member=member, left_at=None)
    joined = []
    for number in list(dates.order_by("id").values_list("id", flat=True)):
        occurrence, now = waiting.lock(number)
        if occurrence.is_open(now):
            joined.append(_seat(occurrence, member, enrolment.bundle, now))
    if not joined:
        raise TooLate
    fresh = [registration for registration, new in joined if new]
    if fresh:
        letters.enqueue("seat", fresh[0])
    return enrolment


def _seat(
    occurrence: Occurrence, member: Member, bundle: uuid.UUID, now: datetime
) -> tuple[Registration, bool]:
    """Their place at one date, and whether it is new. The date's row is locked."""
    address = email_key(member.email)
    known = occurrence.registrations.filter(email=address, state__in=LIVE).first()
    if known is not None and known.state == States.CONFIRMED:
        Registration.objects.filter(id=known.id).update(bundle=bundle)
        return known, False
    if known is not None or not waiting.goes_first(occurrence, Pool.GENERAL, 1):
        # Who waits already is asked in their turn, like everybody.
        raise NoRoom
    seats.change(occurrence, Pool.GENERAL, taken=1)
    number = seats.take_number(occurrence)
    place = Registration.objects.create(
        occurrence=occurrence,
        no=number,
        turn=number,
        name=member.name,
        email=address,
        state=States.CONFIRMED,
        verified=True,
        bundle=bundle,
        confirmed_at=now,
    )
    return place, True


@transaction.atomic
def leave(course: Course, member: Member) -> bool:
    """Leave a course: seats at dates to come are given back. False when they were not in it."""
    enrolment = enrolment_of(course, member)
    if enrolment is None:
        return False
    rows = Enrolment.objects.filter(id=enrolment.id, left_at=None)
    if rows.update(left_at=timezone.now()) != 1:
        return False
    coming = Registration.objects.filter(
        bundle=enrolment.bundle, state__in=LIVE, occurrence__starts_at__gt=timezone.now()
    )
    for place in list(coming.order_by("occurrence_id")):
        actions.cancel(place)
    return True


def attended(bundles: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[int, str]]:
    """For each enrolment's bundle: session to how they were there. One query."""
    rows = Attendance.objects.filter(
        registration__bundle__in=list(bundles), registration__occurrence__session__isnull=False
    )
    found: dict[uuid.UUID, dict[int, str]] = defaultdict(dict)
    for bundle, session, state in rows.values_list(
        "registration__bundle", "registration__occurrence__session", "state"
    ):
        assert bundle is not None  # noqa: S101
        found[bundle][session] = state
    return found


def plan(sessions: Collection[Session]) -> dict[int, int | None]:
    """Session to the session it makes up, for `completing`."""
    return {session.id: session.makes_up_id for session in sessions}


def were_at(marks: dict[int, str]) -> list[int]:
    """The sessions they took part in."""
    return [session for session, state in marks.items() if state in TOOK_PART]


@dataclass(frozen=True)
class Row:
    """One member of a cohort: a mark for each session, of how many they were part, and whether that
    is enough."""

    name: str
    marks: list[tuple[Session, str]]
    count: int
    completed: bool


def cohort(course: Course, sessions: list[Session]) -> list[Row]:
    """Everybody who goes through a course, by name. Two queries."""
    people = list(course.enrolments.filter(left_at=None).select_related("member"))
    marks = attended([person.bundle for person in people])
    planned = plan(sessions)
    rows = []
    for person in sorted(people, key=lambda row: row.member.name):
        mine = marks.get(person.bundle, {})
        count = len(completing.part_of(planned, were_at(mine)))
        done = completing.has_completed(planned, were_at(mine), course.needed)
        cells = [(session, mine.get(session.id, "")) for session in sessions]
        rows.append(Row(person.member.name, cells, count, done))
    return rows


# --- Certificates ---------------------------------------------------------------------------------


@transaction.atomic
def certify(course: Course, enrolment: Enrolment) -> Enrolment:
    """Give a certificate to who completed the course and asks for it. Once. Raises NotYet."""
    sessions = sessions_of(course)
    mine = attended([enrolment.bundle]).get(enrolment.bundle, {})
    done = completing.has_completed(plan(sessions), were_at(mine), course.needed)
    if not course.certificate or not done:
        raise NotYet
    code = "-".join("".join(secrets.choice(SIGNS) for _ in range(4)) for _ in range(3))
    Enrolment.objects.filter(id=enrolment.id, code=None).update(
        code=code, certified_at=timezone.now()
    )
    enrolment.refresh_from_db()
    return enrolment


def is_certificate(code: str) -> bool:
    """Whether a certificate with this code was given. Nothing else is told."""
    found = Enrolment.objects.filter(code="".join(code.split()).upper())
    return bool(code.strip()) and found.exists()


def certificate_for(course: Course, member: Member) -> Enrolment:
    """One's own certificate, or 404."""
    enrolment = enrolment_of(course, member)
    if enrolment is None or enrolment.code is None:
        raise Http404
    return enrolment


# --- Erasing a person -----------------------------------------------------------------------------


def erase(member: Member) -> int:
    """Blank what courses keep of a person; that somebody was there stays, as a number."""
    rows = Enrolment.objects.filter(member=member)
    places = Registration.objects.filter(bundle__in=rows.values("bundle"), erased_at=None)
    for place in places.filter(state__in=LIVE, occurrence__starts_at__gt=timezone.now()):
        actions.cancel(place)
    count = places.update(name="", email="", needs_sealed="", erased_at=timezone.now())
    rows.filter(left_at=None).update(left_at=timezone.now())
    return count

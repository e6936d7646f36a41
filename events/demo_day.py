"""Invented: a workshop that begins soon, one that is over, and a course half way."""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from community.chat.models import Room
from community.members.models import Group, Member, Membership
from events import courses
from events.day_rows import Again, Attendance, Came, CheckIn, DropOut, Feedback, How, Why
from events.models import (
    Course,
    Enrolment,
    Event,
    Host,
    Material,
    Occurrence,
    Registration,
    RegistrationState,
    Session,
)

NAMES = ("Pebble", "Quill", "Rafter", "Sorrel", "Thimble", "Umber", "Velvet", "Willow", "Yarrow")
CURRICULUM = [
    (
        "Where the day goes",
        "Low mood makes days smaller, and small days lower the mood. It is a loop, not a fault.",
        "Write down one hour of yesterday and how it felt.",
        "What do you miss that you used to do?",
        "Each evening, one line: what did I do, how was it?",
    ),
    (
        "One thing that matters",
        "Doing comes before wanting to. The wish follows later, often on the way.",
        "Choose one thing so small that it cannot fail.",
        "What gets in the way, and who could help?",
        "Do the small thing twice this week, whatever the weather.",
    ),
    (
        "Worry at the door",
        "Worry asks for attention and rarely for action. It can wait until its hour.",
        "Put a worry on paper, fold it, keep it for six o'clock.",
        "Which worries came back, and which did not?",
        "Try a worry hour on three days.",
    ),
    (
        "Kind words inside",
        "The way we speak to ourselves is learned, and can be learned again.",
        "Say to yourself what you would say to a friend.",
        "Whose voice is it, when you are hard on yourself?",
        "Write yourself one kind sentence a day.",
    ),
    (
        "When it gets dark again",
        "A bad week is not the beginning again. Early signs can be known.",
        "Write your own three early signs, and one first step for each.",
        "Who should know your signs?",
        "Show your page to one person you trust.",
    ),
]


def seed(administrator: Member) -> None:
    """Once, after the workshops of events.demo."""
    clinic = administrator.clinic
    if Event.objects.filter(clinic=clinic, slug="tea-and-talking").exists():
        return
    maple = Member.objects.filter(clinic=clinic, name="Moderator Maple").first()
    for event in Event.objects.filter(clinic=clinic):
        Host.objects.get_or_create(event=event, member=administrator, defaults={"name": "Acorn"})
    _today(administrator, maple)
    _over(administrator, maple)
    group = Group.objects.filter(clinic=clinic).order_by("id").first()
    if group is not None:
        _course(administrator, maple, group)


def _event(
    by: Member, maple: Member | None, slug: str, title: str, about: str, **more: str
) -> Event:
    event = Event.objects.create(
        clinic=by.clinic,
        slug=slug,
        title=title,
        about=about,
        place="Lantern Hall, 1 Imaginary Street",
        travel="Tram 3 to Make-Believe Bridge, then two minutes. The blue door has no step.",
        costs="It costs nothing, and no insurer is asked.",
        time_zone=by.clinic.time_zone,
        published_at=timezone.now(),
        created_by=by,
        **more,
    )
    Host.objects.create(
        event=event,
        member=by,
        name="Acorn",
        work="Looks after the evenings",
        about="I put the kettle on and know where the quiet corner is. You may come late.",
    )
    if maple is not None:
        Host.objects.create(
            event=event,
            member=maple,
            position=1,
            name="Maple",
            work="Occupational therapist",
            about="I like lists, walks and people who think they have nothing to say.",
        )
    return event


def _date(event: Event, starts: datetime, seats: int = 12) -> Occurrence:
    return Occurrence.objects.create(
        event=event,
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
        capacity=seats,
        ceiling=seats,
        access_capacity=1,
        access_ceiling=1,
    )


def _place(
    date: Occurrence, name: str, email: str = "", bundle: uuid.UUID | None = None
) -> Registration:
    number = date.next_no
    date.taken, date.next_no = date.taken + 1, number + 1
    date.save(update_fields=["taken", "next_no"])
    return Registration.objects.create(
        occurrence=date,
        no=number,
        turn=number,
        name=name,
        email=email or f"{name.lower()}@visitors.example",
        state=RegistrationState.CONFIRMED,
        verified=True,
        bundle=bundle,
        confirmed_at=timezone.now(),
    )


def _came(place: Registration, state: Came, at: datetime, by: Member | None) -> None:
    if state in (Came.PRESENT, Came.LATE):
        CheckIn.objects.create(
            registration=place, nonce=uuid.uuid4().hex, how=How.LIST, by=by, at=at
        )
    Attendance.objects.create(registration=place, state=state)


def _today(by: Member, maple: Member | None) -> None:
    about = "Tea, biscuits and a table by the window. Talk, or hold a cup and listen."
    event = _event(by, maple, "tea-and-talking", "Tea and talking", about, topic="people")
    now = timezone.now()
    date = _date(event, now.replace(second=0, microsecond=0) + timedelta(minutes=45))
    for number, name in enumerate(NAMES[:7]):
        place = _place(date, name)
        if number < 2:
            _came(place, Came.PRESENT, now - timedelta(minutes=5 - number), by)


def _over(by: Member, maple: Member | None) -> None:
    about = "One quiet evening: lying down, breathing, a story read aloud. Blankets are there."
    event = _event(by, maple, "an-evening-of-rest", "An evening of rest", about, topic="stress")
    zone = ZoneInfo(event.time_zone)
    today = timezone.localdate(timezone=zone)
    for weeks in (3, 2, 1):
        day = today - timedelta(days=7 * weeks - 4)
        hour = 18 if weeks != 2 else 10
        date = _date(event, datetime(day.year, day.month, day.day, hour, tzinfo=zone))
        for number, name in enumerate(NAMES):
            away = number < (3 if hour == 10 else 1)
            state = Came.ABSENT if away else Came.LATE if number == 4 else Came.PRESENT
            _came(_place(date, name), state, date.starts_at, by)
        Occurrence.objects.filter(id=date.id).update(finished_at=date.ends_at + timedelta(hours=3))
    answers = [
        (5, 5, "yes", "The blankets."),
        (4, 5, "yes", ""),
        (5, 4, "yes", "Nobody had to talk."),
    ]
    answers += [
        (3, 4, "maybe", "A little cold by the window."),
        (4, 4, "yes", ""),
        (2, 3, "no", ""),
    ]
    for helpful, safe, again, words in answers:
        Feedback.objects.create(
            occurrence=date, helpful=helpful, safe=safe, again=Again(again), words=words
        )
    for why in (Why.ILL, Why.NERVOUS, Why.NERVOUS, Why.WAY, Why.BUSY):
        DropOut.objects.create(occurrence=date, why=why)


def _course(by: Member, maple: Member | None, group: Group) -> None:
    about = "Five evenings on low days: how they begin, what makes them smaller, what to do first."
    event = _event(
        by, maple, "steadier-days", "Steadier days", about, topic="mood", sign_up_for="both"
    )
    zone = ZoneInfo(event.time_zone)
    first = timezone.localdate(timezone=zone) - timedelta(days=12)
    for number in range(len(CURRICULUM)):
        day = first + timedelta(weeks=number)
        _date(event, datetime(day.year, day.month, day.day, 17, 30, tzinfo=zone), seats=8)
    course = courses.make_course(event)
    Course.objects.filter(id=course.id).update(
        group=group,
        room=Room.objects.filter(group=group).order_by("id").first(),
        needed=4,
        certificate=True,
        curriculum_at=timezone.now() - timedelta(days=20),
    )
    sessions = courses.sessions_of(course)
    for session, words in zip(sessions, CURRICULUM, strict=True):
        title, learn, skill, talk, practice = words
        Session.objects.filter(id=session.id).update(
            title=title,
            learn=learn,
            skill=skill,
            talk=talk,
            practice=practice,
            agenda=f"Hello round\nLooking back at home\n{title}\nPractice\nGoodbye round",
        )
        Material.objects.create(
            session=session, title=f"Sheet: {title}", body=f"{learn}\n\n{skill}"
        )
    members = [
        row.member
        for row in Membership.objects.filter(group=group, member__is_patient=True)
        .select_related("member")
        .order_by("member")
    ]
    for number, member in enumerate(members):
        enrolment = Enrolment.objects.create(course=course, member=member)
        for session in sessions:
            place = _place(session.occurrence, member.name, member.email, enrolment.bundle)
            if session.occurrence.ends_at < timezone.now():
                state = Came.ABSENT if number == 1 else Came.PRESENT
                _came(place, state, session.occurrence.starts_at, by)
    past = [session for session in sessions if session.occurrence.ends_at < timezone.now()]
    for session in past:
        courses.tick(session, by, course.items[:7], "A calm evening.")
        Occurrence.objects.filter(id=session.occurrence_id).update(
            finished_at=session.occurrence.ends_at + timedelta(hours=3)
        )

"""Invented workshops of the coming weeks: in person, online, both, and a course of evenings."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from community.members.models import Member
from events import joining
from events.models import Event, Host, Occurrence, SignUpFor, Topic, Way

LANTERN_HALL = "Lantern Hall, 1 Imaginary Street"
WAY_TO_LANTERN_HALL = "Tram 3 to Imaginary Street, then two minutes on foot. The entrance is the green door beside the bakery; there is a bell.\n\nBy car: three marked places in the yard, two of them wide. No steps from the yard."
NO_CARD = "It costs nothing. You need no insurance card, no referral and no diagnosis, and we tell no insurer that you were here."


@dataclass(frozen=True)
class Workshop:
    """One invented workshop. days: from today, a date each, at 18:00 by the clock."""

    slug: str
    title: str
    about: str
    place: str
    days: tuple[int, ...]
    seats: int
    topic: Topic
    way: Way = Way.HERE
    sign_up_for: SignUpFor = SignUpFor.DATES
    travel: str = ""
    costs: str = ""
    online: int = 0
    hosts: list[tuple[str, str, str]] = field(default_factory=list)


WORKSHOPS = [
    Workshop(
        "sleeping-again",
        "Sleeping again",
        "One evening about nights that do not want to end. We look at what keeps us awake, try two quiet exercises, and everybody goes home with one small plan. You can listen the whole time.",
        LANTERN_HALL,
        (9, 37),
        12,
        Topic.SLEEP,
        travel=WAY_TO_LANTERN_HALL,
        costs=NO_CARD,
        hosts=[
            (
                "Wilma Willow",
                "Invented nurse, nights for eleven years",
                "I know the hour between three and four very well. I bring tea, and I do not mind silence.",
            ),
            (
                "Otto Oak",
                "Invented psychologist",
                "I like short words and short exercises. Ask me anything, also afterwards at the door.",
            ),
        ],
    ),
    Workshop(
        "small-steps-out-of-worry",
        "Small steps out of worry",
        "Worry is a story the mind tells to keep us safe. We learn to hear it without obeying it. No papers, no role plays, tea included.",
        "The Greenhouse, Make-Believe Gardens",
        (16,),
        2,
        Topic.WORRY,
    ),
    Workshop(
        "breathing-space",
        "Breathing space",
        "Half an hour of slow breathing and a quarter of an hour for questions, from your own chair. Camera and voice may stay off.",
        "",
        (3, 17, 31),
        40,
        Topic.STRESS,
        Way.ONLINE,
        hosts=[("Otto Oak", "Invented psychologist", "I like short words and short exercises.")],
    ),
    Workshop(
        "four-evenings-about-low-mood",
        "Four evenings about low mood",
        "What pulls us down, what small things carry, how to ask for help, and what to do with a bad day. A small group that stays together. You get a little to try at home each time, and nobody checks.",
        LANTERN_HALL,
        (12, 19, 26, 33),
        10,
        Topic.MOOD,
        Way.HYBRID,
        SignUpFor.BOTH,
        travel=WAY_TO_LANTERN_HALL,
        costs=NO_CARD,
        online=8,
    ),
]


def seed(administrator: Member) -> None:
    """Published workshops with their dates. Idempotent by their address."""
    zone = ZoneInfo(administrator.clinic.time_zone)
    for told in WORKSHOPS:
        event, made = Event.objects.get_or_create(
            slug=told.slug,
            defaults={
                "clinic": administrator.clinic,
                "title": told.title,
                "about": told.about,
                "place": told.place,
                "topic": told.topic,
                "way": told.way,
                "sign_up_for": told.sign_up_for,
                "travel": told.travel,
                "costs": told.costs,
                "time_zone": str(zone),
                "published_at": timezone.now(),
                "created_by": administrator,
            },
        )
        if not made:
            continue
        for position, (name, work, about) in enumerate(told.hosts):
            Host.objects.create(event=event, position=position, name=name, work=work, about=about)
        for days in told.days:
            _date(event, told, days, zone)


def _date(event: Event, told: Workshop, days: int, zone: ZoneInfo) -> None:
    day = timezone.localdate(timezone=zone) + timedelta(days=days)
    starts = datetime.combine(day, time(18), zone)
    occurrence = Occurrence.objects.create(
        event=event,
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
        capacity=told.seats,
        ceiling=told.seats,
        access_capacity=2 if told.place else 0,
        access_ceiling=2 if told.place else 0,
        online_capacity=told.online,
        online_ceiling=told.online,
    )
    if told.way != Way.HERE:
        joining.set_link(occurrence, "https://meeting.example/invented-room")

"""Two invented workshops in the coming weeks."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from community.members.models import Member
from events.models import Event, Occurrence

WORKSHOPS = [
    (
        "sleeping-again",
        "Sleeping again",
        (
            "One evening about nights that do not want to end. We look at what keeps us awake, try two "
            "quiet exercises, and everybody goes home with one small plan. You can listen the whole time."
        ),
        "Lantern Hall, 1 Imaginary Street",
        9,
        12,
    ),
    (
        "small-steps-out-of-worry",
        "Small steps out of worry",
        (
            "Worry is a story the mind tells to keep us safe. We learn to hear it without obeying it. "
            "No papers, no role plays, tea included."
        ),
        "The Greenhouse, Make-Believe Gardens",
        16,
        2,
    ),
]


def seed(administrator: Member) -> None:
    """Two published workshops with a date each. Idempotent by their address."""
    zone = ZoneInfo(administrator.clinic.time_zone)
    for slug, title, about, place, days, seats in WORKSHOPS:
        event, made = Event.objects.get_or_create(
            slug=slug,
            defaults={
                "clinic": administrator.clinic,
                "title": title,
                "about": about,
                "place": place,
                "time_zone": str(zone),
                "published_at": timezone.now(),
                "created_by": administrator,
            },
        )
        if made:
            day = timezone.localdate(timezone=zone) + timedelta(days=days)
            starts = datetime(day.year, day.month, day.day, 18, 0, tzinfo=zone)
            Occurrence.objects.create(
                event=event,
                starts_at=starts,
                ends_at=starts + timedelta(hours=2),
                capacity=seats,
                ceiling=seats,
                access_capacity=2,
                access_ceiling=2,
            )

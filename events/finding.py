"""What is coming, narrowed to what somebody looks for."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Q, QuerySet

from events.access import coming
from events.models import Occurrence, Way

MOST_IN_A_MONTH = 400
MOST_IN_A_FEED = 500


@dataclass(frozen=True)
class Looking:
    """What somebody looks for. '' and None: anything."""

    topic: str = ""
    way: str = ""
    since: date | None = None
    until: date | None = None
    free: bool = False


def find(looking: Looking) -> QuerySet[Occurrence]:
    """Public dates to come that fit."""
    rows = coming()
    if looking.topic:
        rows = rows.filter(event__topic=looking.topic)
    if looking.way:
        # Who looks for an evening in person can go where both is possible, and the other way round.
        rows = rows.filter(event__way__in={looking.way, Way.HYBRID})
    if looking.since:
        rows = rows.filter(starts_at__gte=_midnight(looking.since))
    if looking.until:
        rows = rows.filter(starts_at__lt=_midnight(looking.until + timedelta(days=1)))
    if looking.free:
        seats = Q(capacity__gt=F("taken") + F("held"))
        online = Q(online_capacity__gt=F("online_taken") + F("online_held"))
        rows = rows.filter(seats | online)
    return rows


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), ZoneInfo(settings.TIME_ZONE))


@dataclass(frozen=True)
class Day:
    """A square of a month's page."""

    on: date
    inside: bool
    dates: list[Occurrence]


def month_of(first: date, looking: Looking) -> list[list[Day]]:
    """The weeks of the month that begins on `first`, Monday first, with what is on each day.

    A date stands on the day that the clock of its own place shows.
    """
    begins = first - timedelta(days=first.weekday())
    after = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    ends = after + timedelta(days=(7 - after.weekday()) % 7)
    rows = find(looking).filter(
        starts_at__gte=_midnight(begins - timedelta(days=1)),
        starts_at__lt=_midnight(ends + timedelta(days=1)),
    )
    by_day: dict[date, list[Occurrence]] = {}
    for occurrence in rows[:MOST_IN_A_MONTH]:
        by_day.setdefault(occurrence.local_start.date(), []).append(occurrence)
    days = [
        Day(on, on.month == first.month, by_day.get(on, []))
        for on in (begins + timedelta(days=number) for number in range((ends - begins).days))
    ]
    return [days[number : number + 7] for number in range(0, len(days), 7)]

"""How many of those expected come, by weekday, hour and who runs it, with an honest interval.

People of one date are alike: the same rain falls on all of them. An interval that took each for
independent would be too narrow. So the number of people is divided by the design effect seen
between dates (ratio estimator; Cochran, Sampling Techniques, 3rd ed. 1977, ch. 6 and 9), at least
1, and the interval is Wilson's (J Am Stat Assoc 1927;22:209-212), good for small numbers too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from django.db.models import Count, Q, QuerySet

from events.day_rows import TOOK_PART
from events.models import Host, Occurrence, RegistrationState

Z = 1.959964
SMALL = 5
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_DATES = 2000


@dataclass(frozen=True)
class Share:
    """k of n expected people came, over so many dates; low and high bound the share, 0 to 1."""

    k: int
    n: int
    dates: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.k / self.n


def wilson(share: float, n: float) -> tuple[float, float]:
    """The 95 % interval of a share seen in n people, n > 0."""
    z2 = Z * Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def design_effect(dates: Sequence[tuple[int, int]]) -> float:
    """How much more the share varies between dates than by chance alone, at least 1.

    dates: (came, expected) for each. Fewer than three dates say nothing: 1.
    """
    count, n = len(dates), sum(expected for _, expected in dates)
    share = sum(came for came, _ in dates) / n
    by_chance = share * (1 - share) / n
    if count < 3 or by_chance == 0:
        return 1.0
    squares = sum((came - share * expected) ** 2 for came, expected in dates)
    return max(1.0, count / (count - 1) * squares / (n * n) / by_chance)


def share_of(dates: Sequence[tuple[int, int]]) -> Share | None:
    """The share with its interval; None below five people.

    dates: (came, expected) for each date.
    """
    k, n = sum(came for came, _ in dates), sum(expected for _, expected in dates)
    if n < SMALL:
        return None
    low, high = wilson(k / n, n / design_effect(dates))
    return Share(k, n, len(dates), low, high)


@dataclass(frozen=True)
class Row:
    """One line of a figure. y: where its line is drawn; x: places in a drawing 320 wide."""

    label: str
    share: Share | None
    y: int

    @property
    def words(self) -> str:
        if self.share is None:
            return "too few to say"
        return f"{self.share.share:.0%} ({self.share.low:.0%} to {self.share.high:.0%})"

    @property
    def x(self) -> dict[str, float]:
        if self.share is None:
            return {}
        places = {"at": self.share.share, "low": self.share.low, "high": self.share.high}
        return {name: round(value * 312 + 4, 1) for name, value in places.items()}


@dataclass(frozen=True)
class Figure:
    """A drawing and its table twin."""

    name: str
    title: str
    rows: tuple[Row, ...]

    @property
    def height(self) -> int:
        return len(self.rows) * 44 + 6

    @property
    def desc(self) -> str:
        return "; ".join(f"{row.label}: {row.words}" for row in self.rows)


def _figure(name: str, title: str, groups: dict[str, list[tuple[int, int]]]) -> Figure:
    rows = [
        Row(label, share_of(dates), number * 44 + 30)
        for number, (label, dates) in enumerate(groups.items())
    ]
    return Figure(name, title, tuple(rows))


def finished(dates: QuerySet[Occurrence]) -> list[Occurrence]:
    """The latest of these dates whose attendance is known, with `came` and `expected` people.

    Who came without signing up was not expected and does not count.
    """
    had_seat = Q(
        registrations__state=RegistrationState.CONFIRMED,
        registrations__walked_in=False,
        registrations__attendance__isnull=False,
    )
    took_part = had_seat & Q(registrations__attendance__state__in=TOOK_PART)
    rows = dates.filter(finished_at__isnull=False).select_related("event")
    counted = rows.annotate(
        expected=Count("registrations", filter=had_seat),
        came=Count("registrations", filter=took_part),
    )
    return list(counted.filter(expected__gt=0).order_by("-starts_at", "-id")[:MOST_DATES])


def figures(dates: QuerySet[Occurrence], *, by_host: bool) -> list[Figure]:
    """By weekday, by hour, and by who runs it. Two queries."""
    weekdays: dict[str, list[tuple[int, int]]] = {}
    hours: dict[str, list[tuple[int, int]]] = {}
    events: dict[int, list[tuple[int, int]]] = {}
    found = finished(dates)
    for date in sorted(found, key=lambda date: (date.local_start.weekday(), date.id)):
        pair = (date.came, date.expected)  # type: ignore[attr-defined]
        weekdays.setdefault(DAYS[date.local_start.weekday()], []).append(pair)
        events.setdefault(date.event_id, []).append(pair)
    for date in sorted(found, key=lambda date: (date.local_start.hour, date.id)):
        pair = (date.came, date.expected)  # type: ignore[attr-defined]
        hours.setdefault(f"{date.local_start.hour:02}:00", []).append(pair)
    shown = [
        _figure("weekdays", "Who came, by weekday", weekdays),
        _figure("hours", "Who came, by the hour it began", hours),
    ]
    if by_host:
        hosts: dict[str, list[tuple[int, int]]] = {}
        for host in Host.objects.filter(event__in=events).order_by("name", "id"):
            hosts.setdefault(host.name, []).extend(events[host.event_id])
        shown.append(_figure("hosts", "Who came, by who runs it", hosts))
    return [figure for figure in shown if figure.rows]

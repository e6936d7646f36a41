"""How fast and how well the care team answered, counted anew each time from what was written down.

Nothing is kept: people at risk are counted from the events of their cases, texts from their cases
and claims, quality from decisions. The first half is arithmetic; the second reads.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from community.members.models import AuditEntry, Clinic
from moderation import clocks
from moderation.models import (
    Decision,
    Level,
    ReviewCase,
    ReviewState,
    RiskEvent,
    Screening,
    State,
)

# Counts from 1 to 4 could point at a person, and so could a middle value of so few.
SMALL = 5
# Kinds of events by which a person at risk hears from somebody.
CONTACTS = frozenset({"message", "contacted", "contact"})
# Kinds of events by which a person sets the level anew; only these may lower it.
ASSESSMENTS = frozenset({"assessed", "disagreed"})
# Kinds of events after which somebody was judged and is cared for, or waits for a second person:
# whatever is heard then is a call of its own, however quiet. See risk.raise_risk.
CARED_FOR = frozenset({"assessed", "agreed"})


@dataclass(frozen=True)
class Event:
    """Something that happened in the case of a person at risk. level: of the case or signal."""

    case: int
    kind: str
    level: int
    at: datetime
    by: int | None = None


@dataclass(frozen=True)
class Call:
    """From the moment somebody was known to be at risk, or more so than before, to the answer."""

    level: int
    began_at: datetime
    due_at: datetime
    acknowledged_at: datetime | None = None
    contacted_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True)
class Text:
    """A text that waited for a person. claimed_at: when somebody first took it."""

    level: int
    opened_at: datetime
    due_at: datetime
    claimed_at: datetime | None
    decided_at: datetime | None


@dataclass(frozen=True)
class Spread:
    """n measured times in seconds: the middle one and the one that 95 of 100 do not exceed."""

    n: int = 0
    p50: float | None = None
    p95: float | None = None


@dataclass(frozen=True)
class Line:
    """One level. For people, first is 'somebody is on it' and second 'they heard from us'; for
    texts, first is 'somebody took it' and second 'it is decided'. late: after the promised time,
    answered or not. waiting: not answered yet."""

    level: int
    count: int
    first: Spread
    second: Spread
    late: int
    waiting: int


@dataclass(frozen=True)
class Figures:
    """Everything the page of figures shows about one clinic and time."""

    people: tuple[Line, ...] = ()
    texts: tuple[Line, ...] = ()
    # What came before a person, by hour of the clinic's day: 24 numbers.
    hours: tuple[int, ...] = (0,) * 24
    # Texts the machine judged; held texts that a person then published as they were.
    judged: int = 0
    false_alarms: int = 0
    # Decisions of persons, and those that a person later decided otherwise.
    decided: int = 0
    overturned: int = 0
    # Heavy things (at risk or in danger) that one person dealt with on one day, for each.
    heavy_days: tuple[int, ...] = field(default=())


# --- Arithmetic ---------------------------------------------------------------------------------


def spread(seconds: Iterable[float]) -> Spread:
    """Nearest-rank percentiles: always a time that was really measured."""
    ordered = sorted(seconds)
    if not ordered:
        return Spread()
    return Spread(len(ordered), _rank(ordered, 0.50), _rank(ordered, 0.95))


def _rank(ordered: Sequence[float], share: float) -> float:
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


def calls(events: Iterable[Event]) -> list[Call]:
    """The calls of one case, from its events in order.

    A signal above the level of the case begins a call, or raises the one that still waits; the
    promised time then only comes nearer. Once somebody was judged, each signal begins a call, at
    the level of the case or above it.
    """
    made: list[Call] = []
    level, cared_for = -1, False
    for event in events:
        if event.kind == "signal":
            if event.level > level or cared_for:
                level, cared_for = max(event.level, level), False
                _signal(made, level, event.at)
            continue
        if event.kind in ASSESSMENTS:
            level = event.level
        cared_for = event.kind in CARED_FOR or (cared_for and event.kind != "disagreed")
        _answer(made, event)
    return made


def _signal(made: list[Call], level: int, at: datetime) -> None:
    due = clocks.acknowledge_by(level, at)
    last = made[-1] if made else None
    if last is not None and last.acknowledged_at is None and last.closed_at is None:
        made[-1] = Call(level, last.began_at, min(due, last.due_at), None, last.contacted_at)
    else:
        made.append(Call(level, at, due))


def _answer(made: list[Call], event: Event) -> None:
    for number, call in enumerate(made):
        acknowledged, contacted, closed = call.acknowledged_at, call.contacted_at, call.closed_at
        if event.kind == "acknowledged":
            acknowledged = acknowledged or event.at
        elif event.kind in CONTACTS:
            contacted = contacted or event.at
        elif event.kind == "closed":
            closed = closed or event.at
        made[number] = Call(call.level, call.began_at, call.due_at, acknowledged, contacted, closed)


def people_lines(made: Sequence[Call], now: datetime) -> tuple[Line, ...]:
    """One line a level, the most urgent first."""
    lines = []
    for level in (Level.CRISIS, Level.RED, Level.AMBER):
        rows = [call for call in made if call.level == level]
        ends = [(row, row.acknowledged_at or row.closed_at) for row in rows]
        lines.append(
            Line(
                level=int(level),
                count=len(rows),
                first=_lasted((row.began_at, row.acknowledged_at) for row in rows),
                second=_lasted((row.began_at, row.contacted_at) for row in rows),
                late=sum((end or now) > row.due_at for row, end in ends),
                waiting=sum(end is None for _, end in ends),
            )
        )
    return tuple(lines)


def text_lines(texts: Sequence[Text], now: datetime) -> tuple[Line, ...]:
    """One line a level, the most urgent first."""
    lines = []
    for level in (Level.CRISIS, Level.RED, Level.AMBER, Level.GREEN):
        rows = [text for text in texts if text.level == level]
        lines.append(
            Line(
                level=int(level),
                count=len(rows),
                first=_lasted((row.opened_at, row.claimed_at) for row in rows),
                second=_lasted((row.opened_at, row.decided_at) for row in rows),
                late=sum((row.decided_at or now) > row.due_at for row in rows),
                waiting=sum(row.decided_at is None for row in rows),
            )
        )
    return tuple(lines)


def _lasted(pairs: Iterable[tuple[datetime, datetime | None]]) -> Spread:
    return spread((end - start).total_seconds() for start, end in pairs if end is not None)


def by_hour(moments: Iterable[datetime], zone: ZoneInfo) -> tuple[int, ...]:
    """How many fall into each hour of the day in a time zone: 24 numbers."""
    counts = Counter(moment.astimezone(zone).hour for moment in moments)
    return tuple(counts[hour] for hour in range(24))


def days_of(handled: Iterable[tuple[int, datetime]], zone: ZoneInfo) -> tuple[int, ...]:
    """(person, moment) pairs as how many each person had on each of their days, sorted."""
    counts = Counter((person, moment.astimezone(zone).date()) for person, moment in handled)
    return tuple(sorted(counts.values()))


def share_per(thousand: int, part: int, whole: int) -> float | None:
    """part of whole, per `thousand`; None without a whole."""
    return None if whole == 0 else thousand * part / whole


# --- Reading ------------------------------------------------------------------------------------


def of(clinic: Clinic, since: datetime, until: datetime, now: datetime) -> Figures:
    """The figures of what began in [since, until), with the answers it has got until now."""
    zone = ZoneInfo(clinic.time_zone)
    made = [c for c in _calls(clinic.id, since, until) if since <= c.began_at < until]
    texts = _texts(clinic.id, since, until)
    decided, overturned, false_alarms = _decisions(clinic.id, since, until)
    arrived = [call.began_at for call in made] + [text.opened_at for text in texts]
    return Figures(
        people=people_lines(made, now),
        texts=text_lines(texts, now),
        hours=by_hour(arrived, zone),
        judged=_judged(clinic.id, since, until),
        false_alarms=false_alarms,
        decided=decided,
        overturned=overturned,
        heavy_days=days_of(_heavy(clinic.id, since, until), zone),
    )


def _calls(clinic_id: int, since: datetime, until: datetime) -> list[Call]:
    signals = RiskEvent.objects.filter(
        case=OuterRef("case"), kind="signal", at__gte=since, at__lt=until
    )
    rows = RiskEvent.objects.filter(Exists(signals), case__clinic_id=clinic_id).order_by("id")
    cases: dict[int, list[Event]] = defaultdict(list)
    for row in rows.values_list("case_id", "kind", "level", "at", "by_id"):
        cases[row[0]].append(Event(*row))
    return [call for events in cases.values() for call in calls(events)]


def _texts(clinic_id: int, since: datetime, until: datetime) -> list[Text]:
    opened = ReviewCase.objects.filter(
        clinic_id=clinic_id, opened_at__gte=since, opened_at__lt=until
    )
    entries = AuditEntry.objects.filter(
        action="case.claimed",
        about_id__in=opened.values("submission__author"),
        object_id__in=opened.values("id"),
        at__gte=since,
    )
    # Newest first, so that the first claim of each is what stays.
    claimed = dict(entries.order_by("-sequence").values_list("object_id", "at"))
    rows = opened.order_by("id").values_list("id", "level", "opened_at", "due_at", "decided_at")
    return [Text(level, at, due, claimed.get(case), end) for case, level, at, due, end in rows]


def _judged(clinic_id: int, since: datetime, until: datetime) -> int:
    """Wordings the machine gave a verdict on."""
    rows = Screening.objects.filter(
        revision__submission__clinic_id=clinic_id, at__gte=since, at__lt=until
    )
    return rows.values("revision").distinct().count()


def _decisions(clinic_id: int, since: datetime, until: datetime) -> tuple[int, int, int]:
    """(decided by persons, overturned later by a person, false alarms) in the time."""
    all_of = Decision.objects.filter(submission__clinic_id=clinic_id)
    touched = all_of.filter(at__gte=since, at__lt=until, by__isnull=False).values("revision")
    histories: dict[int, list[tuple[int | None, str, datetime]]] = defaultdict(list)
    rows = all_of.filter(revision__in=touched).order_by("id")
    for revision, by, outcome, at in rows.values_list("revision_id", "by_id", "outcome", "at"):
        histories[revision].append((by, outcome, at))
    decided = overturned = false_alarms = 0
    for history in histories.values():
        held_by_machine = any(by is None and outcome == State.HELD for by, outcome, _ in history)
        human = [row for row in history if row[0] is not None and row[1] != State.HELD]
        for number, (_, outcome, at) in enumerate(human):
            if not since <= at < until:
                continue
            decided += 1
            overturned += any(later != outcome for _, later, _ in human[number + 1 :])
            false_alarms += held_by_machine and number == 0 and outcome == State.VISIBLE
    return decided, overturned, false_alarms


def _heavy(clinic_id: int, since: datetime, until: datetime) -> list[tuple[int, datetime]]:
    """(person, moment) of each decided text and answered person at risk of a grave level."""
    texts = ReviewCase.objects.filter(
        clinic_id=clinic_id,
        state=ReviewState.DECIDED,
        level__gte=Level.RED,
        claimed_by__isnull=False,
        decided_at__gte=since,
        decided_at__lt=until,
    )
    answers = RiskEvent.objects.filter(
        case__clinic_id=clinic_id,
        kind="acknowledged",
        level__gte=Level.RED,
        by__isnull=False,
        at__gte=since,
        at__lt=until,
    )
    found: list[tuple[int, datetime]] = []
    for person, moment in [
        *texts.values_list("claimed_by_id", "decided_at"),
        *answers.values_list("by_id", "at"),
    ]:
        if person is not None and moment is not None:
            found.append((person, moment))
    return found


# --- What may be shown --------------------------------------------------------------------------


def shown_count(number: int) -> str:
    """A count, or "1 to 4" where the number itself could point at somebody."""
    return f"1 to {SMALL - 1}" if 0 < number < SMALL else str(number)


def shown_time(value: Spread, name: str) -> float | None:
    """The time called 'p50' or 'p95' in seconds; None when too few were measured."""
    return getattr(value, name) if value.n >= SMALL else None


def shown_rate(thousand: int, part: int, whole: int) -> float | None:
    """A rate per `thousand`; None where one of its two numbers is hidden."""
    if 0 < part < SMALL or 0 < whole < SMALL or 0 < whole - part < SMALL:
        return None
    return share_per(thousand, part, whole)


def period(days: int, now: datetime) -> tuple[datetime, datetime]:
    """The last `days` days, ending now."""
    return now - timedelta(days=days), now

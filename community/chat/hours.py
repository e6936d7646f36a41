"""When a room is open, by the clinic's clock. Pure arithmetic.

A slot keeps the time on the wall: "19:00 to 20:30" is that in summer and in winter. A time that the
clock skips counts as the moment after the leap; one that comes twice counts the first time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK_DAYS = 7


@dataclass(frozen=True)
class Rule:
    """Every week on a weekday (0 is Monday), from one time to another, perhaps past midnight."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True)
class Slot:
    """One opening: from one aware moment up to, and without, another."""

    opens_at: datetime
    closes_at: datetime


def slots(rules: Iterable[Rule], zone: ZoneInfo, now: datetime) -> list[Slot]:
    """The openings of the next two weeks that are not over, in order, joined where they touch."""
    today = now.astimezone(zone).date()
    found = []
    for rule in rules:
        for days in range(-1, 2 * WEEK_DAYS):
            day = today + timedelta(days=days)
            if day.weekday() != rule.weekday:
                continue
            over = day + timedelta(days=1) if rule.closes <= rule.opens else day
            opens_at = datetime.combine(day, rule.opens, zone).astimezone(UTC)
            closes_at = datetime.combine(over, rule.closes, zone).astimezone(UTC)
            # Clocks that leap forward may swallow a whole slot: it is left out that day.
            if opens_at < closes_at and closes_at > now:
                found.append(Slot(opens_at, closes_at))
    return _joined(sorted(found, key=lambda slot: slot.opens_at))


def _joined(found: list[Slot]) -> list[Slot]:
    result: list[Slot] = []
    for slot in found:
        if result and slot.opens_at <= result[-1].closes_at:
            last = result.pop()
            slot = Slot(last.opens_at, max(last.closes_at, slot.closes_at))
        result.append(slot)
    return result


def in_words(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """'19:00', 'tomorrow at 19:00' or 'Tuesday at 19:00', by the clinic's clock."""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    days = (local.date() - today).days
    clock = f"{local:%H:%M}"
    if days == 0:
        return clock
    if days == 1:
        return f"tomorrow at {clock}"
    return f"{local:%A} at {clock}" if days < WEEK_DAYS else f"{local:%A}, {local.day} {local:%B}"

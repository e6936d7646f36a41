"""Dates of a series by the wall clock: 18:00 stays 18:00 when summer time ends. Pure.

A time that does not exist (the hour skipped in spring) moves on by that hour, as clocks do. A time
that exists twice (the hour repeated in autumn) is the first of the two.
"""

import calendar
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MOST = 52
ONCE, WEEKLY, FORTNIGHTLY, MONTHLY = "once", "weekly", "fortnightly", "monthly"
UTC = ZoneInfo("UTC")


def days(first: date, every: str, count: int, without: Collection[date] = ()) -> list[date]:
    """The days of a series, in order.

    every: 'once', 'weekly', 'fortnightly', or 'monthly' (the same weekday of the month: the second
    Tuesday, say; where a month has no fifth one, its last). count: how many there are before those
    `without` are left out. Raises ValueError for another word or a count beyond 1 to MOST.
    """
    if not 1 <= count <= MOST:
        raise ValueError("count")
    if every == ONCE:
        found = [first]
    elif every in (WEEKLY, FORTNIGHTLY):
        step = timedelta(weeks=1 if every == WEEKLY else 2)
        found = [first + step * number for number in range(count)]
    elif every == MONTHLY:
        found = [_months_later(first, number) for number in range(count)]
    else:
        raise ValueError("every")
    return [day for day in found if day not in without]


def _months_later(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    weeks = (first.day - 1) // 7
    begins = date(year, month + 1, 1)
    day = 1 + (first.weekday() - begins.weekday()) % 7 + 7 * weeks
    if day > calendar.monthrange(year, month + 1)[1]:
        day -= 7
    return date(year, month + 1, day)


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment in UTC when the wall clock of `zone` shows this time on this day."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def exists(day: date, at: time, zone: ZoneInfo) -> bool:
    """Whether the wall clock shows this time on this day at all."""
    local = datetime.combine(day, at, zone)
    return local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)


def spans(
    on: Collection[date], starts: time, ends: time, zone: ZoneInfo
) -> list[tuple[datetime, datetime]]:
    """(start, end) in UTC for each day. An end not after the start on the clock is the next day's.

    Should a change of the clock leave nothing between them, the end keeps its distance.
    """
    found = []
    for day in sorted(on):
        last = day if ends > starts else day + timedelta(days=1)
        begins, over = moment(day, starts, zone), moment(last, ends, zone)
        if over <= begins:
            over = begins + (datetime.combine(last, ends) - datetime.combine(day, starts))
        found.append((begins, over))
    return found

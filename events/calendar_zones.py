"""VTIMEZONE (RFC 5545) that every reader understands: one plain entry for each change of the clock.

Libraries write all changes since 1970 as one list of RDATEs, of which some readers take the first
alone and are an hour off for half of the year. A few entries around the dates say the same.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

AROUND = timedelta(days=400)
DAY = timedelta(days=1)


def zone_around(tzid: str, first: datetime, last: datetime) -> Timezone:
    """The zone's offsets from a year before `first` to a year after `last` (aware moments)."""
    return _zone(tzid, first.year, last.year)


@lru_cache(maxsize=256)
def _zone(tzid: str, first: int, last: int) -> Timezone:
    zone = ZoneInfo(tzid)
    begins = datetime(first, 1, 1, tzinfo=UTC) - AROUND
    found = Timezone()
    found.add("tzid", tzid)
    found.add_component(_entry(begins.astimezone(zone), begins.astimezone(zone)))
    for before, after in _changes(zone, begins, datetime(last + 1, 1, 1, tzinfo=UTC) + AROUND):
        found.add_component(_entry(before, after))
    return found


def _entry(before: datetime, after: datetime) -> TimezoneStandard | TimezoneDaylight:
    """What holds from a change on. before, after: the same moment by the old and the new clock."""
    entry = TimezoneDaylight() if after.dst() else TimezoneStandard()
    entry.add("dtstart", before.replace(tzinfo=None))
    entry.add("tzoffsetfrom", before.utcoffset())
    entry.add("tzoffsetto", after.utcoffset())
    entry.add("tzname", after.tzname())
    return entry


def _changes(
    zone: ZoneInfo, begins: datetime, ends: datetime
) -> Iterator[tuple[datetime, datetime]]:
    at = begins
    while at < ends:
        if _clock(at, zone) != _clock(at + DAY, zone):
            early, late = at, at + DAY
            while late - early > timedelta(seconds=1):
                middle = early + (late - early) // 2
                same = _clock(middle, zone) == _clock(early, zone)
                early, late = (middle, late) if same else (early, middle)
            moment = late.replace(microsecond=0)
            offset = early.astimezone(zone).utcoffset() or timedelta(0)
            old = moment.replace(tzinfo=None) + offset
            yield old.replace(tzinfo=timezone(offset)), moment.astimezone(zone)
        at += DAY


def _clock(at: datetime, zone: ZoneInfo) -> tuple[timedelta | None, str | None]:
    local = at.astimezone(zone)
    return local.utcoffset(), local.tzname()

"""Series by the clock on the wall, through both changes of the clock."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import recurrence

LONDON = ZoneInfo("Europe/London")
UTC = ZoneInfo("UTC")


def clock(moments: list[tuple[datetime, datetime]], zone: ZoneInfo) -> list[str]:
    return [starts.astimezone(zone).strftime("%m-%d %H:%M") for starts, _ in moments]


def test_eighteen_stays_eighteen_when_summer_time_ends() -> None:
    on = recurrence.days(date(2026, 10, 18), "weekly", 3)
    spans = recurrence.spans(on, time(18), time(20), LONDON)
    assert clock(spans, LONDON) == ["10-18 18:00", "10-25 18:00", "11-01 18:00"]
    # The trap this avoids: adding weeks in UTC.
    first = spans[0][0]
    wrong = [(first + timedelta(weeks=n), first) for n in range(3)]
    assert clock(wrong, LONDON) == ["10-18 18:00", "10-25 17:00", "11-01 17:00"]


def test_a_time_that_does_not_exist_moves_on_and_one_that_is_twice_is_the_first() -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert not recurrence.exists(spring, time(1, 30), LONDON)
    skipped = recurrence.moment(spring, time(1, 30), LONDON)
    assert skipped.astimezone(LONDON).strftime("%H:%M") == "02:30"
    assert recurrence.exists(autumn, time(1, 30), LONDON)
    assert recurrence.moment(autumn, time(1, 30), LONDON) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


def test_exceptions_are_left_out_and_months_keep_their_weekday() -> None:
    assert recurrence.days(date(2026, 12, 17), "weekly", 3, {date(2026, 12, 24)}) == [
        date(2026, 12, 17),
        date(2026, 12, 31),
    ]
    assert recurrence.days(date(2026, 12, 8), "monthly", 3) == [
        date(2026, 12, 8),
        date(2027, 1, 12),
        date(2027, 2, 9),
    ]
    # The fifth Thursday, where there is one, else the last.
    assert recurrence.days(date(2026, 12, 31), "monthly", 2) == [
        date(2026, 12, 31),
        date(2027, 1, 28),
    ]
    assert recurrence.days(date(2026, 12, 8), "once", 9) == [date(2026, 12, 8)]
    for every, count in (("daily", 2), ("weekly", 0), ("weekly", 53)):
        with pytest.raises(ValueError, match=r"count|every"):
            recurrence.days(date(2026, 12, 8), every, count)


@given(
    first=st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    every=st.sampled_from(["weekly", "fortnightly", "monthly"]),
    at=st.times(),
    zone=st.sampled_from(
        ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]
    ),
)
def test_any_series_shows_the_same_time_on_the_same_weekday(
    first: date, every: str, at: time, zone: str
) -> None:
    place, at = ZoneInfo(zone), at.replace(microsecond=0, fold=0)
    on = recurrence.days(first, every, 12)
    assert len({day.weekday() for day in on}) == 1
    assert on == sorted(set(on))
    for day, (starts, ends) in zip(
        on, recurrence.spans(on, at, time(23, 59, 59), place), strict=True
    ):
        assert ends > starts
        if recurrence.exists(day, at, place):
            assert starts.astimezone(place).replace(tzinfo=None) == datetime.combine(day, at)

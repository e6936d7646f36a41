"""Opening hours keep the time on the wall, over both changes of the clock."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from community.chat.hours import Rule, Slot, in_words, slots

LONDON = ZoneInfo("Europe/London")
SUNDAY = 6


def at(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type, misc]


def test_the_same_time_on_the_wall_in_winter_and_in_summer() -> None:
    rule = [Rule(SUNDAY, time(19), time(20, 30))]
    # The clocks go forward on 29 March 2026 and back on 25 October.
    assert slots(rule, LONDON, at(2026, 3, 20))[0] == Slot(
        at(2026, 3, 22, 19), at(2026, 3, 22, 20, 30)
    )
    assert slots(rule, LONDON, at(2026, 3, 27))[0] == Slot(
        at(2026, 3, 29, 18), at(2026, 3, 29, 19, 30)
    )
    assert slots(rule, LONDON, at(2026, 10, 23))[0].opens_at == at(2026, 10, 25, 19)


def test_a_time_that_the_clock_skips_is_the_moment_after_the_leap() -> None:
    rule = [Rule(SUNDAY, time(1, 30), time(3))]
    (first, *_) = slots(rule, LONDON, at(2026, 3, 28))
    assert first == Slot(at(2026, 3, 29, 1, 30), at(2026, 3, 29, 2))
    swallowed = [Rule(SUNDAY, time(1, 30), time(2))]
    assert slots(swallowed, LONDON, at(2026, 3, 28))[0].opens_at == at(2026, 4, 5, 0, 30)


def test_past_midnight_it_is_still_open() -> None:
    rule = [Rule(SUNDAY, time(23), time(0, 30))]
    monday = at(2026, 1, 5, 0, 15)
    (first, *_) = slots(rule, LONDON, monday)
    assert first == Slot(at(2026, 1, 4, 23), at(2026, 1, 5, 0, 30))
    assert slots(rule, LONDON, at(2026, 1, 5, 0, 30))[0].opens_at == at(2026, 1, 11, 23)


def test_times_that_touch_are_one_opening() -> None:
    rules = [Rule(SUNDAY, time(10), time(12)), Rule(SUNDAY, time(12), time(13))]
    (first, *_) = slots(rules, LONDON, at(2026, 1, 4, 8))
    assert first == Slot(at(2026, 1, 4, 10), at(2026, 1, 4, 13))


def test_the_day_is_told_as_people_say_it() -> None:
    now = at(2026, 1, 4, 8)
    assert in_words(at(2026, 1, 4, 19), LONDON, now) == "19:00"
    assert in_words(at(2026, 1, 5, 19), LONDON, now) == "tomorrow at 19:00"
    assert in_words(at(2026, 1, 6, 19), LONDON, now) == "Tuesday at 19:00"

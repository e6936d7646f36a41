"""Hours across time zones, what rules out, points that add up, reasons without private answers."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mentorship import fit
from mentorship.fit import WEIGHTS, Wish, barriers, parts, sentence, why

TODAY = date(2026, 3, 2)


def together(one: Wish, other: Wish, today: date = TODAY) -> int:
    weeks = fit.weeks_to_look_at([one.zone, other.zone], today)
    return fit.minutes_together(fit.free_quarters(one, weeks), fit.free_quarters(other, weeks))


def by_the_minute(one: Wish, other: Wish, monday: date) -> int:
    """Every quarter hour of one week, asked on both people's wall clocks."""

    def has_time(wish: Wish, moment: datetime) -> bool:
        local = moment.astimezone(ZoneInfo(wish.zone))
        minute = local.hour * 60 + local.minute
        return any(
            f"{local.weekday()}.{part}" in wish.hours and first <= minute < last
            for part, (first, last) in fit.PARTS.items()
        )

    start = datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
    moments = [start + timedelta(minutes=15 * n) for n in range(7 * 96)]
    return 15 * sum(has_time(one, m) and has_time(other, m) for m in moments)


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Asia/Kolkata"])
def test_the_worst_week_of_the_half_year_counts(zone: str) -> None:
    """Pitfall 12: in March and October the clocks of two countries change on different days."""
    one = Wish(hours=("1.afternoon", "3.evening"), zone="Europe/London")
    other = Wish(hours=("1.morning", "3.morning", "3.evening"), zone=zone)
    monday = TODAY - timedelta(days=TODAY.weekday())
    weeks = [monday + timedelta(weeks=n) for n in range(fit.AHEAD_WEEKS)]
    assert together(one, other) == min(by_the_minute(one, other, week) for week in weeks)


def test_a_change_of_clocks_is_seen() -> None:
    london, york = Wish(zone="Europe/London"), Wish(zone="America/New_York")
    assert len(fit.weeks_to_look_at([london.zone, york.zone], TODAY)) == 3
    assert len(fit.weeks_to_look_at([london.zone], date(2026, 4, 6))) == 1


ONE = Wish(languages=("en", "pl"), topics=frozenset({"sleep", "grief"}), style="plan", gender="man")
OTHER = Wish(languages=("pl",), topics=frozenset({"sleep"}), style="plan", gender="woman")


@pytest.mark.parametrize(
    ("one", "other", "minutes", "found"),
    [
        (ONE, OTHER, 60, []),
        (ONE, OTHER, 45, ["hours"]),
        (ONE, Wish(languages=("en",), avoid=frozenset({"grief"})), 60, ["topic"]),
        (ONE, Wish(languages=("en",), not_with=frozenset({"man"})), 60, ["not_with"]),
        (Wish(), OTHER, 60, ["language"]),
    ],
)
def test_what_rules_out(one: Wish, other: Wish, minutes: int, found: list[str]) -> None:
    assert barriers(one, other, minutes) == found


def test_points_are_whole_and_waiting_counts_up_to_half_a_year() -> None:
    made = parts(ONE, OTHER, 300, WEIGHTS)
    assert made == {
        "topics": 40,
        "language": 0,
        "hours": 50,
        "style": 50,
        "waiting": 0,
        "again": 0,
    }
    waits = [parts(Wish(waiting_weeks=n), OTHER, 0, WEIGHTS)["waiting"] for n in (0, 1, 26, 99)]
    assert waits == [0, 10, 260, 260]


@pytest.mark.parametrize("side", [0, 1])
def test_the_reasons_hold_nothing_that_either_keeps_private(side: int) -> None:
    """Pitfall 6."""
    pair = [ONE, OTHER]
    assert "sleep" in sentence(why(pair[0], pair[1], 300))
    pair[side] = Wish(**{**vars(pair[side]), "private": frozenset({"topics", "style"})})
    assert sentence(why(pair[0], pair[1], 300)) == (
        "Language: Polish. About 5 hours a week in which both have time."
    )
    everything = frozenset({"topics", "style", "languages", "hours"})
    pair[side] = Wish(**{**vars(pair[side]), "private": everything})
    assert sentence(why(pair[0], pair[1], 300)) == "Their answers fit each other well."

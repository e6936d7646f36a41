"""How long an offer stands: shorter near the start, and never over while people sleep."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from events.models import Occurrence
from events.waiting import awake_later, chances, offer_ends

LONDON = ZoneInfo("Europe/London")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("now", "closing", "ends"),
    [
        # A month left: 24 waking hours are a day and nine hours more.
        ("2026-06-01 10:00", "2026-07-01 18:00", "2026-06-02 19:00"),
        # Twenty hours left: a fifth is four.
        ("2026-06-01 10:00", "2026-06-02 06:00", "2026-06-01 14:00"),
        # Made at night: the time runs from the morning on.
        ("2026-06-01 23:30", "2026-06-02 09:30", "2026-06-02 09:00"),
        # Two hours left: at least one hour.
        ("2026-06-01 10:00", "2026-06-01 12:00", "2026-06-01 11:00"),
        # Less than an hour left: no offer.
        ("2026-06-01 11:10", "2026-06-01 12:00", None),
        # The start is at 7:30 and people sleep: no offer.
        ("2026-06-01 22:30", "2026-06-02 07:30", None),
    ],
)
def test_an_offer_ends(now: str, closing: str, ends: str | None) -> None:
    found = offer_ends(at(now), at(closing), LONDON)
    assert found == (at(ends) if ends else None)


def test_the_night_in_which_clocks_change_is_a_night_like_any_other() -> None:
    for eve in ("2026-03-28 20:00", "2026-10-24 20:00"):
        start = at(eve)
        ends = awake_later(start, timedelta(hours=4), LONDON).astimezone(LONDON)
        assert (ends.day, ends.hour) == ((start + timedelta(days=1)).day, 9)


def test_no_offer_ends_at_night_or_beyond_the_closing() -> None:
    closing = at("2026-06-10 18:00")
    for minutes in range(0, 9 * 24 * 60, 37):
        now = at("2026-06-01 18:00") + timedelta(minutes=minutes)
        ends = offer_ends(now, closing, LONDON)
        if ends is not None:
            assert now + timedelta(hours=1) <= ends <= closing
            assert 7 <= ends.astimezone(LONDON).hour <= 22


def test_the_word_on_chances_falls_with_the_place() -> None:
    date = Occurrence(capacity=20)
    assert [chances(date, n) for n in (1, 3, 9)] == ["good", "fair", "small"]

"""The figures in words, tables, drawings and as a file; what is small is hidden in all of them."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from moderation import charts, figures
from moderation.charts import Chart
from moderation.figures import Figures, Line, Spread
from moderation.models import Level

HIDDEN = "too few to say"
NONE = "none"
# What a spreadsheet would take for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Row:
    """One level as the tables show it."""

    level: str
    count: str
    first_p50: str
    first_p95: str
    second_p50: str
    second_p95: str
    late: str
    waiting: str


@dataclass(frozen=True)
class Measure:
    """One number with its name and what it means."""

    name: str
    value: str
    meaning: str


def time_words(seconds: float) -> str:
    """A time in words: '45 s', '12 min', '1 h 5 min', '3 days'."""
    if seconds < 59.5:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{round(minutes / 1440)} days"


def _time(value: Spread, name: str) -> str:
    if value.n == 0:
        return NONE
    shown = figures.shown_time(value, name)
    return HIDDEN if shown is None else time_words(shown)


def rows(lines: Sequence[Line]) -> list[Row]:
    """The lines of people or texts as words."""
    return [
        Row(
            level=Level(line.level).label,
            count=figures.shown_count(line.count),
            first_p50=_time(line.first, "p50"),
            first_p95=_time(line.first, "p95"),
            second_p50=_time(line.second, "p50"),
            second_p95=_time(line.second, "p95"),
            late=figures.shown_count(line.late),
            waiting=figures.shown_count(line.waiting),
        )
        for line in lines
    ]


def hours(counts: Sequence[int]) -> list[tuple[str, str]]:
    """("09:00 to 10:00", "12") for each hour of the day."""
    return [
        (f"{hour:02}:00 to {(hour + 1) % 24:02}:00", figures.shown_count(count))
        for hour, count in enumerate(counts)
    ]


def measures(found: Figures) -> list[Measure]:
    """The numbers that stand alone."""
    heavy = figures.spread(found.heavy_days)
    heavy_days = HIDDEN if 0 < heavy.n < figures.SMALL else NONE
    if heavy.n >= figures.SMALL:
        heavy_days = f"{heavy.p50} on a usual day, {max(found.heavy_days)} at most"
    return [
        Measure(
            "False alarms per 1,000 texts",
            _rate(1000, found.false_alarms, found.judged),
            "Texts the filter held and a person then published as they were.",
        ),
        Measure(
            "Decisions changed later",
            _rate(100, found.overturned, found.decided, " %"),
            "By an appeal, a second reading or a correction.",
        ),
        Measure(
            "Heavy things a person dealt with in a day",
            heavy_days,
            "People and texts at risk or in danger. Many on one day are a reason for a break.",
        ),
    ]


def _rate(thousand: int, part: int, whole: int, unit: str = "") -> str:
    if whole == 0:
        return NONE
    shown = figures.shown_rate(thousand, part, whole)
    return HIDDEN if shown is None else f"{shown:.1f}{unit}"


def drawings(found: Figures) -> dict[str, Chart]:
    """The charts of the page, by the part they stand in."""
    return {
        "people": _times("people", "How long until somebody is on it", found.people),
        "texts": _times("texts", "How long until a text is decided", found.texts, second=True),
        "hours": _hours_chart(found.hours),
    }


def _times(name: str, title: str, lines: Sequence[Line], *, second: bool = False) -> Chart:
    drawn = []
    for line in lines:
        value, label = line.second if second else line.first, Level(line.level).label
        for share, words in (("p50", "half within"), ("p95", "95 of 100 within")):
            shown = figures.shown_time(value, share) if value.n else 0.0
            drawn.append((f"{label}, {words}", shown, _time(value, share), share))
    return charts.bars(name, title, drawn)


def _hours_chart(counts: Sequence[int]) -> Chart:
    drawn = [
        (f"{hour}", None if 0 < count < figures.SMALL else count, figures.shown_count(count))
        for hour, count in enumerate(counts)
    ]
    open_ones = [(count, hour) for hour, count in enumerate(counts) if count >= figures.SMALL]
    desc = "In no hour did enough come in to be shown."
    if open_ones:
        count, hour = max(open_ones)
        desc = f"Most came in between {hour}:00 and {(hour + 1) % 24}:00: {count}."
    return charts.columns("hours", "What came before a person, by hour of the day", drawn, desc)


# --- As a file ----------------------------------------------------------------------------------


def safe_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) or text.startswith(FORMULA) else text


def _cells(found: Figures) -> Iterator[Sequence[object]]:
    yield "Part", "What", "Measure", "Value"
    for part, lines, first, second in (
        ("People at risk", found.people, "somebody is on it", "they heard from us"),
        ("Texts", found.texts, "somebody took it", "decided"),
    ):
        for row in rows(lines):
            yield part, row.level, "how many", row.count
            yield part, row.level, f"{first}, half within", row.first_p50
            yield part, row.level, f"{first}, 95 of 100 within", row.first_p95
            yield part, row.level, f"{second}, half within", row.second_p50
            yield part, row.level, f"{second}, 95 of 100 within", row.second_p95
            yield part, row.level, "late", row.late
            yield part, row.level, "still waiting", row.waiting
    for hour, count in hours(found.hours):
        yield "By hour", hour, "how many", count
    for measure in measures(found):
        yield "Quality", measure.name, "value", measure.value


def as_csv(found: Figures) -> str:
    """All of it as CSV, with small numbers hidden and nothing that could run."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([safe_cell(cell) for cell in cells] for cells in _cells(found))
    return out.getvalue()

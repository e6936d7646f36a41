"""Pictures of numbers, laid out on the server; a template draws them. Every one has a table twin.

Places are in units of a drawing 320 wide, so that words stay readable on a phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 320
ROW = 44
BAR = 14
COLUMNS_HEIGHT = 120


@dataclass(frozen=True)
class Mark:
    """One bar: its place and size, the words beside it. hidden: too few to be shown."""

    label: str
    text: str
    x: float
    y: float
    width: float
    height: float
    hidden: bool = False
    tone: str = ""


@dataclass(frozen=True)
class Chart:
    """A drawing with a name and a sentence that says what it shows.

    kind: 'bars' lie and carry their own words; 'columns' stand, with a word below every sixth.
    """

    name: str
    kind: str
    title: str
    desc: str
    width: int
    height: int
    marks: tuple[Mark, ...]


def bars(name: str, title: str, rows: Sequence[tuple[str, float | None, str, str]]) -> Chart:
    """Lying bars. rows: (label, value, words for the value, tone); value None is hidden."""
    most = max((value for _, value, _, _ in rows if value is not None), default=0) or 1
    marks = tuple(
        Mark(
            label=label,
            text=text,
            x=0,
            y=number * ROW + 22,
            width=round(WIDTH * (value or 0) / most, 1),
            height=BAR,
            hidden=value is None,
            tone=tone,
        )
        for number, (label, value, text, tone) in enumerate(rows)
    )
    desc = "; ".join(f"{label}: {text}" for label, _, text, _ in rows)
    return Chart(name, "bars", title, desc, WIDTH, len(rows) * ROW, marks)


def columns(name: str, title: str, rows: Sequence[tuple[str, int | None, str]], desc: str) -> Chart:
    """Standing columns of equal width. rows: (label, value, words); value None is hidden and is
    drawn as a low dashed column, so that it is not taken for none."""
    most = max((value for _, value, _ in rows if value is not None), default=0) or 1
    step = WIDTH / max(len(rows), 1)
    marks = []
    for number, (label, value, text) in enumerate(rows):
        height = 6.0 if value is None else round((COLUMNS_HEIGHT - 6) * value / most, 1)
        marks.append(
            Mark(
                label=label if number % 6 == 0 else "",
                text=text,
                x=round(number * step + 1.5, 1),
                y=round(COLUMNS_HEIGHT - height, 1),
                width=round(step - 3, 1),
                height=height,
                hidden=value is None,
            )
        )
    return Chart(name, "columns", title, desc, WIDTH, COLUMNS_HEIGHT + 20, tuple(marks))

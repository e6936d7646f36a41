"""Cut-offs worked out from what people decided: cost first, never below a floor of recall.

Only a suggestion: a lead reads it, proposes it or not, and a second person puts it to use. It says
nothing where it cannot know: with few positives, or when nobody ever read what the filter let pass.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from moderation import threshold_sets
from moderation.agreement import Z_95
from moderation.models import Axis, Label, Level, Screening
from moderation.quality import usable_labels
from moderation.screening import policy, serving

# What one miss costs, counted in texts that a person reads for nothing.
MISS_COST = 50.0
# The share that must be found, even at the lower end of the 95 % interval.
FLOOR = 0.95
# Fewer texts than this that should be found say nothing about a cut-off.
LEAST = 50
CONDUCT = frozenset({"unkind", "hate"})


class CannotSay(Exception):
    """No cut-off can be suggested; the sentence says why."""


@dataclass(frozen=True)
class Point:
    """A text: the filter's number (0 to 1), whether it should be found, and for how many texts it
    stands (1 / the probability with which such a text comes before a person)."""

    score: float
    wanted: bool
    weight: float = 1.0


@dataclass(frozen=True)
class Choice:
    """A cut-off, the share it finds with its 95 % interval, the share of all texts a person then
    reads, and how many texts (should be found, all) it rests on."""

    cut_off: float
    found: float
    interval: tuple[float, float]
    load: float
    positives: int
    texts: int


def choose(
    points: Sequence[Point], *, cost: float = MISS_COST, floor: float = FLOOR, least: int = LEAST
) -> Choice:
    """The cheapest cut-off that finds enough. Raises CannotSay.

    Accuracy is never asked: where one text in a hundred counts, finding none is 99 % right.
    Each text counts for the ones like it that nobody read.
    """
    wanted = [point for point in points if point.wanted]
    if len(wanted) < least:
        raise CannotSay(
            f"{len(wanted)} texts that should be found were read so far; from {least} on a cut-off "
            "can be worked out."
        )
    if all(point.weight <= 1.0 for point in points):
        raise CannotSay(
            "Every text that was read had been held or reported. Without texts drawn at random "
            "from what passed, nobody knows what is missed. Answer some second looks first."
        )
    options = [_choice(points, cut_off) for cut_off in sorted({point.score for point in wanted})]
    enough = [option for option in options if option.interval[0] >= floor]
    if not enough:
        best = options[0]
        raise CannotSay(
            f"No cut-off surely finds {floor:.0%}: the lowest finds {best.found:.0%}, at least "
            f"{best.interval[0]:.0%}, on {best.positives} texts. More second looks would tell."
        )
    return min(enough, key=lambda option: (_cost(points, option.cut_off, cost), option.cut_off))


def _choice(points: Sequence[Point], cut_off: float) -> Choice:
    wanted = [point for point in points if point.wanted]
    all_ = sum(point.weight for point in wanted)
    found = sum(point.weight for point in wanted if point.score >= cut_off) / all_
    # Unequal weights tell less than as many equal ones (Kish, Survey Sampling, 1965).
    worth = all_**2 / sum(point.weight**2 for point in wanted)
    load = sum(p.weight for p in points if p.score >= cut_off) / sum(p.weight for p in points)
    return Choice(cut_off, found, _interval(found, worth), load, len(wanted), len(points))


def _interval(share: float, n: float) -> tuple[float, float]:
    """The Wilson interval at 95 % (E. B. Wilson, JASA 22, 1927); n need not be whole."""
    z2 = Z_95 * Z_95
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def _cost(points: Sequence[Point], cut_off: float, miss: float) -> float:
    missed = sum(p.weight for p in points if p.wanted and p.score < cut_off)
    needless = sum(p.weight for p in points if not p.wanted and p.score >= cut_off)
    return miss * missed + needless


# --- From the desk's labels ---------------------------------------------------------------------


@dataclass(frozen=True)
class Suggestion:
    """Values for a new set (those in use where nothing can be said), and a sentence on each."""

    values: dict[str, Any]
    said: tuple[tuple[str, str], ...]
    changed: bool


def suggest(clinic_id: int) -> Suggestion:
    """What the decisions of a clinic say about its cut-offs. Four queries."""
    in_use = threshold_sets.current(clinic_id)
    values = dict(in_use.values if in_use else threshold_sets.built_in())
    points = _points(usable_labels(clinic_id))
    said, changed = [], False
    for name in ("toxic_hold", "red", "red_short"):
        try:
            choice = choose(points[name])
        except CannotSay as reason:
            said.append((name, str(reason)))
            continue
        low, high = choice.interval
        # Down, so that the text it was found on still counts.
        values[name] = max(0.001, math.floor(choice.cut_off * 1000) / 1000)
        changed = True
        why = (
            f"{values[name]} finds {choice.found:.0%} ({low:.0%} to {high:.0%}) of "
            f"{choice.positives} texts that should be found; a person would read "
            f"{choice.load:.1%} of all texts for it."
        )
        said.append((name, why))
    return Suggestion(values, tuple(said), changed)


def _points(labels: Sequence[Label]) -> dict[str, list[Point]]:
    """The labelled texts with the number that each cut-off looks at.

    Left out: texts of which nobody knows how likely they come before a person (reported ones), and
    wordings that another engine judged or that were erased.
    """
    known = [label for label in labels if label.propensity and label.revision_id]
    scores = _scores({label.revision_id for label in known if label.revision_id})
    points: dict[str, list[Point]] = {"toxic_hold": [], "red": [], "red_short": []}
    for label in known:
        if label.revision_id not in scores or not label.propensity:
            continue
        numbers, words = scores[label.revision_id]
        weight = 1 / label.propensity
        if label.axis == Axis.RULE:
            wanted = label.value in CONDUCT
            points["toxic_hold"].append(Point(float(numbers["toxic"]), wanted, weight))
        elif label.value.isdecimal():
            name = "red_short" if words < policy.SHORT else "red"
            wanted = int(label.value) >= Level.RED
            points[name].append(Point(float(numbers["risk"][2]), wanted, weight))
    return points


def _scores(revisions: set[int]) -> dict[int, tuple[dict[str, Any], int]]:
    """Of each wording the last numbers of the main engine, and how many words it has."""
    rows = (
        Screening.objects.filter(
            revision_id__in=revisions, scores__isnull=False,
            classifier__startswith=serving.main_engine(),
        )
        .select_related("revision")
        .order_by("id")
    )  # fmt: skip
    return {
        row.revision_id: (row.scores or {}, len(row.revision.judged_text.split()))
        for row in rows
        if row.revision.judged_text
    }

"""How good the filter is on labelled texts: shares with their intervals, per source and ability.

Two kinds of rows: labels ({"text", "toxic" 0/1/null, "risk" 0-3/null, "source"}) and expectations
({"text", "functionality", "expect_toxic", "expect_risk_min", "expect_risk_max"}).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.screening.offline import Judged
from moderation.screening.signals import Outcome, Risk

Z = 1.96


@dataclass(frozen=True)
class Share:
    """hits of all, with the Wilson interval at 95 % (E. B. Wilson, JASA 22, 1927)."""

    hits: int
    all: int

    @property
    def value(self) -> float:
        return self.hits / self.all if self.all else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        if not self.all:
            return (math.nan, math.nan)
        n, p = self.all, self.value
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
        return (max(0.0, middle - half), min(1.0, middle + half))

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.3f} ({low:.3f}-{high:.3f})  {self.hits} of {self.all}"


def auc(wanted: Sequence[bool], scores: Sequence[float]) -> float:
    """How often a positive scores above a negative, ties half; NaN when one side is missing."""
    truth = np.asarray(wanted, bool)
    points = np.asarray(scores, float)
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return math.nan
    return float(
        (_ranks(points)[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives)
    )


def _ranks(points: NDArray[np.float64]) -> NDArray[np.float64]:
    _, place, counts = np.unique(points, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    mean: NDArray[np.float64] = ends - (counts - 1) / 2
    return mean[place]


def passes(row: dict[str, Any], judged: Judged) -> bool:
    """Whether an expectation is met: the level within its bounds, and the conduct as said."""
    level = row["expect_risk_min"] <= judged.verdict.risk <= row["expect_risk_max"]
    wanted = row.get("expect_toxic")
    return level and (wanted is None or bool(wanted) == judged.toxic)


def report(rows: Sequence[dict[str, Any]], judged: Sequence[Judged]) -> Iterator[str]:
    """The lines of the report."""
    pairs = list(zip(rows, judged, strict=True))
    expected = [pair for pair in pairs if "functionality" in pair[0]]
    labelled = [pair for pair in pairs if "functionality" not in pair[0]]
    if expected:
        yield from _abilities(expected)
    if labelled:
        yield from _labels(labelled)


def _abilities(pairs: list[tuple[dict[str, Any], Judged]]) -> Iterator[str]:
    by_name = _grouped(pairs, "functionality")
    yield "Abilities: cases that come out as expected"
    for name, some in by_name.items():
        share = _share(passes(row, judged) for row, judged in some)
        yield f"  {name:<34} {share}"
    yield f"  {'all':<34} {_share(passes(row, judged) for row, judged in pairs)}"
    for row, judged in pairs:
        if not passes(row, judged):
            codes = ",".join(judged.verdict.reasons) or "nothing found"
            toxic = "held for conduct, " if judged.toxic else ""
            name = row.get("id", row["functionality"])
            yield f"    not as expected: {name}: risk {int(judged.verdict.risk)}, {toxic}{codes}"


def _labels(pairs: list[tuple[dict[str, Any], Judged]]) -> Iterator[str]:
    for source, some in {"all": pairs, **_grouped(pairs, "source")}.items():
        yield f"{source}: {len(some)} texts"
        wanted = [row for row in some if row[0].get("toxic") is not None]
        truth = [bool(row["toxic"]) for row, _ in wanted]
        number = auc(truth, [judged.scores.toxic for _, judged in wanted])
        if not math.isnan(number):
            yield f"  toxicity AUC                       {number:.3f}"
        for label, value in (("toxic texts held", True), ("other texts held as toxic", False)):
            share = _share(
                judged.toxic
                for (_, judged), is_so in zip(wanted, truth, strict=True)
                if is_so is value
            )
            if share.all:
                yield f"  {label:<34} {share}"
        known = [pair for pair in some if pair[0].get("risk") is not None]
        for label, least, at in (
            ("red or crisis found as red or crisis", 2, Risk.RED),
            ("crisis found as red or crisis", 3, Risk.RED),
            ("crisis found as crisis", 3, Risk.CRISIS),
        ):
            share = _share(
                judged.verdict.risk >= at for row, judged in known if row["risk"] >= least
            )
            if share.all:
                yield f"  {label:<34} {share}"
        for level in (0, 1):
            share = _share(
                judged.verdict.risk >= Risk.RED for row, judged in known if row["risk"] == level
            )
            if share.all:
                yield f"  level {level} seen as red or crisis      {share}"
        looked = _share(
            judged.verdict.risk >= Risk.RED or judged.verdict.outcome is Outcome.HELD
            for _, judged in some
        )
        yield f"  a person must look                 {looked}"


def _grouped(
    pairs: list[tuple[dict[str, Any], Judged]], key: str
) -> dict[str, list[tuple[dict[str, Any], Judged]]]:
    groups: dict[str, list[tuple[dict[str, Any], Judged]]] = defaultdict(list)
    for pair in pairs:
        groups[str(pair[0].get(key, ""))].append(pair)
    return dict(sorted(groups.items()))


def _share(answers: Iterable[bool]) -> Share:
    all_ = [bool(answer) for answer in answers]
    return Share(sum(all_), len(all_))

"""From findings to a verdict. Pure: the same input gives the same verdict, and nothing is asked.

Two answers that never touch: what others may see, and how much danger the author may be in. The
principle is to fail closed on content for others, and open on help for the author.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from moderation.screening.signals import (
    Axis,
    Hit,
    Mode,
    Outcome,
    Risk,
    Scores,
    Trust,
    Verdict,
)


@dataclass(frozen=True)
class Thresholds:
    """At which numbers of a classifier a person looks, and at which the level rises."""

    version: str = "1"
    toxic_hold: float = 0.80
    amber: float = 0.60
    red: float = 0.75
    crisis: float = 0.90
    # Hold the first texts of newcomers even when nothing was found.
    hold_newcomers: bool = False


THRESHOLDS = Thresholds()

# code: (what the moderator reads, what the author reads)
REASONS: dict[str, tuple[str, str]] = {
    "mode.pre": (
        "Every text in this space is read before it is shown.",
        "In this space a person reads every text first.",
    ),
    "author.new": (
        "One of the author's first texts.",
        "A person reads the first texts of everybody who is new here.",
    ),
    "model.toxic": (
        "It reads like an attack on somebody.",
        "It may hurt somebody. A person will read it.",
    ),
    "model.risk": (
        "It reads like somebody at risk.",
        "We want to be sure that you are all right.",
    ),
    "unscreened": (
        "The filter could not read it in time.",
        "Our filter is slow right now, so a person will read it.",
    ),
    "engine.failed": (
        "The rules did not work on this text.",
        "Our filter had a problem, so a person will read it.",
    ),
    "case.open": (
        "A person was already looking at an earlier wording.",
        "A person is already looking at it.",
    ),
    "risk.method_seeking": (
        "Asks how one could die. Others should not read an answer.",
        "It touches on ways to get hurt. A person will read it and write to you.",
    ),
}


def judge(
    hits: Sequence[Hit],
    scores: Scores | None,
    *,
    mode: Mode,
    trust: Trust,
    engine_failed: bool = False,
    thresholds: Thresholds = THRESHOLDS,
) -> Verdict:
    """What others may see of a text, and how much danger its author may be in.

    scores: None when the classifier failed. engine_failed: the rules failed.
    """
    risk = _risk(hits, scores, thresholds)
    spans = tuple(span for hit in hits for span in hit.spans)
    reasons = [hit.code for hit in hits]
    holds = list(_holding(hits, scores, mode, trust, engine_failed, thresholds))
    if holds:
        return Verdict(Outcome.HELD, risk, _unique(holds, reasons), spans)
    if scores is None:
        reasons.append("unscreened")
    if spans:
        return Verdict(Outcome.MASKED, risk, _unique(reasons), spans)
    if risk >= Risk.RED:
        return Verdict(Outcome.NOTED, risk, _unique(reasons))
    return Verdict(Outcome.VISIBLE, risk, _unique(reasons))


def _risk(hits: Iterable[Hit], scores: Scores | None, at: Thresholds) -> Risk:
    level = max((hit.level for hit in hits if hit.axis is Axis.RISK), default=Risk.GREEN)
    if scores is None:
        return level
    _, amber, red, crisis = scores.risk
    if crisis >= at.crisis:
        return max(level, Risk.CRISIS)
    if red >= at.red:
        return max(level, Risk.RED)
    return max(level, Risk.AMBER) if amber >= at.amber else level


def _holding(
    hits: Sequence[Hit],
    scores: Scores | None,
    mode: Mode,
    trust: Trust,
    engine_failed: bool,
    at: Thresholds,
) -> Iterable[str]:
    """The reasons why a person must look before others do."""
    if engine_failed:
        yield "engine.failed"
    if mode is Mode.PRE and trust is not Trust.STAFF:
        yield "mode.pre"
    for hit in hits:
        if hit.hold:
            yield hit.code
    codes = {hit.code for hit in hits}
    if {"risk.goodbye"} & codes and {"risk.plan", "risk.means", "risk.intent_now"} & codes:
        yield "risk.goodbye"
    if scores is not None and scores.toxic >= at.toxic_hold and trust is not Trust.STAFF:
        yield "model.toxic"
    if trust is Trust.NEW and (scores is None or at.hold_newcomers):
        yield "author.new"


def _unique(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for group in groups for code in group))

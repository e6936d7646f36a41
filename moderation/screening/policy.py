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
    """At which calibrated numbers a person looks, and at which the level rises."""

    version: str = "1"
    toxic_hold: float = 0.80
    amber: float = 0.60
    red: float = 0.75
    crisis: float = 0.90
    # A short text says what it says, or needs its surroundings: the models must be surer of it.
    red_short: float = 0.75
    crisis_short: float = 0.90
    # Hold the first texts of newcomers even when nothing was found.
    hold_newcomers: bool = False


# What serves when nothing was decided on the desk: one set for each engine, chosen as
# docs/model-card.md says.
DEFAULTS = {
    "small": Thresholds(
        version="small-1", toxic_hold=0.70, amber=0.55,
        red=0.13, crisis=0.30, red_short=0.27, crisis_short=0.50,
    ),
    "both": Thresholds(
        version="both-2", toxic_hold=0.70, amber=0.40,
        red=0.084, crisis=0.30, red_short=0.20, crisis_short=0.50,
    ),
}  # fmt: skip
# Words below which a text is short.
SHORT = 15
THRESHOLDS = DEFAULTS["small"]
# From this sum of earlier levels on (context.concern), distress counts as danger.
CONCERN = 6.0

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
    "language.unknown": (
        "It is written in a language the filter does not know.",
        "Our filter does not know this language, so a person will read it.",
    ),
    "context.split": (
        "Together with the messages just before, it speaks of danger.",
        "We want to be sure that you are all right.",
    ),
    "context.answer": (
        "It answers a question about dying or about safety.",
        "We want to be sure that you are all right.",
    ),
    "context.member": (
        "The author wrote about danger in the last days.",
        "We want to be sure that you are all right.",
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
    known_language: bool = True,
    concern: float = 0.0,
    words: int = SHORT,
) -> Verdict:
    """What others may see of a text, and how much danger its author may be in.

    scores: None when the classifier failed. engine_failed: the rules failed. concern: what the
    author's earlier texts add up to; it raises distress to danger, and never holds anything.
    words: how many the text has.
    """
    risk = _risk(hits, scores, thresholds, short=words < SHORT)
    spans = tuple(span for hit in hits for span in hit.spans)
    reasons = [hit.code for hit in hits]
    if (
        scores is not None
        and risk > _risk(hits, None, thresholds, short=False)
        and risk >= Risk.RED
    ):
        reasons.append("model.risk")
    if risk is Risk.AMBER and concern >= CONCERN:
        risk = Risk.RED
        reasons.append("context.member")
    holds = list(_holding(hits, scores, mode, trust, engine_failed, thresholds))
    if not known_language and trust is not Trust.STAFF:
        holds.append("language.unknown")
    if holds:
        return Verdict(Outcome.HELD, risk, _unique(holds, reasons), spans)
    if scores is None:
        reasons.append("unscreened")
    if spans:
        return Verdict(Outcome.MASKED, risk, _unique(reasons), spans)
    if risk >= Risk.RED:
        return Verdict(Outcome.NOTED, risk, _unique(reasons))
    return Verdict(Outcome.VISIBLE, risk, _unique(reasons))


def _risk(hits: Iterable[Hit], scores: Scores | None, at: Thresholds, *, short: bool) -> Risk:
    level = max((hit.level for hit in hits if hit.axis is Axis.RISK), default=Risk.GREEN)
    if scores is None:
        return level
    _, amber, red, crisis = scores.risk
    if crisis >= (at.crisis_short if short else at.crisis):
        return max(level, Risk.CRISIS)
    if red >= (at.red_short if short else at.red):
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

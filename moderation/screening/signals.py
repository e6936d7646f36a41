"""What the parts of the screener say to each other."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Risk(IntEnum):
    """How much danger a text speaks of."""

    GREEN = 0
    AMBER = 1
    RED = 2
    CRISIS = 3


class Outcome(StrEnum):
    """What others see of a text."""

    VISIBLE = "visible"
    NOTED = "noted"
    MASKED = "masked"
    HELD = "held"


class Mode(StrEnum):
    """How a space is moderated: before, by doubt, or after."""

    PRE = "pre"
    HYBRID = "hybrid"
    POST = "post"


class Trust(IntEnum):
    """How well an author is known."""

    NEW = 0
    MEMBER = 1
    TRUSTED = 2
    STAFF = 3


class Axis(StrEnum):
    """Which question a finding answers."""

    CONDUCT = "conduct"
    RISK = "risk"
    PRIVACY = "privacy"
    NOTE = "note"


@dataclass(frozen=True)
class Span:
    """A part of the original text, in code points, end exclusive."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Hit:
    """One rule that matched."""

    code: str
    axis: Axis
    level: Risk = Risk.GREEN
    hold: bool = False
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Scores:
    """What a classifier thinks: toxicity, and one number for each risk level, all 0 to 1."""

    toxic: float
    risk: tuple[float, float, float, float]


@dataclass(frozen=True)
class Verdict:
    """The judgement about a wording: two separate answers and why."""

    outcome: Outcome
    risk: Risk
    reasons: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()

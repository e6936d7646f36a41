"""What a rule is."""

import re
from dataclasses import dataclass

from moderation.screening.signals import Axis, Risk


@dataclass(frozen=True)
class Rule:
    """One pattern with a name, a meaning and its own cases.

    sentence: what it says to the moderator. level: for the risk axis. hold: a person must look
    before others see the text. firm: scope (negation, quotation, past) does not excuse it.
    spans: what kind of part it points at, '' for none.
    """

    code: str
    axis: Axis
    sentence: str
    pattern: "re.Pattern[str]"
    level: Risk
    hold: bool
    firm: bool
    spans: str
    yes: tuple[str, ...]
    no: tuple[str, ...]


def rule(
    code: str,
    axis: Axis,
    sentence: str,
    patterns: tuple[str, ...],
    *,
    level: Risk = Risk.GREEN,
    hold: bool = False,
    firm: bool = False,
    spans: str = "",
    yes: tuple[str, ...],
    no: tuple[str, ...] = (),
) -> Rule:
    """Build a rule from alternatives. The patterns read folded text."""
    joined = re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.ASCII)
    return Rule(code, axis, sentence, joined, level, hold, firm, spans, yes, no)

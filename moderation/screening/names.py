"""Chosen names: not somebody of the team, not an insult, and no way to be found elsewhere."""

import re

from moderation.screening import rules
from moderation.screening.normalise import normalise
from moderation.screening.signals import Axis

_TEAM = re.compile(
    r"\b(?:moderators?|mods?|admin\w*|administrators?|care ?team|staff|support team|official|hearth|"
    r"therapists?|psychiatrists?|psychologists?|counsell?ors?|nurses?|doctors?|dr)\b\.?"
)
_ROUGH = re.compile(
    r"\b(?:cunts?|fuck\w*|shit(?:ty|s)?|whores?|sluts?|bitch(?:es)?|niggers?|faggots?|hitler|nazis?|kys|rapists?|"
    r"thinspo\w*|pro ?ana|suicide\w*|kill ?(?:me|myself|yourself))\b"
)


def name_problem(name: str) -> str | None:
    """A kind sentence that says what to change, or None when the name can be used."""
    folded = normalise(name).text
    if _TEAM.search(folded):
        return "This name sounds like somebody from the care team. Please choose another one."
    if any(hit.axis is Axis.PRIVACY for hit in rules.find(name)):
        return "Please leave out anything by which you could be found elsewhere, such as a number."
    if _ROUGH.search(folded) or any(hit.hold for hit in rules.find(name)):
        return "Some people here could be hurt by this name. Please choose another one."
    return None

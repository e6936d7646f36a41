"""The words of a decision: which rule it rests on, and how the author may be told.

A {placeholder} is a part that the moderator fills in; a reason with one left cannot be sent.
"""

import re
from dataclasses import dataclass

from moderation.models import ReportReason, State
from moderation.screening import policy, rules


@dataclass(frozen=True)
class Guideline:
    """One rule a decision can rest on. code: stored with the decision."""

    code: str
    label: str
    hint: str


GUIDELINES = (
    Guideline("fine", "No rule is broken", "Also for dark words that ask for company."),
    Guideline(
        "unkind", "Unkind to somebody", "Insults, mockery, threats. Not swearing at oneself."
    ),
    Guideline("hate", "Against a group of people", "Hate for what somebody is."),
    Guideline("private", "Names, numbers, places", "The author’s own or anybody’s."),
    Guideline("method", "How to hurt oneself", "Methods, places, amounts, weights."),
    Guideline("urging", "Urges others to harm", "Encouragement, dares, agreements to die."),
    Guideline("medicine", "Diagnosis or dose", "Advice that belongs to a doctor."),
    Guideline("selling", "Selling or spam", "Adverts, the same text again and again."),
    Guideline("other", "Another reason", "Say which in the note for the team."),
)


@dataclass(frozen=True)
class Template:
    """A ready reason. outcomes: the decisions it fits."""

    name: str
    label: str
    text: str
    outcomes: tuple[State, ...]


SHOWN = (State.VISIBLE, State.NOTED)
TEMPLATES = (
    Template(
        "read",
        "Read and published",
        "Thank you for waiting. A person has read your text, and it is published.",
        SHOWN,
    ),
    Template(
        "noted",
        "Published with a note",
        "Thank you for writing this. It is published. It starts folded under a short note, so "
        "that others can choose the moment to read it.",
        (State.NOTED,),
    ),
    Template(
        "masked",
        "A part is hidden",
        "Your text is published. We hid {what is hidden}, so that you and others stay safe and "
        "unknown here. You do not need to do anything.",
        (State.MASKED,),
    ),
    Template(
        "unkind",
        "Could hurt somebody",
        "We did not publish this, because {which words} could hurt somebody who reads it. What "
        "you feel is welcome here. Would you like to write it again in other words?",
        (State.REMOVED,),
    ),
    Template(
        "private",
        "Private details",
        "We did not publish this, because it holds {what it holds}. Please write it again "
        "without it, so that everybody stays unknown here.",
        (State.REMOVED,),
    ),
    Template(
        "method",
        "Details that could harm",
        "We did not publish this, because it says how somebody could get hurt, and others here "
        "may be in a hard place too. How you feel matters to us: you can write about it without "
        "that part, and somebody from the care team is glad to listen.",
        (State.REMOVED,),
    ),
    Template("own", "My own words", "", (*SHOWN, State.MASKED, State.REMOVED)),
)

_PLACEHOLDER = re.compile(r"\{[^{}]{0,80}\}")


def unfilled(text: str) -> list[str]:
    """The placeholders left in a text, such as ['{which words}']."""
    return _PLACEHOLDER.findall(text)


def sentence(code: str) -> str:
    """A reason code of the screener as a plain sentence for the moderator; never raises."""
    if code.startswith("report."):
        return reported(code.removeprefix("report."))
    known = policy.REASONS.get(code)
    if known is not None:
        return known[0]
    return rules.describe(code) or code


def reported(reason: str) -> str:
    """What a report says, as a sentence for the moderator."""
    words = dict(ReportReason.choices).get(reason, reason)
    return f"Somebody reported it: {words[0].lower()}{words[1:]}."


def kind_sentence(code: str) -> str:
    """A reason code as a kind sentence for the author; empty when there is none for them."""
    known = policy.REASONS.get(code)
    return known[1] if known is not None else ""


@dataclass(frozen=True)
class Piece:
    """A stretch of a text; kind is empty where nothing was marked."""

    text: str
    kind: str = ""


def marked(text: str, spans: object) -> list[Piece]:
    """The text cut at its marked spans. Spans that make no sense are left out; never raises.

    spans: [[start, end, kind], ...] in code points, as a screening stores them.
    """
    pieces, at = [], 0
    for start, end, kind in sorted(_sound(spans, len(text))):
        start = max(start, at)
        if start < end:
            pieces += [Piece(text[at:start]), Piece(text[start:end], kind)]
            at = end
    return [piece for piece in (*pieces, Piece(text[at:])) if piece.text]


def _sound(spans: object, length: int) -> list[tuple[int, int, str]]:
    sound = []
    for span in spans if isinstance(spans, list | tuple) else ():
        if not isinstance(span, list | tuple) or len(span) != 3:
            continue
        start, end, kind = span
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < min(end, length):
            sound.append((start, min(end, length), str(kind)))
    return sound

"""How the models read a text: in sentences, in windows and as a whole, and which parts comfort.

A model of word pieces hardly hears "not", "my brother" or "ten years ago". What scope.py finds in a
sentence lowers what that sentence may say about danger; what denies safety never lowers anything.
A long text is read to its end: windows overlap, head and tail are always among them.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.screening import scope
from moderation.screening.normalise import normalise

WINDOW, OVERLAP = 60, 10  # words
MOST_WINDOWS = 400
MOST_SENTENCES = 2_500
MOST_CHARACTERS = 200_000
# How far a sentence's danger is lowered, in logits.
DENIED, ELSEWHERE, COPED, LONG_AGO, QUOTED = 4.0, 3.0, 2.5, 2.0, 4.0
_SURE = 2.0  # a whole text is lowered only by what is as clear as this

_ABOUT_ME = re.compile(r"\b(?:i|i'?m|my|me|myself)\b")
_ABOUT_YOU = re.compile(r"\b(?:you|u|ur|your|you'?re|yourself)\b")
_ABOUT_OTHERS = re.compile(
    r"\b(?:you|u|ur|your|he|she|they|them|him|her|people|all|these|those|who|\w+s are)\b"
)
_COUNTER = re.compile(
    r"\b(?:is wrong|don'?t say|shouldn'?t be called|nobody should|deserves? (?:the same|respect|care)|"
    r"won'?t stand for|hurts? people|stigma|stereotypes?)\b"
)
_ATTRIBUTED = re.compile(
    r"\b(?:called me|told me|said to me|said (?:i|people like me)|used to say|shouted|wrote|"
    r"got a message|tells me|texted me|calls me)\b"
)
_THREAT = re.compile(
    r"\b(?:i'?ll|i will|gonna|going to)\b.{0,25}\b(?:kill|hurt|stab|shoot|find) (?:you|him|her|them)\b"
)


@dataclass(frozen=True)
class Reading:
    """A text as models see it. `calm` belongs to `sentences`: logits to take off their danger."""

    raw: str
    folded: str
    sentences: tuple[str, ...]
    calm: tuple[float, ...]
    aside: float
    """Logits to take off its toxicity: rough words about oneself, about things, or reported."""

    @property
    def calm_all(self) -> float:
        """What is taken off the danger of the text as a whole."""
        most = max(self.calm, default=0.0)
        return most if most >= _SURE else 0.0


def read(text: str) -> Reading:
    """Prepare any text. Linear in its length; never raises."""
    raw = _sampled(text)
    folded = normalise(raw).text
    sentences = _sentences(folded)
    over = scope.RECOVERED.search(folded) is not None
    calm = tuple(_calm(sentence, over) for sentence in sentences)
    return Reading(raw, folded, sentences, calm, _aside(folded))


def windows(text: str) -> list[str]:
    """Parts of about 60 words that overlap; the text itself when it is short."""
    words = text.split()
    if len(words) <= WINDOW + OVERLAP:
        return [text]
    step = WINDOW - OVERLAP
    starts = list(range(0, max(1, len(words) - OVERLAP), step))
    starts = thinned(starts, MOST_WINDOWS)
    return [" ".join(words[at : at + WINDOW]) for at in starts]


def thinned(items: list[int], most: int) -> list[int]:
    """At most so many, evenly, the first and the last always among them."""
    if len(items) <= most:
        return items
    last = len(items) - 1
    return [items[round(at * last / (most - 1))] for at in range(most)]


def lowered(logits: NDArray[np.float32], calm: float) -> NDArray[np.float32]:
    """(…, 4) logits with the danger taken down; distress stays half as far up. A new array."""
    out = logits.copy()
    out[..., 1] -= 0.5 * calm
    out[..., 2:] -= calm
    return out


def _sampled(text: str) -> str:
    if len(text) <= MOST_CHARACTERS:
        return text
    size, count = MOST_CHARACTERS // 20, 20
    step = (len(text) - size) // (count - 1)
    return "\n".join(text[at * step : at * step + size] for at in range(count))


def _sentences(folded: str) -> tuple[str, ...]:
    found: list[str] = []
    for match in scope.SENTENCE.finditer(folded):
        words = match.group(0).split()
        if len(words) <= 45:
            if words:
                found.append(match.group(0).strip())
            continue
        found += [" ".join(words[at : at + 45]) for at in range(0, len(words), 35)]
    if len(found) > MOST_SENTENCES:
        found = [found[at] for at in thinned(list(range(len(found))), MOST_SENTENCES)]
    return tuple(found)


def _calm(sentence: str, over: bool) -> float:
    """over: somewhere the text says that things are better now."""

    def has(pattern: "re.Pattern[str]") -> bool:
        return pattern.search(sentence) is not None

    if has(scope.NOT_REASSURING):
        return 0.0
    if has(scope.QUOTED_LINE):
        return QUOTED
    found = 0.0
    if has(scope.NEGATED):
        found = DENIED
    if has(scope.NOT_MEANT):
        found = max(found, ELSEWHERE)
    if has(scope.COPING):
        found = max(found, COPED)
    if has(scope.LONG_AGO) and not has(scope.NOW_AGAIN):
        found = max(found, ELSEWHERE if over else LONG_AGO)
    if not has(scope.FIRST_PERSON):
        if has(scope.BEREAVED) or has(scope.SUPPORTING):
            found = max(found, ELSEWHERE)
        elif has(scope.OTHERS_WORDS):
            found = max(found, LONG_AGO)
    return found


def _aside(folded: str) -> float:
    part = folded[:4_000]
    taken = 0.0
    if _ABOUT_ME.search(part) and not _ABOUT_YOU.search(part) and not _THREAT.search(part):
        # Swearing at oneself is distress. With others in the sentence it may be about them.
        others, short = _ABOUT_OTHERS.search(part), len(part.split()) <= 14
        taken += 6.0 if short and not others else 1.8
    elif not _ABOUT_OTHERS.search(part) and len(part.split()) <= 14:
        taken += 0.8
    if _COUNTER.search(part):
        taken += 2.0
    if _ATTRIBUTED.search(part):
        taken += 2.0
    return taken

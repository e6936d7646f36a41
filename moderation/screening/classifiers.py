"""Engines that give a text numbers. The rules say why; these say how much it reads like what."""

import math
import re
from collections.abc import Sequence
from typing import Protocol

from moderation.screening.normalise import normalise
from moderation.screening.signals import Scores


class Classifier(Protocol):
    """Anything that scores texts. It may raise: the caller then applies the fail policy."""

    name: str
    version: str

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """One Scores a text, in the same order and number."""
        ...


class Vocabulary:
    """A small list of weighted words: a baseline, and honest about being no more than that.

    It learned nothing. Its numbers order texts roughly; they are not probabilities.
    """

    name = "vocabulary"
    version = "1"

    _toxic = {
        "fuck": 0.4, "fucking": 0.4, "shit": 0.3, "bitch": 1.2, "cunt": 1.6, "idiot": 0.9,
        "moron": 1.0,
        "loser": 0.8, "stupid": 0.5, "pathetic": 0.7, "disgusting": 0.8, "whore": 1.6, "slut": 1.6,
        "retard": 1.4, "faggot": 2.4, "scum": 1.2, "kys": 2.4,
        "hate": 0.3, "ugly": 0.5, "shut": 0.3,
    }  # fmt: skip
    _risk = {
        "suicide": 1.6, "suicidal": 2.0, "die": 0.9, "dead": 0.6, "kill": 0.6, "myself": 0.7,
        "overdose": 1.4, "pills": 0.6, "tablets": 0.4, "noose": 2.2, "hopeless": 0.9,
        "worthless": 0.8,
        "cutting": 0.9, "harm": 0.7, "goodbye": 0.5, "alone": 0.3, "panic": 0.4, "crying": 0.4,
        "anymore": 0.3, "unalive": 2.0, "kms": 2.2, "end": 0.2, "tonight": 0.2,
    }  # fmt: skip
    _you = re.compile(r"\b(?:you|u|ur|your|youre|you're)\b")
    _word = re.compile(r"[a-z']+")

    def score(self, texts: Sequence[str]) -> list[Scores]:
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> Scores:
        folded = normalise(text[:20_000]).text
        words = self._word.findall(folded)
        toxic = sum(self._toxic.get(word, 0.0) for word in words)
        # Rough words about oneself are distress, not an attack.
        toxic *= 1.0 if self._you.search(folded) else 0.35
        risk = sum(self._risk.get(word, 0.0) for word in words)
        amber, red, crisis = (_squash(risk, middle) for middle in (1.0, 2.4, 4.2))
        return Scores(_squash(toxic, 2.2), (1 - amber, amber, red, crisis))


def _squash(total: float, middle: float) -> float:
    return 1 / (1 + math.exp(-2.2 * (total - middle)))

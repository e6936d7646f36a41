"""What the runner asks of anything that scores texts."""

from collections.abc import Sequence
from typing import Protocol

from moderation.screening.signals import Scores


class Classifier(Protocol):
    """Anything that scores texts. It may raise: the caller then applies the fail policy."""

    name: str
    version: str

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """One Scores a text, in the same order and number."""
        ...

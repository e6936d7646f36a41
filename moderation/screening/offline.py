"""The whole filter without a database: what `manage.py judge` and `evaluate_filter` measure.

The default policy, for a trusted member in a hybrid space, without any surroundings.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from moderation.screening import language, policy, rules, small
from moderation.screening.engine import Filter, Part, Small
from moderation.screening.signals import Axis, Mode, Risk, Scores, Trust, Verdict

ENGINES = ("small", "detoxify", "both")


def default_engine() -> str:
    """What a server here would use."""
    from moderation.screening.encoder import installed

    return "both" if installed() else "small"


BATCH = 32


@dataclass(frozen=True)
class Judged:
    """A verdict with the numbers behind it. toxic: it would be held for how it treats others."""

    verdict: Verdict
    scores: Scores
    toxic: bool


class Judge:
    """Judges texts with one engine. Raises EncoderUnavailable or BrokenWeights when made."""

    def __init__(self, engine: str = "small") -> None:
        self.engine = engine
        first: Part = Small(small.load())
        if engine == "small":
            self._filter = Filter(first)
            return
        from moderation.screening.encoder import Encoder

        encoder = Encoder()
        # Alone, Detoxify also takes the place of the small model: the mean of two equals is one.
        self._filter = Filter(encoder if engine == "detoxify" else first, encoder)

    @property
    def thresholds(self) -> policy.Thresholds:
        return policy.DEFAULTS["small" if self.engine == "small" else "both"]

    def judge(self, texts: Sequence[str]) -> list[Judged]:
        """One answer a text, in order."""
        scores = self._filter.score(texts)
        return [self._one(text, points) for text, points in zip(texts, scores, strict=True)]

    def stream(self, texts: Iterable[str]) -> Iterator[Judged]:
        """The same, a batch at a time."""
        rest = iter(texts)
        while batch := list(islice(rest, BATCH)):
            yield from self.judge(batch)

    def _one(self, text: str, points: Scores) -> Judged:
        found = rules.find(text)
        verdict = policy.judge(
            found,
            points,
            mode=Mode.HYBRID,
            trust=Trust.TRUSTED,
            thresholds=self.thresholds,
            known_language=language.known(text),
            words=len(text.split()),
        )
        toxic = points.toxic >= self.thresholds.toxic_hold or any(
            hit.hold for hit in found if hit.axis is Axis.CONDUCT
        )
        return Judged(verdict, points, toxic)


def as_row(name: Any, judged: Judged) -> dict[str, Any]:
    """What `manage.py judge` writes for one text."""
    verdict = judged.verdict
    return {
        "id": name,
        "level": Risk(verdict.risk).name.lower(),
        "risk": int(verdict.risk),
        "toxic": judged.toxic,
        "scores": {
            "toxic": round(judged.scores.toxic, 4),
            "amber": round(judged.scores.risk[1], 4),
            "red": round(judged.scores.risk[2], 4),
            "crisis": round(judged.scores.risk[3], 4),
        },
        "outcome": verdict.outcome.value,
        "reasons": list(verdict.reasons),
        "spans": [[span.start, span.end, span.kind] for span in verdict.spans],
    }

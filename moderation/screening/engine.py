"""The engines together: the small model always, Detoxify when it is there, one answer for both.

`Filter` reads a text with every part it has and gives calibrated numbers. When Detoxify stumbles,
the small model's answer stands alone and the filter says so (`degraded`), until Detoxify has read
again: it is then asked anew about what passed meanwhile (runner.py).
"""

import json
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from moderation.screening import small
from moderation.screening.reading import Reading, lowered, read, windows
from moderation.screening.signals import Scores

log = logging.getLogger(__name__)

CALIBRATION = Path(__file__).parent / "weights" / "calibration.json"
# After a stumble Detoxify rests this long before it is asked again.
REST_S = 30.0
# Sentences of a long text that Detoxify reads once more by themselves.
FOCUS = 3
LEAST, MOST = -9.0, 9.0

Logits = NDArray[np.float32]


class Part(Protocol):
    """One engine among several."""

    name: str
    version: str

    def read(self, readings: Sequence[Reading], focus: Sequence[Sequence[int]] = ()) -> Logits:
        """(n, 4) logits: toxic, distress, ideation, crisis. May raise anything.

        focus: places of the sentences of each text that deserve a second look.
        """
        ...


class Small:
    """The small model as a part: every sentence, every window, and the text as a whole."""

    name = "small"

    def __init__(self, model: small.SmallModel) -> None:
        self.model = model
        self.version = model.version

    def read(self, readings: Sequence[Reading], focus: Sequence[Sequence[int]] = ()) -> Logits:
        out = np.empty((len(readings), 4), np.float32)
        for at, reading in enumerate(readings):
            out[at] = self._one(reading)
        return out

    def focus(self, readings: Sequence[Reading], most: int = FOCUS) -> list[list[int]]:
        """Of each text too long for one look, the sentences that sound most like danger."""
        return [
            self._gravest(reading, most) if len(windows(reading.folded)) > 1 else []
            for reading in readings
        ]

    def _gravest(self, reading: Reading, most: int) -> list[int]:
        danger = self.model.logits(reading.sentences)[:, 2] - np.array(reading.calm, np.float32)
        return [int(at) for at in np.argsort(-danger)[:most]]

    def _one(self, reading: Reading) -> Logits:
        if not reading.sentences:
            return np.full(4, LEAST, np.float32)
        single = self.model.logits(reading.sentences)
        best = np.max(
            [lowered(row, calm) for row, calm in zip(single, reading.calm, strict=True)], axis=0
        )
        if len(reading.sentences) > 1:
            whole = self.model.logits([reading.folded])[0]
            best = np.maximum(best, lowered(whole, reading.calm_all))
            parts = windows(reading.folded)
            best[0] = self.model.logits(parts)[:, 0].max()
            if len(parts) > 1:
                # Distress is a mood of the whole; danger may be one sentence.
                best[1] = whole[1] - 0.5 * reading.calm_all
        best[0] -= reading.aside
        return np.asarray(best, np.float32)


@dataclass(frozen=True)
class Calibration:
    """From logits to numbers that mean what they say: 1 / (1 + exp(-(scale * logit + shift)))."""

    scale: tuple[float, float, float, float]
    shift: tuple[float, float, float, float]

    def scores(self, logits: Logits) -> list[Scores]:
        """One Scores a row. A higher level is never likelier than a lower one."""
        raw = np.clip(logits, LEAST, MOST).astype(np.float64)
        number = 1 / (1 + np.exp(-(raw * np.array(self.scale) + np.array(self.shift))))
        # The head for crisis learned from the fewest texts: never more than the one for red.
        number[:, 3] = np.minimum(number[:, 3], number[:, 2])
        number[:, 1] = np.maximum(number[:, 1], number[:, 2])
        return [
            Scores(float(row[0]), (float(1 - row[1]), float(row[1]), float(row[2]), float(row[3])))
            for row in number
        ]


PLAIN = Calibration((1.0,) * 4, (0.0,) * 4)


def calibration(engine: str, path: Path = CALIBRATION) -> Calibration:
    """What was measured for "small" or "both". Raises BrokenWeights when it cannot be read."""
    try:
        raw = json.loads(path.read_text())[engine]
        return Calibration(tuple(raw["scale"]), tuple(raw["shift"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise small.BrokenWeights(
            f"{path.name} is missing or damaged. Restore it from the release."
        ) from error


class Filter:
    """Scores texts with what is there. Implements the Classifier protocol.

    Safe for use by several threads: Detoxify reads for one at a time.
    """

    def __init__(
        self, first: Part, encoder: Part | None = None, *, published: Part | None = None
    ) -> None:
        self._small = first
        self._encoder = encoder
        self._published = published
        self._turn = threading.Lock()
        self._rests_until = 0.0
        self.degraded = ""
        """Why Detoxify does not take part right now; '' when it does, or is not meant to."""

    @property
    def name(self) -> str:
        return "both" if self._encoder is not None else "small"

    @property
    def version(self) -> str:
        parts = [self._small, self._encoder, self._published]
        return "+".join(part.version for part in parts if part is not None)

    @cached_property
    def _calibrations(self) -> dict[str, Calibration]:
        return {name: calibration(name) for name in ("small", "both")}

    def add(self, encoder: Part | None, published: Part | None) -> None:
        """Let Detoxify take part from now on."""
        self._encoder, self._published, self.degraded = encoder, published, ""

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """One Scores a text, in order; [] for []."""
        return self.score_read([read(text) for text in texts])[0]

    def score_read(
        self, readings: Sequence[Reading], *, quick: bool = False
    ) -> tuple[list[Scores], str]:
        """The scores, and which engine gave them: "small" or "both". quick: the small one alone."""
        if not readings:
            return [], self.name
        logits = self._small.read(readings)
        deep = None if quick else self._deep(readings)
        if deep is None:
            return self._calibrations["small"].scores(logits), "small"
        return self._calibrations["both"].scores((logits + deep) * np.float32(0.5)), "both"

    def explain(self, text: str, most: int = 5) -> dict[str, list[tuple[str, float]]]:
        """The words that weighed most in the small model, for "toxic" and for danger."""
        folded = read(text).folded
        if not isinstance(self._small, Small):
            return {}
        model = self._small.model
        return {head: model.explain(folded, head, most) for head in ("toxic", "ideation", "crisis")}

    def _deep(self, readings: Sequence[Reading]) -> Logits | None:
        """Detoxify's logits; None when it is not there, rests, or stumbles now."""
        if self._encoder is None or time.monotonic() < self._rests_until:
            return None
        try:
            with self._turn:
                focus = self._small.focus(readings) if isinstance(self._small, Small) else ()
                said = self._encoder.read(readings, focus)
                if self._published is not None:
                    other = self._published.read(readings)
                    said = said.copy()
                    said[:, 0] = np.maximum(said[:, 0], other[:, 0])
            if said.shape != (len(readings), 4) or not np.isfinite(said).all():
                raise ValueError("not numbers")
        except Exception as error:
            self._rests_until = time.monotonic() + REST_S
            self.degraded = type(error).__name__
            log.error("Detoxify stumbled: %s; the small model serves alone", self.degraded)
            return None
        if self.degraded:
            log.warning("Detoxify reads again")
            self.degraded = ""
        return np.asarray(said, np.float32)

"""Detoxify with our own checkpoint, and every known way in which loading it goes wrong, guarded.

The package's own class does the reading. Around it (traps measured with detoxify 0.5.4, see
docs/model-card.md):

- it asks the hub for a configuration even when given a local one: the checkpoint is handed over in
  memory with `model_type` pointing at our folder;
- it unpickles whatever it is given: we read the file with `weights_only` first;
- weights that do not fit are silently replaced by random ones: every tensor is compared after
  loading, and texts with known scores are read at start and every hour;
- a tokenizer without a limit breaks above 512 pieces, one with a limit forgets the tail: long texts
  are read in windows, head and tail included;
- one text in gives a number instead of a list, none an exception: always lists here.

torch is imported here and nowhere else at run time, and only when an encoder is made.
"""

import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.screening.reading import Reading, lowered, windows

FOLDER = Path(__file__).parent / "weights" / "encoder"
CHECKPOINT = "checkpoint.ckpt"
MANIFEST = "manifest.json"
# Our four answers, from the names Detoxify gives the five classes.
OURS = ("toxicity", "distress", "ideation", "crisis")
# Published checkpoints speak of toxicity only; whatever they score highest counts.
PUBLISHED = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")
BATCH = 16
CANARY_S = 3600.0
CANARY_WITHIN = 0.02
MOST_PIECES = 512


class EncoderUnavailable(Exception):
    """The encoder cannot serve; the sentence says why and what to do. Never holds a text."""


@dataclass(frozen=True)
class Manifest:
    """What belongs to a checkpoint: its digest, its name, and texts with their known scores."""

    sha256: str
    version: str
    canaries: tuple[tuple[str, tuple[float, ...]], ...]


def manifest(folder: Path) -> Manifest:
    try:
        raw = json.loads((folder / MANIFEST).read_text())
        canaries = tuple((text, tuple(scores)) for text, scores in raw["canaries"])
        return Manifest(raw["sha256"], raw["version"], canaries)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EncoderUnavailable(
            f"{folder.name}/{MANIFEST} is missing or damaged. Restore it from the release, or make "
            "the checkpoint anew with `manage.py train_filter --encoder`."
        ) from error


def installed() -> bool:
    """Whether torch and Detoxify are there, without importing them."""
    return find_spec("torch") is not None and find_spec("detoxify") is not None


class Encoder:
    """One loaded checkpoint. `read` gives (n, 4) logits for HEADS of small.py.

    Raises EncoderUnavailable while loading. Reading may raise anything: the caller's fail policy
    decides. Not for use by two threads at once.
    """

    name = "detoxify"

    def __init__(self, folder: Path = FOLDER, *, threads: int | None = None) -> None:
        if not installed():
            raise EncoderUnavailable(
                "torch and detoxify are not installed. `make run` installs them where a CPU build "
                "of torch is at hand; the README says how to get one elsewhere."
            )
        self._about = manifest(folder)
        self.version = self._about.version
        loaded = _checked(folder / CHECKPOINT, self._about.sha256)
        self._detoxify = _detoxify(loaded, folder)
        _compare(self._detoxify.model, loaded["state_dict"])
        _limit(self._detoxify.tokenizer)
        if threads:
            import torch

            torch.set_num_threads(threads)
        self._looked_at = 0.0
        self.look_at_canaries()

    def read(
        self, readings: Sequence[Reading], focus: Sequence[Sequence[int]] = ()
    ) -> NDArray[np.float32]:
        """One row a text: the highest of its windows, raw and folded, comfort taken off danger.

        focus: for each text the places of sentences to read once more by themselves.
        """
        if time.monotonic() - self._looked_at > CANARY_S:
            self.look_at_canaries()
        parts: list[str] = []
        owner: list[int] = []
        calm: list[float] = []
        for at, reading in enumerate(readings):
            for part, lower in _parts(reading):
                parts.append(part)
                owner.append(at)
                calm.append(lower)
        whole = len(parts)
        for at, places in enumerate(focus):
            parts += [readings[at].sentences[place] for place in places]
            owner += [at] * len(places)
            calm += [readings[at].calm[place] for place in places]
        out = np.full((len(readings), len(OURS)), -9.0, np.float32)
        rows = self._logits(parts)
        for row, lower, at in zip(rows, calm, owner, strict=True):
            out[at] = np.maximum(out[at], lowered(row, lower))
        # Distress is a mood of the whole; danger may be one sentence.
        for at, count in Counter(owner[:whole]).items():
            if count > 2:
                out[at, 1] = np.mean([rows[n, 1] for n in range(whole) if owner[n] == at])
        for at, reading in enumerate(readings):
            out[at, 0] -= reading.aside
        return out

    def predict(self, texts: Sequence[str]) -> dict[str, list[float]]:
        """Detoxify's own answer, always lists, the empty list included. Nothing is windowed."""
        if not texts:
            return {name: [] for name in self._detoxify.class_names}
        said = self._detoxify.predict(list(texts))
        return {
            name: list(score) if isinstance(score, list) else [float(score)]
            for name, score in said.items()
        }

    def look_at_canaries(self) -> None:
        """Read the texts whose scores are known. Raises EncoderUnavailable when one differs."""
        texts = [text for text, _ in self._about.canaries]
        said = self.predict(texts)
        names = list(self._detoxify.class_names)
        for at, (_, known) in enumerate(self._about.canaries):
            for name, wanted in zip(names, known, strict=True):
                if not abs(said[name][at] - wanted) <= CANARY_WITHIN:
                    raise EncoderUnavailable(
                        "The encoder no longer gives its known answers, so its numbers cannot be "
                        "trusted. Restore moderation/screening/weights and the locked packages."
                    )
        self._looked_at = time.monotonic()

    def _logits(self, parts: Sequence[str]) -> NDArray[np.float32]:
        """(n, 4): short parts together, so that a batch is hardly padded."""
        order = sorted(range(len(parts)), key=lambda at: len(parts[at]))
        out = np.empty((len(parts), len(OURS)), np.float32)
        for start in range(0, len(order), BATCH):
            some = order[start : start + BATCH]
            said = self.predict([_sound(parts[at]) for at in some])
            out[some] = self._answers(said)
        return out

    def _answers(self, said: dict[str, list[float]]) -> NDArray[np.float32]:
        """(n, 4) logits. A published checkpoint knows only of toxicity: its gravest class counts,
        and of danger it says nothing.
        """
        if set(OURS) <= set(said):
            scores = np.array([said[name] for name in OURS], np.float64).T
        else:
            gravest = np.max([said[name] for name in PUBLISHED if name in said], axis=0)
            scores = np.zeros((len(gravest), len(OURS)))
            scores[:, 0] = gravest
        scores = np.clip(scores, 1e-4, 1 - 1e-4)
        return np.asarray(np.log(scores / (1 - scores)), np.float32)


def _parts(reading: Reading) -> list[tuple[str, float]]:
    """What is read of a text, with how far its danger is lowered."""
    folded = windows(reading.folded)
    raw = windows(reading.raw)
    if len(folded) > 1 or len(raw) > 1:
        return (
            [(part, 0.0) for part in (*folded, *raw)]
            if _differ(reading)
            else [(part, 0.0) for part in folded]
        )
    # Only what comforts throughout comforts the whole.
    calm = min(reading.calm, default=0.0)
    both = [(reading.folded, calm)]
    return [*both, (reading.raw, calm)] if _differ(reading) else both


def _sound(text: str) -> str:
    """Without halves of characters, which the tokenizer refuses; never empty."""
    return text.encode("utf-8", "replace").decode() or "."


def _differ(reading: Reading) -> bool:
    """Whether folding changed more than the case: then both wordings are read."""
    return reading.raw.lower().split() != reading.folded.split()


def _checked(path: Path, sha256: str) -> dict[str, Any]:
    """The checkpoint, once its digest is the known one; plain tensors only."""
    import torch

    try:
        content = path.read_bytes()
    except OSError as error:
        raise EncoderUnavailable(
            f"{path.parent.name}/{path.name} is missing. Restore it from the release, or make it "
            "anew with `manage.py train_filter --encoder`."
        ) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise EncoderUnavailable(
            f"{path.parent.name}/{path.name} is not the file its manifest names. Restore it from "
            "the release."
        )
    try:
        loaded: dict[str, Any] = torch.load(BytesIO(content), map_location="cpu", weights_only=True)
        loaded["state_dict"], loaded["config"]["arch"]["args"], loaded["config"]["dataset"]
    except Exception as error:
        raise EncoderUnavailable(
            f"{path.parent.name}/{path.name} is not a Detoxify checkpoint."
        ) from error
    return loaded


def _detoxify(loaded: dict[str, Any], folder: Path) -> Any:
    """The package's own object, made without any network."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import torch
    from detoxify import Detoxify

    state = {
        name: value.float() if value.is_floating_point() else value
        for name, value in loaded["state_dict"].items()
    }
    arguments = {**loaded["config"]["arch"]["args"], "model_type": str(folder)}
    config = {**loaded["config"], "arch": {**loaded["config"]["arch"], "args": arguments}}
    buffer = BytesIO()
    torch.save({"config": config, "state_dict": state}, buffer)
    buffer.seek(0)
    try:
        made = Detoxify(checkpoint=buffer, huggingface_config_path=str(folder))
    except Exception as error:
        raise EncoderUnavailable(
            f"Detoxify could not load the checkpoint ({type(error).__name__}). Install the locked "
            "packages and restore moderation/screening/weights."
        ) from error
    known = set(made.class_names)
    if not (set(OURS) <= known or "toxicity" in known):
        raise EncoderUnavailable("The checkpoint answers none of our questions.")
    made.model.float().eval()
    return made


def _compare(model: Any, state: dict[str, Any]) -> None:
    """Each weight that serves is the one in the file. Anything new, missing or else is refused."""
    import torch

    mine = dict(model.named_parameters())
    for name, parameter in mine.items():
        stored = state.get(name)
        if stored is None or not torch.equal(parameter.detach(), stored.float()):
            raise EncoderUnavailable(
                "The checkpoint does not fit the encoder's configuration: some weights would be "
                "random. Restore moderation/screening/weights."
            )
    if extra := [name for name in state if name not in mine and "position_ids" not in name]:
        raise EncoderUnavailable(
            f"The checkpoint holds {len(extra)} weights that the encoder does not use."
        )


def _limit(tokenizer: Any) -> None:
    """A tokenizer without a limit truncates nothing, and the encoder breaks above 512 pieces."""
    if not 0 < tokenizer.model_max_length <= MOST_PIECES:
        tokenizer.model_max_length = MOST_PIECES

"""The small model we ship: hashed n-grams and four linear heads. NumPy only, always on.

A text becomes its word 1- to 3-grams and the 2- to 5-letter pieces of its words, each hashed into a
table of weights. Half of the table serves words, half pieces; either half counts by the square root
of how many it holds, so that long and short texts are comparable.
"""

import itertools
import json
import math
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HEADS = ("toxic", "distress", "ideation", "crisis")
PATH = Path(__file__).parent / "weights" / "small.npz"
FORMAT = 1
MOST = 4_000  # characters read of one piece of text
PIECES = (2, 5)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_PIECE_SEED = 0x9747B28C

Logits = NDArray[np.float32]


class BrokenWeights(Exception):
    """The file is not one of ours; the sentence says what to do."""


@dataclass(frozen=True)
class SmallModel:
    """weights: (2^bits, 4) float32. bias: (4,) float32. version: what the file calls itself."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    bits: int
    version: str

    def logits(self, folded: Sequence[str]) -> Logits:
        """(n, 4) float32: one row a folded text, one column for each of HEADS."""
        out = np.empty((len(folded), len(HEADS)), np.float32)
        for at, text in enumerate(folded):
            out[at] = self._one(text)
        return out

    def _one(self, folded: str) -> Logits:
        words, pieces = hashed(folded, self.bits)
        total = self.bias
        for part in (words, pieces):
            if part:
                total = total + self.weights[part].sum(axis=0) / math.sqrt(len(part))
        return total

    def explain(self, folded: str, head: str, most: int = 5) -> list[tuple[str, float]]:
        """The words that weighed most for a head, heaviest first, with what each added.

        The pieces of a word count for that word; a phrase's weight is shared by its words.
        """
        column = HEADS.index(head)
        words = _WORD.findall(folded[:MOST])
        terms, pieces = grams(folded)
        word_scale = 1 / math.sqrt(len(terms) or 1)
        piece_scale = 1 / math.sqrt(len(pieces) or 1)
        half = 1 << (self.bits - 1)
        added = dict.fromkeys(words, 0.0)
        for term in terms:
            parts = [part for part in term.split(" ") if part in added]
            weight = float(self.weights[_word_slot(term, half), column]) * word_scale
            for part in parts:
                added[part] += weight / len(parts)
        for word in added:
            for piece in word_pieces(word):
                slot = _piece_slot(piece, half)
                added[word] += float(self.weights[slot, column]) * piece_scale
        heaviest = sorted(added.items(), key=lambda pair: -pair[1])[:most]
        return [(word, round(weight, 3)) for word, weight in heaviest if weight > 0]


def grams(folded: str) -> tuple[set[str], set[str]]:
    """The word n-grams and the letter pieces of a folded text."""
    text = folded[:MOST]
    words = _WORD.findall(text)
    terms = set(words)
    terms.update(map(" ".join, itertools.pairwise(words)))
    terms.update(map(" ".join, zip(words, words[1:], words[2:], strict=False)))
    pieces: set[str] = set()
    for word in set(text.split()):
        pieces |= word_pieces(word)
    return terms, pieces


@lru_cache(maxsize=50_000)
def word_pieces(word: str) -> frozenset[str]:
    """The pieces of one word with its ends marked; of a very long one, the beginning."""
    marked = f" {word[:60]} "
    size = len(marked)
    found = set()
    for length in range(PIECES[0], PIECES[1] + 1):
        if size <= length:
            found.add(marked)
            break
        found.update(marked[at : at + length] for at in range(size - length + 1))
    return frozenset(found)


def hashed(folded: str, bits: int) -> tuple[list[int], list[int]]:
    """The slots of a text's words and of its pieces, each slot once."""
    half = 1 << (bits - 1)
    text = folded[:MOST]
    words = _WORD.findall(text)
    terms = set(words)
    terms.update(map(" ".join, itertools.pairwise(words)))
    terms.update(map(" ".join, zip(words, words[1:], words[2:], strict=False)))
    slots: set[int] = set()
    for word in set(text.split()):
        slots |= _word_slots(word, half)
    return list({_word_slot(term, half) for term in terms}), list(slots)


def _word_slot(term: str, half: int) -> int:
    return zlib.crc32(term.encode("utf-8", "replace")) & (half - 1)


def _piece_slot(piece: str, half: int) -> int:
    return (zlib.crc32(piece.encode("utf-8", "replace"), _PIECE_SEED) & (half - 1)) + half


@lru_cache(maxsize=50_000)
def _word_slots(word: str, half: int) -> frozenset[int]:
    return frozenset(_piece_slot(piece, half) for piece in word_pieces(word))


def save(path: Path, model: SmallModel) -> None:
    """Eight bits a weight, one scale a head. No pickle."""
    scales, columns = [], {}
    for at, head in enumerate(HEADS):
        column = model.weights[:, at]
        scale = float(np.percentile(np.abs(column[column != 0]), 99.95) / 127)
        columns[head] = np.clip(np.round(column / scale), -127, 127).astype(np.int8)
        scales.append(scale)
    about = {
        "format": FORMAT,
        "bits": model.bits,
        "version": model.version,
        "scales": scales,
        "bias": [float(number) for number in model.bias],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez_compressed(file, about=np.array(json.dumps(about)), **columns)  # type: ignore[arg-type]


def load(path: Path = PATH) -> SmallModel:
    """Read a saved model. Raises BrokenWeights with a sentence that says what to do."""
    try:
        with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            bits = int(about["bits"])
            columns = [file[head] for head in HEADS]
        if about["format"] != FORMAT or any(column.shape != (1 << bits,) for column in columns):
            raise ValueError("another shape")
        weights = np.stack(columns, axis=1).astype(np.float32)
        weights *= np.array(about["scales"], np.float32)
        bias = np.array(about["bias"], np.float32)
        if bias.shape != (len(HEADS),) or not np.isfinite(weights).all():
            raise ValueError("no numbers")
    except Exception as error:
        raise BrokenWeights(
            f"The small model in {path.name} cannot be read ({type(error).__name__}). Restore the "
            "file from the release, or make it anew with `manage.py train_filter`."
        ) from error
    return SmallModel(weights, bias, bits, str(about["version"]))

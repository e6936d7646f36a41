"""Labelled texts for training and measuring, and how far each source's labels are believed.

A row of a JSON Lines file (plain or gzip) is {"text", "toxic": 0/1/null, "risk": 0-3/null,
"source", "licence", "weak"}. Rows whose licence does not allow weights to be shipped are refused,
not skipped silently: a training set is a decision.
"""

import gzip
import hashlib
import json
import math
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

NAN = math.nan
# How the licences that allow shipping trained weights begin.
LICENCES = ("CC0-1.0", "CC BY 4.0", "Apache-2.0", "MIT", "project-owned")
# Sources of hate speech teach a linear model that naming a group is hate: they weigh little.
HATE = frozenset({"ken20", "hatemoji"})
HATE_WEIGHT = 0.4
PEER = frozenset({"counselchat-a", "cssrs-post"})
RELABELLED = "+relabel"
IDENTITY = "own-grammar-ident"
_FIRST = re.compile(r"\b(?:i|i'?m|i'?ve|my|me|myself)\b", re.IGNORECASE)
_SECOND = re.compile(r"\byou", re.IGNORECASE)
_SENTENCES = re.compile(r"(?<=[.!?…])\s+|\n+")


@dataclass(frozen=True)
class Row:
    """A text and what is known of it; NaN where nothing is.

    toxic, hate: 0 to 1. risk: at least distress, at least ideation, crisis; each 0 to 1.
    weight: how much its labels count.
    """

    text: str
    toxic: float
    hate: float
    risk: tuple[float, float, float]
    source: str
    weight: float = 1.0

    @property
    def level(self) -> int | None:
        """The risk level 0 to 3, None when unknown."""
        return None if math.isnan(self.risk[0]) else int(sum(self.risk))


class RefusedRow(ValueError):
    """A row that may not be trained on, with the sentence that says why."""


def levels(level: int | None) -> tuple[float, float, float]:
    """A level as three yes-or-no answers."""
    if level is None:
        return (NAN, NAN, NAN)
    return (float(level >= 1), float(level >= 2), float(level >= 3))


def read(paths: Iterable[Path]) -> list[Row]:
    """All rows of the files, judged; a text relabelled by hand replaces its source's label."""
    rows = [_judged(raw) for path in paths for raw in _lines(path)]
    by_hand = {row.text for row in rows if row.source.endswith(RELABELLED)}
    return [row for row in rows if row.source.endswith(RELABELLED) or row.text not in by_hand]


def windows(text: str, most: int = 8) -> list[str]:
    """Single sentences of 4 to 40 words: what chat looks like."""
    found = [part for part in _SENTENCES.split(text) if 4 <= len(part.split()) <= 40]
    return found[:most] if len(found) > 1 else []


def mixture(rows: list[Row], seed: int) -> list[Row]:
    """The texts one training sees: everything rare, and a share of what is plentiful."""
    rng = random.Random(seed)
    groups: dict[str, list[Row]] = {"rare": [], "peer": [], "talk": [], "conduct": [], "named": []}
    for row in rows:
        groups[_group(row)].append(row)
    for group in groups.values():
        rng.shuffle(group)
    calm = [
        replace(row, text=rng.choice(parts), weight=0.5)
        for row in groups["peer"]
        if (parts := windows(row.text))
    ]
    chosen = (
        groups["rare"] + groups["peer"][:4500] + calm[:3500] + groups["talk"][:6500]
        + groups["conduct"][:16000] + groups["named"][:1800]
    )  # fmt: skip
    rng.shuffle(chosen)
    return chosen


def part_of(text: str, parts: int) -> int:
    """Which of so many parts a text falls into; the same on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % parts


def _group(row: Row) -> str:
    if row.source == IDENTITY:
        return "named"
    if row.source.startswith("own-") or row.source.endswith(RELABELLED):
        return "rare"
    if (row.level or 0) >= 1:
        return "rare"
    if row.level == 0 and row.source in PEER:
        return "peer"
    return "talk" if row.level == 0 and row.source == "goemotions" else "conduct"


def opened(path: Path) -> IO[str]:
    """A JSON Lines file, plain or gzip, for reading."""
    return gzip.open(path, "rt") if path.suffix == ".gz" else path.open()


def _lines(path: Path) -> Iterator[dict]:
    with opened(path) as file:
        for number, line in enumerate(file, 1):
            try:
                raw = json.loads(line)
                raw["text"], raw["source"], raw["licence"]
            except (ValueError, KeyError, TypeError) as error:
                raise RefusedRow(f"{path.name}, line {number}: not a row ({error}).") from error
            if not str(raw["licence"]).startswith(LICENCES):
                raise RefusedRow(
                    f"{path.name}, line {number}: the licence {raw['licence']!r} does not allow "
                    "weights to be shipped. Remove the row, or add the licence to rows.LICENCES."
                )
            yield raw


def _judged(raw: dict) -> Row:
    source, text = raw["source"], raw["text"]
    level: int | None = raw.get("risk")
    if source == "cssrs-post" and (level or 0) >= 2 and not _about_oneself(text):
        level = None  # labelled by author: this post says nothing of the kind
    toxic = NAN if raw.get("toxic") is None else float(raw["toxic"])
    hate = toxic if source in HATE else (0.0 if toxic == 0 else NAN)
    weight = 0.5 if raw.get("weak") else 1.0
    if source in HATE:
        weight = HATE_WEIGHT
    if source.endswith(RELABELLED):
        weight = 3.0
    return Row(text, toxic, hate, levels(level), source, weight)


def _about_oneself(text: str) -> bool:
    first = len(_FIRST.findall(text))
    return first > 0 and len(_SECOND.findall(text)) <= first

"""Trains the small model: logistic regression on hashed n-grams, then taught by stronger teachers.

First the labels alone (`fit`). Then texts without a label for danger, read by teachers, teach the
three risk heads with soft answers (`distil`): the teachers are needed only here. Needs SciPy and
scikit-learn.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.screening.normalise import normalise
from moderation.screening.small import HEADS, SmallModel, hashed
from moderation.screening.training.rows import NAN, PEER, RELABELLED, Row, windows

BITS = 18
SOFT_LEAST = 0.02


def fold(text: str) -> str:
    return normalise(text[:4_000]).text


def matrix(folded: Sequence[str], bits: int = BITS) -> Any:
    """(n, 2^bits) sparse: each slot once, words and pieces each scaled by how many there are."""
    from scipy import sparse

    columns: list[NDArray[Any]] = []
    values: list[NDArray[Any]] = []
    ends = [0]
    for text in folded:
        words, pieces = hashed(text, bits)
        columns.append(np.array(words + pieces, np.int32))
        values.append(
            np.concatenate(
                [
                    np.full(len(words), 1 / math.sqrt(len(words) or 1), np.float32),
                    np.full(len(pieces), 1 / math.sqrt(len(pieces) or 1), np.float32),
                ]
            )
        )
        ends.append(ends[-1] + len(words) + len(pieces))
    return sparse.csr_matrix(
        (np.concatenate(values), np.concatenate(columns), np.array(ends)),
        shape=(len(folded), 1 << bits),
    )


def spread(rows: Sequence[Row]) -> list[Row]:
    """The rows, and single sentences of supportive talk: chat is short, the corpora are long."""
    out = list(rows)
    for row in rows:
        calm = row.source in PEER or row.source == "counselchat-q"
        if calm and row.toxic == 0 and (row.level in (0, None) or row.source == "counselchat-q"):
            known = row.risk if row.level == 0 else (NAN, NAN, NAN)
            out += [replace(row, text=part, risk=known, weight=0.35) for part in windows(row.text)]
    return out


def fit(rows: Sequence[Row], version: str, *, c: float = 2.0) -> SmallModel:
    """Learn all four heads from labels. Rows with NaN for a head do not teach it."""
    rows = spread(rows)
    table = matrix([fold(row.text) for row in rows])
    weight = np.array([row.weight for row in rows])
    columns, bias = [], []
    for at in range(len(HEADS)):
        answers = np.array([row.toxic if at == 0 else row.risk[at - 1] for row in rows])
        known = ~np.isnan(answers)
        column, constant = _learn(table[known], answers[known] >= 0.5, weight[known], c)
        columns.append(column)
        bias.append(constant)
    return SmallModel(np.stack(columns, axis=1), np.array(bias, np.float32), BITS, version)


Teacher = Callable[[Sequence[str]], NDArray[Any]]


def pool(rows: Sequence[Row], seed: int = 1) -> list[Row]:
    """Texts for the teachers to read: posts, answers, small talk, and single sentences of posts."""
    rng = random.Random(seed)
    chosen = [
        row
        for row in rows
        if row.source in ("cssrs-post", "counselchat-q", "counselchat-a")
        or (row.source == "goemotions" and rng.random() < 0.28)
    ]
    single = [
        replace(row, text=part, risk=(NAN, NAN, NAN))
        for row in chosen
        if row.source in ("cssrs-post", "counselchat-q")
        for part in _some(windows(row.text, 40), 3, rng)
    ]
    return chosen + single


def distil(
    base: SmallModel,
    rows: Sequence[Row],
    teachers: Sequence[Teacher],
    version: str,
    *,
    c: float = 4.0,
) -> SmallModel:
    """Learn the risk heads anew from what the teachers make of the pool, and from sure labels.

    A teacher takes folded texts and returns (n, 3) logits: distress, ideation, crisis. Their mean
    is the answer; where a source is known to be calm, half of it.
    """
    reading = pool(rows)
    folded = [fold(row.text) for row in reading]
    mean = np.mean([np.clip(teacher(folded), -9.0, 9.0) for teacher in teachers], axis=0)
    soft = 1 / (1 + np.exp(-mean))
    calm = np.array([row.level == 0 for row in reading])
    soft[calm] *= 0.5
    sure = [
        row
        for row in rows
        if (row.source.startswith("own-") or row.source.endswith(RELABELLED))
        and not math.isnan(row.risk[0])
    ]
    table, sure_table = matrix(folded), matrix([fold(row.text) for row in sure])
    from scipy import sparse

    stacked = sparse.vstack([table, table, sure_table]).tocsr()
    columns, bias = [base.weights[:, 0]], [float(base.bias[0])]
    for at in range(3):
        answers = np.array([row.risk[at] for row in sure])
        wanted = np.concatenate([np.ones(len(folded)), np.zeros(len(folded)), answers]) >= 0.5
        weight = np.concatenate(
            [soft[:, at], 1 - soft[:, at], np.array([row.weight for row in sure]) * 0.7]
        )
        used = weight > SOFT_LEAST
        column, constant = _learn(stacked[used], wanted[used], weight[used], c)
        columns.append(column)
        bias.append(constant)
    return SmallModel(np.stack(columns, axis=1), np.array(bias, np.float32), base.bits, version)


def _some(parts: list[str], most: int, rng: random.Random) -> list[str]:
    return parts if len(parts) <= most else rng.sample(parts, most)


def _learn(
    table: Any, wanted: NDArray[Any], weight: NDArray[Any], c: float
) -> tuple[NDArray[Any], float]:
    from sklearn.linear_model import LogisticRegression

    learner = LogisticRegression(
        C=c, solver="liblinear", class_weight="balanced", max_iter=200, random_state=0
    )
    learner.fit(table, wanted.astype(int), sample_weight=weight)
    return learner.coef_[0].astype(np.float32), float(learner.intercept_[0])


def teachers(base: SmallModel, encoder: Any) -> list[Teacher]:
    """The small model itself, and the encoder, as teachers of danger."""
    from moderation.screening.reading import read

    def by_encoder(folded: Sequence[str]) -> NDArray[Any]:
        return np.asarray(encoder.read([read(text) for text in folded])[:, 1:])

    def by_itself(folded: Sequence[str]) -> NDArray[Any]:
        return np.asarray(base.logits(folded)[:, 1:])

    return [by_itself, by_encoder]

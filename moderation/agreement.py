"""How far two people who judge the same texts agree beyond chance. Pure arithmetic."""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

Z_95 = 1.959964


@dataclass(frozen=True)
class Kappa:
    """Cohen's kappa of n pairs with its 95 % interval, cut to -1 and 1.

    value is None when chance alone explains everything: both always gave the same one answer.
    """

    n: int
    value: float | None
    low: float | None = None
    high: float | None = None


def kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> Kappa:
    """Cohen's kappa of (first answer, second answer), with the large-sample interval.

    Source: Cohen, Educ Psychol Meas 1960;20:37-46; standard error: Fleiss, Cohen, Everitt,
    Psychol Bull 1969;72:323-327, equation 13. With few pairs the interval is too narrow.
    """
    n = len(pairs)
    if n == 0:
        return Kappa(0, None)
    cells = {cell: count / n for cell, count in Counter(pairs).items()}
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    answers = set(first) | set(second)
    row = {answer: first[answer] / n for answer in answers}
    column = {answer: second[answer] / n for answer in answers}
    expected = sum(row[answer] * column[answer] for answer in answers)
    if expected >= 1.0:
        return Kappa(n, None)
    observed = sum(share for (a, b), share in cells.items() if a == b)
    value = (observed - expected) / (1 - expected)
    spread = 0.0
    for (a, b), share in cells.items():
        if a == b:
            spread += share * (1 - (row[a] + column[a]) * (1 - value)) ** 2
        else:
            spread += share * (1 - value) ** 2 * (column[a] + row[b]) ** 2
    spread -= (value - expected * (1 - value)) ** 2
    error = math.sqrt(max(spread, 0.0) / n) / (1 - expected)
    return Kappa(n, value, max(value - Z_95 * error, -1.0), min(value + Z_95 * error, 1.0))


def kappa_of(answer: Hashable, pairs: Sequence[tuple[Hashable, Hashable]]) -> Kappa:
    """Agreement about one answer alone: was it this one or not?"""
    return kappa([(a == answer, b == answer) for a, b in pairs])

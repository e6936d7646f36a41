"""Who goes with whom: an exact assignment of people to places. Pure arithmetic over whole numbers.

The best answer has, in this order: nobody in an excluded pair; the most people matched; the highest
total score; the evenest load. Ties fall by a seed, so that the same question has the same answer
whatever the order in which it is asked.

Method: `scipy.optimize.linear_sum_assignment` (a modified Jonker-Volgenant algorithm; Crouse, IEEE
Trans. Aerosp. Electron. Syst. 2016;52:1679-1696) on a table of people against single places. An
excluded pair counts nothing, so being put there is the same as being left out.
"""

import hashlib
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

# Every whole number up to here is exact in the floats that the solver adds.
EXACT = 2**53

Scores = NDArray[np.int64]
Allowed = NDArray[np.bool_]


class TooLarge(ValueError):
    """The numbers would leave the range in which the arithmetic is exact."""


class PinImpossible(ValueError):
    """A pinned pair is excluded, or there are more pins than places. `pair` says which."""

    def __init__(self, pair: tuple[int, int]) -> None:
        super().__init__(f"{pair[0]} cannot be pinned to {pair[1]}")
        self.pair = pair


class Cancelled(Exception):
    """Somebody no longer wants the answer."""


@dataclass(frozen=True)
class Problem:
    """People looking for a mentor, mentors with free places, and how well each would fit.

    mentees, mentors: ids, each once. places: free places of each mentor, in the same order, zero
    and more. taken: how many each goes with already; for the evenness alone. scores, allowed: one
    row per mentee, one column per mentor. pinned: pairs that must be in the answer.
    """

    mentees: tuple[int, ...]
    mentors: tuple[int, ...]
    places: tuple[int, ...]
    scores: Scores
    allowed: Allowed
    taken: tuple[int, ...] = ()
    pinned: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        shape = (len(self.mentees), len(self.mentors))
        if self.scores.shape != shape or self.allowed.shape != shape:
            raise ValueError(f"the tables must have the shape {shape}")
        if not np.issubdtype(self.scores.dtype, np.integer):
            raise ValueError("scores are whole numbers")
        if len(self.places) != shape[1] or any(count < 0 for count in self.places):
            raise ValueError("one number of places per mentor, none below zero")


@dataclass(frozen=True)
class Matching:
    """An answer. pairs: mentee to mentor. total: the sum of the scores of the pairs."""

    pairs: Mapping[int, int]
    total: int

    @property
    def matched(self) -> int:
        """How many people have a mentor."""
        return len(self.pairs)


def _order(seed: int, ids: Iterable[int]) -> list[int]:
    """Positions of the ids in an order that depends on the seed and the ids alone."""

    def place(pair: tuple[int, int]) -> bytes:
        return hashlib.sha256(f"{seed}:{pair[1]}".encode()).digest()

    return [position for position, _ in sorted(enumerate(ids), key=place)]


def solve(
    problem: Problem, seed: int = 0, step: Callable[[str], None] = lambda stage: None
) -> Matching:
    """The best answer. Raises PinImpossible, TooLarge, and whatever `step` raises.

    step: called between the stages with a word, for progress; it may raise Cancelled.
    """
    step("pins")
    pairs, free = _pin(problem)
    rows = [i for i in _order(seed, problem.mentees) if problem.mentees[i] not in pairs]
    columns = [j for j in _order(seed, problem.mentors) if free[j] > 0]
    if rows and columns:
        step("table")
        values, owners = _table(problem, rows, columns, free)
        step("assignment")
        chosen_rows, chosen_seats = linear_sum_assignment(values, maximize=True)
        step("answer")
        for row, seat in zip(chosen_rows.tolist(), chosen_seats.tolist(), strict=True):
            i, j = rows[row], owners[seat]
            if problem.allowed[i, j]:
                pairs[problem.mentees[i]] = problem.mentors[j]
    return Matching(pairs, _total(problem, pairs))


def _pin(problem: Problem) -> tuple[dict[int, int], list[int]]:
    """The pinned pairs, and the places that are left."""
    rows = {mentee: i for i, mentee in enumerate(problem.mentees)}
    columns = {mentor: j for j, mentor in enumerate(problem.mentors)}
    pairs: dict[int, int] = {}
    free = list(problem.places)
    for mentee, mentor in problem.pinned:
        i, j = rows.get(mentee), columns.get(mentor)
        if i is None or j is None or mentee in pairs or not problem.allowed[i, j] or free[j] < 1:
            raise PinImpossible((mentee, mentor))
        pairs[mentee] = mentor
        free[j] -= 1
    return pairs, free


def _table(
    problem: Problem, rows: list[int], columns: list[int], free: list[int]
) -> tuple[NDArray[np.float64], list[int]]:
    """What each person in each single place is worth, and whose place it is.

    A person counts more than all scores together, a point more than any unevenness: three wishes in
    one number, each in its own digits.
    """
    # More places than people are of no use.
    seats = [(j, nth) for j in columns for nth in range(min(free[j], len(rows)))]
    owners = [j for j, _ in seats]
    taken = problem.taken or (0,) * len(problem.mentors)
    load = np.array([taken[j] + nth for j, nth in seats], dtype=np.int64)
    allowed = problem.allowed[np.ix_(rows, columns)]
    scores = problem.scores[np.ix_(rows, columns)].astype(np.int64)
    widest = int(np.abs(scores[allowed]).max()) if allowed.any() else 0
    people = len(rows) + 1
    point = people * (int(load.max(initial=0)) + 1)
    person = people * (2 * widest + 1) * point * 2
    if 2 * person * people >= EXACT:
        raise TooLarge(f"{len(rows)} people with scores up to {widest}")
    width = np.array([min(free[j], len(rows)) for j in columns])
    worth = np.repeat(scores * point + person, width, axis=1) - load
    worth[~np.repeat(allowed, width, axis=1)] = 0
    return worth.astype(np.float64), owners


def _total(problem: Problem, pairs: Mapping[int, int]) -> int:
    rows = {mentee: i for i, mentee in enumerate(problem.mentees)}
    columns = {mentor: j for j, mentor in enumerate(problem.mentors)}
    return sum(int(problem.scores[rows[one], columns[other]]) for one, other in pairs.items())


def greedy(problem: Problem) -> Matching:
    """What people do by hand: the best pair that is left, again and again. For comparison.

    With one score for both sides this is also the stable matching: no two would rather swap.
    """
    pairs, free = _pin(problem)
    cells = np.argwhere(problem.allowed)
    order = np.argsort(-problem.scores[problem.allowed], kind="stable")
    for i, j in cells[order].tolist():
        if problem.mentees[i] not in pairs and free[j] > 0:
            pairs[problem.mentees[i]] = problem.mentors[j]
            free[j] -= 1
    return Matching(pairs, _total(problem, pairs))


@dataclass(frozen=True)
class LeftOut:
    """Why somebody has no mentor in an answer, and what would change it.

    suitable: mentors nothing speaks against; all their places are taken. helps: mentors of whom one
    more place would let one more person be matched, this one among others.
    """

    mentee: int
    suitable: tuple[int, ...]
    helps: tuple[int, ...] = field(default=())


def left_out(problem: Problem, answer: Matching) -> list[LeftOut]:
    """Everybody without a mentor, in the order of the problem.

    Somebody else could move to another mentor and so on: along such chains a place anywhere may
    help. The chains are followed exactly (alternating paths; Berge 1957).
    """
    columns = range(len(problem.mentors))
    inside: dict[int, list[int]] = defaultdict(list)
    rows = {mentee: i for i, mentee in enumerate(problem.mentees)}
    fixed = {mentee for mentee, _ in problem.pinned}
    for mentee, mentor in answer.pairs.items():
        if mentee not in fixed:
            inside[mentor].append(rows[mentee])
    found = []
    for i, mentee in enumerate(problem.mentees):
        if mentee in answer.pairs:
            continue
        suitable = [j for j in columns if problem.allowed[i, j]]
        reached, waiting = set(suitable), deque(suitable)
        while waiting:
            for other in inside[problem.mentors[waiting.popleft()]]:
                for j in np.flatnonzero(problem.allowed[other]).tolist():
                    if j not in reached:
                        reached.add(j)
                        waiting.append(j)
        found.append(
            LeftOut(
                mentee,
                tuple(problem.mentors[j] for j in suitable),
                tuple(problem.mentors[j] for j in sorted(reached)),
            )
        )
    return found


def safe_choices(problem: Problem, mentee: int, most: int = 3) -> list[int]:
    """Up to `most` mentors the person may choose from without anybody else going without.

    Best score first. Each is in some answer that matches as many people as the best one.
    """
    best = solve(problem).matched
    i = problem.mentees.index(mentee)
    ranked = sorted(
        (j for j, free in enumerate(problem.places) if free and problem.allowed[i, j]),
        key=lambda j: (-int(problem.scores[i, j]), problem.mentors[j]),
    )
    chosen: list[int] = []
    for j in ranked:
        if len(chosen) == most:
            break
        if _with_pin(problem, (mentee, problem.mentors[j])) == best:
            chosen.append(problem.mentors[j])
    return chosen


def _with_pin(problem: Problem, pin: tuple[int, int]) -> int:
    changed: dict[str, Any] = {**vars(problem), "pinned": (*problem.pinned, pin)}
    return solve(Problem(**changed)).matched

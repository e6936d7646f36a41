"""Random and fixed matching problems, and two other ways to solve them."""

import itertools
import random

import numpy as np
from ortools.graph.python import min_cost_flow

from mentorship.matching import Problem


def problem(
    draw: random.Random, people: int, mentors: int, excluded: float, most_places: int = 4, top=650
) -> Problem:
    """Scores 0 to top, places 0 to most_places; each pair is excluded with that probability."""
    shape = (people, mentors)
    scores = np.array([draw.randint(0, top) for _ in range(people * mentors)], dtype=np.int64)
    allowed = np.array([draw.random() >= excluded for _ in range(people * mentors)], dtype=bool)
    return Problem(
        mentees=tuple(range(1, people + 1)),
        mentors=tuple(range(1001, 1001 + mentors)),
        places=tuple(draw.randint(0, most_places) for _ in range(mentors)),
        scores=scores.reshape(shape),
        allowed=allowed.reshape(shape),
    )


def clinic_shaped(seed: int) -> Problem:
    """120 people, 60 mentors with 1 to 3 places, 93 % of the pairs excluded."""
    draw = random.Random(seed)
    made = problem(draw, 120, 60, 0.93)
    return Problem(
        made.mentees,
        made.mentors,
        tuple(draw.randint(1, 3) for _ in made.mentors),
        made.scores,
        made.allowed,
    )


def by_brute_force(given: Problem) -> tuple[int, int]:
    """Try every answer: (people matched, total)."""
    best = (0, 0)
    options = [
        [None, *(j for j in range(len(given.mentors)) if given.allowed[i, j])]
        for i in range(len(given.mentees))
    ]
    for choice in itertools.product(*options):
        if all(choice.count(j) <= free for j, free in enumerate(given.places)):
            total = sum(int(given.scores[i, j]) for i, j in enumerate(choice) if j is not None)
            best = max(best, (len(choice) - choice.count(None), total))
    return best


def by_flow(given: Problem) -> tuple[int, int]:
    """OR-tools' min-cost flow of the largest size: (people matched, total)."""
    flow = min_cost_flow.SimpleMinCostFlow()
    people, mentors = len(given.mentees), len(given.mentors)
    source, sink = people + mentors, people + mentors + 1
    for i in range(people):
        flow.add_arc_with_capacity_and_unit_cost(source, i, 1, 0)
    for j, free in enumerate(given.places):
        flow.add_arc_with_capacity_and_unit_cost(people + j, sink, free, 0)
    for i, j in np.argwhere(given.allowed).tolist():
        flow.add_arc_with_capacity_and_unit_cost(i, people + j, 1, -int(given.scores[i, j]))
    flow.set_node_supply(source, people)
    flow.set_node_supply(sink, -people)
    assert flow.solve_max_flow_with_min_cost() == flow.OPTIMAL
    return flow.maximum_flow(), -flow.optimal_cost()

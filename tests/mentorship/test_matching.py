"""The matching is the best there is: held to two other methods on a thousand random clinics."""

import random
from collections import Counter

import numpy as np
import pytest

from mentorship.matching import (
    Cancelled,
    Matching,
    PinImpossible,
    Problem,
    TooLarge,
    greedy,
    left_out,
    safe_choices,
    solve,
)
from tests.mentorship.problems import by_brute_force, by_flow, clinic_shaped, problem


def check(given: Problem, answer: Matching) -> None:
    """Nobody twice, no excluded pair, no place given twice, the total is the sum."""
    rows = {mentee: i for i, mentee in enumerate(given.mentees)}
    columns = {mentor: j for j, mentor in enumerate(given.mentors)}
    cells = [(rows[one], columns[other]) for one, other in answer.pairs.items()]
    assert all(given.allowed[cell] for cell in cells)
    used = Counter(j for _, j in cells)
    assert all(used[j] <= free for j, free in enumerate(given.places))
    assert answer.total == sum(int(given.scores[cell]) for cell in cells)


def shuffled(given: Problem, draw: random.Random) -> Problem:
    rows = draw.sample(range(len(given.mentees)), len(given.mentees))
    columns = draw.sample(range(len(given.mentors)), len(given.mentors))
    return Problem(
        tuple(given.mentees[i] for i in rows),
        tuple(given.mentors[j] for j in columns),
        tuple(given.places[j] for j in columns),
        given.scores[np.ix_(rows, columns)],
        given.allowed[np.ix_(rows, columns)],
    )


def small(people: int, mentors: int, places: tuple[int, ...], allowed=True, score=7) -> Problem:
    shape = (people, mentors)
    return Problem(
        tuple(range(people)),
        tuple(range(100, 100 + mentors)),
        places,
        np.full(shape, score, dtype=np.int64),
        np.full(shape, allowed, dtype=bool),
    )


@pytest.mark.slow
def test_as_good_as_the_flow_on_a_thousand_random_instances() -> None:
    draw = random.Random(7)
    for number in range(1000):
        given = problem(
            draw,
            draw.randint(0, 60),
            draw.randint(0, 30),
            excluded=number % 11 / 10,
            # Few different scores make many ties.
            top=draw.choice([0, 3, 650]),
        )
        answer = solve(given, seed=number)
        check(given, answer)
        assert (answer.matched, answer.total) == by_flow(given), number


def test_as_good_as_trying_every_answer() -> None:
    draw = random.Random(11)
    for number in range(150):
        given = problem(draw, draw.randint(0, 5), draw.randint(0, 4), number % 11 / 10, 2, top=4)
        answer = solve(given, seed=number)
        assert (answer.matched, answer.total) == by_brute_force(given) == by_flow(given)


def test_more_people_have_somebody_than_when_the_best_pair_goes_first() -> None:
    """Pitfall 1. The optimality test must also be able to fail: greedy does."""
    instances = [clinic_shaped(seed) for seed in range(20)]
    exact = [solve(given) for given in instances]
    taken = [greedy(given) for given in instances]
    assert [(a.matched, a.total) for a in exact] == [by_flow(given) for given in instances]
    assert all(a.matched != by_flow(g)[0] for a, g in zip(taken, instances, strict=True))
    assert sum(a.matched for a in exact) >= 1.1 * sum(a.matched for a in taken)


@pytest.mark.parametrize(
    ("given", "matched"),
    [
        (small(0, 0, ()), 0),
        (small(3, 0, ()), 0),
        (small(0, 2, (1, 1)), 0),
        (small(3, 2, (0, 0)), 0),
        (small(3, 2, (2, 2), allowed=False), 0),
        (small(1, 3, (0, 1, 0)), 1),
        (small(4, 1, (3,)), 3),
        (small(2, 1, (99,)), 2),
        (small(2, 2, (1, 1), score=-5), 2),
        (small(2, 2, (1, 1), score=0), 2),
    ],
)
def test_odd_clinics(given: Problem, matched: int) -> None:
    """Pitfall 2."""
    answer = solve(given)
    check(given, answer)
    assert answer.matched == matched
    assert len(left_out(given, answer)) == len(given.mentees) - matched


def test_the_order_of_the_question_changes_nothing() -> None:
    draw = random.Random(3)
    for seed in range(40):
        given = problem(draw, 20, 12, 0.5, top=3)
        assert solve(shuffled(given, draw), seed).pairs == solve(given, seed).pairs


def test_scores_are_whole_numbers() -> None:
    """Pitfall 7."""
    with pytest.raises(ValueError, match="whole numbers"):
        Problem((1,), (2,), (1,), np.array([[0.5]]), np.array([[True]]))  # type: ignore[arg-type]
    with pytest.raises(TooLarge):
        solve(small(50, 50, (1,) * 50, score=2**45))


def test_equal_scores_are_shared_out_evenly() -> None:
    given = small(4, 2, (4, 4))
    assert sorted(Counter(solve(given).pairs.values()).values()) == [2, 2]
    busy = Problem(
        given.mentees, given.mentors, given.places, given.scores, given.allowed, taken=(3, 0)
    )
    assert Counter(solve(busy).pairs.values()) == {101: 4} or Counter(
        solve(busy).pairs.values()
    ) == {101: 3, 100: 1}


def test_a_pin_holds_and_an_impossible_pin_is_named() -> None:
    draw = random.Random(5)
    given = problem(draw, 10, 6, 0.3, most_places=2)
    cells = [(i, j) for i, j in np.argwhere(given.allowed).tolist() if given.places[j]]
    for i, j in cells:
        pin = (given.mentees[i], given.mentors[j])
        answer = solve(Problem(**{**vars(given), "pinned": (pin,)}))
        assert answer.pairs[pin[0]] == pin[1]
        check(given, answer)
    i, j = np.argwhere(~given.allowed).tolist()[0]
    with pytest.raises(PinImpossible) as why:
        solve(Problem(**{**vars(given), "pinned": ((given.mentees[i], given.mentors[j]),)}))
    assert why.value.pair == (given.mentees[i], given.mentors[j])


def test_everybody_left_out_is_told_what_would_help_and_it_does() -> None:
    draw = random.Random(13)
    seen = 0
    for _ in range(60):
        given = problem(draw, 14, 6, 0.6, most_places=2)
        answer = solve(given)
        for gap in left_out(given, answer):
            assert gap.mentee not in answer.pairs
            for j, mentor in enumerate(given.mentors):
                more = tuple(free + (k == j) for k, free in enumerate(given.places))
                better = solve(Problem(**{**vars(given), "places": more})).matched
                if mentor in gap.helps:
                    assert better == answer.matched + 1
                    seen += 1
    assert seen > 50


def test_three_to_choose_from_cost_nobody_else_a_place() -> None:
    draw = random.Random(17)
    for _ in range(20):
        given = problem(draw, 8, 6, 0.5, most_places=1)
        best = solve(given).matched
        for mentee in given.mentees:
            offered = safe_choices(given, mentee)
            assert len(offered) <= 3
            for mentor in offered:
                pinned = Problem(**{**vars(given), "pinned": ((mentee, mentor),)})
                assert solve(pinned).matched == best


def test_it_can_be_cancelled_between_the_stages() -> None:
    stages: list[str] = []

    def step(stage: str) -> None:
        stages.append(stage)
        if stage == "assignment":
            raise Cancelled

    with pytest.raises(Cancelled):
        solve(small(3, 3, (1, 1, 1)), step=step)
    assert stages == ["pins", "table", "assignment"]

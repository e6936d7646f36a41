"""Cohen's kappa against values worked out by hand and against published ones."""

import math

import pytest

from moderation.agreement import kappa, kappa_of


def pairs(table: list[list[int]]) -> list[tuple[int, int]]:
    return [
        (a, b) for a, row in enumerate(table) for b, count in enumerate(row) for _ in range(count)
    ]


def test_kappa_and_interval_of_two_answers_worked_out_by_hand() -> None:
    """50 grants read by two people: 20 both yes, 15 both no, 5 and 10 apart.

    Observed 35/50 = 0.7; expected 0.5 * 0.6 + 0.5 * 0.4 = 0.5; kappa 0.2 / 0.5 = 0.4.
    Variance: diagonal 0.4 * (1 - 1.1 * 0.6)^2 + 0.3 * (1 - 0.9 * 0.6)^2 = 0.04624 + 0.06348;
    beside it 0.36 * (0.1 * 1.1^2 + 0.2 * 0.9^2) = 0.10188; less (0.4 - 0.5 * 0.6)^2 = 0.01;
    0.2016 / (50 * 0.25) = 0.016128, error 0.126996, times 1.959964: 0.248908.
    """
    found = kappa(pairs([[20, 5], [10, 15]]))
    assert found.n == 50
    assert found.value == pytest.approx(0.4)
    assert found.low == pytest.approx(0.4 - 0.248908, abs=1e-5)
    assert found.high == pytest.approx(0.4 + 0.248908, abs=1e-5)


def test_kappa_of_three_answers_worked_out_by_hand() -> None:
    """Cohen 1960, table 1, proportions of 200: observed 0.70, expected 0.41, kappa 0.29 / 0.59."""
    found = kappa(pairs([[88, 14, 18], [10, 40, 10], [2, 6, 12]]))
    assert found.n == 200
    assert found.value == pytest.approx(0.29 / 0.59)


def test_full_agreement_is_one_and_no_answer_is_nothing() -> None:
    both = kappa(pairs([[5, 0], [0, 5]]))
    assert (both.value, both.low, both.high) == (1.0, 1.0, 1.0)
    assert kappa([]).value is None


def test_one_answer_only_says_nothing_about_agreement() -> None:
    """Two people who always say "fine" agree by chance alone: 0 / 0 is not 1."""
    assert kappa([("fine", "fine")] * 20).value is None


def test_always_the_opposite_is_minus_one() -> None:
    found = kappa([(True, False)] * 5 + [(False, True)] * 5)
    assert found.value == pytest.approx(-1.0)
    assert found.low is not None
    assert found.low >= -1.0


def test_one_policy_is_that_policy_against_the_rest() -> None:
    answers = [("unkind", "unkind")] * 20 + [("unkind", "fine")] * 5
    answers += (
        [("fine", "unkind")] * 10 + [("fine", "hate"), ("hate", "fine")] + [("fine",) * 2] * 13
    )
    assert kappa_of("unkind", answers).value == pytest.approx(0.4)
    assert kappa_of("unkind", answers).high == pytest.approx(0.648908, abs=1e-5)


def test_an_interval_is_never_a_complex_or_missing_number() -> None:
    for table in ([[1, 0], [0, 1]], [[1, 1], [0, 0]], [[0, 1], [0, 1]], [[3, 0], [1, 0]]):
        found = kappa(pairs(table))
        ends = (found.low, found.high)
        assert found.value is None or all(end is not None and math.isfinite(end) for end in ends)

"""The engines together: calibrated, honest about a part that fails, back by itself."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from moderation.screening import engine, small
from moderation.screening.engine import Calibration, Filter, Small
from moderation.screening.reading import Reading, read


class Answers:
    """A part that gives the same logits to everything, or does what it is told."""

    name, version = "answers", "test"

    def __init__(self, logits: Sequence[float] = (2.0, 2.0, 2.0, 2.0)) -> None:
        self.logits = logits
        self.error: Exception | None = None
        self.asked = 0

    def read(self, readings: Sequence[Reading], focus: Any = ()) -> Any:
        self.asked += 1
        if self.error:
            raise self.error
        return np.tile(np.array(self.logits, np.float32), (len(readings), 1))


@pytest.fixture
def first() -> Small:
    return Small(small.load())


def test_always_as_many_answers_as_questions(first: Small) -> None:
    filter_ = Filter(first, Answers())
    assert filter_.score([]) == []
    for texts in (["one"], ["one", "two"], ["", " ", "😀"]):
        assert len(filter_.score(texts)) == len(texts)


def test_both_parts_count(first: Small) -> None:
    calm, grave = Filter(first, Answers((-8,) * 4)), Filter(first, Answers((8,) * 4))
    assert grave.score(["hello"])[0].risk[2] > calm.score(["hello"])[0].risk[2] + 0.3


@pytest.mark.parametrize(
    "error", [RuntimeError("cuda"), MemoryError(), ValueError("shape"), KeyError("toxicity")]
)
def test_a_part_that_raises_leaves_the_small_model(first: Small, error: Exception) -> None:
    part = Answers()
    filter_ = Filter(first, part)
    part.error = error
    scores, by = filter_.score_read([read("hello")])
    assert by == "small"
    assert scores == Filter(first).score(["hello"])
    assert filter_.degraded == type(error).__name__


@pytest.mark.parametrize("bad", [(float("nan"),) * 4, (float("inf"), 0, 0, 0), (1.0, 1.0)])
def test_numbers_that_are_none_count_as_a_failure(first: Small, bad: Sequence[float]) -> None:
    filter_ = Filter(first, Answers(bad))
    assert filter_.score_read([read("hello")])[1] == "small"
    assert filter_.degraded


def test_it_rests_after_a_stumble_and_then_takes_part_again(
    first: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = Answers()
    filter_ = Filter(first, part)
    clock = [1_000.0]
    monkeypatch.setattr(engine.time, "monotonic", lambda: clock[0])
    part.error = RuntimeError()
    filter_.score(["hello"])
    part.error = None
    filter_.score(["hello"])
    assert part.asked == 1, "it rests"
    clock[0] += engine.REST_S + 1
    assert filter_.score_read([read("hello")])[1] == "both"
    assert filter_.degraded == ""


def test_a_graver_level_is_never_likelier_than_a_lighter_one() -> None:
    scores = Calibration((1, 1, 1, 1), (0, 0, 0, 0)).scores(np.array([[0, -3, -1, 2]], np.float32))
    green, amber, red, crisis = scores[0].risk
    assert amber >= red >= crisis
    assert green == pytest.approx(1 - amber)


def test_a_published_checkpoint_can_only_add_toxicity(first: Small) -> None:
    own = Answers((0.0, 1.0, 0.0, -2.0))
    other = Answers((5.0, -9.0, -9.0, -9.0))
    alone = Filter(first, own).score(["hello"])[0]
    beside = Filter(first, own, published=other).score(["hello"])[0]
    assert beside.toxic > alone.toxic
    assert beside.risk == alone.risk


def test_a_missing_calibration_is_refused_with_what_to_do(tmp_path: Any) -> None:
    with pytest.raises(small.BrokenWeights, match="Restore"):
        engine.calibration("both", tmp_path / "absent.json")


def test_it_explains_by_words(first: Small) -> None:
    found = Filter(first).explain("you are a pathetic idiot")
    assert found["toxic"]
    assert all(weight > 0 for _, weight in found["toxic"])

"""The small model: loads without pickle, explains itself, gives the same answer every time."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.screening import small


@pytest.fixture(scope="module")
def model() -> small.SmallModel:
    return small.load()


def test_it_is_about_a_megabyte_and_holds_no_pickle() -> None:
    assert small.PATH.stat().st_size < 1_200_000
    with np.load(small.PATH, allow_pickle=False) as file:
        assert {*small.HEADS, "about"} == set(file.files)


@pytest.mark.parametrize("content", [b"", b"not a file", b"PK\x03\x04 half a zip"])
def test_a_broken_file_is_refused_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "small.npz"
    path.write_bytes(content)
    with pytest.raises(small.BrokenWeights, match="train_filter"):
        small.load(path)
    with pytest.raises(small.BrokenWeights, match="train_filter"):
        small.load(tmp_path / "absent.npz")


def test_a_file_that_carries_objects_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "small.npz"
    np.savez(path, about=np.array({"format": 1}, dtype=object), allow_pickle=True)
    with pytest.raises(small.BrokenWeights):
        small.load(path)


def test_what_is_saved_comes_back(tmp_path: Path, model: small.SmallModel) -> None:
    small.save(tmp_path / "again.npz", model)
    again = small.load(tmp_path / "again.npz")
    texts = ["i want to die", "who brings the cake", ""]
    assert np.abs(again.logits(texts) - model.logits(texts)).max() < 0.05
    assert again.version == model.version


def test_order_and_company_do_not_matter(model: small.SmallModel) -> None:
    texts = ["you are an idiot", "good morning", "i cut my arms again"]
    together = model.logits(texts)
    alone = np.concatenate([model.logits([text]) for text in reversed(texts)])[::-1]
    assert np.array_equal(together, alone)


def test_it_says_which_words_weighed_most(model: small.SmallModel) -> None:
    words = [word for word, _ in model.explain("please meet me, you pathetic idiot", "toxic")]
    assert {"pathetic", "idiot"} & set(words[:2])
    assert model.explain("", "toxic") == []


@given(st.text(max_size=300))
def test_any_text_gives_four_numbers(text: str) -> None:
    assert np.isfinite(small.load().logits([text])).all()

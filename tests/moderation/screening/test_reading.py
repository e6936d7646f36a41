"""How a text is cut for the models: to its end, in linear time, with comfort where it belongs."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.screening import reading


def test_the_last_words_of_a_long_text_are_read() -> None:
    text = "all is well here " * 2_000 + "the end of it"
    parts = reading.windows(text)
    assert parts[0].startswith("all is well")
    assert parts[-1].endswith("the end of it")
    assert len(parts) <= reading.MOST_WINDOWS


def test_every_word_of_an_ordinary_long_post_is_in_some_window() -> None:
    words = [f"w{number}" for number in range(5_000)]
    covered = {word for part in reading.windows(" ".join(words)) for word in part.split()}
    assert covered == set(words)


@pytest.mark.parametrize("count", range(55, 190, 7))
def test_no_word_is_lost_at_any_length(count: int) -> None:
    words = [f"w{number}" for number in range(count)]
    covered = {word for part in reading.windows(" ".join(words)) for word in part.split()}
    assert covered == set(words)


@pytest.mark.parametrize(
    ("sentence", "comforts"),
    [
        ("I'm not suicidal, just tired.", True),
        ("My brother killed himself last year.", True),
        ("This traffic is killing me.", True),
        ("I can't say that I'm not suicidal.", False),
        ("I don't want to live.", False),
        ("I want to die.", False),
    ],
)
def test_only_what_comforts_lowers(sentence: str, comforts: bool) -> None:
    assert bool(max(reading.read(sentence).calm)) is comforts


def test_comfort_in_one_sentence_does_not_reach_the_next() -> None:
    calm = reading.read("My uncle killed himself. I want to die too.").calm
    assert calm[0] > 0
    assert calm[1] == 0


@pytest.mark.parametrize("text", ["a" * 100_000, "(" * 100_000, "a " * 50_000, "i'm not " * 12_000])
def test_hostile_text_takes_no_longer_than_its_length(text: str) -> None:
    def cost(part: str) -> float:
        times = []
        for _ in range(3):
            begun = time.process_time()
            reading.read(part)
            times.append(time.process_time() - begun)
        return min(times)

    # Twice the text may cost about twice the time; quadratic work would cost four times.
    assert cost(text) < 3.2 * cost(text[: len(text) // 2]) + 0.02


@settings(max_examples=200)
@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    found = reading.read(text)
    assert len(found.sentences) == len(found.calm)


@pytest.mark.parametrize(
    "text", ["", "   ", "\x00", "\ud800 alone", "😀😀", "עברית", "x" * 3_000_000]
)
def test_odd_texts_can_be_read(text: str) -> None:
    reading.read(text)

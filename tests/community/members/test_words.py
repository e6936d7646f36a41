"""Cleaning what people type: kind refusals, nothing silently changed."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from community.members.words import clean_text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  hello \r\n you ", "hello \n you"),
        ("a\rb", "a\nb"),
        ("👩‍👧 नमस्ते مرحبا", "👩‍👧 नमस्ते مرحبا"),
        ("tab\tstays", "tab\tstays"),
    ],
)
def test_ordinary_text_is_kept(typed: str, kept: str) -> None:
    assert clean_text(typed, 100) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("\u200b\u2060", "empty"),
        ("x" * 101, "too_long"),
        ("nul\x00", "odd"),
        ("bell\x07", "odd"),
        ("half \ud83d", "odd"),
        ("\x1b[31mred", "odd"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_name(typed: str, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        clean_text(typed, 100)
    assert refusal.value.code == code


def test_a_name_has_one_line() -> None:
    assert clean_text("Paper \n  Kite", 40, lines=False) == "Paper Kite"


@given(st.text())
def test_any_text_is_cleaned_once_for_all_or_refused(typed: str) -> None:
    try:
        once = clean_text(typed, 1000)
    except ValidationError:
        return
    assert clean_text(once, 1000) == once

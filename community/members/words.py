"""Cleaning of what people type, before anything else sees it."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

EMPTY = "There is nothing here yet. Write a few words, then send it again."
TOO_LONG = (
    "This is {count} characters long, and there is room for {most}. "
    "Your text is still here: shorten it or send it in two parts."
)
ODD = (
    "There is a sign in this text that we cannot store (a control character). "
    "Your text is still here: please remove the odd sign or type that part again."
)


def clean_text(value: str, most: int, *, lines: bool = True) -> str:
    """The text with line ends as \\n and blanks at both ends dropped.

    most: longest length in code points. lines: whether line breaks are allowed; without, runs of
    white space become one blank. Raises ValidationError with a kind sentence for empty or too long
    text, control characters and lone surrogates.
    """
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    if not lines:
        text = " ".join(text.split())
    text = text.strip()
    if not text or not any(ch.isprintable() and not ch.isspace() for ch in text):
        raise ValidationError(EMPTY, code="empty")
    if len(text) > most:
        raise ValidationError(TOO_LONG.format(count=len(text), most=most), code="too_long")
    if any(unicodedata.category(ch) in ("Cc", "Cs") and ch not in "\n\t" for ch in text):
        raise ValidationError(ODD, code="odd")
    return text


class WordsField(forms.CharField):
    """A form field for what people write: `clean_text` and its kind sentences, nothing else."""

    def __init__(self, *, most: int, lines: bool = True, **options: Any) -> None:
        super().__init__(required=False, strip=False, **options)
        self.most, self.lines = most, lines

    def clean(self, value: Any) -> str:
        return clean_text(value or "", self.most, lines=self.lines)

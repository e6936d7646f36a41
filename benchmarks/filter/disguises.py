"""Twenty ways in which people write around a filter, each a function from text to text."""

import random
import re
from collections.abc import Callable

_HOMOGLYPHS = str.maketrans("aeopcyxiA", "аеорсухіА")
_LEET = str.maketrans("aeiots", "431075")
_FULL = {ord(char): chr(ord(char) + 0xFEE0) for char in map(chr, range(0x21, 0x7F))}
_BOLD = {
    **{ord("a") + at: chr(0x1D41A + at) for at in range(26)},
    **{ord("A") + at: chr(0x1D400 + at) for at in range(26)},
}
_CIRCLED = {ord("a") + at: chr(0x24D0 + at) for at in range(26)}
# The words that carry danger or attack; what a person would disguise.
_KEY = re.compile(
    r"\b(?:die|dead|kill(?:ing|ed)?|suicid\w+|cut(?:ting)?|end|hang|pills|tablets|overdose|hurt|harm|idiot|stupid|"
    r"pathetic|bitch|loser|moron|disgusting|scum|freak|pig|yourself|myself)\b",
    re.IGNORECASE,
)


def _key(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: _KEY.sub(lambda match: change(match.group(0)), text)


def _between(mark: str) -> Callable[[str], str]:
    return _key(mark.join)


def _second(mark: str) -> Callable[[str], str]:
    """A mark after the second letter."""
    return _key(lambda word: word[:2] + mark + word[2:])


def _swap(text: str) -> str:
    chance = random.Random(len(text))
    return "".join(char.upper() if chance.random() < 0.5 else char.lower() for char in text)


TRANSFORMS: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "mixed case": _swap,
    "full width": lambda text: text.translate(_FULL),
    "mathematical bold": lambda text: text.translate(_BOLD),
    "circled letters": lambda text: text.lower().translate(_CIRCLED),
    "cyrillic look-alikes": lambda text: text.translate(_HOMOGLYPHS),
    "leet in the key words": _key(lambda word: word.lower().translate(_LEET)),
    "zero-width spaces": _between("\u200b"),
    "zero-width joiners": _between("\u200d"),
    "soft hyphens": _between("\u00ad"),
    "word joiners": _between("\u2060"),
    "variation selectors": _between("\ufe0f"),
    "strokes above": lambda text: "".join(c + "\u0336" if c.isalpha() else c for c in text),
    "accents": lambda text: text.replace("e", "é").replace("i", "ì").replace("u", "ü"),
    "Hangul fillers": _between("\u3164"),
    "spaced key words": _between(" "),
    "dotted key words": _between("."),
    "dashed key words": _between("-"),
    "repeated letters": _key(lambda word: word[:-1] + word[-1] * 4),
    "doubled blanks and dots": lambda text: text.replace(" ", "  ").replace(".", "..."),
}

"""Parts of a text that a moderator hides: found by the filter, marked on the page, or written.

A span is (start, end, kind) in code points of the judged text, as `Revision.masks` keeps it. Pure.
"""

import re
from collections.abc import Iterable, Sequence

Span = tuple[int, int, str]

_VALUE = re.compile(r"(\d{1,7})-(\d{1,7})-([a-z_]{1,20})", re.ASCII)
# What a moderator marked, without saying what it is.
OWN = "words"
LABEL_MOST = 60
MOST = 100


def value_of(span: Span) -> str:
    """'4-10-place': a span as a form carries it."""
    return f"{span[0]}-{span[1]}-{span[2]}"


def read(value: str, text: str) -> Span | None:
    """The span that a form carried; None when it does not lie in the text."""
    match = _VALUE.fullmatch(value)
    if match is None:
        return None
    start, end = int(match[1]), int(match[2])
    return (start, end, match[3]) if start < end <= len(text) else None


def sound(spans: object, text: str) -> list[Span]:
    """Those of the stored spans that lie in the text, in order, each once. Never raises."""
    kept = set()
    for span in spans if isinstance(spans, list | tuple) else ():
        parts = span if isinstance(span, list | tuple) and len(span) == 3 else ()
        kept.add(read("-".join(map(str, parts)), text))
    return sorted(one for one in kept if one is not None)


def label_of(span: Span, text: str) -> str:
    """What a tick box says of a span: its words, shortened, and what they are."""
    words = " ".join(text[span[0] : span[1]].split())
    short = words if len(words) <= LABEL_MOST else f"{words[: LABEL_MOST - 1]}…"
    return f"“{short}”" if span[2] == OWN else f"“{short}” ({span[2]})"


def wherever(words: Iterable[str], text: str) -> tuple[list[Span], list[str]]:
    """The spans of all places where lines of words stand, and the lines that stand nowhere.

    Upper and lower case, and how the words are spaced, make no difference.
    """
    found: list[Span] = []
    missing: list[str] = []
    for line in words:
        parts = [re.escape(part) for part in line.split()]
        if not parts:
            continue
        here = [m.span() for m in re.finditer(r"\s+".join(parts), text, re.IGNORECASE)]
        found += [(start, end, OWN) for start, end in here]
        if not here:
            missing.append(line.strip())
    return found, missing


def together(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Spans in order, with those inside another one left out."""
    kept: list[Span] = []
    for span in sorted(set(spans), key=lambda one: (one[0], -one[1])):
        if not kept or span[1] > kept[-1][1]:
            kept.append(span)
    return tuple(kept[:MOST])

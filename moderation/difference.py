"""What changed between two wordings, word by word. Pure."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

# Comparing takes time that grows with the square of the words; beyond this, whole texts are shown.
WORDS_MOST = 1500

_WORDS = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True)
class Change:
    """A stretch of text. how: 'same', 'gone' or 'new'."""

    how: str
    text: str


def changes(before: str, after: str) -> list[Change]:
    """The stretches in reading order; joined without 'new' they are before, without 'gone' after.

    Very long texts are shown as one that went and one that came.
    """
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(old), len(new)) > WORDS_MOST:
        whole = [Change("gone", before), Change("new", after)]
        return [Change("same", before)] if before == after else [c for c in whole if c.text]
    found = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Change("same", "".join(old[a:b])))
            continue
        found += [Change("gone", "".join(old[a:b])), Change("new", "".join(new[c:d]))]
    return [change for change in found if change.text]

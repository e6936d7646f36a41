"""An @name: somebody who is here, or an account elsewhere.

The rules point at every account name, so that nobody is led away from here. A member spoken to by
name is left readable. Only the kind of content knows who is there, so it is asked which of the
words behind an @ are names of people here. Where a line speaks of another service, every @ stays
hidden: "@Ana on insta" is no member, whoever is called so here.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from moderation.screening.rules_privacy import SERVICE
from moderation.screening.signals import Hit, Span

CODE = "privacy.handle"
WORDS_MOST = 5
_SERVICE = re.compile(rf"\b{SERVICE}\b", re.IGNORECASE)
# Behind a name no further part of an account name may follow: "@ana_90" is not Ana.
_GOES_ON = re.compile(r"\w|[.\-]\w")


def candidates(text: str, hits: Sequence[Hit]) -> set[str]:
    """What may be a name behind an @ that would be hidden, in small letters: one word, two, ..."""
    return {name for span in _spans(text, hits) for name in _names(text, span)}


def spared(text: str, hits: Sequence[Hit], here: Collection[str]) -> tuple[Hit, ...]:
    """The findings without the account names that are names of people here."""
    meant = {
        span for span in _spans(text, hits) if any(name in here for name in _names(text, span))
    }
    kept = []
    for hit in hits:
        spans = tuple(span for span in hit.spans if span not in meant)
        if spans or not hit.spans:
            kept.append(replace(hit, spans=spans))
    return tuple(kept)


def _spans(text: str, hits: Sequence[Hit]) -> Iterator[Span]:
    """Account names that are nothing but an @ and a name, in lines that name no other service."""
    for hit in hits:
        if hit.code != CODE:
            continue
        for span in hit.spans:
            start, end = text.rfind("\n", 0, span.start) + 1, text.find("\n", span.end)
            line = text[start : end if end >= 0 else len(text)]
            if text[span.start : span.start + 1] == "@" and not _SERVICE.search(line[:2_000]):
                yield span


def _names(text: str, span: Span) -> Iterator[str]:
    rest = text[span.start + 1 : span.start + 100].partition("\n")[0]
    ends = [match.end() for match in re.finditer(r"[^\s@]+", rest)][:WORDS_MOST]
    for end in ends:
        said = rest[:end]
        for name in {said, said.rstrip(".,;:!?)*_'\"")}:
            if name and _GOES_ON.match(rest, len(name)) is None:
                yield " ".join(name.lower().split())

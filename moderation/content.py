"""The registry of content kinds. Moderation knows no content; content registers here.

An app calls `register(Kind)` from its AppConfig.ready(). From then on `settle` tells the kind what
became of its content, inside the transaction that decided it. Broadcasts wait for the commit.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from community.members.models import Member


@dataclass(frozen=True)
class Place:
    """A live room in which a text stands: its number, and its name for people."""

    room_id: int
    name: str


@dataclass(frozen=True)
class Line:
    """One text near the judged one, for the moderator: who, when, what, and whether it is it."""

    name: str
    at: datetime
    text: str
    judged: bool = False


class Kind:
    """One kind of content. Subclass it in the app's moderated.py.

    name: "app.model", stored with each submission. label: what members call it.
    deadline_s: seconds after which a text nobody judged goes to a person.
    window_s: for how many seconds an author's messages are also read as one; 0 for not at all.
    to_team: only the care team reads it. It is screened, and never held, hidden or slowed.
    """

    name: str
    label: str
    model: type[models.Model]
    deadline_s: float = 30.0
    window_s: float = 0.0
    to_team: bool = False

    def released(self, content: Any, *, first: bool) -> None:
        """Others may now read it. first: it was never public before (not an edit or a return)."""

    def released_together(self, submission_ids: Sequence[int]) -> None:
        """`released` for the first time, for many submissions that were just stored so."""
        for content in self.model._default_manager.filter(submission__in=submission_ids).order_by(
            "submission"
        ):
            self.released(content, first=True)

    def held(self, content: Any) -> None:
        """It waits for a person; what others saw before, if anything, stays on show."""

    def removed(self, content: Any) -> None:
        """Others may no longer read it: removed by a person or taken back by its author."""

    def url(self, content: Any) -> str:
        """The page on which its author finds it."""
        return ""

    def readable_by(self, content: Any, member: Member) -> bool:
        """Whether somebody may be where it stands and it was public there at some time."""
        return False

    def place(self, content: Any) -> Place | None:
        """The live room it was said in, for a pause from that room."""
        return None

    def bears(self, content: Any, names: Collection[str]) -> set[str]:
        """Of these names, in small letters, those of people who are where it stands."""
        return set()

    def context(self, content: Any) -> Sequence[Line]:
        """The lines around it, oldest first, for the moderator's case page."""
        return ()


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known. Raises ValueError when the name is taken by another class."""
    known = _kinds.get(kind.name)
    if known is not None and type(known) is not type(kind):
        raise ValueError(f"two content kinds are called {kind.name}")
    _kinds[kind.name] = kind


def kinds() -> list[Kind]:
    """Every kind that is known, by what members call it."""
    return sorted(_kinds.values(), key=lambda kind: kind.label)


def to_team() -> list[str]:
    """The names of the kinds that only the care team reads."""
    return [kind.name for kind in _kinds.values() if kind.to_team]


def kind_of(name: str) -> Kind:
    """The kind registered under this name. Raises KeyError."""
    return _kinds[name]


def content_of(submission: Any) -> Any:
    """The content row that belongs to a submission. Raises the model's DoesNotExist."""
    return kind_of(submission.kind).model._default_manager.get(submission=submission)

"""Builders for moderation tests: a kind of content that is nothing but its submission."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from community.members.models import Group, Member
from moderation import actions, content
from moderation.models import Level, ReviewCase, RevisionState, State, Submission


class _Itself:
    """Stands where a content model stands: the content of a submission is the submission."""

    class _default_manager:  # noqa: N801
        @staticmethod
        def get(submission: Submission) -> Submission:
            return submission


class Letters(content.Kind):
    """Remembers what it was told, in order."""

    name = "tests.letter"
    label = "Letter"
    model: Any = _Itself

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []
        self.lines: Sequence[content.Line] = ()

    def released(self, content: Any, *, first: bool) -> None:
        self.told.append(("first" if first else "again", content.id))

    def held(self, content: Any) -> None:
        self.told.append(("held", content.id))

    def removed(self, content: Any) -> None:
        self.told.append(("removed", content.id))

    def url(self, content: Any) -> str:
        return f"/letters/{content.id}/"

    def context(self, content: Any) -> Sequence[content.Line]:
        return self.lines


letters = Letters()


def line(name: str, text: str, at: datetime, *, judged: bool = False) -> content.Line:
    return content.Line(name=name, at=at, text=text, judged=judged)


def letter(author: Member, body: str = "Hello from me.", **extra: Any) -> Submission:
    """A text handed in and not yet screened."""
    return actions.submit(letters, author, body, **extra).submission


def held(
    author: Member,
    body: str = "Hello from me.",
    *,
    level: int = Level.AMBER,
    reasons: tuple[str, ...] = ("conduct.insult",),
    masks: tuple[tuple[int, int, str], ...] = (),
    group: Group | None = None,
    title: str = "",
) -> ReviewCase:
    """The open case of a text that waits for a person."""
    submission = letter(author, body, group=group, title=title)
    assert submission.latest is not None
    actions.settle(
        submission.latest,
        State.HELD,
        seen=RevisionState.SCREENING,
        level=level,
        reasons=reasons,
        masks=masks,
    )
    return ReviewCase.objects.select_related("submission__author", "revision").get(
        submission=submission
    )

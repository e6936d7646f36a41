"""Builders for the matching."""

from typing import Any

from community.members.models import Member
from mentorship import runs
from mentorship.models import Answers, MatchEdge, Side

MORNINGS = ["0.morning", "2.morning"]


def answers(member: Member, side: Side = Side.MENTEE, **given: Any) -> Answers:
    """English, two mornings, sleep: fits everybody who has nothing special."""
    usual = {"languages": ["en"], "topics": ["sleep"], "hours": MORNINGS}
    return Answers.objects.create(
        member=member, side=side, **{**usual, "time_zone": "Europe/London", **given}
    )


def edge(by: Member, mentee: Member, mentor: Member) -> MatchEdge:
    """A run that proposes these two; the mentor has a profile with a free place."""
    answers(mentee)
    answers(mentor, Side.MENTOR)
    return runs.compute(by).edges.get()

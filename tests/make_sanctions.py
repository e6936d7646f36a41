"""Builders for tests of reports, measures and appeals."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from community.members.models import Member
from moderation import reports, review, sanctions
from moderation.models import (
    Decision,
    Report,
    ReportReason,
    ReviewCase,
    Sanction,
    SanctionKind,
    State,
    Submission,
)
from moderation.sanctions import Plan

WHY = "Several of your texts could hurt others here."


def plan(kind: SanctionKind = SanctionKind.WARNING, days: int = 3, **extra: Any) -> Plan:
    return Plan(kind, timedelta(days=days), "unkind", WHY, **extra)


def proposed(
    by: Member, about: Member, kind: SanctionKind = SanctionKind.WARNING, **extra: Any
) -> Sanction:
    case = extra.pop("case", None)
    return sanctions.propose(by, about, plan(kind, **extra), case=case)


def active(
    by: Member,
    about: Member,
    kind: SanctionKind = SanctionKind.WARNING,
    *,
    second: Member | None = None,
    days: int = 3,
    **extra: Any,
) -> Sanction:
    """Something that binds a member from now on. second: who begins it, for the heavy kinds."""
    made = proposed(by, about, kind, days=days, **extra)
    sanctions.activate(made, second or by, reason=WHY, length=timedelta(days=days))
    made.refresh_from_db()
    return made


def over(sanction: Sanction) -> Sanction:
    """Let its time be up by the clock; nobody has written that down yet."""
    ends_at = timezone.now() - timedelta(seconds=1)
    Sanction.objects.filter(id=sanction.id).update(ends_at=ends_at)
    sanction.refresh_from_db()
    return sanction


def reported(
    reporter: Member,
    submission: Submission,
    reason: ReportReason = ReportReason.UNKIND,
    text: str = "",
) -> Report:
    submission.refresh_from_db()
    shown = submission.shown or submission.latest
    assert shown is not None
    return reports.report(reporter, submission, shown, reason, text)


def decided(
    case: ReviewCase, by: Member, outcome: State = State.REMOVED, policy: str = "unkind"
) -> Decision:
    """The judgement of a case, as a moderator gives it."""
    held = review.claim(case, by)
    return review.decide(
        held,
        by,
        outcome,
        token=held.token,
        revision_id=held.revision_id,
        policy=policy,
        reason="A person read it.",
    )

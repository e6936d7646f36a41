"""Builders for tests of second looks and cut-offs."""

from typing import Any

from django.utils import timezone

from community.members.models import Clinic, Member
from moderation import clocks, labels, quality, review, shadow, threshold_sets
from moderation.models import (
    Decision,
    LabelSource,
    Level,
    SecondLook,
    State,
    Submission,
    ThresholdSet,
)
from moderation.quality import Answer
from tests import make
from tests.make_moderation import held

FINE = Answer(True, "fine", Level.GREEN)
UNKIND = Answer(False, "unkind", Level.GREEN)


def decided(
    author: Member,
    moderator: Member,
    outcome: State = State.VISIBLE,
    policy: str = "fine",
    body: str = "Hello from me.",
    **extra: Any,
) -> Decision:
    """A held text that a moderator decided."""
    case = review.claim(held(author, body, **extra), moderator)
    return review.decide(
        case,
        moderator,
        outcome,
        token=case.token,
        revision_id=case.revision_id,
        policy=policy,
        reason="A person read it.",
    )


def double(decision: Decision) -> SecondLook:
    """The decision, drawn to be made again."""
    look, _ = SecondLook.objects.get_or_create(
        revision=decision.revision,
        purpose=LabelSource.DOUBLE,
        defaults={
            "clinic_id": decision.submission.clinic_id,
            "decision": decision,
            "propensity": labels.DOUBLE,
        },
    )
    return look


def sampled(submission: Submission) -> SecondLook:
    """A published text, drawn at random."""
    look, _ = SecondLook.objects.get_or_create(
        revision=submission.latest,
        purpose=LabelSource.RANDOM,
        defaults={
            "clinic_id": submission.clinic_id,
            "decision": submission.decisions.get(),
            "propensity": labels.RANDOM,
        },
    )
    return look


def golden(lead: Member, known: Answer = UNKIND) -> None:
    quality.add_golden(lead, "Paper Boat, you are a silly sausage.", known)


def answered(look: SecondLook, by: Member, said: Answer = FINE) -> SecondLook:
    """The look, taken and answered by somebody who may."""
    while (taken := quality.take(by)) is not None and taken.id != look.id:
        quality.answer(taken, by, FINE)
    assert taken is not None
    return quality.answer(taken, by, said)


def values(**changes: Any) -> dict[str, Any]:
    return {**threshold_sets.built_in(), **changes}


def tried(by: Member, **changes: Any) -> ThresholdSet:
    """A proposal with a shadow run against what is in use."""
    row = threshold_sets.propose(by, values(**changes), "To hold more.")
    shadow.run(row, by)
    return row


def in_use(by: Member, second: Member, **changes: Any) -> ThresholdSet:
    """A set that two people put to use."""
    row = tried(by, **changes)
    now = threshold_sets.current(by.clinic_id)
    threshold_sets.activate(row, second, seen=now.id if now else None)
    row.refresh_from_db()
    return row


def for_reader(reader: Member, author: Member) -> SecondLook:
    """A published text of the author that the reader has just taken for a second look."""
    submission = Submission.objects.filter(author=author, state=State.VISIBLE).earliest("id")
    look = sampled(submission)
    look.claimed_by, look.lease_until = reader, clocks.lease_end(timezone.now())
    look.save(update_fields=["claimed_by", "lease_until"])
    return look


def proposal(clinic: Clinic) -> ThresholdSet:
    """Cut-offs that some lead proposed."""
    return threshold_sets.propose(make.member(clinic, role="lead"), values(), "As it is.")

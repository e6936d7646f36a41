"""Many plain texts at once: what `actions.submit` and `actions.settle` do, in a few queries.

Live talk brings many short texts a second, and nearly all of them are plain: nothing binds their
author, nothing was found, nobody looks at them. These are stored and released here, many to a
transaction. Whatever is not plain goes through `actions`, one at a time; so does everything when
anything here was not as expected. Both ways leave the same rows.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Subquery
from django.utils import timezone

from community.members.live import member_topic, publish_on_commit
from community.members.models import Group, Member
from moderation import labels
from moderation.content import Kind, kind_of
from moderation.models import (
    Decision,
    ReviewCase,
    ReviewState,
    Revision,
    RevisionState,
    Sanction,
    State,
    Submission,
    digest,
)
from moderation.screening import wake

# What a plain text may become: shown whole.
PLAIN = (State.VISIBLE, State.NOTED)


class NotPlain(Exception):
    """Something is not as it is for a plain text."""


@dataclass(frozen=True)
class Text:
    """A new text by somebody whom nothing binds, which does not call for help."""

    author: Member
    body: str
    group: Group | None
    mode: str


def unbound(member_ids: Collection[int]) -> set[int]:
    """Those of the people whom no sanction of any kind binds now: they may write, and no group or
    room is shut to them. One query."""
    holding = Sanction.objects.holding(timezone.now()).filter(member__in=member_ids)
    return set(member_ids) - set(holding.values_list("member_id", flat=True))


def submit_all(kind: Kind, texts: Sequence[Text]) -> list[Submission]:
    """Store plain texts for screening, in their order. Three queries, however many.

    Call it inside the transaction that stores the contents and that asked `unbound`.
    """
    now = timezone.now()
    submissions = Submission.objects.bulk_create(
        Submission(
            kind=kind.name,
            author=text.author,
            clinic_id=text.author.clinic_id,
            group=text.group,
            mode=text.mode,
            created_at=now,
        )
        for text in texts
    )
    Revision.objects.bulk_create(
        Revision(
            submission=submission,
            number=1,
            body=text.body,
            sha256=digest("", text.body),
            created_at=now,
            due_at=now + timedelta(seconds=kind.deadline_s),
        )
        for submission, text in zip(submissions, texts, strict=True)
    )
    first = Revision.objects.filter(submission=OuterRef("pk"), number=1).values("pk")
    Submission.objects.filter(id__in=[one.id for one in submissions]).update(latest=Subquery(first))
    transaction.on_commit(wake.screener)
    return submissions


def settle_all(verdicts: Sequence[tuple[Revision, State, tuple[str, ...]]]) -> None:
    """Make the machine's verdicts about first wordings count: all of them or, with NotPlain, none.

    verdicts: (wording that is being screened, VISIBLE or NOTED, reasons), all of one kind.
    Call it inside a transaction, which must be rolled back when this raises.
    Locks the submissions in the order of their numbers.
    """
    by_submission = {revision.submission_id: revision for revision, _, _ in verdicts}
    looked_at = ReviewCase.objects.filter(submission=OuterRef("pk")).exclude(
        state=ReviewState.DECIDED
    )
    plain = Submission.objects.select_for_update(no_key=True).filter(
        ~Exists(looked_at),
        id__in=by_submission,
        state=State.SCREENING,
        released_at__isnull=True,
    )
    locked = list(plain.order_by("id"))
    latest = {one.id: one.latest_id for one in locked}
    if latest != {number: revision.id for number, revision in by_submission.items()}:
        raise NotPlain
    moved = Revision.objects.filter(
        id__in=[revision.id for revision, _, _ in verdicts], state=RevisionState.SCREENING, number=1
    ).update(state=RevisionState.RELEASED)
    if moved != len(verdicts) or any(outcome not in PLAIN for _, outcome, _ in verdicts):
        raise NotPlain
    decisions = Decision.objects.bulk_create(
        Decision(
            submission=revision.submission,
            revision=revision,
            outcome=outcome,
            policy=",".join(reasons)[:40],
        )
        for revision, outcome, reasons in verdicts
    )
    for decision in decisions:
        labels.learn(decision)
    _release(locked, {revision.submission_id: outcome for revision, outcome, _ in verdicts})
    for revision, _, _ in verdicts:
        revision.state = RevisionState.RELEASED


def _release(locked: list[Submission], outcomes: dict[int, State]) -> None:
    now = timezone.now()
    for outcome in PLAIN:
        ids = [one.id for one in locked if outcomes[one.id] == outcome]
        if ids:
            Submission.objects.filter(id__in=ids, state=State.SCREENING).update(
                state=outcome, shown=F("latest"), released_at=now
            )
    kind_of(locked[0].kind).released_together([one.id for one in locked])
    for one in locked:
        publish_on_commit(
            member_topic(one.author_id),
            {"t": "review", "submission": one.id, "state": outcomes[one.id].value},
        )

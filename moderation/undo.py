"""Ten seconds in which a decision can be taken back.

The text stays held meanwhile; nobody is told anything. The decision lies in the database, so it
takes effect though the server restarts, the browser closes, or the moderator goes home; and it
takes effect only if nothing has changed that it was made from.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from community.members import audit
from community.members.models import Member
from moderation import clocks, sanctions
from moderation.models import (
    CaseAnswers,
    Decision,
    PendingDecision,
    ReviewCase,
    ReviewState,
    Sanction,
    SanctionKind,
    State,
)
from moderation.remit import may_judge
from moderation.review import (
    ClaimLost,
    ConflictOfInterest,
    Masks,
    NothingToHide,
    decide,
    still_theirs,
    tell_desk,
)

log = logging.getLogger(__name__)

ROUND = 50
LENGTHS = dict(sanctions.LADDER.values())


class TooLate(Exception):
    """The decision took effect already, or there was none."""


@dataclass(frozen=True)
class Judgement:
    """What was chosen and written on the case page.

    masks: the parts to hide. author_step: a SanctionKind to propose, or ''. risk_level: 0 to 3.
    """

    outcome: State
    policy: str
    reason: str
    note: str = ""
    masks: Masks = ()
    template: str = ""
    author_step: str = ""
    risk_level: int = 0


@transaction.atomic
def decide_soon(
    case: ReviewCase, moderator: Member, judgement: Judgement, *, token: int, revision_id: int
) -> PendingDecision | None:
    """Decide in settings.UNDO_S seconds, unless it is taken back. None when that is at once.

    Raises what `review.decide` raises, now or never: a claim that holds now is kept until then.
    """
    if not may_judge(moderator, case.id):
        raise ConflictOfInterest
    if judgement.outcome == State.MASKED and not judgement.masks:
        raise NothingToHide
    now = timezone.now()
    theirs = still_theirs(case.id, moderator, token, revision_id)
    if theirs.update(state=ReviewState.DECIDING, lease_until=None) != 1:
        raise ClaimLost
    # What was typed before the text changed is replaced by what was typed now.
    PendingDecision.objects.filter(case=case).delete()
    made = PendingDecision.objects.create(
        case=case,
        moderator=moderator,
        token=token,
        revision_id=revision_id,
        outcome=judgement.outcome,
        policy=judgement.policy,
        reason=judgement.reason,
        note=judgement.note,
        masks=[list(mask) for mask in judgement.masks],
        template=judgement.template,
        author_step=judgement.author_step,
        risk_level=judgement.risk_level,
        made_at=now,
        settles_at=now + timedelta(seconds=settings.UNDO_S),
    )
    if settings.UNDO_S == 0:
        if not settle(made):
            raise ClaimLost
        return None
    tell_desk(case, "deciding")
    audit.record(
        moderator, "case.deciding", case, about=case.submission.author_id, outcome=made.outcome
    )
    return made


def pending_of(moderator: Member) -> QuerySet[PendingDecision]:
    """What somebody can still take back, the latest first."""
    mine = PendingDecision.objects.filter(moderator=moderator, lost_at__isnull=True)
    return mine.select_related("case__submission__author").order_by("-id")


def waiting_of(moderator: Member) -> list[PendingDecision]:
    """What somebody decided and can still take back, or that could not count, latest first."""
    mine = PendingDecision.objects.filter(moderator=moderator)
    return list(mine.select_related("case__submission__author").order_by("-id")[:ROUND])


def lost_of(case: ReviewCase, moderator: Member) -> PendingDecision | None:
    """What somebody had decided about a case before the text changed under it."""
    mine = PendingDecision.objects.filter(moderator=moderator, lost_at__isnull=False)
    return mine.filter(case=case).first()


@transaction.atomic
def take_back(case_id: int, moderator: Member) -> PendingDecision:
    """Take a decision back: the case is held again, and what was typed is returned.

    Raises TooLate. Either this or `settle` finds the case undecided, never both.
    """
    pending = PendingDecision.objects.filter(
        case=case_id, moderator=moderator, lost_at__isnull=True
    ).first()
    if pending is None:
        raise TooLate
    end = clocks.lease_end(timezone.now())
    again = ReviewCase.objects.filter(
        id=case_id, state=ReviewState.DECIDING, claimed_by=moderator, token=pending.token
    ).update(state=ReviewState.CLAIMED, lease_until=end)
    if again != 1:
        raise TooLate
    PendingDecision.objects.filter(id=pending.id).delete()
    case = ReviewCase.objects.select_related("submission").get(id=case_id)
    tell_desk(case, "claimed")
    audit.record(moderator, "case.undone", case, about=case.submission.author_id)
    return pending


def settle_due() -> int:
    """Let the decisions whose time is up take effect. Returns how many. Safe in many processes."""
    now = timezone.now()
    due = PendingDecision.objects.filter(settles_at__lte=now, lost_at__isnull=True)
    return _settle_all(due)


def settle_mine(moderator: Member) -> int:
    """Let somebody's decisions take effect at once: they leave, or say so."""
    return _settle_all(pending_of(moderator))


def _settle_all(rows: QuerySet[PendingDecision]) -> int:
    return sum(settle(pending) for pending in rows.order_by("id")[:ROUND])


def settle(pending: PendingDecision) -> bool:
    """Let one decision take effect now; False when it was taken back, done, or lost its ground."""
    try:
        with transaction.atomic():
            _settle(pending)
    except (ClaimLost, NothingToHide):
        _lose(pending, ReviewState.CLAIMED)
        return False
    except ConflictOfInterest:
        # They left the team, or read elsewhere now: the text goes back to the others.
        _lose(pending, ReviewState.OPEN)
        return False
    return True


def _settle(pending: PendingDecision) -> None:
    case = ReviewCase.objects.select_related("submission__author", "revision").get(
        id=pending.case_id
    )
    decision = decide(
        case,
        pending.moderator,
        State(pending.outcome),
        token=pending.token,
        revision_id=pending.revision_id,
        policy=pending.policy,
        reason=pending.reason,
        note=pending.note,
        masks=tuple((a, b, kind) for a, b, kind in pending.masks),
        pending=True,
    )
    CaseAnswers.objects.create(
        decision=decision,
        template=pending.template,
        author_step=pending.author_step,
        risk_level=pending.risk_level,
    )
    PendingDecision.objects.filter(id=pending.id).delete()
    if pending.author_step:
        _propose(case, decision, pending)


def _propose(case: ReviewCase, decision: Decision, pending: PendingDecision) -> None:
    """The measure that was chosen; it binds nobody until another step makes it active."""
    kind = SanctionKind(pending.author_step)
    if Sanction.objects.filter(cause_decision=decision, kind=kind).exists():
        return
    plan = sanctions.Plan(kind, LENGTHS[kind], pending.policy, sanctions.WORDS[kind])
    try:
        with transaction.atomic():
            sanctions.propose(pending.moderator, case.submission.author, plan, case=case)
    except (sanctions.PersonInDanger, sanctions.NotForThem):
        # A call for help came in meanwhile: nothing is held against them.
        log.info("no measure for case %s", case.id)


@transaction.atomic
def _lose(pending: PendingDecision, to: ReviewState) -> None:
    """The ground of a decision is gone: the case goes on, and what was typed is kept."""
    kept = PendingDecision.objects.filter(id=pending.id, lost_at__isnull=True)
    if kept.update(lost_at=timezone.now()) != 1:
        return
    rows = ReviewCase.objects.filter(
        id=pending.case_id,
        state=ReviewState.DECIDING,
        claimed_by=pending.moderator_id,
        token=pending.token,
    )
    if to == ReviewState.CLAIMED:
        rows.update(state=to, lease_until=clocks.lease_end(timezone.now()))
    else:
        rows.update(state=to, claimed_by=None, lease_until=None)
    case = ReviewCase.objects.select_related("submission").get(id=pending.case_id)
    tell_desk(case, to.value)

"""Moderators at work on review cases: claim, keep, give back, pass on, decide."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from community.members import audit
from community.members.live import desk_topic, publish_on_commit
from community.members.models import Member
from community.members.notices import tell
from moderation import clocks, queue, reports, wellbeing
from moderation.actions import AlreadySettled, settle
from moderation.models import (
    Decision,
    PendingDecision,
    ReviewCase,
    ReviewState,
    Revision,
    RevisionState,
    Skip,
    SkipReason,
    State,
    Submission,
)
from moderation.remit import may_judge

Masks = tuple[tuple[int, int, str], ...]

# How many cases "next" tries before it looks again; others may be pressing at the same moment.
TRIES = 8
ROUNDS = 25
# When so many people passed a text on, a lead looks at it.
SKIPS_MOST = 3


class CaseTaken(Exception):
    """Somebody else holds this case, or it was decided."""


class ClaimLost(Exception):
    """The claim ran out, was taken over, or the text changed since it was read."""


class ConflictOfInterest(Exception):
    """Nobody judges their own words, those of somebody close, or what is not in their remit."""


class NothingToHide(Exception):
    """The text has no marked part, so it cannot be published with a part hidden."""


def claim_next(moderator: Member) -> ReviewCase | None:
    """Hold the most urgent text that is offered to the person; None when there is none.

    Two moderators who press at once get two cases. Who has read many grave texts gets no crisis
    while somebody else is at the desk.
    """
    now = timezone.now()
    light = wellbeing.wants_break(moderator, now) and queue.others_at_desk(moderator, now)
    for _ in range(ROUNDS):
        rows = queue.offered(moderator, timezone.now(), light=light)
        if connection.features.has_select_for_update_skip_locked:
            case = _claim_first(rows, moderator)
        else:
            case = _claim_one_of(rows, moderator)
        if case is not None or not rows.exists():
            return case
    return None


@transaction.atomic
def _claim_first(rows: QuerySet[ReviewCase], moderator: Member) -> ReviewCase | None:
    """PostgreSQL: what others are taking at this moment is skipped, and nobody waits."""
    first = rows.select_for_update(skip_locked=True, of=("self",), no_key=True).first()
    return None if first is None else _take(first, moderator)


def _claim_one_of(rows: QuerySet[ReviewCase], moderator: Member) -> ReviewCase | None:
    """SQLite: there is one writer at a time; who comes second finds the case taken and goes on."""
    for case in rows[:TRIES]:
        try:
            with transaction.atomic():
                return _take(case, moderator)
        except CaseTaken:
            continue
    return None


@transaction.atomic
def claim(case: ReviewCase, moderator: Member) -> ReviewCase:
    """Hold a case for ten minutes. Returns it with the token that a decision must carry.

    Raises CaseTaken, or ConflictOfInterest when the person may not judge it. Claiming again renews
    the lease.
    """
    if not may_judge(moderator, case.id):
        raise ConflictOfInterest
    return _take(case, moderator)


def _take(case: ReviewCase, moderator: Member) -> ReviewCase:
    now = timezone.now()
    end = clocks.lease_end(now)
    rows = ReviewCase.objects.filter(id=case.id)
    renewed = rows.filter(_mine(moderator, now)).update(lease_until=end) == 1
    if not renewed:
        # Two moderators may press at once; only one update finds the case free.
        taken = rows.filter(queue.free(now)).update(
            state=ReviewState.CLAIMED, claimed_by=moderator, lease_until=end, token=F("token") + 1
        )
        if taken != 1:
            raise CaseTaken
        tell_desk(case, "claimed")
    held = ReviewCase.objects.select_related("submission__author", "revision").get(id=case.id)
    if not renewed:
        wellbeing.began(held, moderator)
        audit.record(
            moderator, "case.claimed", held, about=held.submission.author_id, token=held.token
        )
    return held


def _mine(moderator: Member, now: datetime) -> Q:
    return Q(state=ReviewState.CLAIMED, claimed_by=moderator, lease_until__gt=now)


def keep(case_id: int, moderator: Member, token: int) -> datetime | None:
    """A sign of life from the holder: the new end of the lease, or None when the claim is lost."""
    now = timezone.now()
    end = clocks.lease_end(now)
    rows = ReviewCase.objects.filter(id=case_id, token=token)
    return end if rows.filter(_mine(moderator, now)).update(lease_until=end) == 1 else None


@transaction.atomic
def release(case: ReviewCase, moderator: Member) -> None:
    """Give a case back undecided. Does nothing when it is no longer held."""
    if _give_back(case, moderator):
        audit.record(moderator, "case.given_back", case, about=case.submission.author_id)


def _give_back(case: ReviewCase, moderator: Member) -> bool:
    given = ReviewCase.objects.filter(
        id=case.id, state=ReviewState.CLAIMED, claimed_by=moderator
    ).update(state=ReviewState.OPEN, claimed_by=None, lease_until=None)
    if given:
        _left(case, moderator)
    return bool(given)


def _left(case: ReviewCase, moderator: Member) -> None:
    PendingDecision.objects.filter(case=case, lost_at__isnull=False).delete()
    wellbeing.ended(case, moderator)
    tell_desk(case, "open")


@transaction.atomic
def release_all(moderator: Member) -> int:
    """Give back all that somebody holds. Returns how many there were."""
    held = ReviewCase.objects.filter(claimed_by=moderator, state=ReviewState.CLAIMED)
    rows = list(held.select_related("submission").order_by("id"))
    given = [case for case in rows if _give_back(case, moderator)]
    for case in given:
        audit.record(moderator, "case.given_back", case, about=case.submission.author_id)
    return len(given)


@transaction.atomic
def skip(case: ReviewCase, moderator: Member, reason: SkipReason) -> bool:
    """Pass a text on: it is not offered to this person again while somebody else can take it.

    After SKIPS_MOST people, or for "a lead should look", it goes to the leads. True when it does.
    Raises CaseTaken when somebody else holds it, ConflictOfInterest as `claim`.
    """
    if not may_judge(moderator, case.id):
        raise ConflictOfInterest
    now = timezone.now()
    passable = ReviewCase.objects.filter(queue.free(now) | _mine(moderator, now), id=case.id)
    if passable.update(state=ReviewState.OPEN, claimed_by=None, lease_until=None) != 1:
        raise CaseTaken
    _left(case, moderator)
    Skip.objects.update_or_create(case=case, moderator=moderator, defaults={"reason": reason})
    often = Skip.objects.filter(case=case).count() >= SKIPS_MOST
    wanted = often or reason == SkipReason.UNSURE
    if wanted:
        ReviewCase.objects.filter(id=case.id).update(wants_lead=True)
    audit.record(
        moderator, "case.skipped", case, about=case.submission.author_id, reason=reason.value
    )
    return wanted


@transaction.atomic
def decide(
    case: ReviewCase,
    moderator: Member,
    outcome: State,
    *,
    token: int,
    revision_id: int,
    policy: str,
    reason: str,
    note: str = "",
    masks: Masks | None = None,
    pending: bool = False,
) -> Decision:
    """Judge the text of a claimed case: VISIBLE, NOTED, MASKED or REMOVED.

    token and revision_id are what the moderator's page was made from. When the claim ran out, was
    taken over, or the author changed the text meanwhile, ClaimLost is raised and nothing changes.
    reason: the words the author is told; they get a notice. masks: the parts to hide; None for
    those that were found. Raises NothingToHide for MASKED without any, and ConflictOfInterest.
    pending: make a decision count that waited while it could be taken back; see `undo`.
    """
    if not may_judge(moderator, case.id):
        raise ConflictOfInterest
    now = timezone.now()
    # The submission first, then the case: the same order as everywhere, so nobody waits in a ring.
    submission = Submission.objects.select_for_update(no_key=True).get(id=case.submission_id)
    decided = still_theirs(case.id, moderator, token, revision_id, pending=pending).update(
        state=ReviewState.DECIDED, decided_at=now
    )
    if decided != 1:
        raise ClaimLost
    case.refresh_from_db()
    # Of what was reported, others see the wording already.
    was_public = case.revision.state == RevisionState.RELEASED
    before = submission.state
    if masks is None:
        masks = tuple((a, b, kind) for a, b, kind in case.revision.masks)
    if outcome == State.MASKED and not masks:
        raise NothingToHide
    try:
        decision = settle(
            case.revision,
            outcome,
            seen=RevisionState(case.revision.state),
            masks=masks,
            by=moderator,
            policy=policy,
            reason=reason,
            note=note,
        )
    except AlreadySettled:
        raise ClaimLost from None
    reports.answer(case, decision)
    wellbeing.ended(case, moderator)
    # Whose text stays as it was does not learn that somebody spoke of it.
    kept = was_public and outcome == before
    if submission.state not in (State.WITHDRAWN, State.PURGED) and not kept:
        tell(submission.author, "decided", reverse("moderation:my_text", args=[submission.id]))
    tell_desk(case, "decided")
    return decision


def still_theirs(
    case_id: int, moderator: Member, token: int, revision_id: int, *, pending: bool = False
) -> QuerySet[ReviewCase]:
    """The case, while the claim that a decision carries still holds and the wording is the same."""
    undecided = Revision.objects.filter(
        id=revision_id, state__in=(RevisionState.HELD, RevisionState.RELEASED)
    )
    # No join: PostgreSQL looks again at the row's own columns after it waited for another
    # transaction, but not at those inside the subquery that an UPDATE with a join becomes.
    rows = ReviewCase.objects.filter(
        id=case_id, claimed_by=moderator, token=token, revision__in=undecided
    )
    if pending:
        return rows.filter(state=ReviewState.DECIDING)
    return rows.filter(state=ReviewState.CLAIMED, lease_until__gt=timezone.now())


def tell_desk(case: ReviewCase, state: str) -> None:
    publish_on_commit(desk_topic(case.clinic_id), {"t": "case", "case": case.id, "state": state})

"""Moderators at work on review cases: claim, keep, give back, decide."""

from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone

from community.members import audit
from community.members.live import desk_topic, publish_on_commit
from community.members.models import Member
from community.members.notices import tell
from moderation import clocks, reports
from moderation.actions import AlreadySettled, settle
from moderation.models import (
    Decision,
    Level,
    ReviewCase,
    ReviewState,
    RevisionState,
    State,
    Submission,
)

# How many cases "next" tries before it looks again; others may be pressing at the same moment.
TRIES = 8
ROUNDS = 25


class CaseTaken(Exception):
    """Somebody else holds this case, or it was decided."""


class ClaimLost(Exception):
    """The claim ran out, was taken over, or the text changed since it was read."""


class ConflictOfInterest(Exception):
    """Nobody judges their own words."""


class NothingToHide(Exception):
    """The text has no marked part, so it cannot be published with a part hidden."""


def waiting(clinic_id: int, now: datetime) -> QuerySet[ReviewCase]:
    """Undecided cases of a clinic, the most urgent first.

    By level, then by due time. What has used most of its time counts one level more, and what is
    overdue counts as red: nothing below starves, and crisis always comes first.
    """
    urgency = Case(
        When(level=Level.CRISIS, then=Value(3)),
        When(Q(level=Level.RED) | Q(due_at__lte=now), then=Value(2)),
        When(level=Level.AMBER, due_at__lte=clocks.aged_by(Level.AMBER, now), then=Value(2)),
        When(level=Level.AMBER, then=Value(1)),
        When(due_at__lte=clocks.aged_by(Level.GREEN, now), then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )
    undecided = ReviewCase.objects.filter(clinic_id=clinic_id).exclude(state=ReviewState.DECIDED)
    return undecided.annotate(urgency=urgency).order_by("-urgency", "due_at", "id")


def claim_next(moderator: Member) -> ReviewCase | None:
    """Hold the most urgent free case that is not about one's own text; None when there is none.

    Two moderators who press at once get two cases.
    """
    for _ in range(ROUNDS):
        now = timezone.now()
        free = waiting(moderator.clinic_id, now).filter(_free(now))
        cases = list(
            free.exclude(submission__author=moderator).select_related("submission")[:TRIES]
        )
        if not cases:
            return None
        for case in cases:
            try:
                return claim(case, moderator)
            except CaseTaken:
                continue
    return None


def _free(now: datetime) -> Q:
    return Q(state=ReviewState.OPEN) | Q(state=ReviewState.CLAIMED, lease_until__lte=now)


@transaction.atomic
def claim(case: ReviewCase, moderator: Member) -> ReviewCase:
    """Hold a case for ten minutes. Returns it with the token that a decision must carry.

    Raises CaseTaken, or ConflictOfInterest for one's own text. Claiming again renews the lease.
    """
    if case.submission.author_id == moderator.id:
        raise ConflictOfInterest
    now = timezone.now()
    mine = Q(state=ReviewState.CLAIMED, claimed_by=moderator, lease_until__gt=now)
    rows = ReviewCase.objects.filter(id=case.id)
    end = clocks.lease_end(now)
    # Two moderators may press at once; only one update finds the case free.
    renewed = rows.filter(mine).update(lease_until=end) == 1
    if not renewed:
        taken = rows.filter(_free(now)).update(
            state=ReviewState.CLAIMED, claimed_by=moderator, lease_until=end, token=F("token") + 1
        )
        if taken != 1:
            raise CaseTaken
        _tell_desk(case, "claimed")
    held = ReviewCase.objects.select_related("submission", "revision").get(id=case.id)
    if not renewed:
        audit.record(
            moderator, "case.claimed", held, about=case.submission.author_id, token=held.token
        )
    return held


@transaction.atomic
def release(case: ReviewCase, moderator: Member) -> None:
    """Give a case back undecided. Does nothing when it is no longer held."""
    given = ReviewCase.objects.filter(
        id=case.id, state=ReviewState.CLAIMED, claimed_by=moderator
    ).update(state=ReviewState.OPEN, claimed_by=None, lease_until=None)
    if given:
        _tell_desk(case, "open")
        audit.record(moderator, "case.given_back", case, about=case.submission.author_id)


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
) -> Decision:
    """Judge the text of a claimed case: VISIBLE, NOTED, MASKED or REMOVED.

    token and revision_id are what the moderator's page was made from. When the claim ran out, was
    taken over, or the author changed the text meanwhile, ClaimLost is raised and nothing changes.
    reason: the words the author is told; they get a notice. Raises NothingToHide for MASKED when
    no part of the text is marked, and ConflictOfInterest for one's own text.
    """
    if case.submission.author_id == moderator.id:
        raise ConflictOfInterest
    now = timezone.now()
    # The submission first, then the case: the same order as everywhere, so nobody waits in a ring.
    submission = Submission.objects.select_for_update(no_key=True).get(id=case.submission_id)
    decided = ReviewCase.objects.filter(
        id=case.id,
        state=ReviewState.CLAIMED,
        claimed_by=moderator,
        token=token,
        lease_until__gt=now,
        revision_id=revision_id,
        revision__state__in=(RevisionState.HELD, RevisionState.RELEASED),
    ).update(state=ReviewState.DECIDED, decided_at=now)
    if decided != 1:
        raise ClaimLost
    case.refresh_from_db()
    # Of what was reported, others see the wording already.
    was_public = case.revision.state == RevisionState.RELEASED
    before = submission.state
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
    # Whose text stays as it was does not learn that somebody spoke of it.
    kept = was_public and outcome == before
    if submission.state not in (State.WITHDRAWN, State.PURGED) and not kept:
        tell(submission.author, "decided", reverse("moderation:my_text", args=[submission.id]))
    _tell_desk(case, "decided")
    return decision


def _tell_desk(case: ReviewCase, state: str) -> None:
    publish_on_commit(desk_topic(case.clinic_id), {"t": "case", "case": case.id, "state": state})

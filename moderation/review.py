"""Moderators at work on review cases: claim, keep, give back, decide."""

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from community.members.live import desk_topic, publish_on_commit
from community.members.models import Member
from moderation import clocks
from moderation.actions import settle
from moderation.models import Decision, ReviewCase, ReviewState, RevisionState, State


class CaseTaken(Exception):
    """Somebody else holds this case, or it was decided."""


class ClaimLost(Exception):
    """The claim ran out, was taken over, or the text changed since it was read."""


class ConflictOfInterest(Exception):
    """Nobody judges their own words."""


@transaction.atomic
def claim(case: ReviewCase, moderator: Member) -> ReviewCase:
    """Hold a case for ten minutes. Returns it with the token that a decision must carry.

    Raises CaseTaken, or ConflictOfInterest for one's own text. Claiming again renews the lease.
    """
    if case.submission.author_id == moderator.id:
        raise ConflictOfInterest
    now = timezone.now()
    mine = Q(state=ReviewState.CLAIMED, claimed_by=moderator, lease_until__gt=now)
    free = Q(state=ReviewState.OPEN) | Q(state=ReviewState.CLAIMED, lease_until__lte=now)
    rows = ReviewCase.objects.filter(id=case.id)
    end = clocks.lease_end(now)
    # Two moderators may press at once; only one update finds the case free.
    if rows.filter(mine).update(lease_until=end) == 0:
        taken = rows.filter(free).update(
            state=ReviewState.CLAIMED, claimed_by=moderator, lease_until=end, token=F("token") + 1
        )
        if taken != 1:
            raise CaseTaken
        _tell_desk(case, "claimed")
    return ReviewCase.objects.select_related("submission", "revision").get(id=case.id)


@transaction.atomic
def release(case: ReviewCase, moderator: Member) -> None:
    """Give a case back undecided. Does nothing when it is no longer held."""
    given = ReviewCase.objects.filter(
        id=case.id, state=ReviewState.CLAIMED, claimed_by=moderator
    ).update(state=ReviewState.OPEN, claimed_by=None, lease_until=None)
    if given:
        _tell_desk(case, "open")


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
    """
    if case.submission.author_id == moderator.id:
        raise ConflictOfInterest
    now = timezone.now()
    decided = ReviewCase.objects.filter(
        id=case.id,
        state=ReviewState.CLAIMED,
        claimed_by=moderator,
        token=token,
        lease_until__gt=now,
        revision_id=revision_id,
        revision__state=RevisionState.HELD,
    ).update(state=ReviewState.DECIDED, decided_at=now)
    if decided != 1:
        raise ClaimLost
    case.refresh_from_db()
    masks = tuple((a, b, kind) for a, b, kind in case.revision.masks)
    decision = settle(
        case.revision,
        outcome,
        seen=RevisionState.HELD,
        masks=masks,
        by=moderator,
        policy=policy,
        reason=reason,
        note=note,
    )
    _tell_desk(case, "decided")
    return decision


def _tell_desk(case: ReviewCase, state: str) -> None:
    publish_on_commit(desk_topic(case.clinic_id), {"t": "case", "case": case.id, "state": state})

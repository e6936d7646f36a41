"""Everything that changes a pairing. Consent of both sides, and no place is given twice."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from community.chat.actions import close_private_room, open_private_room
from community.members import notices
from community.members.models import Member
from mentorship.models import (
    MentorProfile,
    MentorState,
    Pair,
    PairState,
    Proposal,
    ProposalState,
)

ANSWER_DAYS = 7


class NotPossible(Exception):
    """The two cannot be proposed to each other; says why, for the care team."""


class NoRoom(Exception):
    """The mentor's places are taken, or the mentor pauses."""


class NotOpen(Exception):
    """The question was answered, withdrawn or ran out before."""


@transaction.atomic
def propose(by: Member, mentor: Member, mentee: Member, summary: str) -> Proposal:
    """Ask a mentor about a member. Raises NotPossible with a sentence."""
    if mentor.id == mentee.id:
        raise NotPossible("Nobody can be their own mentor.")
    if {mentor.clinic_id, mentee.clinic_id} != {by.clinic_id}:
        raise NotPossible("Both must belong to your clinic.")
    if not (mentor.is_mentor and mentor.is_active and mentee.is_patient and mentee.is_active):
        raise NotPossible("Choose an active mentor and an active member.")
    if not MentorProfile.objects.with_room().filter(member=mentor).exists():
        raise NotPossible(f"{mentor.name} has no free place right now.")
    if Pair.objects.filter(mentee=mentee, state=PairState.ACTIVE).exists():
        raise NotPossible(f"{mentee.name} has a mentor already.")
    _expire()
    try:
        with transaction.atomic():
            proposal = Proposal.objects.create(
                clinic_id=by.clinic_id,
                mentor=mentor,
                mentee=mentee,
                summary=summary,
                created_by=by,
                expires_at=timezone.now() + timedelta(days=ANSWER_DAYS),
            )
    except IntegrityError:
        raise NotPossible(f"There is an open question about {mentee.name} already.") from None
    notices.tell(mentor, "proposal", reverse("mentorship:proposal", args=[proposal.id]))
    return proposal


def _expire() -> int:
    """End the questions that nobody answered in time."""
    return Proposal.objects.filter(
        state__in=(ProposalState.STAFF_OK, ProposalState.MENTOR_OK),
        expires_at__lte=timezone.now(),
    ).update(state=ProposalState.EXPIRED)


def expire() -> int:
    """The periodic job: end unanswered questions. Returns how many."""
    return _expire()


def _move(proposal: Proposal, seen: ProposalState, to: ProposalState) -> None:
    """Answers count only while the question stands as it was seen, and in time."""
    moved = Proposal.objects.filter(
        id=proposal.id, state=seen, expires_at__gt=timezone.now()
    ).update(state=to)
    if moved != 1:
        raise NotOpen


@transaction.atomic
def mentor_says_yes(proposal: Proposal, mentor: Member) -> None:
    """The mentor would like to; now the member is asked. Raises NotOpen."""
    if proposal.mentor_id != mentor.id:
        raise NotOpen
    _move(proposal, ProposalState.STAFF_OK, ProposalState.MENTOR_OK)
    notices.tell(proposal.mentee, "proposal", reverse("mentorship:proposal", args=[proposal.id]))


@transaction.atomic
def mentee_says_yes(proposal: Proposal, mentee: Member) -> Pair:
    """Both said yes: the pair begins with a private room. Raises NotOpen or NoRoom."""
    if proposal.mentee_id != mentee.id:
        raise NotOpen
    take_place(proposal.mentor_id)
    _move(proposal, ProposalState.MENTOR_OK, ProposalState.ACCEPTED)
    room = open_private_room("You and your mentor", [proposal.mentor, mentee])
    try:
        with transaction.atomic():
            pair = Pair.objects.create(
                mentor_id=proposal.mentor_id, mentee=mentee, proposal=proposal, room=room
            )
    except IntegrityError:
        raise NotOpen from None
    for person in (proposal.mentor, mentee):
        notices.tell(person, "pair", reverse("mentorship:pair", args=[pair.id]))
    return pair


def take_place(mentor_id: int) -> None:
    """Make sure the mentor has room for one more, and let nobody else count at the same time.

    The lock on the mentor's row makes two members who accept the last place come one after the
    other; the second finds it taken and NoRoom is raised.
    """
    profile = (
        MentorProfile.objects.select_for_update()
        .filter(member_id=mentor_id, state=MentorState.ACTIVE, member__is_active=True)
        .first()
    )
    active = Pair.objects.filter(mentor_id=mentor_id, state=PairState.ACTIVE).count()
    if profile is None or active >= profile.max_pairs:
        raise NoRoom


@transaction.atomic
def decline(proposal: Proposal, by: Member) -> None:
    """Say no, without a reason. The other side is never told that somebody declined."""
    seen = {
        proposal.mentor_id: ProposalState.STAFF_OK,
        proposal.mentee_id: ProposalState.MENTOR_OK,
    }.get(by.id)
    if seen is None:
        raise NotOpen
    _move(proposal, seen, ProposalState.DECLINED)


@transaction.atomic
def withdraw(proposal: Proposal, by: Member) -> None:
    """The care team takes a question back. Raises NotOpen."""
    moved = Proposal.objects.filter(
        id=proposal.id, state__in=(ProposalState.STAFF_OK, ProposalState.MENTOR_OK)
    ).update(state=ProposalState.WITHDRAWN)
    if moved != 1:
        raise NotOpen


@transaction.atomic
def end(pair: Pair, by: Member) -> bool:
    """End a pair and close its room. False when it had ended before."""
    ended = (
        Pair.objects.filter(id=pair.id)
        .exclude(state=PairState.ENDED)
        .update(state=PairState.ENDED, ended_at=timezone.now(), ended_by=by)
    )
    if not ended:
        return False
    close_private_room(pair.room)
    for person in (pair.mentor, pair.mentee):
        if person.id != by.id:
            notices.tell(person, "pair", reverse("mentorship:pair", args=[pair.id]))
    return True

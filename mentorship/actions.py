"""Everything that changes a pairing. Consent of both sides, and no place is given twice."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from community.chat.actions import change_posting, close_private_room, open_private_room
from community.chat.models import Posting
from community.members import audit, notices
from community.members.blocks import are_apart
from community.members.models import Member
from mentorship.models import (
    OPEN,
    Answers,
    Concern,
    EndKind,
    MentorProfile,
    Pair,
    PairState,
    Proposal,
    ProposalState,
    SessionLog,
    Side,
    today_of,
)
from moderation import risk

ANSWER_DAYS = 7
REMIND_AFTER = timedelta(days=3)
READABLE = timedelta(days=14)
REST = timedelta(days=7)


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
    if Pair.objects.filter(mentee=mentee).exclude(state=PairState.ENDED).exists():
        raise NotPossible(f"{mentee.name} has a mentor already.")
    if are_apart(mentor, mentee):
        # Who blocked whom is told to nobody, not to the care team either.
        raise NotPossible("These two would not fit. Please choose somebody else.")
    if Pair.objects.filter(mentor=mentor, mentee=mentee).exists():
        raise NotPossible("The two went together before. Please choose somebody else.")
    today = today_of(by.clinic)
    if not MentorProfile.objects.with_room(today).filter(member=mentor).exists():
        raise NotPossible(f"{mentor.name} has no free place right now.")
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
    return Proposal.objects.filter(state__in=OPEN, expires_at__lte=timezone.now()).update(
        state=ProposalState.EXPIRED
    )


def expire() -> int:
    """The periodic job: end unanswered questions, remind once, close rooms whose time to read is
    over. Returns how many things it did."""
    return _expire() + _remind() + _shut()


def _remind() -> int:
    """Ask once more, kindly, whoever has not answered for REMIND_AFTER. Never a second time."""
    now = timezone.now()
    waiting = Proposal.objects.filter(
        state__in=OPEN,
        asked_at__lte=now - REMIND_AFTER,
        expires_at__gt=now,
        reminded_at__isnull=True,
    )
    reminded = 0
    for proposal in waiting.select_related("mentor", "mentee")[:100]:
        with transaction.atomic():
            first = Proposal.objects.filter(
                id=proposal.id, state=proposal.state, reminded_at__isnull=True
            ).update(reminded_at=now)
            if first:
                asked = proposal.mentor if proposal.state == OPEN[0] else proposal.mentee
                url = reverse("mentorship:proposal", args=[proposal.id])
                notices.tell(asked, "proposal", url)
                reminded += 1
    return reminded


def _shut() -> int:
    """End the seats of rooms that could be read for long enough after the ending."""
    over = Pair.objects.filter(state=PairState.ENDED, readable_until__lte=timezone.now())
    shut = 0
    for pair in over.select_related("room")[:100]:
        with transaction.atomic():
            if Pair.objects.filter(id=pair.id, readable_until__isnull=False).update(
                readable_until=None
            ):
                close_private_room(pair.room)
                shut += 1
    return shut


def _move(proposal: Proposal, seen: ProposalState, to: ProposalState, **fields: object) -> None:
    """Answers count only while the question stands as it was seen, and in time."""
    moved = Proposal.objects.filter(
        id=proposal.id, state=seen, expires_at__gt=timezone.now()
    ).update(state=to, **fields)
    if moved != 1:
        raise NotOpen


@transaction.atomic
def mentor_says_yes(proposal: Proposal, mentor: Member) -> None:
    """The mentor says yes; now the member is asked. Raises NotOpen, or NoRoom in a pause."""
    if proposal.mentor_id != mentor.id:
        raise NotOpen
    ready = MentorProfile.objects.ready(today_of(mentor.clinic))
    if not ready.filter(member=mentor).exists():
        raise NoRoom
    if are_apart(mentor, proposal.mentee):
        raise NotOpen
    now = timezone.now()
    _move(
        proposal,
        ProposalState.STAFF_OK,
        ProposalState.MENTOR_OK,
        # The member has as long as the mentor had, and a reminder of their own.
        asked_at=now,
        reminded_at=None,
        expires_at=now + timedelta(days=ANSWER_DAYS),
    )
    notices.tell(proposal.mentee, "proposal", reverse("mentorship:proposal", args=[proposal.id]))


def mentee_says_yes(proposal: Proposal, mentee: Member) -> Pair:
    """Both said yes: the pair begins with a private room. Raises NotOpen or NoRoom.

    When the place was taken a moment ago, the question is closed, so that the care team can ask
    somebody else at once; it never stands as accepted without a pair.
    """
    try:
        return _begin(proposal, mentee)
    except NoRoom:
        Proposal.objects.filter(id=proposal.id, state=ProposalState.MENTOR_OK).update(
            state=ProposalState.OVERTAKEN
        )
        raise


@transaction.atomic
def _begin(proposal: Proposal, mentee: Member) -> Pair:
    # One may have blocked the other since they were asked. Nobody is told; the question is over.
    if proposal.mentee_id != mentee.id or are_apart(proposal.mentor, mentee):
        raise NotOpen
    take_place(proposal.mentor_id, today_of(mentee.clinic))
    _move(proposal, ProposalState.MENTOR_OK, ProposalState.ACCEPTED)
    room = open_private_room("You and your mentor", [proposal.mentor, mentee])
    try:
        with transaction.atomic():
            pair = Pair.objects.create(
                mentor_id=proposal.mentor_id, mentee=mentee, proposal=proposal, room=room
            )
    except IntegrityError:
        raise NotOpen from None
    Answers.objects.filter(member=mentee, side=Side.MENTEE).update(wants=False, again=False)
    for person in (proposal.mentor, mentee):
        notices.tell(person, "pair", reverse("mentorship:pair", args=[pair.id]))
    return pair


def take_place(mentor_id: int, today: date) -> None:
    """Make sure the mentor has room for one more, and let nobody else count at the same time.

    A training that ran out since the question was asked counts; today: at the clinic.

    The lock on the mentor's row makes two members who accept the last place come one after the
    other; the second finds it taken and NoRoom is raised.
    """
    profile = (
        MentorProfile.objects.select_for_update(of=("self",))
        .filter(member_id=mentor_id, member__is_active=True)
        .first()
    )
    going = Pair.objects.filter(mentor_id=mentor_id).exclude(state=PairState.ENDED).count()
    if profile is None or profile.not_now(today, going):
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
def end(pair: Pair, by: Member, kind: EndKind = EndKind.EARLY) -> bool:
    """End a pair. False when it had ended before.

    Nobody can write from now on. Both may read what was said for READABLE, so that nobody loses it
    from one moment to the next; after a safeguarding ending the room closes at once.
    """
    now = timezone.now()
    at_once = kind == EndKind.SAFEGUARDING
    ended = (
        Pair.objects.filter(id=pair.id)
        .exclude(state=PairState.ENDED)
        .update(
            state=PairState.ENDED,
            ended_at=now,
            ended_by=by,
            end_kind=kind,
            readable_until=None if at_once else now + READABLE,
        )
    )
    if not ended:
        return False
    Concern.objects.filter(pair=pair, answered_at__isnull=True, raised_at__lte=now).update(
        answered_by=by if by.on_care_team else None, answered_at=now, outcome="ended"
    )
    # An ending takes something out of a mentor too: no new person at once.
    today = today_of(pair.mentee.clinic)
    MentorProfile.objects.filter(member=pair.mentor_id).update(rests_until=today + REST)
    if at_once:
        close_private_room(pair.room)
    else:
        change_posting(pair.room, Posting.CLOSED)
    for person in (pair.mentor, pair.mentee):
        if person.id != by.id:
            notices.tell(person, "pair", reverse("mentorship:pair", args=[pair.id]))
    return True


@transaction.atomic
def worry(pair: Pair, by: Member, level: int, text: str = "") -> Concern:
    """One of the two is worried about the other: the pair rests and the care team is called.

    Pause, closed room, concern and risk case are one commit; nobody is left alone with it, and
    nothing is lost. Pressed twice it is one concern, and each press is heard. level: Level.AMBER
    to Level.CRISIS. Raises NotOpen when the pair has ended.
    """
    other = pair.mentee if by.id == pair.mentor_id else pair.mentor
    locked = Pair.objects.select_for_update().get(id=pair.id)
    if locked.state == PairState.ENDED:
        raise NotOpen
    paused = Pair.objects.filter(id=pair.id, state=PairState.ACTIVE).update(
        state=PairState.PAUSED, paused_at=timezone.now()
    )
    if paused:
        change_posting(pair.room, Posting.CLOSED)
        notices.tell(other, "pair", reverse("mentorship:pair", args=[pair.id]))
    case = risk.worry(other, by, level, text)
    concern, _ = Concern.objects.get_or_create(
        pair=pair, answered_at=None, defaults={"raised_by": by, "risk_case": case}
    )
    return concern


@transaction.atomic
def resume(pair: Pair, by: Member) -> bool:
    """The care team lets a resting pair go on. False when it did not rest."""
    moved = Pair.objects.filter(id=pair.id, state=PairState.PAUSED).update(
        state=PairState.ACTIVE, paused_at=None
    )
    if not moved:
        return False
    Concern.objects.filter(pair=pair, answered_at__isnull=True).update(
        answered_by=by, answered_at=timezone.now(), outcome="resumed"
    )
    change_posting(pair.room, Posting.OPEN)
    for person in (pair.mentor, pair.mentee):
        notices.tell(person, "pair", reverse("mentorship:pair", args=[pair.id]))
    audit.record(by, "pair.resumed", pair, about=pair.mentee_id)
    return True


@transaction.atomic
def log_session(pair: Pair, by: Member, key: UUID, **entry: Any) -> SessionLog:
    """Write down a meeting. The same form sent twice makes one entry. Raises NotOpen."""
    if pair.state == PairState.ENDED or by.id not in (pair.mentor_id, pair.mentee_id):
        raise NotOpen
    log, _ = SessionLog.objects.get_or_create(pair=pair, by=by, key=key, defaults=entry)
    return log


@transaction.atomic
def answer_for_matching(member: Member, side: Side, data: dict[str, Any]) -> Answers:
    """Keep what somebody said about one side; saying it again is a new version."""
    zone = member.time_zone or member.clinic.time_zone
    answers, made = Answers.objects.select_for_update().get_or_create(
        member=member, side=side, defaults={**data, "time_zone": zone}
    )
    if not made:
        fresh: dict[str, Any] = {**data, "time_zone": zone, "version": F("version") + 1}
        if not answers.wants:
            # Asking again: the waiting begins now.
            fresh |= {"wants": True, "waiting_since": timezone.now()}
        Answers.objects.filter(id=answers.id).update(**fresh)
        answers.refresh_from_db()
    return answers


def stop_looking(member: Member) -> bool:
    """Somebody no longer looks for a mentor. False when they did not."""
    rows = Answers.objects.filter(member=member, side=Side.MENTEE, wants=True)
    return bool(rows.update(wants=False))

"""Asking for another look: at a decision about one's text, or at what was set for oneself.

Somebody else than before answers, in words that are kept, by a stored time. Silence is no answer:
when the time is up the leads are told, and the appeal stays open.
"""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from community.members import audit
from community.members.live import desk_topic, publish_on_commit
from community.members.models import Member
from community.members.notices import tell
from moderation import sanctions
from moderation.actions import AlreadySettled, settle
from moderation.models import (
    Appeal,
    AppealState,
    Decision,
    RevisionState,
    Sanction,
    SanctionState,
    SecondLook,
    State,
    Submission,
)

ANSWER_WITHIN = timedelta(hours=72)
# Outcomes that take something away from what a person wrote.
APPEALABLE = (State.REMOVED, State.MASKED, State.NOTED)


class NothingToAppeal(Exception):
    """It does not stand any more, or it was never decided by a person."""


class AppealedAlready(Exception):
    """One appeal for each decision: `appeal` is the one there is."""

    def __init__(self, appeal: Appeal) -> None:
        super().__init__(appeal.id)
        self.appeal = appeal


class AnotherPerson(Exception):
    """Who decided before, and whom it is about, do not answer."""


class Meanwhile(Exception):
    """It was answered, or what it is about changed."""


# --- Doors --------------------------------------------------------------------------------------


def appeals_for(member: Member) -> QuerySet[Appeal]:
    """Appeals of the clinic, for its care team. Nobody sees those of their own from this side."""
    rows = Appeal.objects.filter(clinic_id=member.clinic_id).exclude(member=member)
    return (rows if member.on_care_team else rows.none()).select_related(
        "member", "first_by", "decided_by", "decision__submission__latest", "decision__revision",
        "sanction__group", "sanction__proposed_by",
    )  # fmt: skip


def appeal_for(member: Member, appeal_id: int) -> Appeal:
    """One of these, or 404."""
    return get_object_or_404(appeals_for(member), id=appeal_id)


def waiting(member: Member) -> QuerySet[Appeal]:
    """Unanswered ones, the earliest clock first."""
    return appeals_for(member).filter(state=AppealState.OPEN).order_by("due_at", "id")


def may_answer(appeal: Appeal, by: Member) -> bool:
    """Somebody of the care team who had no part in what is appealed, by a second look neither."""
    before = {appeal.first_by_id, appeal.member_id}
    if appeal.sanction is not None:
        before |= {appeal.sanction.activated_by_id or 0, appeal.sanction.proposed_by_id or 0}
    if not by.on_care_team or by.id in before or by.clinic_id != appeal.clinic_id:
        return False
    if appeal.decision is None:
        return True
    wording = appeal.decision.revision_id
    looked = SecondLook.objects.filter(Q(answered_by=by) | Q(lead=by), revision=wording)
    return not Decision.objects.filter(revision=wording, by=by).exists() and not looked.exists()


def decision_about(submission: Submission) -> Decision | None:
    """The judgement by a person that stands about a text and could be appealed."""
    last = submission.decisions.filter(by__isnull=False).order_by("-id").first()
    if last is None or last.outcome not in APPEALABLE or last.outcome != submission.state:
        return None
    return last if last.revision_id == submission.latest_id else None


def may_ask(submission: Submission) -> bool:
    """Whether its author can ask for another look at a text, and has not yet."""
    decision = decision_about(submission)
    return decision is not None and not Appeal.objects.filter(decision=decision).exists()


def own_sanction_for(member: Member, sanction_id: int) -> Sanction:
    """Something that was set for the person, or 404. Of mere proposals nobody learns."""
    mine = Sanction.objects.filter(member=member, activated_by__isnull=False)
    return get_object_or_404(mine.select_related("group"), id=sanction_id)


# --- Asking -------------------------------------------------------------------------------------


def appeal_text(submission: Submission, member: Member, text: str) -> Appeal:
    """Ask for another look at what was decided about one's own text.

    Raises NothingToAppeal, AppealedAlready.
    """
    decision = decision_about(submission)
    if decision is None or decision.by is None or submission.author_id != member.id:
        raise NothingToAppeal
    known = Appeal.objects.filter(decision=decision).first()
    return _ask(known, Appeal(decision=decision, first_by=decision.by), member, text)


def appeal_sanction(sanction: Sanction, member: Member, text: str) -> Appeal:
    """Ask for another look at something that was set for oneself.

    Raises NothingToAppeal when it was ended early, AppealedAlready.
    """
    stands = sanction.state in (SanctionState.ACTIVE, SanctionState.EXPIRED)
    if sanction.member_id != member.id or sanction.activated_by is None or not stands:
        raise NothingToAppeal
    known = Appeal.objects.filter(sanction=sanction).first()
    return _ask(known, Appeal(sanction=sanction, first_by=sanction.activated_by), member, text)


def _ask(known: Appeal | None, made: Appeal, member: Member, text: str) -> Appeal:
    if known is not None:
        raise AppealedAlready(known)
    now = timezone.now()
    made.member, made.clinic_id, made.text = member, member.clinic_id, text
    made.created_at, made.due_at = now, now + ANSWER_WITHIN
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            _tell_desk(made)
            audit.record(member, "appeal.asked", made, about=member)
    except IntegrityError:
        # The same form twice at once.
        same = Appeal.objects.filter(decision=made.decision_id, sanction=made.sanction_id)
        raise AppealedAlready(same.get()) from None
    return made


# --- Answering ----------------------------------------------------------------------------------


@transaction.atomic
def uphold(appeal: Appeal, by: Member, answer: str) -> None:
    """It stays as it was, for the reasons given. Raises AnotherPerson, Meanwhile."""
    _decide(appeal, by, AppealState.UPHELD, answer)
    audit.record(by, "appeal.upheld", appeal, about=appeal.member_id)


@transaction.atomic
def overturn(appeal: Appeal, by: Member, answer: str) -> None:
    """Take it back, here and now: the text is published again, or what was set ends.

    What rests on an overturned decision falls with it. A text that its author took back meanwhile
    stays theirs. Raises AnotherPerson, or Meanwhile when something moved since the page was made.
    """
    _decide(appeal, by, AppealState.OVERTURNED, answer)
    if appeal.sanction is not None:
        _end(appeal.sanction, by, answer)
    elif appeal.decision is not None:
        _restore(appeal.decision, by, answer)
    audit.record(by, "appeal.overturned", appeal, about=appeal.member_id)


def _decide(appeal: Appeal, by: Member, to: AppealState, answer: str) -> None:
    if not may_answer(appeal, by):
        raise AnotherPerson
    # Two may answer at once; only one update finds it open.
    rows = Appeal.objects.filter(id=appeal.id, state=AppealState.OPEN)
    moved = rows.update(state=to, decided_by=by, decided_at=timezone.now(), answer=answer)
    if moved != 1:
        raise Meanwhile
    tell(appeal.member, "appeal", reverse("moderation:what_happened"))
    _tell_desk(appeal)


def _end(sanction: Sanction, by: Member, answer: str) -> None:
    try:
        sanctions.end(sanction, by, SanctionState.OVERTURNED, answer)
    except sanctions.Meanwhile:
        # It ran out or was lifted meanwhile: it is written down that it should not have been.
        over = (SanctionState.EXPIRED, SanctionState.LIFTED)
        Sanction.objects.filter(id=sanction.id, state__in=over).update(
            state=SanctionState.OVERTURNED,
            ended_by=by,
            ended_at=timezone.now(),
            end_reason=answer,
        )


def _restore(decision: Decision, by: Member, answer: str) -> None:
    submission = Submission.objects.select_for_update(no_key=True).get(id=decision.submission_id)
    sanctions.undo_causes(decision, by, answer)
    if submission.state in (State.WITHDRAWN, State.PURGED):
        return
    if submission.latest_id != decision.revision_id or submission.state != decision.outcome:
        raise Meanwhile
    seen = RevisionState.REJECTED if submission.state == State.REMOVED else RevisionState.RELEASED
    try:
        settle(decision.revision, State.VISIBLE, seen=seen, by=by, policy="fine", reason=answer)
    except AlreadySettled:
        raise Meanwhile from None


def escalate() -> int:
    """Tell the leads of appeals whose time is up, once each. Returns how many. They stay open."""
    late = Appeal.objects.filter(
        state=AppealState.OPEN, due_at__lte=timezone.now(), escalated_at__isnull=True
    )
    return sum(_escalate(row) for row in late.order_by("id")[:100])


@transaction.atomic
def _escalate(appeal: Appeal) -> int:
    rows = Appeal.objects.filter(id=appeal.id, state=AppealState.OPEN, escalated_at__isnull=True)
    if rows.update(escalated_at=timezone.now()) != 1:
        return 0
    leads = Member.objects.filter(
        Q(is_lead=True), clinic_id=appeal.clinic_id, is_active=True
    ).exclude(id=appeal.member_id)
    for lead in leads.order_by("id"):
        tell(lead, "appeal_late", reverse("moderation:appeal", args=[appeal.id]))
    audit.record(None, "appeal.late", appeal, about=appeal.member_id)
    return 1


def _tell_desk(appeal: Appeal) -> None:
    event = {"t": "appeal", "appeal": appeal.id, "state": appeal.state}
    publish_on_commit(desk_topic(appeal.clinic_id), event)

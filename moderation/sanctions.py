"""What limits a member for a while: proposed by a rule or a person, begun and ended by a person.

There is no way from a verdict of the machine to something that binds: `consider` only proposes, and
the database refuses what nobody began. A text that speaks of danger is never held against anybody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from community.members import audit
from community.members.live import desk_topic, member_topic, publish_on_commit
from community.members.models import Group, Member
from community.members.notices import tell
from moderation.content import Place
from moderation.models import (
    HEAVY,
    Decision,
    ReviewCase,
    Sanction,
    SanctionKind,
    SanctionState,
    State,
)
from moderation.standing import speaks_of_danger

# What a rule looks at: texts not published for one of these, within this time.
CONDUCT = ("unkind", "hate", "urging", "selling")
WITHIN = timedelta(days=30)
# At the second such text a warning is proposed, and so on; from the fourth on, a rest.
LADDER = {
    2: (SanctionKind.WARNING, timedelta(days=30)),
    3: (SanctionKind.SLOW, timedelta(days=3)),
    4: (SanctionKind.REST, timedelta(days=3)),
}
WORDS = {
    SanctionKind.WARNING: (
        "Lately we could not publish some of what you wrote, because it could hurt others here. "
        "Please read the house rules once more. What you feel is welcome; we are glad to help "
        "you find words for it."
    ),
    SanctionKind.SLOW: (
        "Lately we could not publish several of your texts, because they could hurt others here. "
        "For a few days you can write one text every ten minutes, so that there is time to breathe."
    ),
    SanctionKind.REST: (
        "Lately we could not publish several of your texts, because they could hurt others here. "
        "For a few days you can read, and not write. Somebody from the care team is there for you "
        "all the same."
    ),
}


class NotForThem(Exception):
    """Not a member of the clinic it could be set for: oneself, or who works here."""


class PersonInDanger(Exception):
    """The text it would rest on speaks of danger. Look after the person instead."""


class SecondPerson(Exception):
    """So grave a step needs two: who proposed it does not begin it."""


class NoPlace(Exception):
    """A pause from a room or a group needs to say from which."""


class Meanwhile(Exception):
    """Somebody was first, or its time was over."""


@dataclass(frozen=True)
class Plan:
    """What is to be set: for how long, resting on which rule, and what the member is told."""

    kind: SanctionKind
    length: timedelta
    policy: str
    reason: str
    note: str = ""
    group: Group | None = None
    room: Place | None = None


# --- Doors --------------------------------------------------------------------------------------


def sanctions_for(member: Member) -> QuerySet[Sanction]:
    """Those of the clinic, for its care team."""
    rows = Sanction.objects.filter(clinic_id=member.clinic_id)
    return (rows if member.on_care_team else rows.none()).select_related(
        "member", "group", "proposed_by", "activated_by", "ended_by", "cause_case"
    )


def sanction_for(member: Member, sanction_id: int) -> Sanction:
    """One of these, or 404."""
    return get_object_or_404(sanctions_for(member), id=sanction_id)


def subject_for(by: Member, member_id: int) -> Member:
    """A member of the clinic for whom something may be set, or 404. Never who works here."""
    about = get_object_or_404(Member, id=member_id, clinic_id=by.clinic_id)
    if about.is_staff_role or about.id == by.id:
        raise Http404
    return about


def proposed_to(member: Member) -> QuerySet[Sanction]:
    """What waits for somebody to begin it, oldest first."""
    return sanctions_for(member).filter(state=SanctionState.PROPOSED).order_by("id")


# --- Proposing ----------------------------------------------------------------------------------


@transaction.atomic
def propose(by: Member, about: Member, plan: Plan, *, case: ReviewCase | None = None) -> Sanction:
    """Propose something for a member; it binds nobody until a person makes it active.

    case: the text it rests on. Raises NotForThem, NoPlace, PersonInDanger.
    """
    if about.id == by.id or about.is_staff_role or about.clinic_id != by.clinic_id:
        raise NotForThem
    if case is not None and case.submission.author_id != about.id:
        raise NotForThem
    if case is not None and speaks_of_danger(case.submission_id):
        raise PersonInDanger
    decision = _decision_of(case) if case else None
    made = _propose(about, plan, by=by, case=case, decision=decision)
    audit.record(by, "sanction.proposed", made, about=about, sanction=plan.kind.value)
    return made


def _decision_of(case: ReviewCase) -> Decision | None:
    """The last judgement by a person about the text of a case."""
    by_person = Decision.objects.filter(submission=case.submission_id, by__isnull=False)
    return by_person.order_by("-id").first()


def _propose(
    about: Member,
    plan: Plan,
    *,
    by: Member | None = None,
    rule: str = "",
    case: ReviewCase | None = None,
    decision: Decision | None = None,
) -> Sanction:
    if (plan.kind == SanctionKind.GROUP and plan.group is None) or (
        plan.kind == SanctionKind.ROOM and plan.room is None
    ):
        raise NoPlace
    place = {SanctionKind.GROUP: plan.group, SanctionKind.ROOM: plan.room}.get(plan.kind)
    made = Sanction.objects.create(
        member=about,
        clinic_id=about.clinic_id,
        kind=plan.kind,
        group=plan.group if plan.kind == SanctionKind.GROUP else None,
        room_id=plan.room.room_id if plan.room and plan.kind == SanctionKind.ROOM else None,
        place=place.name if place is not None else "",
        cause_case=case,
        cause_decision=decision,
        policy=plan.policy,
        reason=plan.reason,
        note=plan.note,
        length=plan.length,
        proposed_by=by,
        rule=rule,
    )
    _tell_desk(made)
    return made


def consider(decision: Decision) -> Sanction | None:
    """Let the ladder propose something after a decision by a person. Binds nobody.

    Call it in the transaction of the decision. A text that speaks of danger counts for nothing.
    """
    if decision.by_id is None or decision.outcome != State.REMOVED:
        return None
    author = decision.submission.author
    if author.is_staff_role or decision.policy not in CONDUCT:
        return None
    if speaks_of_danger(decision.submission_id):
        return None
    step = LADDER.get(min(_removed_lately(decision, timezone.now()), max(LADDER)))
    if step is None:
        return None
    kind, length = step
    plan = Plan(kind, length, decision.policy, WORDS[kind])
    return _propose(author, plan, rule=f"ladder.{kind.value}", decision=decision)


def _removed_lately(decision: Decision, now: datetime) -> int:
    """The author's texts, this one among them, that a person did not publish for their conduct."""
    rows = Decision.objects.filter(
        submission__author=decision.submission.author_id,
        by__isnull=False,
        outcome=State.REMOVED,
        policy__in=CONDUCT,
        at__gt=now - WITHIN,
    )
    # One whose removal was taken back later is public again and counts no more.
    others = rows.filter(submission__state=State.REMOVED).exclude(submission=decision.submission_id)
    texts = others.order_by().values_list("submission", flat=True).distinct()
    return 1 + sum(not speaks_of_danger(text) for text in texts)


# --- Beginning and ending -----------------------------------------------------------------------


@transaction.atomic
def activate(sanction: Sanction, by: Member, *, reason: str, length: timedelta) -> None:
    """Make a proposal active from now on. The member is told; open sockets follow at once.

    reason, length: what the member is told and for how long, as this person decides it.
    Raises NotForThem, SecondPerson, PersonInDanger, or Meanwhile when it was no longer waiting.
    """
    about = sanction.member
    if by.id == about.id or about.is_staff_role or not by.on_care_team:
        raise NotForThem
    if sanction.kind in HEAVY and sanction.proposed_by_id == by.id:
        raise SecondPerson
    # Who worries about the person at this moment comes before or after, and not between.
    Member.objects.select_for_update(no_key=True).get(id=about.id)
    now = timezone.now()
    _move(
        sanction,
        SanctionState.PROPOSED,
        SanctionState.ACTIVE,
        activated_by=by,
        starts_at=now,
        ends_at=now + length,
        length=length,
        reason=reason,
    )
    if rests_on_danger(sanction):
        raise PersonInDanger
    _tell(sanction, "sanction")
    audit.record(by, "sanction.activated", sanction, about=about, sanction=sanction.kind)


def rests_on_danger(sanction: Sanction) -> bool:
    """The text it rests on speaks of danger now: it may not begin, and should not go on."""
    text = _text_of(sanction)
    return text is not None and speaks_of_danger(text)


def _text_of(sanction: Sanction) -> int | None:
    if sanction.cause_decision is not None:
        return sanction.cause_decision.submission_id
    return sanction.cause_case.submission_id if sanction.cause_case is not None else None


def _move(sanction: Sanction, seen: SanctionState, to: SanctionState, **fields: object) -> None:
    """The one step by which a sanction changes. Two people at once: only one finds it as it was."""
    rows = Sanction.objects.filter(id=sanction.id, state=seen)
    if rows.update(state=to, **fields) != 1:
        raise Meanwhile
    _tell_desk(sanction)


@transaction.atomic
def decline(sanction: Sanction, by: Member, why: str) -> None:
    """Do not begin it. The member never hears of it. Raises Meanwhile."""
    _move(
        sanction,
        SanctionState.PROPOSED,
        SanctionState.DECLINED,
        ended_by=by,
        ended_at=timezone.now(),
        end_reason=why,
    )
    audit.record(by, "sanction.declined", sanction, about=sanction.member_id)


@transaction.atomic
def lift(sanction: Sanction, by: Member, why: str) -> None:
    """End it early. The member is told why. Raises Meanwhile when it was not active any more."""
    end(sanction, by, SanctionState.LIFTED, why)
    audit.record(by, "sanction.lifted", sanction, about=sanction.member_id)


def end(sanction: Sanction, by: Member, to: SanctionState, why: str) -> None:
    """Lift or overturn an active one; for `lift` and for appeals. Raises Meanwhile."""
    _move(
        sanction,
        SanctionState.ACTIVE,
        to,
        ended_by=by,
        ended_at=timezone.now(),
        end_reason=why,
    )
    _tell(sanction, "sanction_ended")


def undo_causes(decision: Decision, by: Member, why: str) -> int:
    """What rests on a decision that is overturned falls with it. Returns how many there were.

    Call it in the transaction that overturns, before its first row of the audit.
    """
    rows = Sanction.objects.filter(cause_decision=decision)
    count = 0
    for row in rows.filter(state=SanctionState.ACTIVE).order_by("id"):
        end(row, by, SanctionState.OVERTURNED, why)
        count += 1
    waiting = rows.filter(state=SanctionState.PROPOSED)
    return count + waiting.update(
        state=SanctionState.DECLINED, ended_by=by, ended_at=timezone.now(), end_reason=why
    )


def expire() -> int:
    """Write down which ones are over by the clock, and tell the members. Returns how many.

    Safe in several processes. That something is over holds without it: see standing.
    """
    over = Sanction.objects.filter(state=SanctionState.ACTIVE, ends_at__lte=timezone.now())
    return sum(_expire(row) for row in over.select_related("member").order_by("id")[:100])


@transaction.atomic
def _expire(sanction: Sanction) -> int:
    try:
        _move(sanction, SanctionState.ACTIVE, SanctionState.EXPIRED, ended_at=timezone.now())
    except Meanwhile:
        return 0
    _tell(sanction, "sanction_ended")
    audit.record(None, "sanction.expired", sanction, about=sanction.member_id)
    return 1


def _tell(sanction: Sanction, notice: str) -> None:
    """The member finds it under "what happened"; their open sockets look again at once."""
    tell(sanction.member, notice, reverse("moderation:what_happened"))
    publish_on_commit(member_topic(sanction.member_id), {"t": "ctl", "op": "refresh"})


def _tell_desk(sanction: Sanction) -> None:
    event = {"t": "sanction", "sanction": sanction.id}
    publish_on_commit(desk_topic(sanction.clinic_id), event)

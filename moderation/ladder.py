"""What happens while a promise is not kept: more and more people are called.

First of all the promises to people at risk; in a quieter way, texts and letters that wait.

The due times are stored, and each step is a row that can exist once. So a restart, another
process, a change of the clocks or a wrong one can neither lose a step nor take it twice.
"""

import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from community.members import audit
from community.members.live import desk_topic, publish_on_commit
from community.members.models import Notice
from community.members.notices import tell
from moderation import clocks, duty, letters
from moderation.models import (
    CaseStep,
    ClockBeat,
    ClockEvent,
    FollowUp,
    Level,
    ReviewCase,
    ReviewState,
    RiskCase,
    RiskState,
)
from moderation.remit import may_judge
from moderation.risk import CLOCKS

log = logging.getLogger(__name__)

BATCH = 200
# Who is only having a hard time is shown at the desk; people are called when the time is nearly up.
QUIET_UNTIL = 80
# From this share of a text's time on, people get a notice; before, the desk alone shows it.
SOON = 80
STOPPED_S = 60
BEAT_S = 10


def climb() -> int:
    """Take every step that has come. Returns how many. Safe in many processes at once.

    A case that cannot be read keeps no other from being called for; but then the clocks do not
    count as looked at, and the desk says so.
    """
    taken, whole = 0, True
    for case_id in _with_news(timezone.now())[:BATCH]:
        try:
            taken += _climb(case_id)
        except Exception as failure:
            log.error("clocks of risk case %s: %s", case_id, type(failure).__name__)
            whole = False
    taken += _climb_texts() + _remind() + letters.call_late()
    if whole:
        _beat()
    return taken


def _with_news(now: datetime) -> list[int]:
    """Cases with a step that has come and is not written down, the gravest first. Two queries."""
    waiting = Q(acknowledged_at=None) | Q(contacted_at=None) | Q(assessed_at=None)
    cases = RiskCase.objects.filter(waiting).exclude(state=RiskState.CLOSED)
    rows = list(cases.order_by("-level", "id"))
    written = set(
        ClockEvent.objects.filter(case__in=cases).values_list("case", "clock", "due_at", "step")
        if rows
        else ()
    )
    return [
        case.id
        for case in rows
        if any(
            (case.id, clock, case.due_of(clock), step) not in written
            for clock in CLOCKS
            for step in _steps(case, clock, now)
        )
    ]


def _steps(case: RiskCase, clock: str, now: datetime) -> list[int]:
    if case.has_met(clock):
        return []
    steps = clocks.ladder(case.level, case.asked_at, case.due_of(clock), now)
    return [step for step in steps if step]


def _climb_texts() -> int:
    """The steps of texts that wait for a decision. Returns how many came."""
    now = timezone.now()
    due = ReviewCase.objects.exclude(state=ReviewState.DECIDED).filter(step_at__lte=now)
    rows = due.select_related("submission").order_by("step_at", "id")
    return sum(_climb_text(case) for case in rows[:BATCH])


@transaction.atomic
def _climb_text(case: ReviewCase) -> int:
    now = timezone.now()
    rows = ReviewCase.objects.exclude(state=ReviewState.DECIDED)
    seen = rows.filter(id=case.id, step_at=case.step_at, due_at=case.due_at)
    # Two processes see the same step; one update finds it not taken yet.
    if seen.update(step_at=clocks.next_text_step(case.opened_at, case.due_at, now)) != 1:
        return 0
    have = set(
        CaseStep.objects.filter(case=case, due_at=case.due_at).values_list("step", flat=True)
    )
    new = [step for step in clocks.text_steps(case.opened_at, case.due_at, now) if step not in have]
    for step in new:
        CaseStep.objects.create(case=case, step=step, due_at=case.due_at)
    if new and new[-1] >= SOON:
        late = new[-1] >= 100
        _tell_readers(case, "text_late" if late else "text_soon", late=late)
    if 100 in new:
        about = case.submission.author_id
        audit.record(None, "case.late", case, about=about, level=int(case.level))
    event = {"t": "case", "case": case.id, "state": case.state, "level": int(case.level)}
    publish_on_commit(desk_topic(case.clinic_id), event)
    return len(new)


def _tell_readers(case: ReviewCase, kind: str, *, late: bool) -> None:
    """A notice to who is on duty and may judge it, when late to the leads as well; one at a time:
    who has not looked at the last one needs no second."""
    for person in duty.called(case.clinic_id, 80 if late else 0):
        told = Notice.objects.filter(member=person, kind=kind, read_at__isnull=True)
        if may_judge(person, case.id) and not told.exists():
            tell(person, kind, reverse("moderation:queue"))


def _remind() -> int:
    """Tell the team of follow-ups whose hour has come, once each. Returns how many."""
    now = timezone.now()
    due = FollowUp.objects.filter(due_at__lte=now, told_at=None, done_at=None)
    return sum(_tell(row) for row in due.select_related("case").order_by("id")[:BATCH])


@transaction.atomic
def _tell(row: FollowUp) -> int:
    rows = FollowUp.objects.filter(id=row.id, told_at=None, done_at=None)
    if rows.update(told_at=timezone.now()) != 1:
        return 0
    on = duty.called(row.case.clinic_id, 0)
    people = {person.id: person for person in on if person.id != row.case.member_id}
    if row.case.owner is not None and row.case.owner.is_active:
        people[row.case.owner.id] = row.case.owner
    for person in people.values():
        tell(person, "follow_up", reverse("moderation:risk", args=[row.case_id]))
    publish_on_commit(desk_topic(row.case.clinic_id), {"t": "risk", "case": row.case_id})
    audit.record(None, "risk.follow_up_due", row.case, about=row.case.member_id, hours=row.after_h)
    return 1


@transaction.atomic
def _climb(case_id: int) -> int:
    # Locked, so that whoever answers at this moment comes before or after.
    case = RiskCase.objects.select_for_update(no_key=True).get(id=case_id)
    taken = 0
    for clock in CLOCKS:
        new = [step for step in _steps(case, clock, timezone.now()) if _take(case, clock, step)]
        if not new:
            continue
        taken += len(new)
        # Of several steps at once, after a stop, the highest calls everybody it needs.
        if case.level >= Level.RED or new[-1] >= QUIET_UNTIL:
            duty.page(case, clock=clock, step=new[-1])
        publish_on_commit(desk_topic(case.clinic_id), {"t": "risk", "case": case.id})
        if 100 in new:
            audit.record(
                None, "risk.late", case, about=case.member_id, clock=clock, level=int(case.level)
            )
    return taken


def _take(case: RiskCase, clock: str, step: int) -> bool:
    row = {"case": case, "clock": clock, "step": step, "due_at": case.due_of(clock)}
    if ClockEvent.objects.filter(**row).exists():
        return False
    try:
        with transaction.atomic():
            ClockEvent.objects.create(**row)
    except IntegrityError:
        return False
    return True


def _beat() -> None:
    since = timezone.now() - timedelta(seconds=BEAT_S)
    if not ClockBeat.objects.filter(id=1, at__gt=since, at__lte=timezone.now()).exists():
        ClockBeat.objects.update_or_create(id=1, defaults={"at": timezone.now()})


def has_stopped() -> bool:
    """Nobody has looked at the clocks for a minute: nobody would be called."""
    last = ClockBeat.objects.filter(id=1).values_list("at", flat=True).first()
    return last is None or last < timezone.now() - timedelta(seconds=STOPPED_S)

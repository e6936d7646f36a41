"""People who may be in danger: raising, acknowledging, closing. Nothing here takes anything away.

Everything in this file depends on the database alone, and is written in the transaction of what
caused it, so that no queue, model or network can lose a call for help.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone

from community.members.live import desk_topic, member_topic, publish_on_commit
from community.members.models import Member
from moderation import clocks
from moderation.models import Level, RiskCase, RiskEvent, RiskSource, RiskState, Submission


class RiskCaseClosed(Exception):
    """The case was closed before; a new signal opens a new one."""


@transaction.atomic
def raise_risk(
    member: Member,
    level: int,
    source: RiskSource,
    *,
    submission: Submission | None = None,
    by: Member | None = None,
    text: str = "",
) -> RiskCase:
    """Open a risk case about a person, or attach a signal to the open one. Never lowers a level.

    level: Level.AMBER to Level.CRISIS. Raises ValueError for green.
    """
    if level < Level.AMBER:
        raise ValueError("a risk case starts at amber")
    case = _open_case(member, level)
    signal = {"source": source, "by": by, "text": text}
    if submission is None:
        RiskEvent.objects.create(case=case, kind="signal", level=level, **signal)
        new_signal = True
    else:
        # The quick look at submission and the screener may both speak of one text.
        _, new_signal = RiskEvent.objects.get_or_create(
            case=case, kind="signal", level=level, submission=submission, defaults=signal
        )
    if level > case.level:
        RiskCase.objects.filter(id=case.id, level__lt=level).update(
            level=level, acknowledge_due_at=clocks.acknowledge_by(level, timezone.now())
        )
        case.level = level
    if new_signal:
        event = {"t": "risk", "case": case.id, "level": int(case.level), "state": case.state}
        publish_on_commit(desk_topic(case.clinic_id), event)
        if level >= Level.RED:
            publish_on_commit(member_topic(member.id), {"t": "help"})
    return case


def _open_case(member: Member, level: int) -> RiskCase:
    """The person's open case, locked; made when there is none. Two makers: one row."""
    waiting = (
        RiskCase.objects.select_for_update().filter(member=member).exclude(state=RiskState.CLOSED)
    )
    case = waiting.first()
    if case is not None:
        return case
    try:
        with transaction.atomic():
            return RiskCase.objects.create(
                member=member,
                clinic_id=member.clinic_id,
                level=level,
                acknowledge_due_at=clocks.acknowledge_by(level, timezone.now()),
            )
    except IntegrityError:
        return waiting.get()


@transaction.atomic
def acknowledge(case: RiskCase, by: Member) -> bool:
    """Say 'I am on it'. True for the first to say so; False when somebody already was."""
    now = timezone.now()
    first = (
        RiskCase.objects.filter(id=case.id, state=RiskState.RAISED).update(
            state=RiskState.ACKNOWLEDGED, acknowledged_at=now, owner=by
        )
        == 1
    )
    if first:
        _note(case, "acknowledged", by)
    return first


@transaction.atomic
def add_note(case: RiskCase, by: Member, text: str) -> RiskEvent:
    """Write down what was seen or done. Raises RiskCaseClosed."""
    if not RiskCase.objects.filter(id=case.id).exclude(state=RiskState.CLOSED).exists():
        raise RiskCaseClosed
    return _note(case, "note", by, text)


@transaction.atomic
def close(case: RiskCase, by: Member, outcome: str) -> None:
    """Close an acknowledged case with what came of it. Raises RiskCaseClosed otherwise."""
    closed = RiskCase.objects.filter(id=case.id, state=RiskState.ACKNOWLEDGED).update(
        state=RiskState.CLOSED, closed_at=timezone.now(), outcome=outcome
    )
    if closed != 1:
        raise RiskCaseClosed
    _note(case, "closed", by, outcome)


def _note(case: RiskCase, kind: str, by: Member, text: str = "") -> RiskEvent:
    event = RiskEvent.objects.create(case_id=case.id, kind=kind, level=case.level, by=by, text=text)
    publish_on_commit(desk_topic(case.clinic_id), {"t": "risk", "case": case.id, "state": kind})
    return event

"""People who may be in danger: raising, acknowledging, closing. Nothing here takes anything away.

Everything in this file depends on the database alone, and is written in the transaction of what
caused it, so that no queue, model or network can lose a call for help.
"""

from datetime import timedelta

from django.db import IntegrityError, models, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from community.members import audit
from community.members.live import desk_topic, member_topic, publish_on_commit
from community.members.models import Member
from community.members.notices import tell
from moderation import clocks
from moderation.models import Level, RiskCase, RiskEvent, RiskSource, RiskState, Submission

# A form sent twice in a row says one thing.
TWICE = timedelta(minutes=10)


class RiskCaseClosed(Exception):
    """The case is closed, or nobody has said yet that they are on it."""


class NewSignal(Exception):
    """Something new was heard about the person since the page was made."""


def open_cases(clinic_id: int) -> QuerySet[RiskCase]:
    """Open cases of a clinic: unanswered ones first, crisis before the rest, then by the clock."""
    unanswered = models.Case(
        models.When(state=RiskState.RAISED, then=models.Value(0)), default=models.Value(1)
    )
    cases = RiskCase.objects.filter(clinic_id=clinic_id).exclude(state=RiskState.CLOSED)
    return cases.select_related("member", "owner").order_by(
        unanswered, "-level", "acknowledge_due_at", "id"
    )


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

    A signal that raises the level of an acknowledged case asks for an answer anew.
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
        _raise_level(case, level)
    if new_signal:
        event = {"t": "risk", "case": case.id, "level": int(case.level), "state": case.state}
        publish_on_commit(desk_topic(case.clinic_id), event)
        if level >= Level.RED:
            publish_on_commit(member_topic(member.id), {"t": "help"})
        audit.record(by, "risk.signal", case, about=member, source=source.value, level=int(level))
    return case


def _raise_level(case: RiskCase, level: int) -> None:
    """Make a locked case more urgent. The clock never moves away from what was promised."""
    due = clocks.acknowledge_by(level, timezone.now())
    if case.state == RiskState.RAISED:
        due = min(due, case.acknowledge_due_at)
    case.level, case.acknowledge_due_at = level, due
    case.state, case.acknowledged_at = RiskState.RAISED, None
    case.save(update_fields=["level", "acknowledge_due_at", "state", "acknowledged_at"])


def _open_case(member: Member, level: int) -> RiskCase:
    """The person's open case, locked; made when there is none. Two makers: one row."""
    waiting = (
        RiskCase.objects.select_for_update(no_key=True)
        .filter(member=member)
        .exclude(state=RiskState.CLOSED)
    )
    while (case := waiting.first()) is None:
        try:
            with transaction.atomic():
                return RiskCase.objects.create(
                    member=member,
                    clinic_id=member.clinic_id,
                    level=level,
                    acknowledge_due_at=clocks.acknowledge_by(level, timezone.now()),
                )
        except IntegrityError:
            # Another transaction opened it between our look and our insert: look again.
            continue
    return case


@transaction.atomic
def ask_for_person(member: Member) -> RiskCase:
    """'I need a person now.' Pressed again before anybody answered, it is the same call."""
    Member.objects.select_for_update(no_key=True).get(id=member.id)
    call = (
        RiskEvent.objects.filter(case__member=member, source=RiskSource.SELF)
        .exclude(case__state=RiskState.CLOSED)
        .select_related("case")
        .order_by("-id")
        .first()
    )
    if call is not None and not _answered(call):
        return call.case
    return raise_risk(member, Level.RED, RiskSource.SELF, by=member)


def _answered(signal: RiskEvent) -> bool:
    """The care team did something in the case after this signal."""
    later = RiskEvent.objects.filter(case_id=signal.case_id, id__gt=signal.id)
    return later.exclude(kind="signal").exists()


@transaction.atomic
def worry(about: Member, by: Member, level: int, text: str = "") -> RiskCase:
    """Somebody is worried about somebody else. The other never learns who. Twice in a row is once.

    level: Level.AMBER to Level.CRISIS.
    """
    Member.objects.select_for_update(no_key=True).get(id=about.id)
    if by.on_care_team:
        source = RiskSource.MODERATOR
    else:
        source = RiskSource.MENTOR if by.is_mentor else RiskSource.PEER
    said = (
        RiskEvent.objects.filter(
            case__member=about, by=by, source=source, text=text, at__gt=timezone.now() - TWICE
        )
        .exclude(case__state=RiskState.CLOSED)
        .filter(level__gte=level)
        .select_related("case")
        .first()
    )
    if said is not None:
        return said.case
    return raise_risk(about, level, source, by=by, text=text)


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
    """Write down what was seen or done, for the care team. Raises RiskCaseClosed."""
    return _say(case, "note", by, text)


@transaction.atomic
def write(case: RiskCase, by: Member, text: str) -> RiskEvent:
    """Write to the person, in the care team's name; they find it on their home page.

    Raises RiskCaseClosed.
    """
    return _say(case, "message", by, text)


@transaction.atomic
def close(case: RiskCase, by: Member, outcome: str, *, seen: int) -> None:
    """Close an acknowledged case with what came of it.

    seen: the id of the last event on the page the moderator decided from. Raises RiskCaseClosed,
    or NewSignal when a signal came after it: nobody closes over a call they have not read.
    """
    locked = RiskCase.objects.select_for_update(no_key=True).get(id=case.id)
    if locked.state != RiskState.ACKNOWLEDGED:
        raise RiskCaseClosed
    if locked.events.filter(kind="signal", id__gt=seen).exists():
        raise NewSignal
    locked.state, locked.closed_at, locked.outcome = RiskState.CLOSED, timezone.now(), outcome
    locked.save(update_fields=["state", "closed_at", "outcome"])
    _note(locked, "closed", by, outcome)


def _say(case: RiskCase, kind: str, by: Member, text: str) -> RiskEvent:
    """Add words to an open case. The same words twice in a row are said once."""
    locked = RiskCase.objects.select_for_update(no_key=True).get(id=case.id)
    if locked.state == RiskState.CLOSED:
        raise RiskCaseClosed
    said = locked.events.filter(kind=kind, by=by, text=text, at__gt=timezone.now() - TWICE).first()
    if said is not None:
        return said
    if kind == "message":
        tell(locked.member, "message", reverse("members:home"))
    return _note(locked, kind, by, text)


def _note(case: RiskCase, kind: str, by: Member, text: str = "") -> RiskEvent:
    event = RiskEvent.objects.create(case_id=case.id, kind=kind, level=case.level, by=by, text=text)
    publish_on_commit(desk_topic(case.clinic_id), {"t": "risk", "case": case.id, "state": kind})
    audit.record(
        by, f"risk.{kind}", case, about=case.member_id, event=event.id, level=int(case.level)
    )
    return event

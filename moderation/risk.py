"""People who may be in danger: raising, answering, judging, asking again. Nothing is taken away.

Everything in this file depends on the database alone, and is written in the transaction of what
caused it, so that no queue, model or network can lose a call for help.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, models, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from community.members import audit
from community.members.erasure import erased
from community.members.live import desk_topic, member_topic, publish_on_commit
from community.members.models import Member
from community.members.notices import tell
from moderation import clocks, duty
from moderation.models import (
    CARED_FOR,
    Criterion,
    FollowUp,
    Letter,
    Level,
    RiskCase,
    RiskEvent,
    RiskSource,
    RiskState,
    Submission,
)

# A form sent twice in a row says one thing.
TWICE = timedelta(minutes=10)
# The promises made to a person at risk.
CLOCKS = ("acknowledge", "contact", "assess")
MET = ("acknowledged_at", "contacted_at", "assessed_at")


OPEN_STATES = tuple(state for state in RiskState if state != RiskState.CLOSED)


class RiskCaseClosed(Exception):
    """The case is closed, or nobody has said yet that they are on it."""


class SecondPerson(Exception):
    """Somebody else has to agree: nobody stands a crisis down alone."""


class NewSignal(Exception):
    """Something new was heard about the person since the page was made."""


def open_cases(clinic_id: int) -> QuerySet[RiskCase]:
    """Open cases of a clinic: what waits for us first, crisis before the rest, then by the clock.

    What waits: nobody has answered, or the person wrote something that nobody has read (`wrote`).
    """
    letters = Letter.objects.filter(member=models.OuterRef("member"), to_team=True, read_at=None)
    unanswered = models.Case(
        models.When(models.Q(state=RiskState.RAISED) | models.Q(wrote=True), then=models.Value(0)),
        default=models.Value(1),
    )
    cases = RiskCase.objects.filter(clinic_id=clinic_id).exclude(state=RiskState.CLOSED)
    return (
        cases.annotate(wrote=models.Exists(letters))
        .select_related("member", "owner")
        .order_by(unanswered, "-level", "acknowledge_due_at", "id")
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
    anew = case.state in (*CARED_FOR, RiskState.STAND_DOWN)
    # What a person has heard and judged lower is not asked again because a text is read again.
    if new_signal and (level > case.level or anew):
        _ask_anew(case, max(level, case.level))
    if new_signal:
        event = {"t": "risk", "case": case.id, "level": int(case.level), "state": case.state}
        publish_on_commit(desk_topic(case.clinic_id), event)
        if level >= Level.RED:
            publish_on_commit(member_topic(member.id), {"t": "help"})
        if case.level >= Level.RED and case.state == RiskState.RAISED:
            duty.page(case)
        audit.record(by, "risk.signal", case, about=member, source=source.value, level=int(level))
    return case


@transaction.atomic
def ring_again(member: Member) -> None:
    """They wrote words of danger while somebody was on it: ask for an answer anew, and call.

    Where nobody has answered yet, the duty rings already.
    """
    case = RiskCase.objects.select_for_update(no_key=True).get(member=member, state__in=OPEN_STATES)
    if case.state != RiskState.ACKNOWLEDGED:
        return
    _ask_anew(case, case.level)
    event = {"t": "risk", "case": case.id, "level": int(case.level), "state": case.state}
    publish_on_commit(desk_topic(case.clinic_id), event)
    duty.page(case)
    audit.record(None, "risk.rang_again", case, about=member, level=int(case.level))


def hear(member_id: int, by: Member, up_to: int) -> int:
    """Somebody on the team has read a person's letters, up to this one. Returns how many."""
    unread = Letter.objects.filter(
        member_id=member_id, to_team=True, read_at__isnull=True, id__lte=up_to
    )
    count = unread.update(read_at=timezone.now(), read_by=by)
    if count:
        audit.record(by, "letter.read", about=member_id, count=count, up_to=up_to)
    return count


def _ask_anew(case: RiskCase, level: int) -> None:
    """Start the three clocks of a locked case. What was promised and not kept stays promised."""
    now = timezone.now()
    due = _dues(level, now)
    for clock in CLOCKS:
        at = due[f"{clock}_due_at"]
        if not case.has_met(clock):
            at = min(at, case.due_of(clock))
        setattr(case, f"{clock}_due_at", at)
    if case.acknowledged_at is not None:
        case.asked_at = now
    case.level, case.state = level, RiskState.RAISED
    case.acknowledged_at = case.contacted_at = case.assessed_at = None
    case.save(update_fields=["level", "state", "asked_at", *due, *MET])


def _dues(level: int, now: datetime) -> dict[str, datetime]:
    return {
        "acknowledge_due_at": clocks.acknowledge_by(level, now),
        "contact_due_at": clocks.contact_by(level, now),
        "assess_due_at": clocks.assess_by(level, now),
    }


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
                    **_dues(level, timezone.now()),
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
    """Write to the person, in the care team's name; they can write back (see `letters`).

    Raises RiskCaseClosed.
    """
    return _say(case, "message", by, text)


@transaction.atomic
def assess(
    case: RiskCase,
    by: Member,
    *,
    level: int,
    criteria: Sequence[Criterion],
    way: RiskState,
    text: str,
    seen: int,
    heard: int = 0,
) -> None:
    """Judge how somebody is, and say what is done: PLAN, CLINICAL, EMERGENCY or STOOD_DOWN.

    level: green to crisis; only this may lower it. What is done goes on with follow-ups after 24
    and 72 hours. No danger found: the case closes, unless it was a crisis at any time since it was
    opened; then a second person has to agree (`agree`). seen: the id of the last event on the page
    that was judged from; heard: that of their last letter on it. Raises RiskCaseClosed before
    anybody is on it, and NewSignal when a call or a letter came after these: nobody judges over
    what they have not read.
    """
    locked = _locked(case)
    _not_over_what_is_new(locked, by, seen, heard)
    if locked.state in (RiskState.RAISED, RiskState.CLOSED):
        raise RiskCaseClosed
    found = [Criterion(one).label for one in criteria]
    locked.level, locked.assessed_at = max(level, Level.GREEN), timezone.now()
    locked.owner, locked.outcome = by, text
    locked.state, locked.stand_down_by = way, None
    if way == RiskState.STOOD_DOWN:
        crisis = locked.events.filter(kind="signal", level=Level.CRISIS).exists()
        locked.state = RiskState.STAND_DOWN if crisis else RiskState.CLOSED
        locked.stand_down_by = by if crisis else None
        locked.closed_at = None if crisis else timezone.now()
    locked.save(
        update_fields=[
            *("level", "assessed_at", "owner", "outcome", "state", "stand_down_by", "closed_at")
        ]
    )
    _note(locked, "assessed", by, "\n".join([*found, text]))
    if locked.state == RiskState.CLOSED:
        _closed(locked, by)
    elif locked.state in CARED_FOR:
        _plan_follow_ups(locked)


@transaction.atomic
def agree(case: RiskCase, by: Member) -> None:
    """The second person finds no danger either. They are asked again after 24 and 72 hours.

    Raises SecondPerson for whoever found so first, RiskCaseClosed when nothing waits for it.
    """
    locked = _waiting_for_second(case, by)
    locked.state = RiskState.STOOD_DOWN
    locked.save(update_fields=["state"])
    _note(locked, "agreed", by)
    _plan_follow_ups(locked)


@transaction.atomic
def disagree(case: RiskCase, by: Member, text: str) -> None:
    """The second person sees danger: the case is theirs, to be judged anew. Raises as `agree`."""
    locked = _waiting_for_second(case, by)
    locked.state, locked.owner = RiskState.ACKNOWLEDGED, by
    locked.level, locked.assessed_at = max(locked.level, Level.RED), None
    locked.asked_at = timezone.now()
    locked.assess_due_at = clocks.assess_by(locked.level, locked.asked_at)
    locked.save(
        update_fields=["state", "owner", "level", "assessed_at", "asked_at", "assess_due_at"]
    )
    _note(locked, "disagreed", by, text)


@transaction.atomic
def follow_up(case: RiskCase, by: Member, text: str, *, seen: int, heard: int = 0) -> bool:
    """Write down how somebody is after 24 or 72 hours. True when it was the last: the case closes.

    Raises RiskCaseClosed when nothing is to be followed up, NewSignal as `assess`.
    """
    locked = _locked(case)
    _not_over_what_is_new(locked, by, seen, heard)
    following = locked.follow_ups.filter(done_at=None).order_by("due_at")
    if locked.state not in CARED_FOR or not following.exists():
        raise RiskCaseClosed
    FollowUp.objects.filter(id=following[0].id).update(done_at=timezone.now(), by=by)
    _note(locked, "followed_up", by, text)
    if locked.follow_ups.filter(done_at=None).exists():
        return False
    locked.state, locked.closed_at, locked.outcome = RiskState.CLOSED, timezone.now(), text
    locked.save(update_fields=["state", "closed_at", "outcome"])
    _closed(locked, by)
    return True


def _not_over_what_is_new(case: RiskCase, by: Member, seen: int, heard: int) -> None:
    letters = Letter.objects.filter(member=case.member_id, to_team=True, read_at__isnull=True)
    if case.events.filter(kind="signal", id__gt=seen).exists():
        raise NewSignal
    if letters.filter(id__gt=heard).exists():
        raise NewSignal
    hear(case.member_id, by, heard)


def _closed(case: RiskCase, by: Member) -> None:
    """Write it down, and let go of what was kept of the erased while it was needed."""
    _note(case, "closed", by)
    gone, words = erased(), RiskEvent.objects.filter(case=case.id).exclude(text="")
    words.filter(kind="signal", by__in=gone).update(text="")
    if RiskCase.objects.filter(id=case.id, member__in=gone).update(outcome=""):
        words.update(text="")


def _locked(case: RiskCase) -> RiskCase:
    return RiskCase.objects.select_for_update(no_key=True).get(id=case.id)


def _waiting_for_second(case: RiskCase, by: Member) -> RiskCase:
    locked = _locked(case)
    if locked.state != RiskState.STAND_DOWN:
        raise RiskCaseClosed
    if locked.stand_down_by_id == by.id:
        raise SecondPerson
    return locked


def _plan_follow_ups(case: RiskCase) -> None:
    """Ask again after 24 and 72 hours, counted from now. What was planned before gives way."""
    now = timezone.now()
    case.follow_ups.filter(done_at=None).delete()
    for hours in clocks.FOLLOW_UP_H:
        FollowUp.objects.create(case=case, after_h=hours, due_at=now + timedelta(hours=hours))


def _say(case: RiskCase, kind: str, by: Member, text: str) -> RiskEvent:
    """Add words to an open case. The same words twice in a row are said once."""
    locked = RiskCase.objects.select_for_update(no_key=True).get(id=case.id)
    if locked.state == RiskState.CLOSED:
        raise RiskCaseClosed
    said = locked.events.filter(kind=kind, by=by, text=text, at__gt=timezone.now() - TWICE).first()
    if said is not None:
        return said
    if kind == "message":
        RiskCase.objects.filter(id=case.id, contacted_at__isnull=True).update(
            contacted_at=timezone.now()
        )
    event = _note(locked, kind, by, text)
    if kind == "message":
        Letter.objects.create(member=locked.member, by=by, to_team=False, event=event)
        tell(locked.member, "message", reverse("moderation:my_letters"))
    return event


def _note(case: RiskCase, kind: str, by: Member, text: str = "") -> RiskEvent:
    event = RiskEvent.objects.create(case_id=case.id, kind=kind, level=case.level, by=by, text=text)
    publish_on_commit(desk_topic(case.clinic_id), {"t": "risk", "case": case.id, "state": kind})
    audit.record(
        by, f"risk.{kind}", case, about=case.member_id, event=event.id, level=int(case.level)
    )
    return event

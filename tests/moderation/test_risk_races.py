"""People at risk and the roster, many at once: one is first, and nothing that was heard is lost.

Each race is played a second time with the guard away: then it must show.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from community.members.models import Clinic, Member
from moderation import duty, risk
from moderation.models import (
    CARED_FOR,
    Alert,
    Channel,
    Criterion,
    DutyShift,
    Level,
    RiskCase,
    RiskEvent,
    RiskSource,
    RiskState,
)
from tests import make
from tests.races import together

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
MANY = 6


@pytest.fixture
def team(clinic: Clinic) -> list[Member]:
    return [make.member(clinic, role="moderator") for _ in range(MANY)]


def call(member: Member, level: int = Level.RED) -> RiskCase:
    return risk.raise_risk(member, level, RiskSource.SELF, by=member)


@contextmanager
def without(*indexes: str) -> Iterator[None]:
    """The database without these unique indexes; what they forbid is removed afterwards."""
    with connection.cursor() as cursor:
        sql = []
        for name in indexes:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
            else:
                cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [name])
            sql.append(cursor.fetchone()[0])
            cursor.execute(f'DROP INDEX "{name}"')
    try:
        yield
    finally:
        Alert.objects.all().delete()
        with connection.cursor() as cursor:
            for statement in sql:
                cursor.execute(statement)


# --- 'I am on it' -------------------------------------------------------------------------------


def test_one_of_many_is_on_it(ana: Member, team: list[Member]) -> None:
    for _ in range(5):
        case = call(ana, Level.CRISIS)
        answers = together([partial(risk.acknowledge, case, each) for each in team])
        assert sorted(answers) == [False] * (MANY - 1) + [True]
        case.refresh_from_db()
        said = case.events.get(kind="acknowledged")
        assert said.by == case.owner == team[answers.index(True)]
        RiskCase.objects.filter(id=case.id).update(state=RiskState.CLOSED)


def test_with_a_look_instead_of_the_condition_several_are(ana: Member, team: list[Member]) -> None:
    """The positive control."""
    case, looked = call(ana, Level.CRISIS), threading.Barrier(MANY)

    def carelessly(by: Member) -> bool:
        seen = RiskCase.objects.get(id=case.id)
        looked.wait(30)
        if seen.state != RiskState.RAISED:
            return False
        seen.state, seen.owner = RiskState.ACKNOWLEDGED, by
        seen.save(update_fields=["state", "owner"])
        return True

    answers = together([partial(carelessly, each) for each in team])
    assert answers.count(True) > 1


# --- One open case a person ---------------------------------------------------------------------


def test_many_worries_at_once_are_one_case_and_none_is_lost(
    ana: Member, team: list[Member]
) -> None:
    calls = [
        partial(risk.raise_risk, ana, Level.RED, RiskSource.MODERATOR, by=each, text=f"{each}")
        for each in team
    ]
    made = together(calls)
    assert {case.id for case in made} == {RiskCase.objects.get(member=ana).id}
    texts = RiskEvent.objects.filter(kind="signal").values_list("text", flat=True)
    assert sorted(texts) == sorted(str(each) for each in team)
    # Who called is called for once, however many there were.
    called = list(Alert.objects.values_list("to", "step"))
    assert len(called) == len(set(called))


def test_without_the_index_they_are_several(ana: Member) -> None:
    """The positive control."""
    looked = threading.Barrier(MANY)

    def carelessly() -> None:
        known = RiskCase.objects.filter(member=ana).exclude(state=RiskState.CLOSED).exists()
        looked.wait(30)
        if not known:
            RiskCase.objects.create(
                member=ana,
                clinic_id=ana.clinic_id,
                level=Level.RED,
                acknowledge_due_at=timezone.now(),
            )

    with without("one_open_risk_case_per_person"):
        together([carelessly] * MANY)
        several = RiskCase.objects.filter(member=ana).count()
        RiskCase.objects.all().delete()
    assert several > 1


# --- A call while somebody judges ---------------------------------------------------------------


def judged_or_told(case: RiskCase, by: Member, seen: int) -> None:
    how = {"level": Level.AMBER, "criteria": [Criterion.SAFE], "text": "She is well."}
    risk.assess(case, by, way=RiskState.PLAN, seen=seen, **how)


def careless_assess(case: RiskCase, by: Member, seen: int) -> None:
    """What `assess` must not be: it looks for new calls, thinks, and writes."""
    if RiskEvent.objects.filter(case=case, kind="signal", id__gt=seen).exists():
        raise risk.NewSignal
    time.sleep(0.3)
    RiskCase.objects.filter(id=case.id).update(state=RiskState.PLAN, assessed_at=timezone.now())


def overheard(ana: Member, moss: Member, assess: Callable[..., None]) -> bool:
    """Whether a call that came while somebody judged is left without an answer."""
    case = call(ana)
    risk.acknowledge(case, moss)
    seen = case.events.latest("id").id
    louder = partial(risk.raise_risk, ana, Level.CRISIS, RiskSource.SELF, by=ana, text="Now.")
    result, _ = together([partial(assess, case, moss, seen), louder])
    assert result is None or isinstance(result, risk.NewSignal), result
    case.refresh_from_db()
    heard = case.events.filter(text="Now.").exists()
    lost = heard and case.state in CARED_FOR
    RiskCase.objects.filter(id=case.id).update(state=RiskState.CLOSED)
    return lost


def test_nobody_judges_past_a_call_of_the_same_moment(ana: Member, moss: Member) -> None:
    assert not any(overheard(ana, moss, judged_or_told) for _ in range(6))


def test_without_the_lock_somebody_does(ana: Member, moss: Member) -> None:
    """The positive control."""
    assert any(overheard(ana, moss, careless_assess) for _ in range(6))


def test_a_call_beside_the_last_follow_up_opens_a_case_or_keeps_it_open(
    ana: Member, moss: Member
) -> None:
    for _ in range(6):
        case = call(ana)
        risk.acknowledge(case, moss)
        judged_or_told(case, moss, 10**9)
        risk.follow_up(case, moss, "Better.", seen=10**9)
        seen = case.events.latest("id").id
        done, _ = together(
            [partial(risk.follow_up, case, moss, "Well.", seen=seen), partial(call, ana)]
        )
        assert done is True or isinstance(done, risk.NewSignal)
        waiting = RiskCase.objects.get(member=ana, state=RiskState.RAISED)
        assert waiting.events.filter(kind="signal").exists()
        RiskCase.objects.update(state=RiskState.CLOSED)


# --- Calling people -----------------------------------------------------------------------------


def test_each_is_called_once_for_a_step(ana: Member, team: list[Member]) -> None:
    case = call(ana)
    Alert.objects.all().delete()
    made = together([partial(duty.page, case, step=100)] * MANY)
    assert sum(made) == MANY == Alert.objects.count()
    assert set(Alert.objects.values_list("to", flat=True)) == {each.id for each in team}


def test_without_the_index_somebody_is_called_twice(ana: Member, moss: Member) -> None:
    """The positive control."""
    case, looked = call(ana), threading.Barrier(MANY)
    row = {"case": case, "clock": "acknowledge", "step": 80, "due_at": case.acknowledge_due_at}

    def carelessly() -> None:
        known = Alert.objects.filter(**row, to=moss).exists()
        looked.wait(30)
        if not known:
            Alert.objects.create(**row, to=moss, channel=Channel.MAIL)

    with without("one_alert_per_person_and_step"):
        together([carelessly] * MANY)
        several = Alert.objects.filter(step=80).count()
    assert several > 1


# --- The roster ---------------------------------------------------------------------------------


def running(member: Member) -> int:
    now = timezone.now()
    return DutyShift.objects.filter(member=member, starts_at__lte=now, ends_at__gt=now).count()


def test_i_am_here_from_many_windows_is_one_duty(moss: Member) -> None:
    together([partial(duty.begin_now, moss, hours) for hours in range(2, 2 + MANY)])
    assert running(moss) == 1
    shift = DutyShift.objects.get()
    assert shift.ends_at - shift.starts_at > timedelta(hours=MANY)


def test_without_the_lock_it_is_several(moss: Member) -> None:
    """The positive control."""
    looked = threading.Barrier(MANY)

    def carelessly() -> None:
        known = running(moss)
        looked.wait(30)
        if not known:
            now = timezone.now()
            DutyShift.objects.create(
                clinic_id=moss.clinic_id,
                member=moss,
                starts_at=now,
                ends_at=now + timedelta(hours=1),
                made_by=moss,
            )

    together([carelessly] * MANY)
    assert running(moss) > 1


def test_whoever_leaves_while_a_call_goes_out_somebody_is_called(
    ana: Member, moss: Member, lena: Member
) -> None:
    """Moss leaves, the roster is changed and a crisis comes in at the same moment: whoever it finds
    there is called, and nobody is never."""
    for _ in range(4):
        duty.begin_now(moss, 4)
        case, *rest = together(
            [
                partial(call, ana, Level.CRISIS),
                partial(duty.end_now, moss),
                partial(duty.begin_now, lena, 2),
                partial(duty.end_now, lena),
            ]
        )
        assert not any(isinstance(each, Exception) for each in (case, *rest))
        assert Alert.objects.filter(case=case, step=0).exists()
        RiskCase.objects.filter(id=case.id).update(state=RiskState.CLOSED)

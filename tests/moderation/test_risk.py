"""From a call for help to the last follow-up: every step by a person, none against the person."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from community.members.models import Member, Notice
from moderation import ladder, risk
from moderation.models import (
    Criterion,
    FollowUp,
    Level,
    RiskCase,
    RiskSource,
    RiskState,
    Sanction,
)
from moderation.risk import NewSignal, RiskCaseClosed, SecondPerson
from tests.clock import standing
from tests.races import together

NOON = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)
SEEN = 10**9


def answered(member: Member, by: Member, level: int = Level.CRISIS) -> RiskCase:
    case = risk.raise_risk(member, level, RiskSource.FILTER)
    risk.acknowledge(case, by)
    return case


def judge(case: RiskCase, by: Member, way: RiskState, **extra: Any) -> RiskCase:
    given = {"level": Level.AMBER, "criteria": [Criterion.IDEATION], "text": "We spoke."}
    risk.assess(case, by, way=way, **{**given, "seen": SEEN, **extra})
    case.refresh_from_db()
    return case


def test_three_clocks_run_from_the_call(ana: Member) -> None:
    with standing(NOON):
        case = risk.raise_risk(ana, Level.CRISIS, RiskSource.SELF)
    dues = [case.due_of(clock) for clock in risk.CLOCKS]
    assert [(due - NOON).total_seconds() / 60 for due in dues] == [2, 5, 15]


def test_nobody_is_judged_before_somebody_is_on_it(ana: Member, moss: Member) -> None:
    case = risk.raise_risk(ana, Level.RED, RiskSource.SELF)
    with pytest.raises(RiskCaseClosed):
        judge(case, moss, RiskState.PLAN)


@pytest.mark.parametrize("way", [RiskState.PLAN, RiskState.CLINICAL, RiskState.EMERGENCY])
def test_what_is_done_goes_on_with_follow_ups_after_24_and_72_hours(
    way: RiskState, ana: Member, moss: Member
) -> None:
    with standing(NOON) as clock:
        case = judge(answered(ana, moss), moss, way)
        assert (case.state, case.level) == (way, Level.AMBER)
        hours = case.follow_ups.order_by("due_at").values_list("due_at", flat=True)
        assert list(hours) == [NOON + timedelta(hours=h) for h in (24, 72)]
        clock.forward(24 * 3600)
        ladder.climb()
        ladder.climb()
        assert Notice.objects.filter(member=moss, kind="follow_up").count() == 1
        assert risk.follow_up(case, moss, "Slept well.", seen=SEEN) is False
        clock.forward(48 * 3600)
        assert risk.follow_up(case, moss, "Better.", seen=SEEN) is True
    case.refresh_from_db()
    assert (case.state, case.outcome) == (RiskState.CLOSED, "Better.")


def test_a_crisis_is_stood_down_by_two_people(ana: Member, moss: Member, lena: Member) -> None:
    case = judge(answered(ana, moss), moss, RiskState.STOOD_DOWN, level=Level.GREEN)
    assert case.state == RiskState.STAND_DOWN
    with pytest.raises(SecondPerson):
        risk.agree(case, moss)
    risk.agree(case, lena)
    case.refresh_from_db()
    assert case.state == RiskState.STOOD_DOWN
    assert case.follow_ups.count() == 2


def test_lowering_the_level_first_does_not_spare_the_second_person(
    ana: Member, moss: Member
) -> None:
    case = judge(answered(ana, moss), moss, RiskState.PLAN, level=Level.AMBER)
    case = judge(case, moss, RiskState.STOOD_DOWN)
    assert case.state == RiskState.STAND_DOWN


def test_the_second_person_may_see_danger_and_takes_it_on(
    ana: Member, moss: Member, lena: Member
) -> None:
    case = judge(answered(ana, moss), moss, RiskState.STOOD_DOWN, level=Level.GREEN)
    risk.disagree(case, lena, "She wrote again.")
    case.refresh_from_db()
    assert (case.state, case.owner, case.level) == (RiskState.ACKNOWLEDGED, lena, Level.RED)
    assert case.assessed_at is None


def test_below_a_crisis_one_person_stands_down(ana: Member, moss: Member) -> None:
    case = judge(answered(ana, moss, Level.RED), moss, RiskState.STOOD_DOWN, level=Level.GREEN)
    assert case.state == RiskState.CLOSED


def test_a_new_call_while_somebody_is_cared_for_asks_anew(ana: Member, moss: Member) -> None:
    case = judge(answered(ana, moss, Level.RED), moss, RiskState.PLAN)
    risk.raise_risk(ana, Level.AMBER, RiskSource.PEER, text="Quiet again.")
    case.refresh_from_db()
    assert (case.state, case.acknowledged_at) == (RiskState.RAISED, None)


def test_nobody_judges_or_follows_up_over_an_unread_call(ana: Member, moss: Member) -> None:
    case = answered(ana, moss, Level.RED)
    seen = case.events.order_by("-id").first().id
    risk.raise_risk(ana, Level.RED, RiskSource.SELF)
    with pytest.raises(NewSignal):
        judge(case, moss, RiskState.STOOD_DOWN, seen=seen)


@pytest.mark.django_db(transaction=True)
def test_two_second_people_at_once_agree_once(ana: Member, moss: Member, lena: Member) -> None:
    case = judge(answered(ana, moss), moss, RiskState.STOOD_DOWN, level=Level.GREEN)
    answers = together([lambda: risk.agree(case, lena)] * 4)
    assert sum(answer is None for answer in answers) == 1
    assert FollowUp.objects.filter(done_at=None).count() == 2


def test_danger_never_takes_anything_away(ana: Member, moss: Member, lena: Member) -> None:
    """Pitfalls 13 and 14: no step creates a measure, and ana may write all the while."""
    from tests.make_moderation import letter

    case = answered(ana, moss)
    for way in (RiskState.PLAN, RiskState.CLINICAL, RiskState.EMERGENCY, RiskState.STOOD_DOWN):
        judge(case, moss, way)
        assert letter(ana, "I am still here.").id
    risk.agree(case, lena)
    assert Sanction.objects.count() == 0


def test_nobody_reads_what_colleagues_write_about_them(
    moss: Member, lena: Member, client_of: Callable[..., Client]
) -> None:
    case = risk.raise_risk(moss, Level.RED, RiskSource.PEER, text="He looked so tired.")
    url = reverse("moderation:risk", args=[case.id])
    acknowledge = reverse("moderation:acknowledge", args=[case.id])
    assert client_of(moss).get(url).status_code == 404
    assert client_of(moss).post(acknowledge).status_code == 404
    assert url not in client_of(moss).get(reverse("moderation:queue")).content.decode()
    assert client_of(lena).get(url).status_code == 200
    assert url in client_of(lena).get(reverse("moderation:queue")).content.decode()

"""Two people in the same moment: one of them finds it as it was, the other hears that it moved."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone

from community.members.models import Group, Member, Notice
from moderation import appeals, reports, sanctions
from moderation.models import (
    Appeal,
    AppealState,
    Report,
    ReportReason,
    ReportState,
    ReviewCase,
    ReviewState,
    Sanction,
    SanctionKind,
    SanctionState,
    State,
    Submission,
)
from tests import make, make_forums
from tests.make_moderation import held
from tests.make_sanctions import WHY, active, decided, over, proposed, reported
from tests.races import together

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
DAY = timedelta(days=1)


def bare(action: Any) -> Any:
    """The action without its transaction."""
    return action.__wrapped__


def late_move(sanction: Sanction, seen: SanctionState, to: SanctionState, **fields: object) -> None:
    """What `_move` must not be: look first, change later."""
    if Sanction.objects.get(id=sanction.id).state != seen:
        raise sanctions.Meanwhile
    time.sleep(0.3)
    Sanction.objects.filter(id=sanction.id).update(state=to, **fields)


def won(results: list[Any]) -> int:
    """How many got through; the others were told that somebody was first."""
    refused = (sanctions.Meanwhile, appeals.Meanwhile)
    assert all(result is None or isinstance(result, refused) for result in results), results
    return results.count(None)


# --- Begin, leave, end, expire ------------------------------------------------------------------


def begin_or_leave(made: Sanction, moss: Member, lena: Member) -> list[Callable[[], None]]:
    return [
        partial(sanctions.activate, made, moss, reason=WHY, length=DAY),
        partial(sanctions.activate, made, lena, reason=WHY, length=DAY),
        partial(sanctions.decline, made, moss, "Too much."),
        partial(sanctions.decline, made, lena, "Too much."),
    ]


def test_one_of_those_who_begin_and_leave_is_first(ana: Member, moss: Member, lena: Member) -> None:
    for _ in range(5):
        made = proposed(moss, ana, SanctionKind.REST)
        assert won(together(begin_or_leave(made, moss, lena))) == 1
        made.refresh_from_db()
        begun = made.state == SanctionState.ACTIVE
        assert begun == (made.activated_by is not None) == (made.ended_by is None)
    told = Notice.objects.filter(member=ana, kind="sanction").count()
    assert told == Sanction.objects.filter(state=SanctionState.ACTIVE).count()


def test_without_the_condition_several_are_first(
    ana: Member, moss: Member, lena: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The positive control: the race is there, and the test above would see it."""
    monkeypatch.setattr(sanctions, "_move", late_move)
    monkeypatch.setattr(sanctions, "activate", bare(sanctions.activate))
    monkeypatch.setattr(sanctions, "decline", bare(sanctions.decline))
    made = proposed(moss, ana, SanctionKind.REST)
    results = together(begin_or_leave(made, moss, lena))
    assert results.count(None) > 1


def end_or_expire(made: Sanction, moss: Member, lena: Member) -> list[Callable[[], Any]]:
    return [
        partial(sanctions.lift, made, moss, "Enough."),
        partial(sanctions.lift, made, lena, "Enough."),
        sanctions.expire,
        sanctions.expire,
    ]


def ends(results: list[Any]) -> int:
    """How often it ended: lifts that got through, and rows the loops wrote."""
    return sum(result is None or result == 1 for result in results)


def test_it_ends_once_whether_lifted_or_over(ana: Member, moss: Member, lena: Member) -> None:
    for _ in range(5):
        made = over(active(moss, ana, SanctionKind.REST))
        results = together(end_or_expire(made, moss, lena))
        assert ends(results) == 1
        made.refresh_from_db()
        lifted = made.state == SanctionState.LIFTED
        assert lifted == (made.ended_by is not None)
    assert Notice.objects.filter(member=ana, kind="sanction_ended").count() == 5


def test_without_the_condition_it_ends_twice(
    ana: Member, moss: Member, lena: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The positive control."""
    monkeypatch.setattr(sanctions, "_move", late_move)
    monkeypatch.setattr(sanctions, "lift", bare(sanctions.lift))
    monkeypatch.setattr(sanctions, "_expire", bare(sanctions._expire))
    made = over(active(moss, ana, SanctionKind.REST))
    assert ends(together(end_or_expire(made, moss, lena))) > 1


def test_begin_and_end_at_once_leave_one_clear_state(
    ana: Member, moss: Member, lena: Member
) -> None:
    made = proposed(moss, ana, SanctionKind.REST)
    results = together(
        [
            partial(sanctions.activate, made, moss, reason=WHY, length=DAY),
            partial(sanctions.lift, made, lena, "Enough."),
        ]
    )
    assert results[0] is None
    made.refresh_from_db()
    ended = results[1] is None
    assert made.state == (SanctionState.LIFTED if ended else SanctionState.ACTIVE)


# --- Two who answer an appeal -------------------------------------------------------------------


def appealed(ana: Member, moss: Member) -> Appeal:
    case = held(ana)
    decided(case, moss)
    case.submission.refresh_from_db()
    return appeals.appeal_text(case.submission, ana, "")


def answers(appeal: Appeal, one: Member, other: Member) -> list[Callable[[], None]]:
    return [
        partial(appeals.overturn, appeal, one, "Taken back."),
        partial(appeals.uphold, appeal, other, "It stays."),
    ]


def test_one_answer_counts_and_the_text_stands_as_it_says(
    ana: Member, moss: Member, lena: Member
) -> None:
    other = make.member(ana.clinic, "Max", role="moderator")
    for _ in range(5):
        appeal = appealed(ana, moss)
        assert won(together(answers(appeal, lena, other))) == 1
        appeal.refresh_from_db()
        assert appeal.decision is not None
        text = Submission.objects.get(id=appeal.decision.submission_id)
        taken_back = appeal.state == AppealState.OVERTURNED
        assert text.state == (State.VISIBLE if taken_back else State.REMOVED)
        assert appeal.decided_by == (lena if taken_back else other)
    assert Notice.objects.filter(member=ana, kind="appeal").count() == 5


def test_without_the_condition_both_answers_count(
    ana: Member, moss: Member, lena: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The positive control."""

    def late(appeal: Appeal, by: Member, to: AppealState, answer: str) -> None:
        if Appeal.objects.get(id=appeal.id).state != AppealState.OPEN:
            raise appeals.Meanwhile
        time.sleep(0.3)
        Appeal.objects.filter(id=appeal.id).update(
            state=to, decided_by=by, decided_at=timezone.now(), answer=answer
        )

    monkeypatch.setattr(appeals, "_decide", late)
    monkeypatch.setattr(appeals, "overturn", bare(appeals.overturn))
    monkeypatch.setattr(appeals, "uphold", bare(appeals.uphold))
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)
    other = make.member(ana.clinic, "Max", role="moderator")
    assert together(answers(appealed(ana, moss), lena, other)) == [None, None]


def test_the_form_sent_many_times_is_one_appeal(ana: Member, moss: Member) -> None:
    made = active(moss, ana)
    results = together([partial(appeals.appeal_sanction, made, ana, "")] * 4)
    assert Appeal.objects.count() == 1
    known = [result for result in results if isinstance(result, appeals.AppealedAlready)]
    assert len(known) == 3


# --- Reports ------------------------------------------------------------------------------------


def public(group: Group, author: Member, name: str) -> Submission:
    return make_forums.published(make_forums.board(group, name), author).submission


def test_the_same_report_many_times_is_one(group: Group, ana: Member, ben: Member) -> None:
    for reason in (ReportReason.UNKIND, ReportReason.WORRIED):
        text = public(group, ana, reason.value)
        results = together([partial(reported, ben, text, reason)] * 4)
        assert len({result.id for result in results}) == 1
    assert Report.objects.count() == 2


def test_without_the_constraint_and_the_kind_second_look_it_would_fail(
    group: Group, ana: Member, ben: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The positive control: several do get past the first look, and the database stops them."""
    looks = []

    def blind(*args: Any) -> None:
        looks.append(args)
        time.sleep(0.2)

    monkeypatch.setattr(reports, "_known", blind)
    results = together([partial(reported, ben, public(group, ana, "B"))] * 3)
    assert sum(isinstance(result, IntegrityError) for result in results) == 2
    assert len(looks) > 3


def test_many_reports_at_once_join_one_case(group: Group, ana: Member) -> None:
    text = public(group, ana, "B")
    people = [make.member(group.clinic, groups=(group,)) for _ in range(6)]
    results = together([partial(reported, person, text) for person in people])
    assert {result.case_id for result in results} == {ReviewCase.objects.get().id}


def beside_a_decision(text: Submission, reporter: Member, other: Member, moss: Member) -> list[Any]:
    """A first report is decided while somebody else makes a second one."""
    case = reported(reporter, text).case
    assert case is not None
    return together(
        [
            partial(decided, case, moss, State.NOTED, "method"),
            partial(reported, other, text),
        ]
    )


def lost() -> int:
    """Reports that nobody answered and that lie in no open case."""
    unanswered = Report.objects.filter(state=ReportState.OPEN)
    return unanswered.exclude(case__state__in=(ReviewState.OPEN, ReviewState.CLAIMED)).count()


def test_a_report_beside_a_decision_is_answered_or_waits(
    group: Group, ana: Member, ben: Member, moss: Member
) -> None:
    other = make.member(group.clinic, groups=(group,))
    for n in range(5):
        results = beside_a_decision(public(group, ana, f"B{n}"), ben, other, moss)
        assert not [result for result in results if isinstance(result, Exception)], results
        assert lost() == 0
    assert Report.objects.filter(state=ReportState.FOUNDED).count() >= 5


def test_without_the_transaction_a_report_is_lost(
    group: Group, ana: Member, ben: Member, moss: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The positive control: the case it found is decided before the report lies in it."""
    other = make.member(group.clinic, groups=(group,))
    text = public(group, ana, "B")
    case = reported(ben, text).case
    assert case is not None
    find, found, done = reports._case, threading.Event(), threading.Event()

    def slow(*args: Any) -> ReviewCase:
        result = find(*args)
        found.set()
        done.wait(10)
        return result

    def decide() -> None:
        found.wait(10)
        decided(case, moss, State.NOTED, "method")
        done.set()

    monkeypatch.setattr(reports, "_case", slow)
    monkeypatch.setattr(reports, "_report", bare(reports._report))
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)
    together([decide, partial(reported, other, text)])
    assert lost() == 1

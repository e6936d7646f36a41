"""Asking for another look: another person answers, in words, by a clock; what falls, falls."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from community.chat.models import EventKind
from community.members import audit
from community.members.models import Clinic, Group, Member, Notice
from moderation import actions, appeals, sanctions
from moderation.appeals import AnotherPerson, AppealedAlready, Meanwhile, NothingToAppeal
from moderation.models import (
    Appeal,
    AppealState,
    Decision,
    Level,
    RiskCase,
    Sanction,
    SanctionKind,
    SanctionState,
    State,
    Submission,
)
from tests import make, make_chat, make_quality
from tests.make_moderation import held
from tests.make_sanctions import active, decided, over, proposed, reported

ClientOf = Callable[..., Client]
EVERY_PAGE = 2
ANSWER = "We looked again."


@pytest.fixture
def removed(ana: Member, moss: Member) -> Submission:
    """A text of ana's that moss did not publish."""
    case = held(ana)
    decided(case, moss)
    case.submission.refresh_from_db()
    return case.submission


def asked(removed: Submission, member: Member) -> Appeal:
    return appeals.appeal_text(removed, member, "I meant it kindly.")


# --- Asking -------------------------------------------------------------------------------------


def test_one_appeal_for_each_decision_with_a_clock(removed: Submission, ana: Member) -> None:
    appeal = asked(removed, ana)
    assert appeal.due_at == appeal.created_at + timedelta(hours=72)
    with pytest.raises(AppealedAlready) as known:
        asked(removed, ana)
    assert known.value.appeal == appeal
    assert Appeal.objects.count() == 1


def test_only_what_stands_and_is_ones_own_can_be_appealed(
    removed: Submission, ana: Member, ben: Member, moss: Member
) -> None:
    with pytest.raises(NothingToAppeal):
        asked(removed, ben)
    published = held(ana)
    decided(published, moss, State.VISIBLE, "fine")
    published.submission.refresh_from_db()
    with pytest.raises(NothingToAppeal):
        asked(published.submission, ana)
    lifted = active(moss, ana)
    sanctions.lift(lifted, moss, "Enough.")
    lifted.refresh_from_db()
    with pytest.raises(NothingToAppeal):
        appeals.appeal_sanction(lifted, ana, "")
    with pytest.raises(Http404):
        appeals.own_sanction_for(ana, proposed(moss, ana).id)


# --- Another person -----------------------------------------------------------------------------


def test_who_decided_does_not_answer(
    removed: Submission, ana: Member, moss: Member, lena: Member
) -> None:
    appeal = asked(removed, ana)
    for answer in (appeals.uphold, appeals.overturn):
        with pytest.raises(AnotherPerson):
            answer(appeal, moss, ANSWER)
    with pytest.raises(IntegrityError), transaction.atomic():
        Appeal.objects.filter(id=appeal.id).update(decided_by=moss)
    appeals.uphold(appeal, lena, ANSWER)
    appeal.refresh_from_db()
    assert (appeal.state, appeal.decided_by, appeal.answer) == ("upheld", lena, ANSWER)


def test_who_looked_a_second_time_does_not_answer(
    removed: Submission, ana: Member, lena: Member
) -> None:
    look = make_quality.double(removed.decisions.get(by__isnull=False))
    make_quality.answered(look, lena)
    with pytest.raises(AnotherPerson):
        appeals.uphold(asked(removed, ana), lena, ANSWER)


def test_who_proposed_or_began_a_measure_does_not_answer(
    clinic: Clinic, ana: Member, moss: Member, lena: Member
) -> None:
    made = active(moss, ana, SanctionKind.SUSPENSION, second=lena)
    appeal = appeals.appeal_sanction(made, ana, "")
    for part in (moss, lena, ana):
        with pytest.raises(AnotherPerson):
            appeals.overturn(appeal, part, ANSWER)
    other = make.member(clinic, "Max", role="moderator")
    appeals.overturn(appeal, other, ANSWER)


def test_an_appeal_never_ends_without_words(
    removed: Submission, ana: Member, lena: Member, client_of: ClientOf
) -> None:
    appeal = asked(removed, ana)
    url = reverse("moderation:answer_appeal", args=[appeal.id])
    for answer in ("", "  ", "Because of {what}."):
        data = {"outcome": "upheld", "answer": answer}
        assert client_of(lena).post(url, data).status_code == 422
    with pytest.raises(IntegrityError), transaction.atomic():
        Appeal.objects.filter(id=appeal.id).update(
            state=AppealState.UPHELD, decided_by=lena, decided_at=timezone.now()
        )
    appeal.refresh_from_db()
    assert appeal.state == AppealState.OPEN


# --- What is overturned -------------------------------------------------------------------------


def test_overturning_publishes_the_text_in_the_same_step(
    removed: Submission, ana: Member, lena: Member, client_of: ClientOf
) -> None:
    appeals.overturn(asked(removed, ana), lena, ANSWER)
    removed.refresh_from_db()
    assert (removed.state, removed.shown_id) == (State.VISIBLE, removed.latest_id)
    last = Decision.objects.filter(submission=removed).latest("id")
    assert (last.by, last.outcome, last.reason) == (lena, State.VISIBLE, ANSWER)
    assert Notice.objects.filter(member=ana, kind="appeal").count() == 1
    page = client_of(ana).get(reverse("moderation:what_happened")).content.decode()
    assert ANSWER in page
    audit.verify()


def test_overturning_brings_a_message_back_into_its_room(
    group: Group, ana: Member, ben: Member, moss: Member, lena: Member
) -> None:
    said = make_chat.published(make_chat.room(group), ana, "Hello all")[0]
    report = reported(ben, said.submission)
    assert report.case is not None
    decided(report.case, moss)
    said.submission.refresh_from_db()
    appeals.overturn(asked(said.submission, ana), lena, ANSWER)
    kinds = list(said.events.order_by("seq").values_list("kind", flat=True))
    assert kinds == [EventKind.MSG, EventKind.REMOVE, EventKind.RESTORE]


def test_what_its_author_took_back_stays_theirs(
    group: Group, ana: Member, ben: Member, moss: Member, lena: Member
) -> None:
    """Removed texts cannot be taken back; one that is shown under a note can."""
    case = held(ana)
    decided(case, moss, State.NOTED, "method")
    case.submission.refresh_from_db()
    appeal = asked(case.submission, ana)
    actions.withdraw(case.submission, ana)
    appeals.overturn(appeal, lena, ANSWER)
    case.submission.refresh_from_db()
    assert case.submission.state == State.WITHDRAWN


def test_a_change_since_the_decision_changes_nothing(
    ana: Member, moss: Member, lena: Member, screen: Callable[[], int]
) -> None:
    case = held(ana)
    decided(case, moss, State.NOTED, "method")
    case.submission.refresh_from_db()
    appeal = asked(case.submission, ana)
    actions.revise(case.submission, ana, "New words.")
    screen()
    with pytest.raises(Meanwhile):
        appeals.overturn(appeal, lena, ANSWER)
    appeal.refresh_from_db()
    assert (appeal.state, appeal.answer) == (AppealState.OPEN, "")
    appeals.uphold(appeal, lena, "You changed it since; the new words stand.")


def test_overturning_ends_a_measure_in_the_same_step(
    group: Group, ana: Member, moss: Member, lena: Member
) -> None:
    made = active(moss, ana, SanctionKind.REST)
    appeals.overturn(appeals.appeal_sanction(made, ana, ""), lena, ANSWER)
    made.refresh_from_db()
    assert (made.state, made.ended_by, made.end_reason) == ("overturned", lena, ANSWER)
    assert make_chat.said(make_chat.room(group), ana)


def test_what_is_over_can_still_be_taken_back(ana: Member, moss: Member, lena: Member) -> None:
    made = over(active(moss, ana, SanctionKind.REST))
    appeal = appeals.appeal_sanction(made, ana, "")
    sanctions.expire()
    appeals.overturn(appeal, lena, ANSWER)
    made.refresh_from_db()
    assert made.state == SanctionState.OVERTURNED


def test_what_rests_on_an_overturned_decision_falls_with_it(
    removed: Submission, ana: Member, moss: Member, lena: Member
) -> None:
    case = removed.cases.get()
    begun, waiting = active(moss, ana, case=case), proposed(moss, ana, case=case)
    other = active(moss, ana)
    appeals.overturn(asked(removed, ana), lena, ANSWER)
    states = dict(Sanction.objects.values_list("id", "state"))
    assert states == {
        begun.id: SanctionState.OVERTURNED,
        waiting.id: SanctionState.DECLINED,
        other.id: SanctionState.ACTIVE,
    }


# --- The clock ----------------------------------------------------------------------------------


def test_silence_is_no_answer_and_the_leads_are_told_once(
    removed: Submission, ana: Member, moss: Member, lena: Member
) -> None:
    appeal = asked(removed, ana)
    assert appeals.escalate() == 0
    Appeal.objects.update(due_at=timezone.now())
    assert (appeals.escalate(), appeals.escalate()) == (1, 0)
    assert (
        Notice.objects.filter(kind="appeal_late").values_list("member", flat=True).get() == lena.id
    )
    appeal.refresh_from_db()
    assert appeal.state == AppealState.OPEN
    appeals.uphold(appeal, lena, ANSWER)


def test_the_clock_stands_in_the_queue(
    removed: Submission, ana: Member, lena: Member, moss: Member, client_of: ClientOf
) -> None:
    appeal = asked(removed, ana)
    link = reverse("moderation:appeal", args=[appeal.id])
    page = client_of(lena).get(reverse("moderation:queue")).content.decode()
    assert link in page
    assert f"{timezone.localtime(appeal.due_at):%H:%M}" in page
    own = client_of(moss).get(reverse("moderation:queue")).content.decode()
    assert "somebody else answers" in own
    appeals.uphold(appeal, lena, ANSWER)
    assert link not in client_of(lena).get(reverse("moderation:queue")).content.decode()


# --- Pages --------------------------------------------------------------------------------------


def test_an_appeal_from_the_page_of_a_text_to_its_answer(
    removed: Submission, ana: Member, moss: Member, lena: Member, client_of: ClientOf
) -> None:
    hers = client_of(ana)
    form = reverse("moderation:appeal_text", args=[removed.id])
    text_page = reverse("moderation:my_text", args=[removed.id])
    assert form in hers.get(text_page).content.decode()
    assert "Moss" not in hers.get(form).content.decode()
    assert hers.post(form, {"text": "I meant it kindly."}).status_code == 302
    assert form not in hers.get(text_page).content.decode()
    appeal = Appeal.objects.get()
    url = reverse("moderation:appeal", args=[appeal.id])
    answer_url = reverse("moderation:answer_appeal", args=[appeal.id])
    assert answer_url not in client_of(moss).get(url).content.decode()
    page = client_of(lena).get(url).content.decode()
    assert "I meant it kindly." in page
    assert answer_url in page
    data = {"outcome": "overturned", "answer": ANSWER}
    client_of(moss).post(answer_url, data)
    appeal.refresh_from_db()
    assert appeal.state == AppealState.OPEN
    client_of(lena).post(answer_url, data)
    appeal.refresh_from_db()
    assert appeal.state == AppealState.OVERTURNED


def test_an_appeal_that_speaks_of_danger_is_heard_at_once(
    removed: Submission, ana: Member, client_of: ClientOf
) -> None:
    url = reverse("moderation:appeal_text", args=[removed.id])
    answer = client_of(ana).post(url, {"text": make_chat.DANGER})
    assert (answer.status_code, "help-card" in answer.content.decode()) == (200, True)
    assert Appeal.objects.get().text == make_chat.DANGER
    case = RiskCase.objects.get(member=ana)
    assert case.level >= Level.RED
    assert make_chat.DANGER not in case.events.get().text


@pytest.mark.parametrize("rows", [1, 3])
def test_the_appeals_cost_the_same_for_one_row_and_for_three(
    rows: int,
    clinic: Clinic,
    moss: Member,
    lena: Member,
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(rows):
        someone = make.member(clinic)
        appeals.appeal_sanction(active(moss, someone), someone, "")
        answered = appeals.appeal_sanction(active(moss, someone), someone, "")
        appeals.uphold(answered, lena, ANSWER)
    browser = client_of(lena)
    browser.get(reverse("moderation:appeals"))
    with django_assert_num_queries(EVERY_PAGE + 2):
        page = browser.get(reverse("moderation:appeals"))
    assert len(page.context["waiting"]) == len(page.context["page"].items) == rows

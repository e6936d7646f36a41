"""The desk around one text: finding, keeping views, passing on, taking back, breaks, kind words."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.members.models import Group, Member, Notice
from moderation import actions, queue, review, risk, undo, wellbeing
from moderation.models import (
    CaseAnswers,
    Exposure,
    GroupNeeds,
    Level,
    PendingDecision,
    ReviewCase,
    ReviewState,
    RiskCase,
    RiskSource,
    Sanction,
    Skip,
    SkipReason,
    State,
)
from tests import make
from tests.make_moderation import held
from tests.races import together

ClientOf = Callable[..., Client]
QUEUE = "moderation:queue"


def shown(client: Client, **query: Any) -> list[int]:
    return [case.id for case in client.get(reverse(QUEUE), query).context["cases"]]


def answer(case: ReviewCase, **changes: Any) -> dict[str, Any]:
    plain = {
        "outcome": "visible",
        "policy": "fine",
        "template": "own",
        "reason": "Thank you for writing.",
        "token": case.token,
        "revision": case.revision_id,
    }
    return {**plain, **changes}


@pytest.fixture
def ten_seconds(settings: Any) -> None:
    settings.UNDO_S = 10


# --- Finding ------------------------------------------------------------------------------------


def test_filters_find_by_level_group_name_and_holder(
    client_of: ClientOf, ana: Member, cleo: Member, moss: Member, group: Group, elsewhere: Group
) -> None:
    red = held(ana, level=Level.RED, group=group)
    amber = held(cleo, level=Level.AMBER, group=elsewhere)
    client = client_of(moss)
    assert set(shown(client)) == {red.id, amber.id}
    assert shown(client, level="2") == [red.id]
    assert shown(client, group=elsewhere.id) == [amber.id]
    assert shown(client, words="Cleo") == [amber.id]
    assert shown(client, words=str(red.id)) == [red.id]
    review.claim(red, moss)
    assert shown(client, held="mine") == [red.id]
    assert shown(client, held="free") == [amber.id]


def test_an_odd_filter_asks_for_nothing(client_of: ClientOf, ana: Member, moss: Member) -> None:
    case = held(ana)
    client = client_of(moss)
    odd = {"level": "9", "group": "x", "held": "y", "kind": "z"}
    assert shown(client, **odd) == [case.id]


def test_nothing_that_fits_says_so_and_leads_back(
    client_of: ClientOf, ana: Member, moss: Member
) -> None:
    held(ana)
    page = client_of(moss).get(reverse(QUEUE), {"words": "nobody"}).content.decode()
    assert "No text fits this view." in page


def test_a_view_is_kept_shown_and_forgotten(
    client_of: ClientOf, ana: Member, moss: Member, lena: Member
) -> None:
    held(ana)
    client = client_of(moss)
    client.post(reverse("moderation:keep_view"), {"name": "Grave", "level": "2", "held": "free"})
    (view,) = queue.views_of(moss)
    assert view.query == {"level": 2, "held": "free"}
    assert "?held=free&amp;level=2" in client.get(reverse(QUEUE)).content.decode()
    url = reverse("moderation:drop_view", args=[view.id])
    assert client_of(lena).post(url).status_code == 404
    assert client.post(url).status_code == 302
    assert queue.views_of(moss) == []


def test_a_view_without_a_name_is_not_kept(client_of: ClientOf, moss: Member) -> None:
    client_of(moss).post(reverse("moderation:keep_view"), {"name": " ", "level": "2"})
    assert queue.views_of(moss) == []


# --- Passing on ---------------------------------------------------------------------------------


def test_what_somebody_passed_on_is_offered_to_others_first(
    client_of: ClientOf, ana: Member, moss: Member, clinic: Any
) -> None:
    other = make.member(clinic, "Fern", role="moderator")
    case, later = held(ana, level=Level.RED), held(ana, level=Level.AMBER)
    url = reverse("moderation:skip", args=[case.id])
    assert client_of(moss).post(url, {"reason": "close"}).status_code == 302
    assert Skip.objects.get().reason == SkipReason.CLOSE
    assert review.claim_next(moss) == later
    assert review.claim_next(other) == case


def test_without_a_reason_nothing_is_passed_on(
    client_of: ClientOf, ana: Member, moss: Member
) -> None:
    case = held(ana)
    client = client_of(moss)
    client.post(reverse("moderation:skip", args=[case.id]), {"reason": "bored"})
    assert Skip.objects.count() == 0


def test_one_who_is_not_sure_asks_a_lead(
    client_of: ClientOf, ana: Member, moss: Member, lena: Member, clinic: Any
) -> None:
    fern = make.member(clinic, "Fern", role="moderator")
    case = held(ana)
    client_of(moss).post(reverse("moderation:skip", args=[case.id]), {"reason": "unsure"})
    assert review.claim_next(fern) is None
    assert review.claim_next(lena) == case


# --- Taking back --------------------------------------------------------------------------------


@pytest.mark.usefixtures("ten_seconds")
def test_a_decision_can_be_taken_back_and_nobody_was_told(
    client_of: ClientOf, ana: Member, moss: Member
) -> None:
    case = review.claim(held(ana), moss)
    client = client_of(moss)
    client.post(reverse("moderation:decide", args=[case.id]), answer(case, outcome="removed"))
    case.refresh_from_db()
    assert case.state == ReviewState.DECIDING
    assert (case.submission.state, Notice.objects.count()) == (State.HELD, 0)
    assert "Take it back" in client.get(reverse(QUEUE)).content.decode()
    again = client.post(reverse("moderation:take_back_decision", args=[case.id]))
    assert again.context["form"].initial["reason"] == "Thank you for writing."
    case.refresh_from_db()
    assert (case.state, case.claimed_by) == (ReviewState.CLAIMED, moss)
    assert PendingDecision.objects.count() == 0
    assert case.submission.decisions.filter(by__isnull=False).count() == 0


@pytest.mark.usefixtures("ten_seconds")
def test_after_ten_seconds_it_counts_once_though_pressed_twice(
    client_of: ClientOf, ana: Member, moss: Member
) -> None:
    case = review.claim(held(ana), moss)
    client = client_of(moss)
    url = reverse("moderation:decide", args=[case.id])
    assert [client.post(url, answer(case)).status_code for _ in range(2)] == [302, 302]
    assert undo.settle_due() == 0
    PendingDecision.objects.update(settles_at=timezone.now() - timedelta(seconds=1))
    assert (undo.settle_due(), undo.settle_due()) == (1, 0)
    case.submission.refresh_from_db()
    assert case.submission.state == State.VISIBLE
    assert case.submission.decisions.filter(by=moss).count() == 1
    client.post(reverse("moderation:take_back_decision", args=[case.id]))
    case.refresh_from_db()
    assert case.state == ReviewState.DECIDED


@pytest.mark.usefixtures("ten_seconds")
def test_a_text_that_changed_meanwhile_is_not_decided_and_the_words_are_kept(
    client_of: ClientOf, ana: Member, moss: Member
) -> None:
    case = review.claim(held(ana), moss)
    client = client_of(moss)
    client.post(reverse("moderation:decide", args=[case.id]), answer(case, reason="Too rough."))
    actions.revise(case.submission, ana, "Gentler words.")
    PendingDecision.objects.update(settles_at=timezone.now() - timedelta(seconds=1))
    assert undo.settle_due() == 0
    assert "could not count" in client.get(reverse(QUEUE)).content.decode()
    page = client.get(reverse("moderation:case", args=[case.id]))
    assert page.context["form"].initial["reason"] == "Too rough."


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ten_seconds")
def test_a_decision_is_taken_back_or_counts_never_both(ana: Member, moss: Member) -> None:
    for _ in range(5):
        case = review.claim(held(ana), moss)
        judgement = undo.Judgement(State.VISIBLE, "fine", "Thank you.")
        undo.decide_soon(case, moss, judgement, token=case.token, revision_id=case.revision_id)
        PendingDecision.objects.update(settles_at=timezone.now() - timedelta(seconds=1))

        def back(case_id: int = case.id) -> bool:
            try:
                undo.take_back(case_id, moss)
            except undo.TooLate:
                return False
            return True

        results = together([back, undo.settle_due])
        case.refresh_from_db()
        assert sorted(map(bool, results)) == [False, True], results
        decided = case.state == ReviewState.DECIDED
        assert decided == case.submission.decisions.filter(by=moss).exists()
        if not decided:
            review.release(case, moss)


# --- Three answers ------------------------------------------------------------------------------


def test_danger_seen_in_a_text_calls_for_help_and_holds_nothing_against_anybody(
    client_of: ClientOf, ana: Member, moss: Member
) -> None:
    case = review.claim(held(ana), moss)
    client = client_of(moss)
    client.post(reverse("moderation:decide", args=[case.id]), answer(case, risk_level="3"))
    danger = RiskCase.objects.get(member=ana)
    assert (danger.level, danger.events.get().source) == (Level.CRISIS, RiskSource.MODERATOR)
    assert Sanction.objects.count() == 0
    assert CaseAnswers.objects.get().risk_level == 3


def test_a_measure_is_only_proposed(client_of: ClientOf, ana: Member, moss: Member) -> None:
    case = review.claim(held(ana), moss)
    form = answer(case, outcome="removed", policy="unkind", author_step="warning")
    client_of(moss).post(reverse("moderation:decide", args=[case.id]), form)
    assert [row.state for row in Sanction.objects.all()] == ["proposed"]


# --- Looking after those who read ---------------------------------------------------------------


def test_a_break_is_proposed_after_grave_texts_and_gives_back_what_is_held(
    client_of: ClientOf, ana: Member, moss: Member
) -> None:
    wellbeing.set_habits(moss, keys=True, cover_from=2, heavy_most=2)
    for _ in range(2):
        case = review.claim(held(ana, level=Level.RED), moss)
    client = client_of(moss)
    assert "Take a break" in client.get(reverse(QUEUE)).content.decode()
    client.post(reverse("moderation:rest"))
    case.refresh_from_db()
    assert (case.state, wellbeing.is_resting(moss)) == (ReviewState.OPEN, True)
    assert "You are on a break" in client.get(reverse(QUEUE)).content.decode()
    client.post(reverse("moderation:come_back"))
    assert not wellbeing.is_resting(moss)


def test_habits_switch_keys_off_and_cover_what_one_wants(
    client_of: ClientOf, ana: Member, moss: Member
) -> None:
    case = held(ana, "plain words", level=Level.AMBER)
    client, url = client_of(moss), reverse("moderation:case", args=[case.id])
    before = client.get(url).content.decode()
    form = {"cover_from": "1", "heavy_most": "3"}
    assert client.post(reverse("moderation:my_desk"), form).status_code == 302
    after = client.get(url).content.decode()
    assert ("data-off" in before, "data-cover" in before) == (False, False)
    assert ("data-off" in after, "data-cover" in after) == (True, True)


def test_odd_habits_are_explained(client_of: ClientOf, moss: Member) -> None:
    form = {"cover_from": "1", "heavy_most": "99"}
    assert client_of(moss).post(reverse("moderation:my_desk"), form).status_code == 422


def test_kind_words_reach_a_colleague_and_nobody_else(
    client_of: ClientOf, ana: Member, moss: Member, lena: Member
) -> None:
    url = reverse("moderation:write_buddy")
    form = {"to": lena.id, "text": "You were calm today."}
    assert client_of(moss).post(url, form).status_code == 302
    assert client_of(moss).post(url, {"to": ana.id, "text": "Hello"}).status_code == 422
    mine = reverse("moderation:my_desk")
    assert "You were calm today." in client_of(lena).get(mine).content.decode()
    assert "You were calm today." not in client_of(moss).get(mine).content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_my_desk_costs_the_same_for_one_row_and_for_three(
    rows: int,
    client_of: ClientOf,
    moss: Member,
    lena: Member,
    django_assert_num_queries: Any,
) -> None:
    for number in range(rows):
        wellbeing.write_note(lena, moss.id, f"Words {number}")
    client = client_of(moss)
    client.get(reverse("moderation:my_desk"))
    # The session and the person; habits twice, the break, what was read, notes, outcomes, the team.
    with django_assert_num_queries(2 + 7):
        page = client.get(reverse("moderation:my_desk"))
    assert len(page.context["notes"]) == rows


def test_grave_texts_are_counted_once_though_given_back(ana: Member, moss: Member) -> None:
    case = held(ana, level=Level.RED)
    for _ in range(2):
        review.claim(case, moss)
        review.release(case, moss)
    assert Exposure.objects.count() == 2
    assert wellbeing.load_of(moss, timezone.now()).grave == 1


def test_who_helped_learns_how_it_went_on(client_of: ClientOf, ana: Member, moss: Member) -> None:
    case = review.claim(held(ana), moss)
    client = client_of(moss)
    client.post(reverse("moderation:decide", args=[case.id]), answer(case, risk_level="2"))
    RiskCase.objects.update(state="closed", closed_at=timezone.now(), outcome="She is well.")
    page = client.get(reverse("moderation:my_desk")).content.decode()
    assert re.search(r"Ana.*She is well\.", page, re.DOTALL)
    assert risk.open_cases(ana.clinic_id).count() == 0


def test_the_queue_can_be_looked_at_by_language(
    ana: Member, cleo: Member, moss: Member, group: Group, elsewhere: Group, client_of: ClientOf
) -> None:
    GroupNeeds.objects.create(group=group, language="de")
    german, other = held(ana, group=group), held(cleo, group=elsewhere)
    client = client_of(moss)
    url = reverse("moderation:queue")
    assert {case.id for case in client.get(url).context["cases"]} == {german.id, other.id}
    seen = client.get(url, {"language": "de"})
    assert [case.id for case in seen.context["cases"]] == [german.id]
    client.post(reverse("moderation:keep_view"), {"language": "de", "name": "German"})
    assert "language=de" in client.get(url).content.decode()


def test_a_text_is_due_soon_from_four_fifths_of_its_time_on(
    ana: Member, moss: Member, client_of: ClientOf
) -> None:
    case = held(ana, level=Level.AMBER)
    client = client_of(moss)
    for minutes, word in ((180, ""), (200, "is-soon"), (250, "is-late")):
        since = timezone.now() - timedelta(minutes=minutes)
        due = since + timedelta(minutes=240)
        ReviewCase.objects.filter(id=case.id).update(opened_at=since, due_at=due)
        page = client.get(reverse("moderation:queue")).content.decode()
        assert f'<span class="{word}" data-soon="' in page

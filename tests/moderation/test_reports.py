"""Reporting a text: who may, what is kept, what comes of it, and what it never does."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from community.forums import actions as forums
from community.members.models import Clinic, Group, Member, Notice
from mentorship import actions as mentorship
from mentorship.models import MentorProfile
from moderation import actions, casefile, reports, review
from moderation.models import (
    Level,
    Report,
    ReportReason,
    ReportState,
    ReviewCase,
    ReviewState,
    RiskCase,
    RiskSource,
    Sanction,
    State,
    Submission,
)
from tests import make, make_chat, make_forums
from tests.make_sanctions import decided, reported

ClientOf = Callable[..., Client]


@pytest.fixture
def text(group: Group, ana: Member) -> Submission:
    """A published post of ana's."""
    return make_forums.published(make_forums.board(group), ana, "I read a book.").submission


def case_of(submission: Submission) -> ReviewCase:
    return ReviewCase.objects.get(submission=submission, state=ReviewState.OPEN)


# --- Who may report what ------------------------------------------------------------------------


def test_one_reports_what_one_can_see(
    text: Submission, ana: Member, ben: Member, mia: Member, cleo: Member, dora: Member
) -> None:
    assert reports.text_for(ben, text.id) == reports.text_for(mia, text.id) == text
    for nobody in (cleo, dora, ana):
        with pytest.raises(Http404):
            reports.text_for(nobody, text.id)


def test_a_text_that_waits_is_not_there_for_others(group: Group, ana: Member, ben: Member) -> None:
    post = make_forums.published(make_forums.board(group), ana)
    waiting = forums.reply(post.thread, ana, "Another day.", uuid.uuid4()).post
    with pytest.raises(Http404):
        reports.text_for(ben, waiting.submission_id)


def test_a_message_of_a_room_is_reported_by_its_own_number(
    group: Group, ana: Member, ben: Member, client_of: ClientOf
) -> None:
    room = make_chat.room(group)
    said = make_chat.published(room, ana, "Hello all")[0]
    waiting = make_chat.said(room, ana, "Later")
    browser = client_of(ben)
    page = browser.get(reverse("chat:room", args=[room.id])).content.decode()
    link = reverse("chat:report", args=[room.id, said.id])
    assert link in page
    assert browser.get(link).url == reverse("moderation:report", args=[said.submission_id])
    assert browser.get(reverse("chat:report", args=[room.id, waiting.id])).status_code == 404


def test_what_a_mentor_says_can_be_reported_by_the_other_alone(
    ana: Member, ben: Member, mia: Member, moss: Member
) -> None:
    MentorProfile.objects.create(member=mia)
    asked = mentorship.propose(moss, mia, ana, "Likes mornings.")
    mentorship.mentor_says_yes(asked, mia)
    pair = mentorship.mentee_says_yes(asked, ana)
    said = make_chat.published(pair.room, mia, "Good morning")[0]
    assert reports.text_for(ana, said.submission_id)
    for outside in (ben, moss):
        with pytest.raises(Http404):
            reports.text_for(outside, said.submission_id)


# --- What a report is ---------------------------------------------------------------------------


def test_a_report_keeps_what_was_seen_and_hides_nothing(
    text: Submission, ana: Member, ben: Member
) -> None:
    seen = text.shown
    assert seen is not None
    made = reported(ben, text)
    actions.revise(text, ana, "I read two books.")
    made_again = Report.objects.get()
    assert (made_again.id, made_again.revision_id) == (made.id, seen.id)
    assert made_again.sha256 == seen.sha256
    text.refresh_from_db()
    assert text.state == State.VISIBLE
    case = case_of(text)
    assert (case.level, case.reasons) == (Level.AMBER, ["report.unkind"])


def test_the_page_reports_the_wording_that_stood_on_it(
    text: Submission, ana: Member, ben: Member, client_of: ClientOf, screen: Callable[[], int]
) -> None:
    browser, url = client_of(ben), reverse("moderation:report", args=[text.id])
    page = browser.get(url).content.decode()
    found = re.search(r'name="revision" value="(\d+)"', page)
    assert found is not None
    actions.revise(text, ana, "Something else.")
    screen()
    answer = browser.post(url, {"reason": "unkind", "text": "", "revision": found[1]})
    assert answer.status_code == 200
    text.refresh_from_db()
    assert Report.objects.get().revision_id == int(found[1]) != text.shown_id


@pytest.mark.parametrize("revision", ["0", "999999", "x", ""])
def test_a_wording_of_another_text_is_not_taken(
    revision: str, text: Submission, ben: Member, client_of: ClientOf
) -> None:
    url = reverse("moderation:report", args=[text.id])
    answer = client_of(ben).post(url, {"reason": "unkind", "revision": revision})
    assert answer.status_code in (302, 422)
    assert not Report.objects.exists()


def test_one_person_reports_one_text_once(text: Submission, ben: Member) -> None:
    first = reported(ben, text)
    assert reported(ben, text, ReportReason.HATE) == first
    assert Report.objects.count() == 1


def test_several_reports_join_one_case(
    text: Submission, clinic: Clinic, group: Group, ben: Member
) -> None:
    cara = make.member(clinic, "Cara", groups=(group,))
    reported(ben, text)
    reported(cara, text, ReportReason.METHOD)
    case = case_of(text)
    assert case.level == Level.RED
    assert case.reasons == ["report.unkind", "report.method"]
    assert Report.objects.filter(case=case).count() == 2


def test_a_report_joins_the_case_of_a_waiting_edit_and_does_not_move_it(
    text: Submission, ana: Member, ben: Member, screen: Callable[[], int]
) -> None:
    newer = actions.revise(text, ana, "You are a pathetic idiot.").submission.latest
    screen()
    assert newer is not None
    case = case_of(text)
    assert case.revision_id == newer.id
    reported(ben, text)
    case.refresh_from_db()
    assert (case.revision_id, Report.objects.get().case_id) == (newer.id, case.id)


def test_many_reports_come_sooner_and_hide_nothing(
    text: Submission, clinic: Clinic, group: Group
) -> None:
    for n in range(reports.MANY):
        reported(make.member(clinic, f"P{n}", groups=(group,)), text)
    assert case_of(text).level == Level.RED
    text.refresh_from_db()
    assert text.state == State.VISIBLE


def test_what_is_taken_down_cannot_be_reported(
    text: Submission, ana: Member, ben: Member, client_of: ClientOf
) -> None:
    shown = text.shown_id
    actions.withdraw(text, ana)
    url = reverse("moderation:report", args=[text.id])
    for answer in (
        client_of(ben).get(url),
        client_of(ben).post(url, {"reason": "unkind", "revision": shown}),
    ):
        assert answer.status_code == 409
    assert not Report.objects.exists()


def test_a_report_that_speaks_of_danger_comes_soon_and_shows_help(
    text: Submission, ben: Member, client_of: ClientOf
) -> None:
    url = reverse("moderation:report", args=[text.id])
    data = {"reason": "other", "text": make_chat.DANGER, "revision": text.shown_id}
    answer = client_of(ben).post(url, data)
    assert (answer.status_code, "help-card" in answer.content.decode()) == (200, True)
    assert case_of(text).level == Level.RED


# --- A worry is no report -----------------------------------------------------------------------


def test_a_worry_opens_a_risk_case_and_no_review(
    text: Submission, ana: Member, ben: Member
) -> None:
    made = reported(ben, text, ReportReason.WORRIED, "She sounded so tired.")
    case = RiskCase.objects.get()
    assert (case.member, case.level) == (ana, Level.RED)
    event = case.events.get()
    assert (event.source, event.by, event.text) == (RiskSource.PEER, ben, "She sounded so tired.")
    assert event.submission == text
    assert (made.state, made.case, made.risk_case) == (ReportState.WORRY, None, case)
    assert not ReviewCase.objects.exists()
    assert not Sanction.objects.exists()


def test_no_worried_word_is_lost(
    text: Submission, clinic: Clinic, group: Group, ben: Member
) -> None:
    cara = make.member(clinic, "Cara", groups=(group,))
    reported(ben, text, ReportReason.WORRIED, "One.")
    reported(cara, text, ReportReason.WORRIED, "Two.")
    reported(cara, text, ReportReason.WORRIED, "Again.")
    events = RiskCase.objects.get().events.filter(kind="signal")
    assert [event.text for event in events.order_by("id")] == ["One.", "Two."]


def test_one_may_be_worried_and_report_as_well(text: Submission, ben: Member) -> None:
    worry = reported(ben, text, ReportReason.WORRIED)
    rule = reported(ben, text, ReportReason.METHOD)
    assert worry != rule
    assert (Report.objects.count(), case_of(text).level) == (2, Level.RED)


# --- What comes of it ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "policy", "state"),
    [
        (State.REMOVED, "unkind", ReportState.FOUNDED),
        (State.VISIBLE, "fine", ReportState.UNFOUNDED),
        (State.NOTED, "method", ReportState.FOUNDED),
    ],
)
def test_the_reporter_is_told_and_learns_nothing_private(
    outcome: State,
    policy: str,
    state: ReportState,
    text: Submission,
    ben: Member,
    moss: Member,
    client_of: ClientOf,
) -> None:
    reported(ben, text)
    decided(case_of(text), moss, outcome, policy)
    assert Report.objects.get().state == state
    assert Notice.objects.get(member=ben).kind == "report"
    page = client_of(ben).get(reverse("moderation:what_happened")).content.decode()
    assert ("did something about it" in page) == (state == ReportState.FOUNDED)
    for secret in ("A person read it.", "Moss", "I read a book"):
        assert secret not in page


def test_whose_text_stays_never_hears_of_it(
    text: Submission, ana: Member, ben: Member, moss: Member
) -> None:
    reported(ben, text)
    decided(case_of(text), moss, State.VISIBLE, "fine")
    assert not Notice.objects.filter(member=ana, kind="decided").exists()
    text.refresh_from_db()
    assert text.state == State.VISIBLE


def test_whose_text_goes_is_told_why(
    text: Submission, ana: Member, ben: Member, moss: Member, client_of: ClientOf
) -> None:
    reported(ben, text)
    decided(case_of(text), moss)
    assert Notice.objects.filter(member=ana, kind="decided").count() == 1
    page = client_of(ana).get(reverse("moderation:my_text", args=[text.id])).content.decode()
    assert "A person read it." in page
    assert "Ben" not in page


def test_a_kept_message_is_not_sent_into_the_room_again(
    group: Group, ana: Member, ben: Member, moss: Member
) -> None:
    room = make_chat.room(group)
    said = make_chat.published(room, ana, "Hello all")[0]
    reported(ben, said.submission)
    decided(case_of(said.submission), moss, State.VISIBLE, "fine")
    assert said.events.count() == 1
    reported(moss, said.submission)
    decided(case_of(said.submission), moss)
    assert said.events.count() == 2


def test_a_reported_wording_still_on_show_is_not_forgotten(
    text: Submission, ana: Member, ben: Member, moss: Member, screen: Callable[[], int]
) -> None:
    """The edit is refused, but the wording that was reported is still there for all to see."""
    reported(ben, text)
    actions.revise(text, ana, "You are a pathetic idiot.")
    screen()
    first = case_of(text)
    decided(first, moss)
    second = case_of(text)
    text.refresh_from_db()
    assert (second.revision_id, text.state) == (text.shown_id, State.VISIBLE)
    report = Report.objects.get()
    assert (report.state, report.case_id) == (ReportState.OPEN, second.id)
    decided(second, moss)
    report.refresh_from_db()
    assert report.state == ReportState.FOUNDED


def test_a_wording_that_was_replaced_says_nothing_about_the_report(
    text: Submission, ana: Member, ben: Member, moss: Member, screen: Callable[[], int]
) -> None:
    reported(ben, text)
    actions.revise(text, ana, "I read two books.")
    screen()
    decided(case_of(text), moss, State.VISIBLE, "fine")
    assert Report.objects.get().state == ReportState.CHANGED


# --- Bad faith and conflicts of interest --------------------------------------------------------


def unfounded(reporter: Member, author: Member, group: Group, by: Member, times: int) -> None:
    board = make_forums.board(group, f"Board {times}")
    for _ in range(times):
        text = make_forums.published(board, author, "I read a book.").submission
        reported(reporter, text)
        decided(case_of(text), by, State.VISIBLE, "fine")
    yesterday = timezone.now() - timedelta(hours=25)
    Report.objects.filter(reporter=reporter).update(created_at=yesterday)


def test_who_is_always_wrong_is_heard_later_and_less(
    text: Submission, group: Group, ana: Member, ben: Member, moss: Member
) -> None:
    unfounded(ben, ana, group, moss, 2)
    assert not reports.is_light(ben)
    unfounded(ben, ana, group, moss, 1)
    assert reports.is_light(ben)
    reported(ben, text, ReportReason.METHOD)
    assert case_of(text).level == Level.GREEN
    board = make_forums.board(group, "More")
    reported(ben, make_forums.published(board, ana).submission)
    with pytest.raises(reports.TooMany):
        reported(ben, make_forums.published(board, ana).submission)
    # A worry is never too much, and never counts less.
    worry = reported(ben, make_forums.published(board, ana).submission, ReportReason.WORRIED)
    assert worry.risk_case is not None
    assert worry.risk_case.level == Level.RED


def test_one_founded_report_is_enough_to_be_heard(
    text: Submission, group: Group, ana: Member, ben: Member, moss: Member
) -> None:
    unfounded(ben, ana, group, moss, 3)
    reported(ben, text)
    decided(case_of(text), moss)
    assert not reports.is_light(ben)


def test_a_limited_reporter_reads_a_kind_page(
    text: Submission, ben: Member, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST_A_DAY", 0)
    url = reverse("moderation:report", args=[text.id])
    data = {"reason": "unkind", "revision": text.shown_id or text.latest_id}
    text.refresh_from_db()
    answer = client_of(ben).post(url, {**data, "revision": text.shown_id})
    assert answer.status_code == 429
    assert reverse("moderation:need_person") in answer.content.decode()
    worried = client_of(ben).post(url, {"reason": "worried", "revision": text.shown_id})
    assert worried.status_code == 200
    assert RiskCase.objects.exists()


def test_nobody_decides_or_reads_reports_about_themselves(
    group: Group, moss: Member, ben: Member, lena: Member, client_of: ClientOf
) -> None:
    text = make_forums.published(make_forums.board(group), moss, "Please be kind.").submission
    reported(ben, text, text="He sounded harsh.")
    case = case_of(text)
    with pytest.raises(review.ConflictOfInterest):
        review.claim(case, moss)
    with pytest.raises(review.ConflictOfInterest):
        decided(case, moss)
    assert casefile.open_file(case, moss).reports == []
    url = reverse("moderation:case", args=[case.id])
    assert client_of(moss).get(url).status_code == 404
    others = client_of(lena).get(url).content.decode()
    for words in ("He sounded harsh.", "Reported by"):
        assert words in others


def test_only_the_care_team_sees_how_earlier_reports_ended(
    text: Submission, group: Group, ana: Member, ben: Member, moss: Member, client_of: ClientOf
) -> None:
    unfounded(ben, ana, group, moss, 3)
    reported(ben, text)
    page = client_of(moss).get(reverse("moderation:case", args=[case_of(text).id]))
    assert "counts less" in page.content.decode()
    mine = client_of(ben).get(reverse("moderation:what_happened")).content.decode()
    assert "counts less" not in mine


def test_the_case_page_asks_as_often_for_three_reports_as_for_one(
    text: Submission,
    clinic: Clinic,
    group: Group,
    moss: Member,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    case = None
    for n in range(3):
        reported(make.member(clinic, f"P{n}", groups=(group,)), text)
        case = case_of(text)
        with django_assert_num_queries(2):
            assert len(reports.about_case(case)) == n + 1

"""Letters between a member and the care team: private, never held back, always read by somebody."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.members import erasure
from community.members.audit import AuditEntry
from community.members.models import Clinic, Member, Notice
from moderation import ladder, letters, risk
from moderation.letters import answer, conversation_of, waiting_for, write
from moderation.models import (
    Alert,
    Criterion,
    Letter,
    Level,
    ReviewCase,
    RiskCase,
    RiskSource,
    RiskState,
    SanctionKind,
    State,
    Submission,
)
from moderation.risk import NewSignal
from moderation.screening import runner
from tests import make, make_sanctions
from tests.clock import standing
from tests.make_moderation import held

ClientOf = Callable[..., Client]
NOON = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)
UNKIND = "You are a pathetic idiot, the lot of you."
DARK = "I want to die. I am going to kill myself tonight."


def page(client: Client, name: str, *args: int) -> str:
    return client.get(reverse(f"moderation:{name}", args=args)).content.decode()


def test_both_sides_read_one_conversation_and_the_team_has_no_names(
    ana: Member, ben: Member, moss: Member, client_of: ClientOf
) -> None:
    write(ana, moss, "How was the night?")
    sent = client_of(ana).post(reverse("moderation:my_letters"), {"letter": "Better, thank you."})
    assert sent.status_code == 302
    mine, desk = page(client_of(ana), "my_letters"), page(client_of(moss), "letters_of", ana.id)
    for shown in (mine, desk):
        assert "How was the night?" in shown
        assert "Better, thank you." in shown
    assert "Moss" not in mine
    assert "Better, thank you." not in page(client_of(ben), "my_letters")
    assert Notice.objects.filter(member=ana, kind="message").count() == 1
    assert Notice.objects.filter(member=moss, kind="letter").count() == 1


def test_a_letter_is_screened_and_never_held_back_from_the_team(
    ana: Member, moss: Member, screen: Callable[[], int]
) -> None:
    letter = answer(ana, UNKIND).letter
    assert letter.submission is not None
    screen()
    letter.submission.refresh_from_db()
    assert letter.submission.latest is not None
    said = letter.submission.latest.screenings.get()
    # The same words to others are held: there is something that could be held back.
    assert said.outcome == State.HELD
    assert letter.submission.state == State.VISIBLE
    assert not ReviewCase.objects.filter(submission=letter.submission).exists()
    assert [row.words for row in conversation_of(ana)] == [UNKIND]


def test_a_letter_nobody_could_screen_is_not_held_either(ana: Member) -> None:
    with standing(NOON) as clock:
        letter = answer(ana, "Hello.").letter
        clock.forward(3600)
        assert runner.overdue() == 1
    assert letter.submission is not None
    letter.submission.refresh_from_db()
    assert letter.submission.state == State.VISIBLE


def test_who_rests_from_writing_can_still_write_to_the_team(
    ana: Member, moss: Member, lena: Member
) -> None:
    make_sanctions.active(moss, ana, SanctionKind.REST)
    assert answer(ana, "Why?").letter.words == "Why?"


def test_letters_to_the_team_earn_no_trust_for_writing_to_others(
    ana: Member, screen: Callable[[], int]
) -> None:
    before = runner.trust_of(ana)
    for number in range(6):
        answer(ana, f"Letter {number}")
    screen()
    assert Submission.objects.filter(author=ana, state=State.VISIBLE).count() == 6
    assert runner.trust_of(ana) == before


def test_sent_twice_in_a_row_it_is_one_letter(ana: Member, moss: Member) -> None:
    assert answer(ana, "Hello.").letter == answer(ana, "Hello.").letter
    assert write(ana, moss, "Hello you.") == write(ana, moss, "Hello you.")
    assert Letter.objects.count() == 2


def test_the_database_keeps_what_goes_to_the_team_screened_and_timed(ana: Member) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Letter.objects.create(member=ana, by=ana, to_team=True, text="Past the filter.")
    Letter.objects.create(member=ana, by=ana, to_team=False, text="Fine.")


# --- Help ---------------------------------------------------------------------------------------


def test_words_of_danger_bring_help_at_once_and_open_a_risk_case(
    ana: Member, moss: Member, client_of: ClientOf
) -> None:
    shown = client_of(ana).post(reverse("moderation:my_letters"), {"letter": DARK})
    assert shown.status_code == 200
    assert 'id="help-card"' in shown.content.decode()
    case = RiskCase.objects.get(member=ana)
    assert case.state == RiskState.RAISED
    assert Alert.objects.filter(case=case, to=moss).count() == 1
    assert Letter.objects.get().level == Level.CRISIS


def test_words_of_danger_ring_the_duty_again_though_somebody_is_on_it(
    ana: Member, moss: Member
) -> None:
    with standing(NOON) as clock:
        case = risk.raise_risk(ana, Level.CRISIS, RiskSource.FILTER)
        risk.acknowledge(case, moss)
        answer(ana, "I am sitting here.")
        case.refresh_from_db()
        calls = Alert.objects.filter(case=case).count()
        assert case.state == RiskState.ACKNOWLEDGED
        clock.forward(60)
        answer(ana, DARK)
    case.refresh_from_db()
    assert case.state == RiskState.RAISED
    assert Alert.objects.filter(case=case).count() == calls + 1


def test_a_new_letter_brings_the_case_to_the_top(ana: Member, ben: Member, moss: Member) -> None:
    for person in (ben, ana):
        risk.acknowledge(risk.raise_risk(person, Level.RED, RiskSource.SELF), moss)
    assert [case.member for case in risk.open_cases(ana.clinic_id)] == [ben, ana]
    letter = answer(ana, "Are you there?").letter
    assert [case.member for case in risk.open_cases(ana.clinic_id)] == [ana, ben]
    letters.mark_read(ana, moss, letter.id)
    assert [case.member for case in risk.open_cases(ana.clinic_id)] == [ben, ana]


def test_nobody_judges_over_a_letter_they_have_not_read(ana: Member, moss: Member) -> None:
    case = risk.raise_risk(ana, Level.RED, RiskSource.SELF)
    risk.acknowledge(case, moss)
    letter = answer(ana, "It is worse than I said.").letter
    said: dict[str, Any] = {"level": 1, "criteria": [Criterion.SAFE], "way": RiskState.PLAN}
    with pytest.raises(NewSignal):
        risk.assess(case, moss, **said, text="Fine.", seen=10**9, heard=letter.id - 1)
    risk.assess(case, moss, **said, text="Fine.", seen=10**9, heard=letter.id)
    letter.refresh_from_db()
    assert letter.read_by == moss


def test_a_letter_in_a_risk_case_counts_as_contact(ana: Member, moss: Member) -> None:
    case = risk.raise_risk(ana, Level.RED, RiskSource.SELF)
    letter = write(ana, moss, "I am here.")
    case.refresh_from_db()
    assert case.contacted_at is not None
    assert (letter.event is not None, letter.words) == (True, "I am here.")


# --- Always read by somebody --------------------------------------------------------------------


def test_a_letter_waits_on_the_desk_until_somebody_has_read_it(
    ana: Member, moss: Member, client_of: ClientOf
) -> None:
    letter = answer(ana, "Hello.").letter
    desk = client_of(moss)
    assert "Ana wrote to the care team" in page(desk, "queue")
    # Looking alone is not reading: two may look, and each may think the other answers.
    page(desk, "letters_of", ana.id)
    assert "Ana wrote to the care team" in page(desk, "queue")
    later = answer(ana, "One more thing.").letter
    desk.post(reverse("moderation:read_letters", args=[ana.id]), {"heard": letter.id})
    assert [row.count for row in waiting_for(moss)] == [1]
    desk.post(reverse("moderation:read_letters", args=[ana.id]), {"heard": later.id})
    assert "Ana wrote to the care team" not in page(desk, "queue")


def test_a_letter_nobody_read_in_time_is_told_to_the_leads_once(
    ana: Member, moss: Member, lena: Member
) -> None:
    with standing(NOON) as clock:
        answer(ana, "Hello.")
        clock.forward(4 * 3600 - 1)
        ladder.climb()
        assert not Notice.objects.filter(kind="letter_late").exists()
        clock.forward(2)
        ladder.climb()
        ladder.climb()
    assert Notice.objects.filter(member=lena, kind="letter_late").count() == 1
    assert AuditEntry.objects.filter(action="letter.late").count() == 1


def test_a_graver_letter_is_due_sooner_and_never_later(ana: Member) -> None:
    letter = answer(ana, "Hello.").letter
    letters.hurry(letter, Level.AMBER)
    letter.refresh_from_db()
    soon = letter.due_at
    letters.hurry(letter, Level.GREEN)
    letter.refresh_from_db()
    assert soon is not None
    assert (letter.due_at, (soon - letter.at).total_seconds()) == (soon, 3600)


# --- Who may read -------------------------------------------------------------------------------


def test_nobody_reads_their_own_letters_at_the_desk(
    moss: Member, lena: Member, client_of: ClientOf
) -> None:
    answer(moss, "I need a word myself.")
    assert client_of(moss).get(reverse("moderation:letters_of", args=[moss.id])).status_code == 404
    assert [row.name for row in waiting_for(lena)] == ["Moss"]
    assert waiting_for(moss) == []


def test_whose_mentee_wrote_leaves_it_to_others(
    ana: Member, moss: Member, lena: Member, monkeypatch: pytest.MonkeyPatch, client_of: ClientOf
) -> None:
    from django.db.models import Exists, OuterRef, Q

    from moderation import remit

    def close(member: Member, path: str) -> Exists:
        same = Member.objects.filter(Q(id=OuterRef(path)) & Q(id=ana.id))
        return Exists(same.filter(id=ana.id if member.id == moss.id else 0))

    monkeypatch.setattr(remit, "_conflicts", [close])
    answer(ana, "Hello.")
    assert waiting_for(moss) == []
    assert len(waiting_for(lena)) == 1
    assert client_of(moss).get(reverse("moderation:letters_of", args=[ana.id])).status_code == 404


def test_an_aliased_text_is_not_linked_to_its_author(
    ana: Member, moss: Member, client_of: ClientOf
) -> None:
    case = held(ana)
    desk = client_of(moss)
    url = reverse("moderation:letters_of", args=[ana.id])
    about = {"about": case.submission_id}
    assert url in page(desk, "case", case.id)
    assert desk.get(url, about).status_code == 200
    Submission.objects.filter(id=case.submission_id).update(byline="Quiet Otter")
    assert url not in page(desk, "case", case.id)
    assert desk.get(url, about).status_code == 404


def test_a_letter_about_somebody_elses_text_is_not_there(
    ana: Member, ben: Member, client_of: ClientOf
) -> None:
    theirs = held(ben).submission_id
    url = reverse("moderation:my_letters")
    for about in (theirs, "x", 10**30):
        assert client_of(ana).get(url, {"about": about}).status_code == 404
        answer = client_of(ana).post(url, {"about": about, "letter": "Hello"})
        assert answer.status_code == 404
    assert Letter.objects.count() == 0


def test_words_typed_are_kept_when_something_is_missing(ana: Member, client_of: ClientOf) -> None:
    shown = client_of(ana).post(reverse("moderation:my_letters"), {"letter": "x" * 5000})
    assert (shown.status_code, "x" * 5000 in shown.content.decode()) == (422, True)


# --- Traces -------------------------------------------------------------------------------------


def test_reading_is_written_down_once_a_visit(
    ana: Member, moss: Member, client_of: ClientOf
) -> None:
    """The page fetches itself anew every half minute; a forged header alone hides nothing."""
    desk = client_of(moss)
    url = reverse("moderation:letters_of", args=[ana.id])
    read = AuditEntry.objects.filter(action="letters.read")
    desk.get(url, headers={"X-Live": "1"})
    assert read.count() == 1
    for _ in range(3):
        desk.get(url, headers={"X-Live": "1"})
    assert read.count() == 1
    desk.get(url)
    assert read.count() == 2


def test_a_persons_page_is_written_down_once_a_visit(
    ana: Member, moss: Member, client_of: ClientOf
) -> None:
    case = risk.raise_risk(ana, Level.RED, RiskSource.SELF)
    desk, url = client_of(moss), reverse("moderation:risk", args=[case.id])
    read = AuditEntry.objects.filter(action="risk.read")
    desk.get(url)
    for _ in range(3):
        desk.get(url, headers={"X-Live": "1"})
    assert read.count() == 1
    with standing(timezone.now() + timedelta(hours=2)):
        desk.get(url, headers={"X-Live": "1"})
    assert read.count() == 2


def test_erasing_a_person_empties_the_letters_of_both_sides(ana: Member, moss: Member) -> None:
    risk.raise_risk(ana, Level.RED, RiskSource.SELF)
    write(ana, moss, "In the case.")
    RiskCase.objects.update(state=RiskState.CLOSED)
    write(ana, moss, "After it.")
    answer(ana, "My words.")
    erasure.erase(ana, None)
    assert [row.words for row in conversation_of(ana)] == ["", "", ""]


@pytest.mark.parametrize("count", [1, 3])
def test_the_conversation_costs_the_same_for_one_letter_and_three(
    count: int, ana: Member, clinic: Clinic, client_of: ClientOf, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        moss = make.member(clinic, f"Moderator {number}", role="moderator")
        answer(ana, f"Letter {number}", about=held(ana).submission)
        write(ana, moss, f"Answer {number}", about=held(ana).submission)
    client = client_of(ana)
    client.get(reverse("moderation:my_letters"))
    with django_assert_num_queries(5):
        client.get(reverse("moderation:my_letters"))
    desk = client_of(moss)
    url = reverse("moderation:letters_of", args=[ana.id])
    desk.get(url)
    with django_assert_num_queries(5):
        desk.get(url, headers={"X-Live": "1"})
    desk.get(reverse("moderation:queue"))


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_letters_costs_one_query(
    count: int, clinic: Clinic, moss: Member, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        answer(make.member(clinic, f"Member {number}"), "Hello.")
    with django_assert_num_queries(1):
        assert len(waiting_for(moss)) == count

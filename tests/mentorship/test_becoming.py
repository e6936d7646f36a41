"""Becoming a mentor and staying one: nobody is entrusted to somebody who is not ready, and what
was written on the way is read by the care team alone."""

import re
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from community.members import erasure, outbox
from community.members.models import Clinic, Group, Member, Notice
from mentorship import actions, becoming, training
from mentorship.actions import NoRoom, NotPossible
from mentorship.becoming import AlreadyUnderWay, LinkSpent, NotNow
from mentorship.models import (
    Application,
    ApplicationState,
    MentorProfile,
    MentorState,
    Nomination,
    Reference,
    ReferenceState,
    SupervisionKind,
    TrainingModule,
    TrainingRecord,
    today_of,
)
from tests import make
from tests.races import together

ClientOf = Callable[[Member], Client]


@pytest.fixture
def asked(ben: Member) -> Application:
    return becoming.apply(ben, "I have been there.", 2, None)


def refer(reference: Reference, recommends: bool = True) -> None:
    becoming.refer(reference, recommends, {"known": "Ten years.", "strengths": "Listens."})


def with_references(application: Application) -> Application:
    for n in (1, 2):
        refer(becoming.ask_referee(application, f"Friend {n}", f"friend{n}@example.org"))
    return application


def at_training(application: Application, moss: Member) -> Application:
    becoming.to_interview(with_references(application), moss)
    application.refresh_from_db()
    becoming.to_training(application, moss, "A good talk.")
    application.refresh_from_db()
    return application


# --- The way -----------------------------------------------------------------------------------


def test_somebody_goes_all_the_way_and_begins_with_one_person(
    asked: Application, ben: Member, moss: Member
) -> None:
    module = training.add_module(moss, "Listening", 6, 12)
    at_training(asked, moss)
    with pytest.raises(NotNow, match="Listening"):
        becoming.to_trial(asked, moss, moss)
    training.record(ben, module, today_of(ben.clinic), moss)
    profile = becoming.to_trial(asked, moss, moss)
    ben.refresh_from_db()
    assert (ben.is_mentor, profile.state) == (True, MentorState.TRIAL)
    today = today_of(ben.clinic)
    profile.refresh_from_db()
    assert profile.places(today) == 1
    profile.max_pairs = 3
    assert (profile.places(today), profile.places(today + timedelta(days=61))) == (1, 3)


def test_the_talk_comes_after_two_references(asked: Application, moss: Member) -> None:
    refer(becoming.ask_referee(asked, "Friend", "friend@example.org"))
    with pytest.raises(NotNow):
        becoming.to_interview(asked, moss)
    refer(becoming.ask_referee(asked, "Other", "other@example.org"))
    becoming.to_interview(asked, moss)
    asked.refresh_from_db()
    assert asked.state == ApplicationState.INTERVIEW


def test_a_step_is_taken_once(asked: Application, moss: Member) -> None:
    with_references(asked)
    becoming.to_interview(asked, moss)
    with pytest.raises(NotNow):
        becoming.to_interview(asked, moss)


def test_nobody_asks_twice_at_the_same_time(asked: Application, ben: Member) -> None:
    with pytest.raises(AlreadyUnderWay):
        becoming.apply(ben, "Again.", 1, None)
    becoming.withdraw(asked)
    becoming.apply(ben, "Again.", 1, None)


def test_a_no_is_said_kindly_and_closes_the_links(
    asked: Application, ben: Member, moss: Member, client_of: ClientOf
) -> None:
    reference = becoming.ask_referee(asked, "Friend", "friend@example.org")
    assert becoming.decline(asked, moss)
    assert not becoming.decline(asked, moss)
    reference.refresh_from_db()
    assert reference.state == ReferenceState.VOID
    page = client_of(ben).get(reverse("mentorship:become")).content.decode()
    assert "Not this time" in page
    assert "nothing about your worth" in page


# --- References ----------------------------------------------------------------------------------


def test_a_referee_answers_by_a_link_that_works_once(
    asked: Application, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        becoming.ask_referee(asked, "Friend", "friend@example.org")
    outbox.run_once()
    letter = mail.outbox[-1]
    assert letter.to == ["friend@example.org"]
    assert asked.member.name in str(letter.body)
    found = re.search(r"https?://[^/\s]+(/mentoring/reference/\S+)", str(letter.body))
    assert found
    path, answers = found[1], {"known": "Long.", "strengths": "Calm.", "recommends": "yes"}
    assert client.get(path).status_code == 200
    assert client.post(path, {}).status_code == 422
    assert client.post(path, answers).status_code == 200
    assert Reference.objects.get().recommends is True
    assert client.get(path).status_code == 404
    assert client.post(path, answers).status_code == 404


def test_the_database_holds_nothing_that_opens_the_link_or_names_the_referee(
    asked: Application,
) -> None:
    reference = becoming.ask_referee(asked, "Wilma Wood", "wilma@example.org")
    refer(reference)
    row = str(Reference.objects.filter(id=reference.id).values().get())
    for secret in ("Wilma", "wilma", "Ten years", becoming._token_of(reference.nonce)):
        assert secret not in row
    reference.refresh_from_db()
    assert becoming.answers_of(reference)["known"] == "Ten years."


def test_a_link_runs_out(asked: Application) -> None:
    reference = becoming.ask_referee(asked, "Friend", "friend@example.org")
    Reference.objects.update(expires_at=timezone.now())
    with pytest.raises(LinkSpent):
        refer(reference)


def test_two_people_are_asked_and_neither_twice_nor_oneself(asked: Application) -> None:
    first = becoming.ask_referee(asked, "Friend", "friend@example.org")
    with pytest.raises(NotNow, match="already"):
        becoming.ask_referee(asked, "Friend", "Friend@Example.org")
    with pytest.raises(NotNow, match="own address"):
        becoming.ask_referee(asked, "Me", asked.member.email.upper())
    becoming.ask_referee(asked, "Other", "other@example.org")
    with pytest.raises(NotNow, match="Two people"):
        becoming.ask_referee(asked, "Third", "third@example.org")
    assert becoming.drop_referee(first)
    becoming.ask_referee(asked, "Third", "third@example.org")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_forms_sent_at_once_ask_two_people_at_most(asked: Application) -> None:
    def ask(n: int) -> Callable[[], Any]:
        return lambda: becoming.ask_referee(asked, f"Friend {n}", f"friend{n}@example.org")

    results = together([ask(n) for n in range(6)])
    assert sum(isinstance(result, Reference) for result in results) == 2
    assert Reference.objects.count() == 2


def test_the_applicant_never_reads_what_was_said(
    asked: Application, ben: Member, moss: Member, client_of: ClientOf
) -> None:
    with_references(asked)
    assert "Ten years." not in client_of(ben).get(reverse("mentorship:become")).content.decode()
    page = reverse("mentorship:application", args=[asked.id])
    assert "Ten years." in client_of(moss).get(page).content.decode()


def test_erasing_the_person_blanks_what_was_written(asked: Application, ben: Member) -> None:
    with_references(asked)
    erasure.erase(ben, None)
    asked.refresh_from_db()
    assert asked.why_sealed == ""
    assert set(Reference.objects.values_list("name_sealed", "answers_sealed")) == {("", "")}


# --- Readiness -----------------------------------------------------------------------------------


@pytest.fixture
def mint(mia: Member) -> MentorProfile:
    return MentorProfile.objects.create(member=mia, max_pairs=2)


def test_a_training_counts_to_midnight_at_the_clinic_and_not_a_second_longer(
    mint: MentorProfile, moss: Member, ana: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    Clinic.objects.filter(id=ana.clinic_id).update(time_zone="America/New_York")
    for member in (mint.member, moss, ana):
        member.clinic.refresh_from_db()
    module = training.add_module(moss, "Listening", 6, 12)
    training.record(mint.member, module, date(2025, 5, 31), moss)
    midnight = datetime(2026, 6, 1, tzinfo=ZoneInfo("America/New_York"))
    monkeypatch.setattr(timezone, "now", lambda: midnight - timedelta(hours=1))
    asked = actions.propose(moss, mint.member, ana, "Likes mornings.")
    actions.mentor_says_yes(asked, mint.member)
    monkeypatch.setattr(timezone, "now", lambda: midnight + timedelta(seconds=1))
    with pytest.raises(NoRoom):
        actions.mentee_says_yes(asked, ana)
    other = make.member(ana.clinic, "Pip")
    with pytest.raises(NotPossible):
        actions.propose(moss, mint.member, other, "Likes mornings.")


def test_a_running_pair_is_not_cut_when_a_training_runs_out(
    mint: MentorProfile, moss: Member, ana: Member
) -> None:
    asked = actions.propose(moss, mint.member, ana, "Likes mornings.")
    actions.mentor_says_yes(asked, mint.member)
    pair = actions.mentee_says_yes(asked, ana)
    training.add_module(moss, "New and needed", 6, 12)
    pair.refresh_from_db()
    assert pair.state == "active"
    mint.refresh_from_db()
    assert mint.not_ready(today_of(ana.clinic)) == ["training"]


def test_the_database_and_the_row_agree_on_who_is_ready(clinic: Clinic) -> None:
    today = date(2026, 3, 10)
    days = [None, today - timedelta(days=1), today]
    for n, (state, certified, due, rests, much) in enumerate(
        product(MentorState, days, days, days, (False, True))
    ):
        MentorProfile.objects.create(
            member=make.member(clinic, f"M{n}", role="mentor"),
            state=state,
            certified_until=certified,
            supervision_due_on=due,
            rests_until=rests,
            much=much,
        )
    ready = set(MentorProfile.objects.ready(today).values_list("id", flat=True))
    assert ready == {p.id for p in MentorProfile.objects.all() if not p.not_ready(today)}
    assert 0 < len(ready) < MentorProfile.objects.count()


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(1, 48))
def test_months_later_is_the_same_day_or_the_last_of_its_month(day: date, months: int) -> None:
    later = training.months_later(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


def test_supervision_comes_every_two_weeks_for_four_months_and_then_monthly() -> None:
    began = date(2026, 1, 31)
    assert training.next_due(began, began) == date(2026, 2, 14)
    assert training.next_due(began, date(2026, 5, 30)) == date(2026, 6, 13)
    assert training.next_due(began, date(2026, 5, 31)) == date(2026, 6, 30)


def test_who_is_overdue_gets_nobody_new_until_the_talk(
    mint: MentorProfile, moss: Member, ana: Member
) -> None:
    today = today_of(ana.clinic)
    MentorProfile.objects.update(supervision_due_on=today - timedelta(days=1), began_on=today)
    with pytest.raises(NotPossible):
        actions.propose(moss, mint.member, ana, "Likes mornings.")
    key = uuid.uuid4()
    for _ in range(2):
        training.supervise(mint, moss, today, SupervisionKind.ONE, "Went well.", key)
    assert mint.member.supervisions.count() == 1
    mint.refresh_from_db()
    assert mint.supervision_due_on == today + timedelta(days=14)
    actions.propose(moss, mint.member, ana, "Likes mornings.")


def test_a_mentor_for_whom_it_is_a_lot_gets_nobody_new_and_is_seen(
    mint: MentorProfile, moss: Member, ana: Member
) -> None:
    MentorProfile.objects.update(supervisor=moss)
    mint.refresh_from_db()
    training.check_in(mint, 2)
    assert Notice.objects.filter(member=moss, kind="mentor_much").count() == 1
    with pytest.raises(NotPossible):
        actions.propose(moss, mint.member, ana, "Likes mornings.")
    training.check_in(mint, 4)
    actions.propose(moss, mint.member, ana, "Likes mornings.")


def test_the_end_of_a_training_is_told_once_at_each_step(mint: MentorProfile, moss: Member) -> None:
    MentorProfile.objects.update(supervisor=moss)
    today = today_of(moss.clinic)
    module = TrainingModule.objects.create(clinic=moss.clinic, title="Listening", hours=6)
    record = TrainingRecord.objects.create(
        member=mint.member,
        module=module,
        done_on=today - timedelta(days=300),
        valid_until=today + timedelta(days=61),
        recorded_by=moss,
    )
    told = []
    for left in (61, 60, 45, 30, 7, 6, 0, -1):
        TrainingRecord.objects.update(valid_until=today + timedelta(days=left))
        told.append((left, training.warn(), training.warn()))
    assert told == [
        (61, 0, 0), (60, 1, 0), (45, 0, 0), (30, 1, 0), (7, 1, 0), (6, 0, 0), (0, 1, 0), (-1, 0, 0)
    ]  # fmt: skip
    assert Notice.objects.filter(member=moss, kind="training").count() == 4
    TrainingRecord.objects.filter(id=record.id).update(warned_days=None)
    training.record(mint.member, module, today, moss)
    assert training.warn() == 0


def test_a_day_to_come_is_not_written_down(mint: MentorProfile, moss: Member) -> None:
    module = training.add_module(moss, "Listening", 6, 12)
    tomorrow = today_of(moss.clinic) + timedelta(days=1)
    with pytest.raises(training.InFuture):
        training.record(mint.member, module, tomorrow, moss)


@pytest.mark.parametrize(
    ("seen", "to", "by_team", "allowed"),
    [
        ("trial", "active", True, False),
        ("trial", "active", False, False),
        ("active", "paused", False, True),
        ("paused", "active", False, True),
        ("active", "trial", True, False),
        ("active", "retired", False, True),
        ("retired", "active", True, False),
    ],
)
def test_states_follow_on_each_other(
    mint: MentorProfile, moss: Member, seen: str, to: str, by_team: bool, allowed: bool
) -> None:
    MentorProfile.objects.update(state=seen)
    mint.refresh_from_db()
    by = moss if by_team else mint.member
    if not allowed:
        with pytest.raises(training.NotAllowed):
            training.move(mint, MentorState(to), by)
        return
    as_seen_before = MentorProfile.objects.get()
    training.move(mint, MentorState(to), by)
    mint.refresh_from_db()
    assert mint.state == to
    with pytest.raises(training.NotAllowed):
        training.move(as_seen_before, MentorState(to), by)


def test_the_first_time_ends_with_a_talk_about_it(mint: MentorProfile, moss: Member) -> None:
    MentorProfile.objects.update(state=MentorState.TRIAL)
    mint.refresh_from_db()
    today = today_of(moss.clinic)
    training.supervise(mint, moss, today, SupervisionKind.ONE, "", uuid.uuid4())
    training.move(mint, MentorState.ACTIVE, moss)
    mint.refresh_from_db()
    assert mint.state == MentorState.ACTIVE


def test_whoever_stops_says_goodbye_first(mint: MentorProfile, moss: Member, ana: Member) -> None:
    asked = actions.propose(moss, mint.member, ana, "Likes mornings.")
    actions.mentor_says_yes(asked, mint.member)
    pair = actions.mentee_says_yes(asked, ana)
    with pytest.raises(training.NotAllowed):
        training.move(mint, MentorState.RETIRED, mint.member)
    actions.end(pair, mint.member)
    training.move(mint, MentorState.RETIRED, mint.member)


def test_after_an_ending_a_mentor_rests(mint: MentorProfile, moss: Member, ana: Member) -> None:
    asked = actions.propose(moss, mint.member, ana, "Likes mornings.")
    actions.mentor_says_yes(asked, mint.member)
    actions.end(actions.mentee_says_yes(asked, ana), mint.member)
    mint.refresh_from_db()
    assert mint.not_ready(today_of(ana.clinic)) == ["rest"]


# --- Partners ------------------------------------------------------------------------------------


def test_a_partner_names_somebody_and_what_it_wrote_is_forgotten_with_the_answer(
    moss: Member, client: Client, client_of: ClientOf
) -> None:
    partner = becoming.add_partner(moss, "Garden Project")
    path = becoming.link_of(partner).split("/", 3)[3]
    said = {"name": "Wilma", "email": "wilma@example.org", "why": "Everybody trusts her."}
    assert client.post(f"/{path}", said).status_code == 200
    row = Nomination.objects.get()
    assert "wilma" not in str(Nomination.objects.values().get()).lower()
    page = client_of(moss).get(reverse("mentorship:applications")).content.decode()
    assert "wilma@example.org" in page
    url = reverse("mentorship:answer_nomination", args=[row.id])
    client_of(moss).post(url, {"invited": "yes"})
    row.refresh_from_db()
    assert (row.invited, row.name_sealed, row.email_sealed, row.why_sealed) == (True, "", "", "")
    assert becoming.close_partner(partner, moss)
    assert client.get(f"/{path}").status_code == 404


# --- Pages ---------------------------------------------------------------------------------------


def test_the_way_can_be_gone_on_pages(
    ben: Member, moss: Member, client_of: ClientOf, client: Client
) -> None:
    training.add_module(moss, "Listening", 6, 12)
    mine, team = client_of(ben), client_of(moss)
    become = reverse("mentorship:become")
    assert mine.post(become, {"why": " ", "hours_a_week": "2"}).status_code == 422
    assert mine.post(become, {"why": "I know it.", "hours_a_week": "2"}).status_code == 302
    for n in (1, 2):
        person = {"name": f"Friend {n}", "email": f"f{n}@example.org"}
        assert mine.post(reverse("mentorship:ask_referee"), person).status_code == 302
    person = {"name": "Third", "email": "third@example.org"}
    assert mine.post(reverse("mentorship:ask_referee"), person).status_code == 409
    for reference in Reference.objects.all():
        refer(reference)
    asked = Application.objects.get()
    page = reverse("mentorship:application", args=[asked.id])
    step = reverse("mentorship:next_step", args=[asked.id])
    team.post(step)
    assert team.post(step, {"note": ""}).status_code == 422
    team.post(step, {"note": "A good talk."})
    assert "Still to do: Listening" in team.get(page).content.decode()
    done = {"module": TrainingModule.objects.get().id, "done_on": "2999-01-01"}
    record = reverse("mentorship:record_training", args=[ben.id])
    assert team.post(record, done).status_code == 422
    team.post(record, {**done, "done_on": today_of(ben.clinic).isoformat()})
    team.post(step, {"supervisor": moss.id})
    profile = MentorProfile.objects.get(member=ben)
    assert profile.state == MentorState.TRIAL
    mentor = reverse("mentorship:mentor", args=[profile.id])
    talk = {
        "key": uuid.uuid4(),
        "on": today_of(ben.clinic).isoformat(),
        "kind": "one",
        "note": "ok",
    }
    assert team.post(reverse("mentorship:supervise", args=[profile.id]), talk).status_code == 302
    team.post(reverse("mentorship:move", args=[profile.id]), {"to": "active"})
    assert "Takes people" in team.get(mentor).content.decode()
    assert mine.post(reverse("mentorship:my_work"), {"level": "1"}).status_code == 302
    assert "it is a lot" in team.get(reverse("mentorship:mentors")).content.decode()


@pytest.mark.parametrize(
    ("page", "queries"), [("applications", 5), ("mentors", 4), ("trainings", 3)]
)
def test_pages_cost_the_same_for_one_and_three(
    page: str,
    queries: int,
    clinic: Clinic,
    group: Group,
    moss: Member,
    client_of: ClientOf,
) -> None:
    team, counts = client_of(moss), []
    team.get(reverse(f"mentorship:{page}"))
    for rows in (1, 2):
        for n in range(rows):
            name = f"{rows}{n}"
            person = make.member(clinic, f"Ash{name}", groups=(group,))
            becoming.apply(person, "I know it.", 1, None)
            partner = becoming.add_partner(moss, f"Garden {name}")
            becoming.nominate(partner, "Wilma", "w@example.org", "Good.")
            training.add_module(moss, f"Listening {name}", 6, 12)
            mentor = make.member(clinic, f"Elm{name}", role="mentor")
            MentorProfile.objects.create(member=mentor, supervisor=moss)
        with CaptureQueriesContext(connection) as seen:
            assert team.get(reverse(f"mentorship:{page}")).status_code == 200
        counts.append(len(seen))
    assert counts == [queries, queries]

"""Who is on duty, what members are told when nobody is, and calling until somebody answers."""

import hashlib
import hmac
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.chat import actions as chat
from community.members import outbox
from community.members.audit import AuditEntry
from community.members.models import Clinic, Group, Member, Notice
from config.help import resources
from moderation import clocks, duty, ladder, risk
from moderation.duty import NotOnTheTeam, NotYourDuty, OddTimes
from moderation.models import (
    Alert,
    CaseStep,
    ClockEvent,
    DutyShift,
    Level,
    ReviewCase,
    ReviewState,
    RiskCase,
    RiskSource,
    RiskState,
)
from tests import make, make_chat, make_forums
from tests.clock import standing
from tests.make_moderation import held
from tests.races import together

ClientOf = Callable[..., Client]
NOON = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)


def on_duty(member: Member, hours: int = 8, *, backup: bool = False) -> DutyShift:
    now = timezone.now()
    return DutyShift.objects.create(
        clinic=member.clinic,
        member=member,
        starts_at=now - timedelta(minutes=1),
        ends_at=now + timedelta(hours=hours),
        backup=backup,
        made_by=member,
    )


def in_danger(member: Member, level: int = Level.CRISIS) -> RiskCase:
    return risk.raise_risk(member, level, RiskSource.SELF, by=member)


def sent() -> list[tuple[str, ...]]:
    """Send what waits; to whom letters went since the last time."""
    mail.outbox.clear()
    while outbox.run_once():
        pass
    return sorted(tuple(letter.to) for letter in mail.outbox)


def line(member: Member) -> str:
    page = Template("{% load duty_words %}{% duty_line %}")
    return page.render(Context({"member": member, "help_resources": resources()}))


# --- Who is there -------------------------------------------------------------------------------


def test_the_roster_says_who_is_there_until_when_and_who_is_next(
    clinic: Clinic, moss: Member, lena: Member
) -> None:
    with standing(NOON) as clock:
        assert duty.now_of(clinic.id) == duty.Duty()
        duty.plan(moss, moss, date(2026, 6, 3), time(14), time(18))
        duty.plan(lena, lena, date(2026, 6, 3), time(18), time(22))
        duty.plan(lena, lena, date(2026, 6, 3), time(14), time(18), backup=True)
        before = duty.now_of(clinic.id)
        assert (before.staffed, before.next_at) == (False, NOON.replace(hour=13))
        clock.forward(3600)
        then = duty.now_of(clinic.id)
        assert (then.on, then.backup) == ((moss,), (lena,))
        assert then.until == NOON.replace(hour=21)
        assert duty.is_staffed(clinic.id)
        assert duty.is_on(moss)
        assert not duty.is_on(lena)


def test_times_on_the_wall_stay_when_the_clocks_change(clinic: Clinic, moss: Member) -> None:
    """London goes back on 25 October 2026; eight in the morning stays eight in the morning."""
    with standing(NOON):
        made = duty.plan(moss, moss, date(2026, 10, 24), time(8), time(18), weeks=2)
    assert [shift.starts_at.hour for shift in made] == [7, 8]
    assert [(s.ends_at - s.starts_at).total_seconds() / 3600 for s in made] == [10, 10]


def test_who_may_plan_whom(clinic: Clinic, ana: Member, moss: Member, lena: Member) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    with pytest.raises(NotOnTheTeam):
        duty.plan(lena, ana, tomorrow, time(8), time(9))
    with pytest.raises(NotYourDuty):
        duty.plan(moss, lena, tomorrow, time(8), time(9))
    with pytest.raises(OddTimes):
        duty.plan(moss, moss, tomorrow - timedelta(days=3), time(8), time(9))
    assert duty.plan(lena, moss, tomorrow, time(22), time(6))[0].member == moss


def test_here_now_and_leaving(clinic: Clinic, moss: Member) -> None:
    duty.begin_now(moss, 4)
    duty.begin_now(moss, 8)
    assert DutyShift.objects.count() == 1
    assert duty.is_staffed(clinic.id)
    assert duty.end_now(moss) == 1
    assert not duty.is_staffed(clinic.id)


def test_who_left_the_team_is_not_on_duty(clinic: Clinic, moss: Member) -> None:
    on_duty(moss)
    assert duty.is_staffed(clinic.id)
    Member.objects.filter(id=moss.id).update(is_active=False)
    assert not duty.is_staffed(clinic.id)
    assert duty.now_of(clinic.id).on == ()


def test_the_gaps_of_the_week_are_shown(clinic: Clinic, moss: Member) -> None:
    with standing(NOON):
        assert duty.gaps_of(clinic.id, NOON) == [(NOON, NOON + timedelta(days=7))]
        duty.plan(moss, moss, date(2026, 6, 3), time(12), time(20))
        assert duty.gaps_of(clinic.id, NOON)[0][0] == NOON.replace(hour=19)


# --- The honest line ----------------------------------------------------------------------------


def test_members_are_told_when_nobody_is_on_duty(ana: Member, moss: Member) -> None:
    """Pitfall 71."""
    said = line(ana)
    assert "Nobody from the care team is on duty" in said
    assert "116 123" in said
    now = timezone.now() + timedelta(days=1)
    duty.plan(moss, moss, now.date(), time(8), time(18))
    assert "until" in line(ana)
    assert "08:00" in line(ana)
    on_duty(moss)
    assert line(ana).strip() == ""


def test_the_roster_page_plans_and_drops(
    client_of: ClientOf, moss: Member, lena: Member, ana: Member
) -> None:
    browser = client_of(lena)
    url = reverse("moderation:roster")
    day = (timezone.localdate() + timedelta(days=2)).isoformat()
    data = {"who": moss.id, "on": day, "start": "08:00", "end": "18:00", "weeks": "2"}
    assert browser.post(url, data).status_code == 302
    assert DutyShift.objects.filter(member=moss, backup=False).count() == 2
    first = DutyShift.objects.order_by("id")[0]
    drop = reverse("moderation:drop_duty", args=[first.id])
    assert client_of(moss).post(drop).status_code == 302
    assert DutyShift.objects.count() == 1
    assert client_of(ana).get(url).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_roster_page_asks_the_same_for_any_number_of_rows(
    client_of: ClientOf, moss: Member, rows: int, django_assert_num_queries: Callable[..., object]
) -> None:
    for number in range(rows):
        day = timezone.localdate() + timedelta(days=number + 1)
        duty.plan(moss, moss, day, time(8), time(18))
    browser = client_of(moss)
    with django_assert_num_queries(11):
        assert browser.get(reverse("moderation:roster")).status_code == 200


# --- Calling ------------------------------------------------------------------------------------


def test_a_crisis_calls_who_is_on_duty_at_once_without_a_word_about_the_person(
    ana: Member, moss: Member, lena: Member
) -> None:
    on_duty(moss)
    in_danger(ana)
    in_danger(ana)
    assert sent() == [(moss.email,)]
    letter = mail.outbox[0]
    assert "Ana" not in f"{letter.body} {letter.subject}"
    assert sent() == []


def test_nobody_on_duty_calls_the_leads_and_without_leads_the_team(
    ana: Member, moss: Member, lena: Member
) -> None:
    in_danger(ana)
    assert sent() == [(lena.email,)]
    Member.objects.filter(id=lena.id).update(is_active=False)
    assert duty.called(ana.clinic_id, 0) == [moss]


def test_more_people_are_called_at_50_80_and_100_per_cent_and_again_until_somebody_answers(
    clinic: Clinic, ana: Member, moss: Member, lena: Member
) -> None:
    backup = make.member(clinic, "Birch", role="moderator")
    other = make.member(clinic, "Cedar", role="moderator")
    with standing(NOON) as clock:
        on_duty(moss)
        on_duty(backup, backup=True)
        case = in_danger(ana)
        assert sent() == [(moss.email,)]
        clock.forward(60)
        ladder.climb()
        assert sent() == sorted([(moss.email,), (backup.email,)])
        clock.forward(36)
        ladder.climb()
        assert sent() == sorted([(moss.email,), (backup.email,), (lena.email,)])
        clock.forward(24)
        everybody = sorted((person.email,) for person in (moss, backup, lena, other))
        ladder.climb()
        assert sent() == everybody
        clock.forward(120)
        ladder.climb()
        assert (other.email,) in sent()
        risk.acknowledge(case, moss)
        risk.write(case, moss, "I am here.")
        RiskCase.objects.update(assessed_at=clock.now)
        clock.forward(600)
        assert ladder.climb() == 0
        assert sent() == []


def test_a_call_that_was_answered_before_it_was_sent_is_not_sent(ana: Member, moss: Member) -> None:
    on_duty(moss)
    case = in_danger(ana)
    risk.acknowledge(case, moss)
    assert sent() == []


def test_the_person_themselves_is_never_called(moss: Member, lena: Member) -> None:
    on_duty(moss)
    in_danger(moss)
    assert (moss.email,) not in sent()


# --- Clocks that survive ------------------------------------------------------------------------


def test_steps_are_moments_and_a_long_stop_lists_only_the_latest_repetition() -> None:
    due = NOON + timedelta(minutes=2)
    steps = [clocks.ladder(3, NOON, due, NOON + timedelta(seconds=s)) for s in (0, 60, 96, 120)]
    assert steps == [[0], [0, 50], [0, 50, 80], [0, 50, 80, 100]]
    night = clocks.ladder(3, NOON, due, due + timedelta(hours=8))
    assert night == [0, 50, 80, 100, 340]


def test_a_breach_is_written_once_after_a_stop_and_with_clocks_five_minutes_apart(
    ana: Member, moss: Member
) -> None:
    """Pitfall 26: restart, skew. Each promise is broken once, whatever the clocks say."""
    with standing(NOON) as clock:
        in_danger(ana)
        clock.forward(8 * 3600)
        ladder.climb()
        for skew in (-300, 300, -300, 300):
            clock.forward(skew)
            ladder.climb()
    breaches = ClockEvent.objects.filter(step=100)
    assert sorted(breaches.values_list("clock", flat=True)) == ["acknowledge", "assess", "contact"]


def test_the_hour_that_comes_twice_neither_loses_nor_doubles_a_breach(ana: Member) -> None:
    """Pitfall 26: London's clocks go back on 25 October 2026, at one in the morning UTC."""
    with standing(datetime(2026, 10, 25, 0, 59, tzinfo=UTC)) as clock:
        case = in_danger(ana)
        assert case.acknowledge_due_at == datetime(2026, 10, 25, 1, 1, tzinfo=UTC)
        clock.forward(119)
        ladder.climb()
        assert not ClockEvent.objects.filter(step=100).exists()
        for _ in range(3):
            clock.forward(1)
            ladder.climb()
    assert ClockEvent.objects.filter(step=100, clock="acknowledge").count() == 1


def test_a_promise_to_somebody_judged_as_well_is_still_kept_and_stops_no_clock(
    ana: Member, ben: Member, moss: Member
) -> None:
    """Found by playing histories: a case judged as routine before anybody wrote to the person made
    the clocks of everybody stand still."""
    with standing(NOON) as clock:
        case = in_danger(ana)
        risk.acknowledge(case, moss)
        said = {"criteria": [], "text": "She is well.", "seen": 10**9}
        risk.assess(case, moss, level=Level.GREEN, way=RiskState.PLAN, **said)
        clock.forward(2 * 3600)
        in_danger(ben, Level.AMBER)
        assert ladder.climb() > 0
        assert ClockEvent.objects.filter(case=case, clock="contact", step=100).count() == 1
        assert not ladder.has_stopped()


def test_one_case_that_fails_keeps_no_other_waiting_and_the_desk_says_so(
    ana: Member, ben: Member, moss: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    with standing(NOON) as clock:
        on_duty(moss)
        broken, other = in_danger(ana), in_danger(ben)
        page = duty.page

        def some(case: RiskCase, **extra: Any) -> int:
            if case.id == broken.id:
                raise RuntimeError
            return page(case, **extra)

        ladder.climb()
        monkeypatch.setattr(duty, "page", some)
        clock.forward(130)
        ladder.climb()
        events = ClockEvent.objects.filter(step=100, clock="acknowledge")
        assert [event.case_id for event in events] == [other.id]
        assert ladder.has_stopped()
        monkeypatch.undo()
        ladder.climb()
        assert events.all().count() == 2
        assert not ladder.has_stopped()


def test_looking_at_the_clocks_costs_the_same_for_one_case_and_for_many(
    clinic: Clinic, moss: Member, django_assert_num_queries: Callable[..., object]
) -> None:
    """A second later there is nothing new: no case is locked."""
    with standing(NOON):
        for _ in range(3):
            in_danger(make.member(clinic), Level.AMBER)
            ladder.climb()
            with django_assert_num_queries(6):
                ladder.climb()


def test_a_step_cannot_be_changed_or_deleted(ana: Member) -> None:
    """Pitfall 55, for breaches."""
    with standing(NOON) as clock:
        in_danger(ana)
        clock.forward(600)
        ladder.climb()
    assert ClockEvent.objects.exists()
    with pytest.raises(DatabaseError), transaction.atomic():
        ClockEvent.objects.update(step=50)
    with pytest.raises(DatabaseError), transaction.atomic():
        ClockEvent.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_many_processes_take_each_step_once(ana: Member, moss: Member) -> None:
    case = in_danger(ana)
    RiskCase.objects.filter(id=case.id).update(
        asked_at=timezone.now() - timedelta(minutes=3),
        acknowledge_due_at=timezone.now() - timedelta(minutes=1),
    )
    taken = together([ladder.climb] * 6)
    events = list(ClockEvent.objects.values_list("clock", "step"))
    assert len(events) == len(set(events)) == sum(taken)
    assert ("acknowledge", 100) in events


def test_the_desk_says_when_the_clocks_stand_still(client_of: ClientOf, moss: Member) -> None:
    """Pitfall 27."""
    browser = client_of(moss)
    assert b"clocks are not running" in browser.get(reverse("moderation:queue")).content
    ladder.climb()
    assert b"clocks are not running" not in browser.get(reverse("moderation:queue")).content


# --- The webhook --------------------------------------------------------------------------------


class Receiver:
    """A local address that remembers what it got, and answers with `status`."""

    def __init__(self) -> None:
        self.got: list[tuple[Any, bytes]] = []
        self.status = 204
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.headers, body))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing on the terminal."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join(5)


def test_the_webhook_gets_signed_json_and_is_tried_again_until_it_is_taken(
    ana: Member, moss: Member, receiver: Receiver, settings: Any
) -> None:
    settings.PAGE_WEBHOOK_URL, settings.PAGE_WEBHOOK_KEY = receiver.url, "a key for tests"
    receiver.status = 503
    on_duty(moss)
    with standing(NOON) as clock:
        in_danger(ana)
        sent()
        assert Alert.objects.filter(channel="webhook", sent_at=None).count() == 1
        receiver.status = 204
        clock.forward(6)
        sent()
        sent()
    assert len(receiver.got) == 2
    headers, body = receiver.got[1]
    mac = hmac.new(b"a key for tests", body, hashlib.sha256).hexdigest()
    assert headers["X-Signature-SHA256"] == mac
    told = json.loads(body)
    assert (told["level"], told["clock"], told["step_percent"]) == ("crisis", "acknowledge", 0)
    assert "Ana" not in body.decode()
    assert ana.email not in body.decode()


def test_on_call_addresses_are_called_too(ana: Member, moss: Member, settings: Any) -> None:
    settings.PAGE_MAIL = ["pager@people.example"]
    on_duty(moss)
    in_danger(ana)
    assert sent() == [("moss@people.example",), ("pager@people.example",)]


def test_every_place_to_write_says_when_nobody_is_on_duty(
    group: Group, ana: Member, moss: Member, client_of: ClientOf
) -> None:
    post = make_forums.published(make_forums.board(group), ana, "Soup?")
    room = make_chat.room(group)
    said = chat.say(ana, room.id, "Hello all", str(uuid.uuid4())).message
    places = [
        reverse("forums:thread", args=[post.thread_id]),
        reverse("forums:start", args=[post.thread.board_id]),
        reverse("forums:edit", args=[post.id]),
        reverse("chat:room", args=[room.id]),
        reverse("chat:edit", args=[room.id, said.id]),
    ]
    client = client_of(ana)
    line = "Nobody from the care team is on duty"
    assert [line in client.get(place).content.decode() for place in places] == [True] * 5
    on_duty(moss)
    assert [line in client.get(place).content.decode() for place in places] == [False] * 5


# --- Texts that wait ----------------------------------------------------------------------------


def test_a_text_that_waits_is_told_at_80_and_100_percent_of_its_time(
    ana: Member, moss: Member, lena: Member
) -> None:
    kinds = ("text_soon", "text_late")

    def told(person: Member) -> list[str]:
        rows = Notice.objects.filter(member=person, kind__in=kinds).order_by("id")
        return list(rows.values_list("kind", flat=True))

    with standing(NOON) as clock:
        on_duty(moss, 24)
        case = held(ana, level=Level.AMBER)
        seen = []
        for share in (0.49, 0.51, 0.79, 0.81, 0.99, 1.01, 5):
            clock.now = NOON + (case.due_at - NOON) * share
            ladder.climb()
            ladder.climb()
            seen.append(list(case.steps.order_by("step").values_list("step", flat=True)))
    assert seen == [[], [50], [50], [50, 80], [50, 80], [50, 80, 100], [50, 80, 100]]
    assert told(moss) == ["text_soon", "text_late"]
    assert told(lena) == ["text_late"]
    assert AuditEntry.objects.filter(action="case.late").count() == 1


def test_after_a_stop_every_step_of_a_text_is_written_and_the_last_is_told(
    ana: Member, moss: Member
) -> None:
    """Pitfall 26: the times are stored, so a server that was away loses and doubles nothing."""
    with standing(NOON) as clock:
        on_duty(moss, 48)
        case = held(ana, level=Level.RED)
        clock.forward(26 * 3600)
        ladder.climb()
        clock.forward(-300)
        ladder.climb()
    assert list(case.steps.order_by("step").values_list("step", flat=True)) == [50, 80, 100]
    assert Notice.objects.filter(member=moss).values_list("kind", flat=True)[0] == "text_late"
    assert Notice.objects.filter(member=moss, kind__startswith="text_").count() == 1


def test_many_late_texts_are_one_notice_until_somebody_has_looked(
    ana: Member, moss: Member
) -> None:
    with standing(NOON) as clock:
        on_duty(moss, 48)
        for _ in range(3):
            held(ana, level=Level.RED)
        clock.forward(26 * 3600)
        ladder.climb()
    assert Notice.objects.filter(member=moss, kind="text_late").count() == 1


def test_a_decided_text_and_ones_own_take_no_steps(ana: Member, moss: Member, lena: Member) -> None:
    with standing(NOON) as clock:
        on_duty(moss, 48)
        own, done = held(moss, level=Level.RED), held(ana, level=Level.RED)
        ReviewCase.objects.filter(id=done.id).update(state=ReviewState.DECIDED)
        clock.forward(26 * 3600)
        ladder.climb()
    assert not done.steps.exists()
    assert own.steps.count() == 3
    assert not Notice.objects.filter(member=moss, kind__startswith="text_").exists()
    assert Notice.objects.filter(member=lena, kind="text_late").count() == 1


@pytest.mark.parametrize(
    "change", ["UPDATE moderation_casestep SET step = 1", "DELETE FROM moderation_casestep"]
)
def test_a_step_of_a_text_stays_written(ana: Member, change: str) -> None:
    case = held(ana)
    CaseStep.objects.create(case=case, step=50, due_at=case.due_at)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_take_a_step_of_a_text_once(ana: Member, moss: Member) -> None:
    case = held(ana)
    past = timezone.now() - timedelta(hours=30)
    ReviewCase.objects.filter(id=case.id).update(
        opened_at=past, due_at=past + timedelta(hours=1), step_at=past
    )
    together([ladder.climb] * 4)
    assert case.steps.count() == 3
    assert Notice.objects.filter(kind="text_late").count() == 1


def test_every_step_reaches_the_webhook_and_the_mail_until_somebody_answers_without_private_words(
    ana: Member, moss: Member, lena: Member, receiver: Receiver, settings: Any
) -> None:
    """At once, at 50, 80 and 100 % and again; each call once; then silence."""
    settings.PAGE_WEBHOOK_URL, settings.PAGE_MAIL = receiver.url, ["pager@people.example"]
    words = "I want to die in the lighthouse."
    letters, told = [], []
    with standing(NOON) as clock:
        on_duty(moss)
        case = risk.raise_risk(ana, Level.CRISIS, RiskSource.PEER, by=lena, text=words)
        for wait_s in (0, 60, 36, 24, 120, 120):
            clock.forward(wait_s)
            ladder.climb()
            ladder.climb()
            sent()
            letters += mail.outbox
        told = [json.loads(body) for _, body in receiver.got]
        risk.acknowledge(case, moss)
        for _ in range(3):
            clock.forward(120)
            ladder.climb()
            sent()
        after = [json.loads(body) for _, body in receiver.got[len(told) :]]
    mine = [(one["clock"], one["step_percent"]) for one in told if one["clock"] == "acknowledge"]
    assert mine == [("acknowledge", step) for step in (0, 50, 80, 100, 101, 102)]
    assert not [one for one in after if one["clock"] == "acknowledge"]
    assert len({one["id"] for one in told}) == len(told)
    assert ["pager@people.example"] in [letter.to for letter in letters]
    said = json.dumps([told, after]) + "".join(f"{x.subject} {x.body} {x.to}" for x in letters)
    private = [ana.name, ana.email, "lighthouse", "want to die", lena.name]
    assert [word for word in private if word in said] == []

"""The day: let in, by whatever way, once; afterwards asked kindly; shown only from five on."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from community.members import outbox
from community.members.models import Member
from events import actions, day, tickets, tokens, trends
from events.actions import NoRoom
from events.day import AnsweredAlready, NoSeat, NotTheTime, WrongCode
from events.day_rows import Attendance, Came, CheckIn, DropOut, Feedback, FeedbackToken, How, Why
from events.models import Occurrence, Registration, RegistrationState
from tests import make_events as make

States = RegistrationState


def today(by: Member, seats: int = 9, slug: str = "today", hours: float = 0.5) -> Occurrence:
    """A date that begins in half an hour: its door is open."""
    return make.workshop(by, seats=seats, slug=slug, days=hours / 24)


def over(occurrence: Occurrence, hours: int = 1) -> None:
    """The date ended so many hours ago."""
    ends = timezone.now() - timedelta(hours=hours)
    Occurrence.objects.filter(id=occurrence.id).update(
        starts_at=ends - timedelta(hours=2), ends_at=ends
    )
    occurrence.refresh_from_db()


def let_in(occurrence: Occurrence, place: Registration, how: How = How.LIST) -> day.LetIn:
    return day.check_in(occurrence, place.id, uuid.uuid4().hex, how)


def letters() -> list[str]:
    return [row.args_kwargs["args"][0] for row in DBTaskResult.objects.order_by("enqueued_at")]


def test_twice_is_once_whatever_the_door_and_a_late_replay_brings_nothing_back(ada: Member) -> None:
    occurrence = today(ada)
    wren = make.place(occurrence)
    first = day.check_in(occurrence, wren.id, "nonce-one", How.SCAN, ada)
    again = day.check_in(occurrence, wren.id, "nonce-one", How.SCAN, ada)
    other = day.check_in(occurrence, wren.id, "nonce-two", How.LIST)
    assert [first.new, again.new, other.new] == [True, True, False]
    assert (other.at, other.how) == (first.at, How.SCAN)
    assert day.undo_check_in(occurrence, wren.id) is True
    assert day.undo_check_in(occurrence, wren.id) is False
    assert not Attendance.objects.exists()
    assert day.check_in(occurrence, wren.id, "nonce-one", How.SCAN).new is False
    assert not CheckIn.objects.filter(undone_at=None).exists()
    assert day.check_in(occurrence, wren.id, "nonce-six", How.LIST).new is True
    assert Attendance.objects.get().state == Came.PRESENT


def test_the_database_allows_one_check_in_that_stands(ada: Member) -> None:
    wren = make.place(today(ada))
    row = {"registration": wren, "how": How.LIST, "at": timezone.now()}
    CheckIn.objects.create(nonce="one", undone_at=timezone.now(), **row)
    CheckIn.objects.create(nonce="two", **row)
    with pytest.raises(IntegrityError), transaction.atomic():
        CheckIn.objects.create(nonce="six", **row)


def test_a_scan_that_waited_without_network_keeps_its_time_and_cannot_lie(ada: Member) -> None:
    occurrence = today(ada, hours=-1)
    wren, robin, finch = (make.place(occurrence, name) for name in ("Wren", "Robin", "Finch"))
    then = occurrence.starts_at + timedelta(minutes=2)
    assert day.check_in(occurrence, wren.id, "nonce-one", How.SCAN, at=then).at == then
    ahead = timezone.now() + timedelta(days=2)
    assert day.check_in(occurrence, robin.id, "nonce-two", How.SCAN, at=ahead).at < ahead
    long_ago = occurrence.starts_at - timedelta(days=2)
    assert day.check_in(occurrence, finch.id, "nonce-six", How.SCAN, at=long_ago).at > long_ago
    states = dict(Attendance.objects.values_list("registration__name", "state"))
    assert states == {"Wren": "present", "Robin": "late", "Finch": "present"}


@pytest.mark.parametrize("state", [States.WAITING, States.CANCELLED, States.REMOVED])
def test_without_a_seat_or_at_another_time_nobody_is_let_in(ada: Member, state: States) -> None:
    occurrence = today(ada)
    wren = make.place(occurrence)
    Registration.objects.update(state=state)
    with pytest.raises(NoSeat):
        let_in(occurrence, wren)
    Registration.objects.update(state=States.CONFIRMED)
    early = make.place(make.workshop(ada, slug="later"))
    with pytest.raises(NotTheTime):
        let_in(early.occurrence, early)
    assert let_in(occurrence, wren).new is True


def test_a_ticket_of_another_date_or_a_made_up_one_is_refused_without_a_name(
    ada: Member, client_of: Callable[..., Client]
) -> None:
    occurrence, other = today(ada), today(ada, slug="other")
    wren, robin = make.place(occurrence, "Wren"), make.place(other, "Robin")
    browser, url = client_of(ada), reverse("events:check_in", args=[occurrence.id])
    good = tickets.code_of(wren)
    seal = good[:-1] + ("2" if good[-1] != "2" else "3")
    moved = f"{occurrence.id}-{robin.no}-{tickets.code_of(robin).split('-')[2]}"
    for code in (tickets.code_of(robin), seal, moved, "9-9", "x", "-1-2-ABCDEF"):
        answer = browser.post(url, {"code": code, "nonce": uuid.uuid4().hex})
        assert answer.status_code == 422
        assert "This ticket is not for this date" in answer.content.decode()
    assert not CheckIn.objects.exists()
    scan = {"code": tickets.url_of(wren).lower(), "nonce": uuid.uuid4().hex}
    assert browser.post(url, scan).status_code == 302
    assert CheckIn.objects.get().how == How.SCAN
    # A new link makes the old ticket useless, too.
    before = tickets.code_of(wren)
    Registration.objects.update(nonce=uuid.uuid4())
    wren.refresh_from_db()
    assert tickets.code_of(wren) != before


def test_the_script_gets_words_it_can_show(ada: Member, client_of: Callable[..., Client]) -> None:
    occurrence = today(ada)
    wren = make.place(occurrence)
    browser, url = client_of(ada), reverse("events:check_in", args=[occurrence.id])
    scans = [{"who": str(wren.id), "nonce": f"nonce-00{n}", "at": "x"} for n in (1, 2)]
    said = [browser.post(url, scan, headers={"Accept": "application/json"}) for scan in scans]
    assert [answer.status_code for answer in said] == [200, 200]
    assert said[0].json() == {"said": "Wren is here.", "who": wren.id}
    assert said[1].json()["said"].startswith("Wren is here already, since ")
    nobody = browser.post(url, {"who": "999999", "nonce": "nonce-three"})
    assert nobody.status_code == 404


def test_looking_at_a_ticket_lets_nobody_in_and_only_its_organiser_sees_it(
    ada: Member, moss: Member, client_of: Callable[..., Client], visitor: Client
) -> None:
    wren = make.place(today(ada))
    url = reverse("events:ticket", args=[tickets.code_of(wren)])
    assert visitor.get(url).status_code == 302
    assert client_of(moss).get(url).status_code == 404
    browser = client_of(ada)
    assert "Wren" in browser.get(url).content.decode()
    assert browser.head(url).status_code == 200
    assert not CheckIn.objects.exists()
    assert browser.get(reverse("events:ticket", args=["9-9-ABCDEF"])).status_code == 404


def test_somebody_checks_in_alone_with_the_code_at_the_door(ada: Member, visitor: Client) -> None:
    occurrence = today(ada)
    wren = make.place(occurrence)
    token = tokens.token_of(wren)
    url, place = (reverse(f"events:{view}", args=[token]) for view in ("here", "place"))
    page = visitor.get(place).content.decode()
    assert tickets.code_of(wren) in page
    assert tickets.self_code(occurrence) not in page
    assert visitor.post(url, {"code": "WRONG"}).status_code == 422
    assert not CheckIn.objects.exists()
    assert visitor.post(url, {"code": tickets.self_code(occurrence).lower()}).status_code == 302
    assert "You are here since" in visitor.get(place).content.decode()
    picture = visitor.get(reverse("events:ticket_picture", args=[token]))
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/svg+xml")
    robin = make.place(occurrence, "Robin")
    url = reverse("events:here", args=[tokens.token_of(robin)])
    for _ in range(10):
        visitor.post(url, {"code": "WRONG"})
    assert visitor.post(url, {"code": tickets.self_code(occurrence)}).status_code == 422
    with pytest.raises(WrongCode):
        day.let_self_in(robin, "")


def test_who_comes_by_takes_a_free_seat_or_one_more_chair(ada: Member) -> None:
    occurrence = today(ada, seats=1)
    walked = day.walk_in(occurrence.id, "Robin", "nonce-one", ada)
    assert day.walk_in(occurrence.id, "Robin", "nonce-one", ada) == walked
    with pytest.raises(NoRoom):
        day.walk_in(occurrence.id, "Finch", "nonce-two", ada)
    day.walk_in(occurrence.id, "Finch", "nonce-two", ada, beyond=True)
    occurrence.refresh_from_db()
    assert (occurrence.capacity, occurrence.taken, CheckIn.objects.count()) == (2, 2, 2)
    over(occurrence)
    assert day.finish(occurrence.id) is True
    assert letters() == []  # they left no address


def test_the_door_works_without_script(ada: Member, client_of: Callable[..., Client]) -> None:
    occurrence = today(ada, seats=1)
    wren = make.place(occurrence)
    browser = client_of(ada)
    door = reverse("events:door", args=[occurrence.id])
    page = browser.get(door).content.decode()
    assert '<strong id="here">0</strong> of 1 here' in page
    browser.post(
        reverse("events:check_in", args=[occurrence.id]), {"who": wren.id, "nonce": "n" * 9}
    )
    assert '<strong id="here">1</strong> of 1 here' in browser.get(door).content.decode()
    walk = {"name": "Robin", "nonce": "w" * 9}
    answer = browser.post(reverse("events:walk_in", args=[occurrence.id]), walk)
    assert (answer.status_code, "Robin" in answer.content.decode()) == (409, True)
    browser.post(reverse("events:walk_in", args=[occurrence.id]), {**walk, "beyond": "on"})
    browser.post(reverse("events:undo_check_in", args=[occurrence.id]), {"who": wren.id})
    assert '<strong id="here">1</strong> of 2 here' in browser.get(door).content.decode()
    told = {"who": wren.id, "state": "told"}
    browser.post(reverse("events:mark", args=[occurrence.id]), told)
    assert "told us they cannot come" in browser.get(door).content.decode()


def test_the_list_of_the_door_stays_small_enough_to_keep_on_a_phone(
    ada: Member, client_of: Callable[..., Client]
) -> None:
    """2,000 people stay below 600 kB: below 300 bytes each, with a name of usual length."""
    occurrence = today(ada, seats=99)
    url, browser = reverse("events:door", args=[occurrence.id]), client_of(ada)
    empty = len(browser.get(url).content)
    for number in range(20):
        make.place(occurrence, f"Wren Winter {number:02}")
    page = browser.get(url).content
    assert page.count(b"Here: Wren Winter") == 20
    assert (len(page) - empty) / 20 < 300


def test_one_by_one_from_a_page_that_was_loaded_once(
    ada: Member, client_of: Callable[..., Client]
) -> None:
    """Somebody goes back to the old page: its one nonce names two people, and both are let in."""
    occurrence = today(ada)
    wren, robin = make.place(occurrence), make.place(occurrence, "Robin")
    browser, url = client_of(ada), reverse("events:check_in", args=[occurrence.id])
    for place in (wren, robin, wren):
        browser.post(url, {"who": place.id, "nonce": "one-page-one-nonce"})
    assert CheckIn.objects.filter(undone_at=None).count() == 2


def test_afterwards_who_came_is_asked_how_it_was_and_who_did_not_why_once_and_kindly(
    ada: Member, visitor: Client
) -> None:
    occurrence = today(ada)
    wren, robin, finch = (make.place(occurrence, name) for name in ("Wren", "Robin", "Finch"))
    let_in(occurrence, wren)
    day.mark(occurrence, finch.id, Came.TOLD)
    assert day.finish(occurrence.id) is False
    over(occurrence, hours=4)
    assert (day.finish_due(), day.finish_due(), day.finish(occurrence.id)) == (1, 0, False)
    assert letters() == ["how_was_it", "missed_you"]
    while outbox.run_once():
        pass
    asked, missed = sorted(mail.outbox, key=lambda message: message.to[0] != wren.email)
    assert (asked.to, missed.to) == ([wren.email], [robin.email])
    for message in mail.outbox:
        assert "Sleeping" not in f"{message.subject}{message.body}"
        assert "no-show" not in message.body
    token = asked.body.split("/workshops/feedback/")[1].split("/")[0]
    assert token not in str(list(FeedbackToken.objects.values()))
    url = reverse("events:feedback", args=[token])
    assert visitor.get(url).status_code == 200
    answer = {"helpful": "5", "safe": "4", "again": "yes", "words": "Warm."}
    assert visitor.post(url, {**answer, "helpful": ""}).status_code == 422
    visitor.post(url, answer)
    visitor.post(url, answer)
    assert Feedback.objects.count() == 1
    assert {f.name for f in Feedback._meta.fields} == {
        *("id", "occurrence", "helpful", "safe", "again", "words")
    }
    why = reverse("events:why", args=[tokens.token_of(robin)])
    assert "/why/" in missed.body
    assert all("gives your place" not in str(message.body) for message in mail.outbox)
    visitor.post(why, {"why": "nervous"})
    visitor.post(why, {"why": "ill"})
    assert list(DropOut.objects.values_list("why", flat=True)) == ["nervous"]
    robin.refresh_from_db()
    with pytest.raises(AnsweredAlready):
        day.say_why(robin, Why.ILL)
    with pytest.raises(AnsweredAlready):
        day.say_why(wren, Why.ILL)


def test_where_nobody_held_the_door_nobody_is_called_absent(ada: Member) -> None:
    occurrence = today(ada)
    make.place(occurrence), make.place(occurrence, "Robin")
    over(occurrence)
    day.finish(occurrence.id)
    assert (letters(), Attendance.objects.count()) == (["how_was_it"] * 2, 0)


def test_who_gave_a_place_back_may_say_why(ada: Member, visitor: Client) -> None:
    place = make.place(make.workshop(ada))
    url = reverse("events:why", args=[tokens.token_of(place)])
    assert "Nothing to answer" in visitor.get(url).content.decode()
    actions.cancel(place)
    page = visitor.get(reverse("events:place", args=[tokens.token_of(place)])).content.decode()
    assert url in page
    assert visitor.post(url, {}).status_code == 422
    assert "Thank you" in visitor.post(url, {"why": "way"}).content.decode()


def test_answers_are_shown_from_five_on_and_in_steps_of_five(
    ada: Member, client_of: Callable[..., Client]
) -> None:
    occurrence = today(ada)
    browser, url = client_of(ada), reverse("events:voices", args=[occurrence.id])

    def answer(count: int) -> str:
        for _ in range(count):
            token, number = tokens.new_token(occurrence), Feedback.objects.count()
            day.say_how_it_was(token, 5, 4, "yes", f"Words {number}")
            DropOut.objects.create(occurrence=occurrence, why=Why.ILL)
        return browser.get(url).content.decode()

    page = answer(4)
    assert ("Words 0" in page, "I was not well" in page) == (False, False)
    page = answer(1)
    assert ("Words 0" in page, "I was not well: 5" in page) == (True, True)
    page = answer(4)
    assert ("Of 5 answers" in page, "Words 5" in page) == (True, False)
    assert "Words 9" in answer(1)


def test_words_of_danger_bring_help_at_once(ada: Member, visitor: Client) -> None:
    url = reverse("events:feedback", args=[tokens.new_token(today(ada))])
    words = {"helpful": "1", "safe": "1", "again": "no", "words": "I want to kill myself tonight."}
    assert "help-card" in visitor.post(url, words).content.decode()
    url = reverse("events:feedback", args=[tokens.new_token(Occurrence.objects.get())])
    calm = visitor.post(url, {**words, "words": "Nice tea."}).content.decode()
    assert "help-card" not in calm


# --- Trends ---------------------------------------------------------------------------------------


def test_wilson_is_as_published_and_the_design_effect_widens_it() -> None:
    # Newcombe, Stat Med 1998;17:857-872, table I: 81/263, 15/148, 0/20.
    for k, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
    ):
        found = trends.wilson(k / n, n)
        assert found == pytest.approx((low, high), abs=5e-5)
    alike = [(5, 10)] * 4
    apart = [(10, 10), (0, 10), (10, 10), (0, 10)]
    assert trends.design_effect(alike) == 1.0
    assert trends.design_effect(apart) == pytest.approx(40 / 3)
    one, other = trends.share_of(alike), trends.share_of(apart)
    assert one is not None
    assert other is not None
    assert (one.k, one.n) == (other.k, other.n)
    assert other.high - other.low > 2 * (one.high - one.low)
    assert trends.share_of([(3, 4)]) is None


def test_trends_count_who_was_expected_and_show_hosts_to_administrators_alone(
    ada: Member, moss: Member, client_of: Callable[..., Client]
) -> None:
    occurrence = today(ada)
    occurrence.event.hosts.create(member=moss, name="Moss M.")
    places = [make.place(occurrence, f"Wren{n}") for n in range(6)]
    for place in places[:4]:
        let_in(occurrence, place)
    day.walk_in(occurrence.id, "Robin", "nonce-one", ada)
    over(occurrence)
    day.finish(occurrence.id)
    url = reverse("events:attendance_trends")
    page = client_of(ada).get(url).content.decode()
    assert "67% (30% to 90%)" in page
    assert "<svg" in page
    assert "<table" in page
    assert "Moss M." in page
    assert "Moss M." not in client_of(moss).get(url).content.decode()
    assert "67%" in client_of(moss).get(url).content.decode()


def test_pages_of_the_day_cost_the_same_at_one_and_three_rows(
    ada: Member, client_of: Callable[..., Client], django_assert_num_queries: Any
) -> None:
    browser = client_of(ada)
    browser.get(reverse("events:organise"))
    occurrence = today(ada)
    for more in (1, 2):
        for _ in range(more):
            place = make.place(occurrence, f"Wren{uuid.uuid4().hex[:6]}")
            let_in(occurrence, place)
            Feedback.objects.create(occurrence=occurrence, helpful=5, safe=5, again="yes")
            past = today(ada, slug=f"past{uuid.uuid4().hex[:6]}")
            for name in ("A", "B", "C", "D", "E"):
                let_in(past, make.place(past, name))
            over(past)
            day.finish(past.id)
        for view, args, count in (
            ("door", [occurrence.id], 5),
            ("voices", [occurrence.id], 6),
            ("attendance_trends", [], 4),
        ):
            with django_assert_num_queries(count):
                assert browser.get(reverse(f"events:{view}", args=args)).status_code == 200

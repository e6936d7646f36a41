"""What organisers do, in the actions and on the pages."""

import csv
import io
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from community.members import outbox
from community.members.audit import AuditEntry
from community.members.models import Member
from events import (
    actions,
    erasing,
    joining,
    needs,
    organising,
    organising_views,
    reminders,
    tokens,
)
from events.actions import TooLate, Wish
from events.models import Event, Host, News, Occurrence, Registration, RegistrationState
from events.organising import Draft, NoDate, PeopleCome, Seats
from tests import make as people
from tests import make_events as make

States = RegistrationState
DRAFT = Draft("Sleeping again", "About nights.", place="Lantern Hall")


def letters() -> list[str]:
    return [row.args_kwargs["args"][0] for row in DBTaskResult.objects.order_by("enqueued_at")]


def come(occurrence: Occurrence, name: str, **more: Any) -> Registration:
    actions.sign_up(occurrence.id, Wish(name, f"{name}@visitors.example", **more))
    return actions.confirm(Registration.objects.get(occurrence=occurrence, name=name))


def typed(**changes: object) -> dict[str, object]:
    day = timezone.localdate() + timedelta(days=20)
    return {
        "title": "Quiet evenings",
        "about": "Tea and listening.",
        "companions": "1",
        "by_offer": "offer",
        "keep_days": "30",
        "day": day.isoformat(),
        "starts": "18:00",
        "ends": "20:00",
        "every": "weekly",
        "count": "3",
        "without": (day + timedelta(days=7)).isoformat(),
        "seats": "12",
        "accessible": "1",
        "online": "0",
        "topic": "sleep",
        "way": "here",
        "sign_up_for": "dates",
    } | changes


def test_an_organiser_makes_a_series_publishes_it_and_visitors_see_it(
    ada: Member, client_of: Callable[..., Client], visitor: Client
) -> None:
    browser = client_of(ada)
    answer = browser.post(reverse("events:create"), typed())
    event = Event.objects.get()
    assert answer["Location"] == reverse("events:organised", args=[event.id])
    public = reverse("events:event", args=[event.slug])
    assert visitor.get(public).status_code == 404
    starts = [date.local_start for date in event.occurrences.order_by("starts_at")]
    assert [start.strftime("%H:%M") for start in starts] == ["18:00", "18:00"]
    assert (starts[1].date() - starts[0].date()).days == 14
    browser.post(reverse("events:publish", args=[event.id]))
    assert "Quiet evenings" in visitor.get(public).content.decode()
    host = {"member": "", "name": "Robin", "work": "Therapist", "about": "I like tea."}
    browser.post(reverse("events:hosts", args=[event.id]), host)
    assert list(event.hosts.values_list("name", "about")) == [("Ada", ""), ("Robin", "I like tea.")]


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"ends": "17:00"},
        {"day": "2020-01-01"},
        {"without": "soon"},
        {"count": "0"},
        {"seats": "-1"},
    ],
)
def test_a_mistake_makes_nothing_and_keeps_what_was_typed(
    change: dict[str, object], ada: Member, client_of: Callable[..., Client]
) -> None:
    answer = client_of(ada).post(reverse("events:create"), typed(**change))
    assert answer.status_code == 422
    assert "Tea and listening." in answer.content.decode()
    assert not Event.objects.exists()


def test_an_address_that_means_another_page_or_is_taken_becomes_another(ada: Member) -> None:
    slugs = {
        organising.create(ada, Draft(t, "x")).slug for t in ("Seats", "Organise", "Tea", "Tea")
    }
    assert len(slugs) == 4
    assert slugs & {"seats", "organise", "tea"} == {"tea"}


def test_nothing_without_a_date_is_published_and_nothing_with_people_withdrawn(ada: Member) -> None:
    event = organising.create(ada, DRAFT)
    with pytest.raises(NoDate):
        organising.publish(event)
    now = timezone.now() + timedelta(days=9)
    (date,) = organising.add_dates(event, [(now, now + timedelta(hours=1))], Seats(2))
    assert organising.add_dates(event, [(now, now + timedelta(hours=2))], Seats(2)) == []
    assert organising.publish(event) is True
    assert organising.publish(event) is False
    assert organising.withdraw(event) is True
    organising.publish(event)
    come(date, "Wren")
    with pytest.raises(PeopleCome):
        organising.withdraw(event)


def test_a_copy_has_the_words_and_people_and_no_dates(ada: Member, moss: Member) -> None:
    occurrence = make.workshop(ada)
    event = occurrence.event
    Host.objects.create(event=event, member=ada, name="Ada A.", about="Hello.")
    Host.objects.create(event=event, member=moss, name="Moss M.")
    copy = organising.duplicate(event, ada)
    assert (copy.title, copy.published_at, copy.slug != event.slug) == (event.title, None, True)
    assert sorted(copy.hosts.values_list("name", "about")) == [
        ("Ada A.", "Hello."),
        ("Moss M.", ""),
    ]
    assert not copy.occurrences.exists()


def test_more_seats_go_to_who_waits_in_the_same_commit_and_fewer_send_nobody_away(
    ada: Member, client_of: Callable[..., Client]
) -> None:
    occurrence = make.workshop(ada, seats=1, by_offer=False)
    first, second = (come(occurrence, name) for name in ("Wren", "Robin"))
    assert (first.state, second.state) == (States.CONFIRMED, States.WAITING)
    browser = client_of(ada)
    url = reverse("events:resize", args=[occurrence.id])
    browser.post(url, {"seats": "2", "accessible": "0", "online": "0"})
    second.refresh_from_db()
    assert (second.state, letters()[-1]) == (States.CONFIRMED, "promoted")
    browser.post(url, {"seats": "0", "accessible": "0", "online": "0"})
    assert Registration.objects.filter(state=States.CONFIRMED).count() == 2
    page = browser.get(reverse("events:date", args=[occurrence.id])).content.decode()
    assert "2 more seats than there is room for" in page


def test_a_date_that_moves_is_moved_in_calendars_and_a_typo_disturbs_nobody(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1)
    come(occurrence, "Wren"), come(occurrence, "Robin")
    outbox.run_once(), outbox.run_once(), outbox.run_once(), outbox.run_once()
    mail.outbox.clear()
    before = letters()
    later = occurrence.starts_at + timedelta(hours=1)
    assert organising.move(occurrence.id, later, later + timedelta(hours=2)) is True
    assert organising.move(occurrence.id, later, later + timedelta(hours=2)) is False
    assert sorted(letters()[len(before) :]) == ["moved", "moved_waiting"]
    while outbox.run_once():
        pass
    files = [
        Calendar.from_ical(part.get_payload(decode=True))
        for message in mail.outbox
        for part in message.message().walk()
        if part.get_content_type() == "text/calendar"
    ]
    (entry,) = files[0].walk("VEVENT")
    assert (len(files), int(entry["sequence"]), str(files[0]["method"])) == (1, 2, "REQUEST")
    assert entry.decoded("dtstart") == later.replace(microsecond=0)
    event = occurrence.event
    words = {"place": event.place, "companions": 1}
    organising.edit(event, Draft("Sleeping well", "About nights, better.", **words))
    assert len(letters()) == len(before) + 2
    event.refresh_from_db()
    organising.edit(event, Draft("Sleeping well", "About nights.", place="The Greenhouse"))
    assert sorted(letters()[len(before) + 2 :]) == ["moved", "moved_waiting"]


def test_a_date_called_off_tells_everybody_once_and_cannot_move(
    ada: Member, client_of: Callable[..., Client], visitor: Client
) -> None:
    occurrence = make.workshop(ada)
    wren = come(occurrence, "Wren")
    url = reverse("events:cancel_date", args=[occurrence.id])
    browser = client_of(ada)
    browser.get(url)
    occurrence.refresh_from_db()
    assert occurrence.cancelled_at is None
    browser.post(url, {"words": "The hall has no heating."})
    assert letters()[-1] == "called_off"
    page = visitor.get(reverse("events:place", args=[tokens.token_of(wren)])).content.decode()
    assert "The hall has no heating." in page
    assert organising.cancel_date(occurrence.id) is False
    with pytest.raises(TooLate):
        organising.move(occurrence.id, timezone.now(), timezone.now())


def test_all_dates_are_called_off_at_once_but_not_the_past(ada: Member) -> None:
    event = make.workshop(ada).event
    for days in (3, 5, -4):
        starts = timezone.now() + timedelta(days=days)
        spans = [(starts, starts + timedelta(hours=1))]
        organising.add_dates(event, spans, Seats(3))
    assert organising.cancel_all(event, ada) == 3
    assert event.occurrences.filter(cancelled_at=None).count() == 1


def test_news_are_read_on_the_place_and_stand_in_no_letter(ada: Member, visitor: Client) -> None:
    occurrence = make.workshop(ada, seats=1)
    wren, robin = come(occurrence, "Wren"), come(occurrence, "Robin")
    mail.outbox.clear()
    assert organising.tell(occurrence, ada, "Please bring a blanket.") == 1
    assert letters()[-1] == "news"
    while outbox.run_once():
        pass
    told = [message for message in mail.outbox if "news" in message.subject]
    assert [message.to for message in told] == [["wren@visitors.example"]]
    assert "blanket" not in str(told[0].message())
    place = reverse("events:place", args=[tokens.token_of(wren)])
    assert "Please bring a blanket." in visitor.get(place).content.decode()
    waits = reverse("events:place", args=[tokens.token_of(robin)])
    assert "blanket" not in visitor.get(waits).content.decode()
    Occurrence.objects.update(
        starts_at=timezone.now() - timedelta(days=41), ends_at=timezone.now() - timedelta(days=40)
    )
    erasing.erase_due()
    assert not News.objects.exists()


def test_a_host_with_an_account_organises_too_and_nobody_else_does(
    ada: Member, moss: Member, lena: Member, client_of: Callable[..., Client]
) -> None:
    occurrence = make.workshop(ada)
    Host.objects.create(event=occurrence.event, member=moss, name="Moss")
    url = reverse("events:date", args=[occurrence.id])
    answers = [client_of(person).get(url).status_code for person in (ada, moss, lena)]
    assert answers == [200, 200, 404]
    other = people.member(people.clinic("Hill Clinic (test)"), "Hill", role="administrator")
    assert client_of(other).get(url).status_code == 404


def test_needs_are_read_from_a_week_before_by_who_runs_it_and_that_is_written_down(
    ada: Member, client_of: Callable[..., Client]
) -> None:
    occurrence = make.workshop(ada, days=9)
    needs.keep(make.place(occurrence), {"kinds": ["quiet"], "words": "A lamp, please."})
    browser, url = client_of(ada), reverse("events:wanted", args=[occurrence.id])
    page = browser.get(url).content.decode()
    assert ("A lamp" in page, "A quiet place to step out to: 1" in page) == (False, True)
    assert not AuditEntry.objects.filter(action="needs.read").exists()
    starts = timezone.now() + timedelta(days=6)
    Occurrence.objects.update(starts_at=starts, ends_at=starts + timedelta(hours=1))
    assert "A lamp, please." in browser.get(url).content.decode()
    entry = AuditEntry.objects.get(action="needs.read")
    assert (entry.actor_id, entry.object_id, entry.said) == (ada.id, occurrence.id, {"places": 1})


def test_lists_to_take_along_hold_no_address_and_no_needs_and_are_written_down(
    ada: Member, client_of: Callable[..., Client]
) -> None:
    occurrence = make.workshop(ada, days=3)
    needs.keep(make.place(occurrence), {"kinds": [], "words": "A lamp, please."})
    browser = client_of(ada)
    for view in ("people", "print_list", "badges", "people_csv"):
        page = browser.get(reverse(f"events:{view}", args=[occurrence.id])).content.decode()
        assert "Wren" in page
        assert "visitors.example" not in page
        assert "lamp" not in page
    forms = [e.said["form"] for e in AuditEntry.objects.filter(action="places.taken_along")]
    assert sorted(forms) == ["badges", "csv", "list"]


@given(name=st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=40))
def test_no_cell_of_the_file_begins_like_a_formula_and_names_come_back(name: str) -> None:
    for text in (name, f"={name}", f"@{name}", f"\t{name}", f"-{name}"):
        row = Registration(no=1, name=text, companions=0, pool="general")
        (_, cells) = csv.reader(io.StringIO(organising_views.as_csv([row])))
        assert not cells[1].startswith(("=", "+", "-", "@", "\t"))
        assert cells[1].removeprefix("'") == text.removeprefix("'")


def test_lists_cost_the_same_at_one_and_three_rows(
    ada: Member, client_of: Callable[..., Client], django_assert_num_queries: Any
) -> None:
    browser = client_of(ada)
    browser.get(reverse("events:organise"))
    first = make.workshop(ada, seats=9, slug="w0", days=0.2)
    make.place(first, "Wren0")
    Host.objects.create(event=first.event, member=ada, name="Ada", about="Hello.")
    for more in (0, 2):
        for number in range(more):
            make.workshop(ada, slug=f"w{number + 1}", days=0.2)
            make.place(first, f"Wren{number + 1}")
            starts = timezone.now() + timedelta(days=number + 3)
            organising.add_dates(first.event, [(starts, starts + timedelta(hours=1))], Seats(3))
            Host.objects.create(event=first.event, name=f"R{number}", about="Hello.")
            News.objects.create(occurrence=first, by=ada, body="x")
        for view, args, count in (
            ("organise", [], 4),
            ("organised", [first.event_id], 6),
            ("hosts", [first.event_id], 5),
            ("cancel_all", [first.event_id], 4),
            ("date", [first.id], 5),
            ("people", [first.id], 4),
            ("tell", [first.id], 4),
        ):
            with django_assert_num_queries(count):
                assert browser.get(reverse(f"events:{view}", args=args)).status_code == 200


def test_the_address_of_an_online_date_is_kept_sealed_and_not_shown_again(
    ada: Member, client_of: Callable[..., Client]
) -> None:
    occurrence = make.workshop(ada, way="online")
    browser, url = client_of(ada), reverse("events:join_link", args=[occurrence.id])
    assert browser.post(url, {"url": "http://meet.example/room"}).status_code == 422
    assert browser.post(url, {"url": "https://meet.example/room"}).status_code == 302
    occurrence.refresh_from_db()
    assert joining.link_of(occurrence) == "https://meet.example/room"
    assert "meet.example" not in occurrence.join_sealed
    page = browser.get(reverse("events:date", args=[occurrence.id])).content.decode()
    assert ("meet.example" in page, "An address is kept" in page) == (False, True)
    assert AuditEntry.objects.get(action="join_link.set").said == {"there": True}


def test_a_date_that_moves_away_is_reminded_of_anew(ada: Member) -> None:
    occurrence = make.workshop(ada, days=2)
    wren = make.place(occurrence)
    assert reminders.send_due() == 1
    wren.refresh_from_db()
    assert wren.reminded == 2
    later = timezone.now() + timedelta(days=5)
    organising.move(occurrence.id, later, later + timedelta(hours=1))
    wren.refresh_from_db()
    assert (wren.reminded, reminders.send_due()) == (1, 0)


def test_news_of_one_date_lead_to_that_date_of_a_whole_course(ada: Member, visitor: Client) -> None:
    first = make.workshop(ada)
    starts = timezone.now() + timedelta(days=12)
    (second,) = organising.add_dates(first.event, [(starts, starts + timedelta(hours=1))], Seats(3))
    bundle = uuid.uuid4()
    for date in (first, second):
        make.place(date)
    Registration.objects.update(bundle=bundle)
    mail.outbox.clear()
    organising.tell(second, ada, "Please bring a blanket.")
    outbox.run_once()
    (letter,) = mail.outbox
    link = str(letter.body).split("/workshops/place/")[1].split("/")[0]
    page = visitor.get(reverse("events:place", args=[link])).content.decode()
    assert "Please bring a blanket." in page

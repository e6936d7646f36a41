"""Public pages: no cookie, no act by looking, no word about who is known."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail, signing
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from community.members import outbox
from community.members.models import Member
from events import forms, tokens
from events.letters import letter
from events.models import Occurrence, Registration, RegistrationState
from tests import make_events as make


def typed(**changes: str) -> dict[str, str]:
    shown = signing.dumps(int(time.time()) - 10, salt=forms.SALT)
    return {
        "name": "Wren",
        "email": "wren@visitors.example",
        "website": "",
        "shown": shown,
    } | changes


def test_looking_sets_no_cookie(ada: Member, visitor: Client) -> None:
    occurrence = make.workshop(ada)
    for url in (reverse("events:index"), reverse("events:event", args=[occurrence.event.slug])):
        assert visitor.get(url).status_code == 200
    assert not visitor.cookies


def test_links_in_mails_do_nothing_by_being_looked_at(ada: Member, visitor: Client) -> None:
    place = make.place(make.workshop(ada))
    Registration.objects.update(state=RegistrationState.WAITING, verified=False)
    before = list(Registration.objects.values()), list(Occurrence.objects.values())
    token = tokens.token_of(place)
    for method in (visitor.get, visitor.head):
        for page in ("place", "cancel", "quiet", "calendar_file"):
            assert method(reverse(f"events:{page}", args=[token])).status_code in (200, 302)
        for act in ("confirm", "accept", "pass_on", "change_place", "join", "renew_link"):
            assert method(reverse(f"events:{act}", args=[token])).status_code == 405
    assert (list(Registration.objects.values()), list(Occurrence.objects.values())) == before


def test_known_and_unknown_addresses_get_the_same_answer(ada: Member, visitor: Client) -> None:
    occurrence = make.workshop(ada)
    make.place(occurrence, "Wren")
    url = reverse("events:sign_up", args=[occurrence.id])
    known = visitor.post(url, typed())
    fresh = visitor.post(url, typed(email="robin@visitors.example"))
    assert known.status_code == fresh.status_code == 302
    there, here = (answer["Location"].split("?look=") for answer in (known, fresh))
    assert (there[0], len(there[1])) == (here[0], len(here[1]))
    assert there[1][:20] != str(Registration.objects.get(email="wren@visitors.example").id)


@pytest.mark.parametrize(
    "change",
    [
        {"website": "x"},
        {"shown": ""},
        {"shown": signing.dumps(int(time.time()) + 100_000, salt=forms.SALT)},
    ],
)
def test_a_machine_gets_no_seat_and_a_person_a_second_try(
    change: dict[str, str], ada: Member, visitor: Client
) -> None:
    occurrence = make.workshop(ada)
    answer = visitor.post(reverse("events:sign_up", args=[occurrence.id]), typed(**change))
    assert answer.status_code == 422
    assert "wren@visitors.example" in answer.content.decode()
    assert Registration.objects.count() == 0


@pytest.mark.parametrize("change", [{"name": ""}, {"email": "no"}, {"name": "x" * 81}])
def test_a_mistake_keeps_what_was_typed(
    change: dict[str, str], ada: Member, visitor: Client
) -> None:
    occurrence = make.workshop(ada)
    data = typed(**change)
    answer = visitor.post(reverse("events:sign_up", args=[occurrence.id]), data)
    assert answer.status_code == 422
    for name in ("name", "email"):
        assert data[name] in answer.content.decode()


def test_a_person_signs_up_confirms_and_cancels_by_the_mails_link(
    ada: Member, visitor: Client
) -> None:
    occurrence = make.workshop(ada)
    visitor.post(reverse("events:sign_up", args=[occurrence.id]), typed())
    assert outbox.run_once() == 1
    assert "Sleeping" not in f"{mail.outbox[0].subject}{mail.outbox[0].body}"
    token = mail.outbox[0].body.split("/workshops/place/")[1].split("/")[0]
    assert token not in str(list(Registration.objects.values()))
    visitor.post(reverse("events:confirm", args=[token]))
    assert Registration.objects.get().state == RegistrationState.CONFIRMED
    visitor.post(reverse("events:cancel", args=[token]))
    assert Registration.objects.get().state == RegistrationState.CANCELLED
    assert visitor.get(reverse("events:place", args=[token + "x"])).status_code == 404


@pytest.mark.parametrize(
    ("kind", "method", "state"),
    [("seat", "REQUEST", "CONFIRMED"), ("cancelled", "CANCEL", "CANCELLED")],
)
def test_a_calendar_file_goes_by_the_book(kind: str, method: str, state: str, ada: Member) -> None:
    place = make.place(make.workshop(ada))
    (part,) = [
        p for p in letter(kind, place).message().walk() if p.get_content_type() == "text/calendar"
    ]
    calendar = Calendar.from_ical(part.get_payload(decode=True))
    (entry,) = calendar.walk("VEVENT")
    assert (str(calendar["method"]), part.get_param("method")) == (method, method)
    assert (str(entry["status"]), str(entry["summary"])) == (state, "Appointment")
    assert str(entry["uid"]).startswith(str(place.uid))
    assert int(entry["sequence"]) == (1 if kind == "cancelled" else 0)
    assert calendar.walk("VTIMEZONE")
    assert entry.decoded("dtstart") == place.occurrence.starts_at.replace(microsecond=0)


def test_lists_cost_the_same_at_one_and_three_rows(
    ada: Member, visitor: Client, client_of: Callable[..., Client], django_assert_num_queries: Any
) -> None:
    admin = client_of(ada)
    admin.get(reverse("events:registrations"))
    for more in (1, 2):
        for _ in range(more):
            make.workshop(ada, slug=f"w{Occurrence.objects.count()}")
        with django_assert_num_queries(1):
            visitor.get(reverse("events:index"))
        with django_assert_num_queries(3):
            admin.get(reverse("events:registrations"))


def test_who_waits_sees_their_number_and_answers_an_offer(ada: Member, visitor: Client) -> None:
    occurrence = make.workshop(ada, seats=1)
    for name in ("wren", "robin", "finch"):
        visitor.post(
            reverse("events:sign_up", args=[occurrence.id]),
            typed(name=name, email=f"{name}@visitors.example", companions="0"),
        )
    first, second, third = Registration.objects.order_by("no")
    links = {r.id: tokens.token_of(r) for r in (first, second, third)}
    for token in links.values():
        visitor.post(reverse("events:confirm", args=[token]))
    page = visitor.get(reverse("events:place", args=[links[third.id]])).content.decode()
    assert "You are number 2 on the waiting list" in page
    visitor.post(reverse("events:cancel", args=[links[first.id]]))
    page = visitor.get(reverse("events:place", args=[links[second.id]])).content.decode()
    assert "A seat is kept for you, robin" in page
    visitor.post(reverse("events:pass_on", args=[links[second.id]]))
    assert visitor.post(reverse("events:accept", args=[links[second.id]])).status_code == 409
    visitor.post(reverse("events:accept", args=[links[third.id]]))
    third.refresh_from_db()
    assert third.state == RegistrationState.CONFIRMED


def test_a_place_is_changed_by_its_link_and_only_who_runs_the_date_reads_needs(
    ada: Member, visitor: Client, client_of: Callable[..., Client]
) -> None:
    occurrence = make.workshop(ada, days=3)
    place = make.place(occurrence)
    url = reverse("events:change_place", args=[tokens.token_of(place)])
    wanted = {"name": "Wren", "companions": "1", "kinds": ["quiet"], "words": "A lamp, please."}
    assert visitor.post(url, wanted).status_code == 302
    place.refresh_from_db()
    occurrence.refresh_from_db()
    assert (place.companions, occurrence.taken) == (1, 2)
    page = visitor.get(reverse("events:place", args=[tokens.token_of(place)])).content.decode()
    assert "A lamp, please." in page
    needs_page = client_of(ada).get(reverse("events:wanted", args=[occurrence.id]))
    assert "A lamp, please." in needs_page.content.decode()
    assert visitor.post(url, {**wanted, "name": ""}).status_code == 422


def test_a_members_page_is_kept_by_no_shared_cache(
    ada: Member, ana: Member, visitor: Client, client_of: Callable[..., Client]
) -> None:
    url = reverse("events:event", args=[make.workshop(ada).event.slug])
    assert "public" in visitor.get(url)["Cache-Control"]
    assert client_of(ana).get(url)["Cache-Control"] == "no-store, private"

"""The address of an online meeting: led to in time, by the right people, and written nowhere."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.members import vault
from community.members.models import Member
from events import actions, joining, letters, tokens
from events.actions import Wish
from events.calendar_files import calendar_of, feed_of
from events.models import JoinUse, Occurrence, Registration
from tests import make_events as make

SECRET = "https://meeting.example/secret-canary"


@pytest.fixture
def date(ada: Member) -> Occurrence:
    occurrence = make.workshop(ada, way="online")
    joining.set_link(occurrence, SECRET)
    return occurrence


def starts_in(minutes: float) -> None:
    starts = timezone.now() + timedelta(minutes=minutes)
    Occurrence.objects.update(starts_at=starts, ends_at=starts + timedelta(hours=1))


def door(place: Registration, visitor: Client) -> Any:
    return visitor.post(reverse("events:join", args=[tokens.token_of(place)]))


@pytest.mark.parametrize(
    ("minutes", "open_"), [(31, False), (29, True), (0, True), (-59, True), (-61, False)]
)
def test_the_door_opens_half_an_hour_before_and_closes_at_the_end(
    minutes: float, open_: bool, date: Occurrence, visitor: Client
) -> None:
    place = make.place(date)
    starts_in(minutes)
    page = visitor.get(reverse("events:place", args=[tokens.token_of(place)]))
    assert ("Go in now" in page.content.decode()) is open_
    assert ("https://meeting.example" in page["Content-Security-Policy"]) is open_
    answer = door(place, visitor)
    assert answer.status_code == (303 if open_ else 409)
    assert (answer.headers.get("Location") == SECRET) is open_
    assert JoinUse.objects.count() == int(open_)
    if open_:
        assert answer["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("state", ["pending", "waiting", "cancelled", "removed", "expired"])
def test_who_has_no_place_is_not_let_in(state: str, date: Occurrence, visitor: Client) -> None:
    place = make.place(date)
    starts_in(5)
    until = timezone.now() if state == "pending" else None
    Registration.objects.update(state=state, hold_until=until)
    assert door(place, visitor).status_code == 409
    Registration.objects.update(state="confirmed", hold_until=None)
    assert door(place, visitor).status_code == 303


def test_looking_at_the_door_opens_nothing(date: Occurrence, visitor: Client) -> None:
    place = make.place(date)
    starts_in(5)
    url = reverse("events:join", args=[tokens.token_of(place)])
    assert (visitor.get(url).status_code, visitor.head(url).status_code) == (405, 405)
    assert JoinUse.objects.count() == 0


def test_a_link_given_back_or_renewed_leads_nowhere(date: Occurrence, visitor: Client) -> None:
    place = make.place(date)
    starts_in(5)
    assert door(place, visitor).status_code == 303
    visitor.post(reverse("events:renew_link", args=[tokens.token_of(place)]))
    assert door(place, visitor).status_code == 404
    place.refresh_from_db()
    assert door(place, visitor).status_code == 303
    actions.cancel(place)
    assert door(place, visitor).status_code == 409


def test_the_address_stands_in_no_page_letter_file_or_row(
    date: Occurrence, ada: Member, visitor: Client
) -> None:
    place = make.place(date)
    starts_in(5)
    place = Registration.objects.select_related("occurrence__event").get(id=place.id)
    token = tokens.token_of(place)
    seen = [
        visitor.get(reverse(name, args=args)).content.decode()
        for name, args in (
            ("events:index", []),
            ("events:event", ["sleep"]),
            ("events:place", [token]),
            ("events:cancel", [token]),
            ("events:calendar_file", [token]),
            ("events:feed", []),
        )
    ]
    seen += [letters.letter(kind, place).message().as_string() for kind in letters.KINDS]
    seen += [calendar_of(place, "REQUEST").decode(), feed_of([place.occurrence], "x").decode()]
    seen += [str(list(Occurrence.objects.values())), str(list(Registration.objects.values()))]
    assert [text for text in seen if "canary" in text or "meeting.example" in text] == []


def test_an_address_opens_for_its_own_date_only(date: Occurrence, ada: Member) -> None:
    assert joining.link_of(date) == SECRET
    other = make.workshop(ada, slug="other", way="online")
    other.join_sealed = date.join_sealed
    with pytest.raises(vault.Tampered):
        joining.link_of(other)
    for bad in ("http://meeting.example", "javascript:alert(1)", "meeting"):
        with pytest.raises(ValueError, match="https"):
            joining.set_link(date, bad)


def test_places_online_are_counted_apart(ada: Member) -> None:
    occurrence = make.workshop(ada, way="hybrid", seats=1)
    Occurrence.objects.update(online_capacity=1, online_ceiling=1)
    people = [
        actions.confirm(
            actions.sign_up(occurrence.id, Wish(name, f"{name}@v.example", online=online))
        )
        for name, online in (("wren", True), ("robin", False), ("finch", True))
    ]
    assert [(p.pool, p.state) for p in people] == [
        ("online", "confirmed"),
        ("general", "confirmed"),
        ("online", "waiting"),
    ]
    actions.cancel(people[0])
    people[2].refresh_from_db()
    assert people[2].state == "offered"

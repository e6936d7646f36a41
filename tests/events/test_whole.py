"""One sign-up for a whole course: one letter, each date with its own seats."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from community.members import outbox
from community.members.models import Member
from events import actions, forms, seats, tokens, whole
from events.actions import TooLate, Wish
from events.models import Event, Occurrence, Registration
from tests import make_events as make


@pytest.fixture
def course(ada: Member) -> Event:
    occurrence = make.workshop(ada, seats=1, sign_up_for="both")
    event = occurrence.event
    for week in (1, 2):
        starts = occurrence.starts_at + timedelta(weeks=week)
        Occurrence.objects.create(
            event=event,
            starts_at=starts,
            ends_at=starts + timedelta(hours=1),
            capacity=1,
            ceiling=1,
        )
    return event


def wish(name: str) -> Wish:
    return Wish(name, f"{name}@visitors.example")


def states(name: str) -> list[str]:
    rows = Registration.objects.filter(email=f"{name}@visitors.example")
    return list(rows.order_by("occurrence__starts_at").values_list("state", flat=True))


def counted_right() -> bool:
    return all(seats.counters(date) == seats.recount(date) for date in Occurrence.objects.all())


def test_one_letter_confirms_all_dates_and_each_is_given_back_by_itself(
    course: Event, mailoutbox: list[Any]
) -> None:
    lead = whole.sign_up(course, wish("wren"))
    assert DBTaskResult.objects.count() == 1
    outbox.run_once()
    assert mailoutbox[0].body.count("Appointment") == 3
    whole.each(actions.confirm, lead)
    assert states("wren") == ["confirmed"] * 3
    assert DBTaskResult.objects.count() == 2
    outbox.run_once()
    files = list(mailoutbox[1].attachments)
    assert len(files) == 3
    second = whole.places(lead)[1]
    actions.cancel(second)
    assert states("wren") == ["confirmed", "cancelled", "confirmed"]
    assert counted_right()


def test_who_comes_second_waits_and_gets_all_seats_with_one_yes(course: Event) -> None:
    first = whole.sign_up(course, wish("wren"))
    whole.each(actions.confirm, first)
    second = whole.sign_up(course, wish("robin"))
    whole.each(actions.confirm, second)
    assert states("robin") == ["waiting"] * 3
    while outbox.run_once():
        pass
    whole.each(actions.cancel, first)
    assert states("robin") == ["offered"] * 3
    kinds = [
        row.args_kwargs["args"][0] for row in DBTaskResult.objects.filter(finished_at__isnull=True)
    ]
    assert sorted(kinds) == ["cancelled", "offer"]
    whole.accept(Registration.objects.get(id=second.id))
    assert states("robin") == ["confirmed"] * 3
    assert counted_right()


def test_single_dates_had_before_stay_as_they_are(course: Event) -> None:
    middle = course.occurrences.order_by("starts_at")[1]
    own = actions.confirm(actions.sign_up(middle.id, wish("wren")))
    whole.sign_up(course, wish("wren"))
    assert states("wren") == ["pending", "confirmed", "pending"]
    again = whole.sign_up(course, wish("wren"))
    assert Registration.objects.count() == 3
    assert {place.id for place in whole.places(again)} >= {own.id}


def test_a_closed_course_is_closed_when_its_first_date_is(course: Event) -> None:
    first = course.occurrences.order_by("starts_at")[0]
    Occurrence.objects.filter(id=first.id).update(closes_at=timezone.now())
    assert len(whole.dates_of(course)) == 2
    course.sign_up_for = "whole"
    with pytest.raises(TooLate):
        whole.sign_up(course, wish("wren"))


def test_a_person_signs_up_for_a_course_on_its_page(course: Event, visitor: Client) -> None:
    page = visitor.get(reverse("events:event", args=[course.slug])).content.decode()
    url = reverse("events:sign_up_all", args=[course.slug])
    assert url in page
    assert "all 3 dates" in visitor.get(url).content.decode()
    shown = signing.dumps(int(time.time()) - 10, salt=forms.SALT)
    typed = {"name": "Wren", "email": "wren@visitors.example", "shown": shown}
    answer = visitor.post(url, typed)
    assert answer.status_code == 302
    lead = Registration.objects.order_by("id")[0]
    visitor.post(reverse("events:confirm", args=[tokens.token_of(lead)]))
    assert states("wren") == ["confirmed"] * 3
    place = visitor.get(reverse("events:place", args=[tokens.token_of(lead)])).content.decode()
    assert place.count("You have a seat") >= 3
    visitor.post(reverse("events:cancel", args=[tokens.token_of(lead)]), {"all": "1"})
    assert states("wren") == ["cancelled"] * 3
    Event.objects.update(sign_up_for="whole")
    date = course.occurrences.order_by("starts_at")[0]
    assert visitor.get(reverse("events:sign_up", args=[date.id]))["Location"] == url


def test_what_is_sold_by_the_date_has_no_course(ada: Member, visitor: Client) -> None:
    make.workshop(ada)
    assert visitor.get(reverse("events:sign_up_all", args=["sleep"])).status_code == 404

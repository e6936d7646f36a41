"""Reminders come once each, whatever happens in between, and never after a place was given back."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from community.members.models import Member
from events import actions, letters, reminders, tokens
from events.models import Occurrence, Registration
from tests import make_events as make
from tests.clock import standing

WEEK = timedelta(days=7)


def sent() -> list[str]:
    rows = DBTaskResult.objects.order_by("enqueued_at")
    return [row.args_kwargs["args"][0] for row in rows if "remind" in row.args_kwargs["args"][0]]


def test_three_reminders_each_once_across_restarts_and_other_times(ada: Member) -> None:
    occurrence = make.workshop(ada, days=20)
    make.place(occurrence)
    with standing(timezone.now()) as clock:
        assert reminders.send_due() == 0
        clock.now = occurrence.starts_at - WEEK
        assert [reminders.send_due(), reminders.send_due()] == [1, 0]
        # The date moves on: what was sent is not sent again.
        later = occurrence.starts_at + timedelta(days=10)
        Occurrence.objects.update(starts_at=later, ends_at=later + timedelta(hours=1))
        clock.now = later - WEEK
        assert reminders.send_due() == 0
        clock.now = later - timedelta(days=3)
        assert [reminders.send_due(), reminders.send_due()] == [1, 0]
        clock.now = later - timedelta(hours=2)
        assert [reminders.send_due(), reminders.send_due()] == [1, 0]
        clock.now = later + timedelta(minutes=1)
        assert reminders.send_due() == 0
    assert sent() == ["remind_7d", "remind_3d", "remind_3h"]


def test_after_a_long_silence_the_nearest_one_alone_is_sent(ada: Member) -> None:
    occurrence = make.workshop(ada, days=20)
    make.place(occurrence)
    with standing(occurrence.starts_at - timedelta(hours=1)):
        reminders.send_due()
        reminders.send_due()
    assert sent() == ["remind_3h"]


def test_who_signed_up_when_a_moment_was_over_is_not_reminded_of_it(ada: Member) -> None:
    occurrence = make.workshop(ada, days=5)
    place = make.place(occurrence)
    Registration.objects.filter(id=place.id).update(confirmed_at=timezone.now())
    assert reminders.send_due() == 0
    with standing(occurrence.starts_at - timedelta(days=2)):
        assert reminders.send_due() == 1
    assert sent() == ["remind_3d"]


@pytest.mark.parametrize("why", ["cancelled", "called off", "stopped", "waiting"])
def test_nobody_is_reminded_of_what_is_not_theirs(why: str, ada: Member, visitor: Client) -> None:
    occurrence = make.workshop(ada, days=2)
    place = make.place(occurrence)
    if why == "cancelled":
        actions.cancel(place)
    elif why == "called off":
        Occurrence.objects.update(cancelled_at=timezone.now())
    elif why == "waiting":
        Registration.objects.update(state="waiting")
    else:
        url = reverse("events:quiet", args=[tokens.token_of(place)])
        visitor.get(url)
        assert Registration.objects.get().reminders is True
        # As mail programmes do it (RFC 8058): no cookie, no token of a form.
        strict = Client(enforce_csrf_checks=True)
        answer = strict.post(url, {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert Registration.objects.get().state == "confirmed"
    assert reminders.send_due() == 0


def test_a_reminder_given_up_meanwhile_is_not_sent(ada: Member, mailoutbox: list) -> None:
    place = make.place(make.workshop(ada, days=2))
    assert reminders.send_due() == 1
    row = DBTaskResult.objects.get()
    actions.cancel(place)
    letters.send.call(*row.args_kwargs["args"])
    assert mailoutbox == []


def test_a_reminder_tells_the_time_on_the_persons_own_clock(ada: Member) -> None:
    occurrence = make.workshop(ada, way="online")
    starts = datetime(2027, 1, 12, 18, 0, tzinfo=ZoneInfo("Europe/London"))
    Occurrence.objects.update(starts_at=starts, ends_at=starts + timedelta(hours=1))
    place = make.place(Occurrence.objects.get(id=occurrence.id))
    assert "18:00 to 19:00 (Europe/London)" in letters.letter("remind_3h", place).body
    place.time_zone = "Asia/Tokyo"
    letter = letters.letter("remind_3h", place)
    assert "13 January 2027, 03:00 to 04:00 (Asia/Tokyo)" in letter.body
    assert letter.subject == "Hearth: See you today"

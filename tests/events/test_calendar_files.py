"""A thousand calendar files over twelve zones, read by a library that did not write them."""

import io
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from dateutil.tz import tzical
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.members.models import Member
from events import actions, letters
from events.calendar_files import _is_shown_twice, calendar_of, feed_of
from events.models import Event, Occurrence, Registration, RegistrationState
from tests import make_events as make

ZONES = [
    "Europe/London",
    "Europe/Dublin",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
]
TITLES = ["Appointment", "Sleep, again; and \\ again", "Schlaf für Müde", "夜の話", "🌙 " * 40]


def place_at(starts: datetime, zone: str, title: str, length_min: int = 90) -> Registration:
    event = Event(title=title, neutral_title=title, place="Hall, 2nd; floor", time_zone=zone)
    occurrence = Occurrence(
        event=event, starts_at=starts, ends_at=starts + timedelta(minutes=length_min), revision=3
    )
    return Registration(occurrence=occurrence, state=RegistrationState.CONFIRMED)


def read(raw: bytes) -> Any:
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    return vobject.readOne(raw.decode())


def zone_in(raw: bytes) -> str:
    text = raw.decode()
    return text[text.index("BEGIN:VTIMEZONE") : text.index("END:VTIMEZONE") + 15]


@pytest.mark.parametrize("zone", ZONES)
def test_random_files_are_read_by_another_library(zone: str) -> None:
    chance = random.Random(zone)
    # Every change of the clock in two years, and moments around it: gaps and folds included.
    start = datetime(2026, 1, 1, tzinfo=UTC)
    hours = [start + timedelta(hours=n) for n in range(2 * 365 * 24)]
    tz = ZoneInfo(zone)
    changes = [
        at
        for at in hours
        if at.astimezone(tz).utcoffset() != (at + timedelta(hours=1)).astimezone(tz).utcoffset()
    ]
    moments = [at + timedelta(minutes=m) for at in changes for m in (-30, 30, 60, 90)]
    while len(moments) < 84:
        moments.append(start + timedelta(minutes=chance.randrange(2 * 365 * 24 * 60)))
    for moment in moments:
        place = place_at(moment, zone, chance.choice(TITLES), chance.choice([30, 90, 1500]))
        raw = calendar_of(place, chance.choice(["REQUEST", "CANCEL"]))
        file = read(raw)
        entry = file.vevent
        assert entry.dtstart.value.astimezone(UTC) == moment
        assert entry.dtend.value.astimezone(UTC) == place.occurrence.ends_at
        assert entry.summary.value == place.title
        assert entry.uid.value.startswith(str(place.uid))
        local = [at.astimezone(tz) for at in (moment, place.occurrence.ends_at)]
        if not any(_is_shown_twice(at) for at in local):
            assert file.vtimezone.tzid.value == zone
            # The zone as the file tells it, whatever the library knows of that name.
            told = tzical(io.StringIO(zone_in(raw))).get(zone)
            for at in local:
                assert at.replace(tzinfo=told).utcoffset() == at.utcoffset()


def test_a_change_of_time_bumps_the_sequence_and_a_better_word_does_not(ada: Member) -> None:
    place = make.place(make.workshop(ada))
    first = read(calendar_of(place, "REQUEST")).vevent
    Event.objects.update(about="Better words.")
    same = read(calendar_of(Registration.objects.get(), "REQUEST")).vevent
    assert (first.uid.value, first.sequence.value) == (same.uid.value, same.sequence.value)
    Occurrence.objects.update(revision=1, starts_at=timezone.now() + timedelta(days=8))
    moved = Registration.objects.get()
    later = read(calendar_of(moved, "REQUEST")).vevent
    gone = read(calendar_of(moved, "CANCEL"))
    assert later.uid.value == gone.vevent.uid.value == first.uid.value
    numbers = [int(entry.sequence.value) for entry in (first, later, gone.vevent)]
    assert numbers == sorted(set(numbers))
    assert (gone.method.value, gone.vevent.status.value) == ("CANCEL", "CANCELLED")


def test_who_signs_up_again_gets_a_new_entry(ada: Member) -> None:
    occurrence = make.workshop(ada)
    wish = actions.Wish("Wren", "wren@visitors.example")
    first = actions.confirm(actions.sign_up(occurrence.id, wish))
    actions.cancel(first)
    second = actions.confirm(actions.sign_up(occurrence.id, wish))
    assert second.state == RegistrationState.CONFIRMED
    assert second.uid != first.uid


def test_a_letters_method_is_its_files_method(ada: Member) -> None:
    place = make.place(make.workshop(ada))
    for kind, told in letters.KINDS.items():
        parts = [
            part
            for part in letters.letter(kind, place).message().walk()
            if part.get_content_type() == "text/calendar"
        ]
        assert [part.get_param("method") for part in parts] == (
            [told.method] if told.method else []
        )
        for part in parts:
            assert read(part.get_payload(decode=True)).method.value == told.method


def test_a_person_chooses_whether_the_title_shows(ada: Member) -> None:
    place = make.place(make.workshop(ada))
    assert b"Sleeping" not in calendar_of(place, "REQUEST")
    assert "Sleeping" not in letters.letter("seat", place).message().as_string()
    place.named = True
    assert b"Sleeping again" in calendar_of(place, "REQUEST")


def test_feeds_hold_public_dates_and_those_called_off(ada: Member, visitor: Client) -> None:
    here = make.workshop(ada, topic="sleep")
    other = make.workshop(ada, slug="other", topic="mood")
    hidden = make.workshop(ada, slug="hidden")
    Event.objects.filter(id=hidden.event_id).update(published_at=None)
    Occurrence.objects.filter(id=other.id).update(cancelled_at=timezone.now())
    answer = visitor.get(reverse("events:feed"))
    found = {e.uid.value.split("@")[0]: e.status.value for e in read(answer.content).vevent_list}
    assert found == {f"date-{here.id}": "CONFIRMED", f"date-{other.id}": "CANCELLED"}
    assert "public" in answer["Cache-Control"]
    assert not visitor.cookies
    only = read(visitor.get(reverse("events:feed"), {"topic": "sleep"}).content)
    assert [e.uid.value.split("@")[0] for e in only.vevent_list] == [f"date-{here.id}"]
    own = visitor.get(reverse("events:event_feed", args=[here.event.slug]))
    assert len(read(own.content).vevent_list) == 1
    assert b"BEGIN:VCALENDAR" in feed_of([], "Nothing yet")

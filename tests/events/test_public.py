"""What everybody sees: list, month, workshop, its data for search engines and its picture."""

import io
import json
import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from community.members.models import Member
from events import pictures
from events.models import Event, Host, Occurrence
from tests import make_events as make


def shown(visitor: Client, **looking: str) -> set[str]:
    page = visitor.get(reverse("events:index"), looking).content.decode()
    return set(re.findall(r'href="/workshops/([\w-]+)/"', page)) - {"month"}


def test_the_list_is_narrowed_by_what_one_looks_for(ada: Member, visitor: Client) -> None:
    make.workshop(ada, slug="near", days=3, topic="sleep")
    make.workshop(ada, slug="far", days=40, topic="mood", way="online")
    full = make.workshop(ada, slug="full", days=5, topic="mood", way="hybrid", seats=1)
    Occurrence.objects.filter(id=full.id).update(taken=1)
    day = (timezone.localdate() + timedelta(days=10)).isoformat()
    assert shown(visitor) == {"near", "far", "full"}
    assert shown(visitor, topic="mood") == {"far", "full"}
    assert shown(visitor, way="here") == {"near", "full"}
    assert shown(visitor, way="online") == {"far", "full"}
    assert shown(visitor, since=day) == {"far"}
    assert shown(visitor, until=day) == {"near", "full"}
    assert shown(visitor, topic="mood", free="on") == {"far"}
    Occurrence.objects.filter(id=full.id).update(online_capacity=1, online_ceiling=1)
    assert shown(visitor, topic="mood", free="on") == {"far", "full"}


def test_a_wish_that_makes_no_sense_gets_a_kind_word(visitor: Client, ada: Member) -> None:
    make.workshop(ada)
    page = visitor.get(reverse("events:index"), {"since": "2026-05-02", "until": "2026-05-01"})
    assert page.status_code == 422
    assert "This day is before the first one" in page.content.decode()
    assert visitor.get(reverse("events:index"), {"topic": "x"}).status_code == 422


def test_later_dates_keep_what_one_looks_for(
    ada: Member, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.views.DATES", 1)
    for number in range(3):
        make.workshop(ada, slug=f"w{number}", days=number + 2, topic="sleep" if number else "mood")
    page = visitor.get(reverse("events:index"), {"topic": "sleep"}).content.decode()
    (after,) = re.findall(r'rel="next" href="([^"]+)"', page)
    second = visitor.get(reverse("events:index") + after.replace("&amp;", "&")).content.decode()
    assert "/workshops/w2/" in second
    assert "/workshops/w0/" not in second


@pytest.mark.parametrize("rows", [1, 3])
def test_public_pages_cost_the_same_however_much_there_is(
    rows: int, ada: Member, visitor: Client, django_assert_num_queries: Any
) -> None:
    for number in range(rows):
        occurrence = make.workshop(ada, slug=f"w{number}", way="hybrid", sign_up_for="both")
        Host.objects.create(event=occurrence.event, name=f"Host {number}", about="Kind.")
    slug = occurrence.event.slug
    for number in range(rows - 1):
        occurrence.pk = None
        occurrence.starts_at += timedelta(days=number + 1)
        occurrence.ends_at += timedelta(days=number + 1)
        occurrence.save()
    for url, queries in (
        (reverse("events:index"), 1),
        (reverse("events:index") + "?topic=sleep&free=on", 1),
        (reverse("events:month"), 1),
        (reverse("events:feed"), 1),
        (reverse("events:event", args=[slug]), 4),
        (reverse("events:event_feed", args=[slug]), 4),
    ):
        with django_assert_num_queries(queries):
            answer = visitor.get(url)
        assert answer.status_code == 200
        assert "public" in answer["Cache-Control"]
        assert "Set-Cookie" not in answer.headers
    assert not visitor.cookies


def test_a_workshop_introduces_its_people_and_says_how_to_get_there(
    ada: Member, visitor: Client
) -> None:
    occurrence = make.workshop(ada, travel="Tram 3.\n\nNo steps.", costs="Nothing, no card.")
    Host.objects.create(event=occurrence.event, name="Wilma <b>", work="Nurse", about="Tea.")
    page = visitor.get(reverse("events:event", args=["sleep"])).content.decode()
    for words in ("Wilma &lt;b&gt;", "Nurse", "Tea.", "Tram 3.", "No steps.", "Nothing, no card."):
        assert words in page


def test_search_engines_read_what_people_read(ada: Member, visitor: Client) -> None:
    title = 'Sleep "well" </script><b> & \\ back'
    occurrence = make.workshop(ada)
    Event.objects.update(title=title)
    page = visitor.get(reverse("events:event", args=["sleep"])).content.decode()
    (data,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    (told,) = json.loads(data)
    assert (told["@type"], told["name"]) == ("Event", title)
    assert datetime.fromisoformat(told["startDate"]) == occurrence.starts_at
    assert told["offers"]["availability"] == "https://schema.org/InStock"
    assert told["image"][0].endswith("/workshops/sleep/picture.png")


def test_nothing_on_public_pages_comes_from_elsewhere(ada: Member, visitor: Client) -> None:
    make.workshop(ada)
    for name in ("index", "month", "event"):
        url = reverse(f"events:{name}", args=["sleep"] if name == "event" else [])
        page = visitor.get(url).content.decode()
        loaded = re.findall(r'(?:src|<link[^>]*rel="(?:stylesheet|icon)"[^>]*href)="([^"]+)"', page)
        assert loaded
        assert all(path.startswith("/static/") for path in loaded)


def test_the_picture_is_drawn_here_and_carries_the_title(ada: Member, visitor: Client) -> None:
    make.workshop(ada)
    answer = visitor.get(reverse("events:picture", args=["sleep"]))
    assert answer["Content-Type"] == "image/png"
    assert not visitor.cookies
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.size == pictures.SIZE
    blank = pictures.draw("", "", "", "")
    assert pictures.draw("Müde Žluťoučký", "", "", "") != blank
    assert pictures.draw("A" * 500, "w" * 300, "x" * 300, "y" * 300) != blank


def test_a_month_shows_a_date_on_the_day_of_its_own_clock(ada: Member, visitor: Client) -> None:
    here = make.workshop(ada, time_zone="Pacific/Auckland")
    day = timezone.localdate().replace(day=28) + timedelta(days=40)
    starts = datetime(day.year, day.month, 15, 0, 30, tzinfo=ZoneInfo("Pacific/Auckland"))
    Occurrence.objects.filter(id=here.id).update(
        starts_at=starts, ends_at=starts + timedelta(hours=1)
    )
    answer = visitor.get(reverse("events:month"), {"month": f"{day:%Y-%m}"})
    days = [d for week in answer.context["weeks"] for d in week if d.dates]
    assert [d.on for d in days] == [date(day.year, day.month, 15)]
    assert "Sleeping again" in answer.content.decode()


@pytest.mark.parametrize("asked", ["", "x", "2026-13", "0-0", "99999999-1", "٢٠٢٦-١"])
def test_any_word_for_a_month_shows_one(asked: str, visitor: Client, db: None) -> None:
    assert visitor.get(reverse("events:month"), {"month": asked}).status_code == 200


def test_times_are_those_of_the_place_whatever_the_servers_zone(
    ada: Member, visitor: Client
) -> None:
    """Templates turn moments into the server's zone unless they are told not to."""
    occurrence = make.workshop(ada, time_zone="Asia/Tokyo", days=20)
    starts = datetime.combine(
        occurrence.starts_at.date(), datetime.min.time(), ZoneInfo("Asia/Tokyo")
    ).replace(hour=18, minute=7)
    Occurrence.objects.update(starts_at=starts, ends_at=starts + timedelta(hours=1))
    for url in (
        reverse("events:index"),
        reverse("events:event", args=["sleep"]),
        reverse("events:sign_up", args=[occurrence.id]),
    ):
        page = visitor.get(url).content.decode()
        assert "18:07" in page
        assert "+09:00" in page

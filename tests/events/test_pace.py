"""Guards against machines that a person hardly notices: honeypot, time trap, limits."""

import re
import time
from typing import Any

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from community.members.models import Member
from events import actions, forms, pace, tokens
from events.actions import Wish
from events.models import Occurrence, Registration
from tests import make_events as make
from tests.events.test_views import typed


@pytest.fixture
def url(ada: Member) -> str:
    return reverse("events:sign_up", args=[make.workshop(ada, seats=99).id])


def test_many_from_one_network_wait_and_lose_nothing(url: str) -> None:
    for number in range(pace.SIGN_UPS):
        client = Client(REMOTE_ADDR=f"203.0.113.{number}")
        assert client.post(url, typed(email=f"p{number}@v.example")).status_code == 302
    answer = Client(REMOTE_ADDR="203.0.113.250").post(url, typed(email="one@v.example"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "in ten minutes" in page
    assert "one@v.example" in page
    elsewhere = Client(REMOTE_ADDR="198.51.100.1").post(url, typed(email="one@v.example"))
    assert elsewhere.status_code == 302


def test_a_stranger_cannot_fill_a_mailbox(url: str, visitor: Client) -> None:
    answers = {len(visitor.post(url, typed())["Location"]) for _ in range(pace.LETTERS + 3)}
    assert len(answers) == 1
    assert DBTaskResult.objects.count() == pace.LETTERS
    assert Registration.objects.count() == 1


def test_a_form_left_open_for_a_day_works_at_the_second_press(url: str, visitor: Client) -> None:
    old = signing.dumps(int(time.time()) - 24 * 3600, salt=forms.SALT)
    answer = visitor.post(url, typed(shown=old))
    assert answer.status_code == 422
    (new,) = re.findall(r'name="shown" value="([^"]+)"', answer.content.decode())
    made = int(signing.loads(new, salt=forms.SALT))
    assert abs(made - time.time()) < 30
    # A moment later it is a good one.
    later = signing.dumps(made - forms.LEAST_S, salt=forms.SALT)
    assert visitor.post(url, typed(shown=later)).status_code == 302


def test_a_mistake_does_not_start_the_clock_again(url: str, visitor: Client) -> None:
    data = typed(name="")
    answer = visitor.post(url, data)
    assert f'value="{data["shown"]}"' in answer.content.decode()


def test_an_empty_form_gets_a_kind_word(url: str, visitor: Client) -> None:
    assert visitor.post(url, {}).status_code == 422


@pytest.mark.parametrize("shown", [["x"], "x", {"a": 1}, None])
def test_a_strange_stamp_is_no_stamp(shown: Any, url: str, visitor: Client) -> None:
    signed = signing.dumps(shown, salt=forms.SALT)
    assert visitor.post(url, typed(shown=signed)).status_code == 422


def test_networks_are_counted_not_single_addresses() -> None:
    assert pace._network("203.0.113.7") == pace._network("203.0.113.200")
    assert pace._network("2001:db8:1:1::1") == pace._network("2001:db8:1:ff::2")
    assert pace._network("203.0.113.7") != pace._network("203.0.114.7")


def asked(act: Any) -> int:
    with CaptureQueriesContext(connection) as found:
        act()
    words = [query["sql"].split()[0] for query in found.captured_queries]
    return sum(word in ("SELECT", "INSERT", "UPDATE", "DELETE") for word in words)


def test_signing_up_and_waiting_cost_few_queries(url: str, ada: Member, visitor: Client) -> None:
    assert asked(lambda: visitor.post(url, typed())) <= 12
    full = make.workshop(ada, slug="full", seats=1)
    for name in ("wren", "robin"):
        place = actions.confirm(actions.sign_up(full.id, Wish(name, f"{name}@v.example")))
    assert place.state == "waiting"
    page = reverse("events:place", args=[tokens.token_of(place)])
    assert asked(lambda: visitor.get(page)) <= 6
    assert Occurrence.objects.count() == 2

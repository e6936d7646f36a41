"""What went wrong elsewhere and has no better home; and that docs/workshops.md tells the truth."""

import ast
import logging
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from community.members import outbox
from community.members.models import Member
from events import actions, letters, needs, seats, tokens
from events.actions import Wish
from events.models import Occurrence, Registration
from tests import make, make_events

FOLDER = Path(__file__).parent


def test_every_pitfall_names_tests_that_exist() -> None:
    page = (FOLDER.parent.parent / "docs/workshops.md").read_text()
    named = re.findall(r"`(test_\w+\.py)`: `(test_\w+)`", page)
    assert len(re.findall(r"^\| \d+ \|", page, re.MULTILINE)) == 22
    missing = []
    for file, name in named:
        tree = ast.parse((FOLDER / file).read_text())
        functions = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
        if name not in functions:
            missing.append((file, name))
    assert missing == []


def test_sqlite_lets_writers_wait_for_each_other() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL locks rows")
    options: Any = settings.DATABASES["default"]["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]


def test_a_known_address_costs_what_a_new_one_costs(ada: Member) -> None:
    """Time tells too. What takes time here is the database and sealing: about as much for both."""
    occurrence = make_events.workshop(ada, seats=9)
    wanted: dict[str, Any] = {"kinds": ["quiet"], "words": ""}
    wish = Wish("Wren", "wren@visitors.example", needs=wanted)
    written = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            actions.sign_up(occurrence.id, wish)
        words = [query["sql"].split()[0] for query in asked.captured_queries]
        written.append(sum(word in ("UPDATE", "INSERT") for word in words))
    assert abs(written[0] - written[1]) <= 1


def test_no_log_line_holds_an_address_or_a_link(
    ada: Member, visitor: Client, caplog: pytest.LogCaptureFixture, mailoutbox: list[Any]
) -> None:
    caplog.set_level(logging.DEBUG)
    place = actions.sign_up(
        make_events.workshop(ada).id, Wish("Wren", "wren.canary@visitors.example")
    )
    outbox.run_once()
    token = tokens.token_of(place)
    for name in ("place", "cancel", "quiet"):
        answer = visitor.get(reverse(f"events:{name}", args=[token]))
        # The address of this page goes to no other site.
        assert answer["Referrer-Policy"] == "same-origin"
    visitor.post(reverse("events:confirm", args=[token]))
    visitor.get(reverse("events:place", args=[token + "x"]))
    logging.getLogger("canary").warning("canary-control")
    # Django's own request line names paths below ERROR alone; settings.LOGGING leaves it out.
    said = [r.getMessage() for r in caplog.records if r.name != "django.request"]
    assert "canary-control" in said
    assert [line for line in said if token in line or "wren.canary" in line] == []
    logs: Any = settings.LOGGING
    assert logs["loggers"]["django.request"]["level"] == "ERROR"


def test_a_confirmed_place_opens_no_session_even_for_a_members_address(
    ada: Member, ana: Member, visitor: Client, client_of: Callable[..., Client]
) -> None:
    place = actions.sign_up(make_events.workshop(ada).id, Wish("Ana", ana.email))
    visitor.post(reverse("events:confirm", args=[tokens.token_of(place)]))
    assert Registration.objects.get().state == "confirmed"
    assert "sid" not in visitor.cookies
    assert visitor.get(reverse("members:home")).status_code == 302
    other = make_events.place(make_events.workshop(ada, slug="other"), "Robin")
    page = visitor.get(reverse("events:place", args=[tokens.token_of(place)])).content.decode()
    assert "Robin" not in page
    assert tokens.token_of(other) not in page


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("where", ["seats.change", "needs.keep", "letters.enqueue"])
def test_a_sign_up_killed_anywhere_leaves_the_seats_right(where: str) -> None:
    occurrence = make_events.workshop(make.member(make.clinic(), role="administrator"), seats=3)
    wish = Wish("Wren", "wren@visitors.example")
    connections.close_all()
    if hasattr(connection, "close_pool"):
        # What the child shares with us it would spoil.
        connection.close_pool()
    child = os.fork()
    if child == 0:
        module, name = where.split(".")
        home: Any = {"seats": seats, "needs": needs, "letters": letters}[module]
        real = getattr(home, name)

        def die(*args: Any, **more: Any) -> None:
            real(*args, **more)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(home, name, die)
        try:
            actions.sign_up(occurrence.id, wish)
        finally:
            os._exit(3)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it was not killed where it should have been"
    found = Occurrence.objects.get(id=occurrence.id)
    assert seats.counters(found) == seats.recount(found)
    assert (found.held, Registration.objects.count()) == (0, 0)
    assert actions.sign_up(occurrence.id, wish).state == "pending"

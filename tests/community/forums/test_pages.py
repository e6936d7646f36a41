"""What pages cost: queries do not grow with rows, and the first look is light."""

import gzip
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from community.forums import actions, apart
from community.forums.actions import Extras
from community.forums.models import Board, Post, Warmth
from community.members import blocks
from community.members.models import Group, Member
from moderation.models import Submission
from moderation.screening import runner
from tests import make
from tests import make_forums as forums

Browser = Callable[..., Client]
Screen = Callable[[], int]
STATIC = Path(settings.BASE_DIR) / "static"
# forums.md: the most queries of each page, at 1 row and at 25.
MOST = {"board": 8, "thread": 12, "find": 8}


def addresses(post: Post) -> dict[str, str]:
    return {
        "board": reverse("forums:board", args=[post.thread.board_id]),
        "thread": reverse("forums:thread", args=[post.thread_id]),
        "find": reverse("forums:find") + "?q=pebble",
    }


def counts(client: Client, post: Post) -> dict[str, int]:
    found = {}
    for name, url in addresses(post).items():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        found[name] = len(queries)
    return found


@pytest.mark.slow
def test_queries_are_few_and_the_same_at_one_row_and_at_twenty_five(
    group: Group, ana: Member, ben: Member, mia: Member, client_of: Browser
) -> None:
    board = forums.board(group)
    first = forums.published(board, ana, "A pebble.")
    client = client_of(ben)
    client.get(reverse("members:home"))
    one = counts(client, first)
    people = [make.member(group.clinic, groups=(group,)) for _ in range(8)]
    stranger = make.member(group.clinic, groups=(group,))
    blocks.block(ben, stranger)
    for number in range(24):
        writer = people[number % 8]
        extras = Extras(alias=number % 3 == 0, topics=16 * (number % 2), quotes=[first.id])
        actions.reply(first.thread, writer, f"A pebble, number {number}.", uuid.uuid4(), extras)
        actions.open_thread(board, writer, f"T{number}", "A pebble.", uuid.uuid4(), extras)
    actions.reply(first.thread, stranger, "A pebble, unseen.", uuid.uuid4())
    while runner.run_once():
        pass
    hidden = Post.objects.filter(thread=first.thread, alias__isnull=False).first()
    assert hidden is not None
    assert hidden.alias is not None
    apart.block(hidden.alias, ben)
    for person in people:
        for kind in Warmth:
            actions.react(first, person, kind)
    actions.keep(first, ben)
    forums.draft(ben, first.thread)
    many = counts(client, first)
    assert many == one
    assert all(one[name] <= most for name, most in MOST.items()), one
    assert client.get(addresses(first)["thread"]).content.count(b"<article") > 20


def test_the_first_look_at_a_thread_is_light(
    group: Group, ana: Member, ben: Member, client_of: Browser
) -> None:
    """60 kB with everything it names, as it travels: gzipped, each file by itself."""
    body = "A long and winding text about a day by the sea, with gulls. " * 12
    post = forums.published(forums.board(group), ana, *[f"{n} {body}" for n in range(25)])
    answer = client_of(ben).get(reverse("forums:thread", args=[post.thread_id]))
    page = answer.content.decode()
    named = set(re.findall(r'(?:href|src)="/static/([^"#]+)', page))
    assert {"css/forums.css", "js/draft.js"} <= named
    # What its modules load besides.
    files = {STATIC / name for name in named} | {STATIC / f"js/{n}.js" for n in ("live", "socket")}
    weight = sum(len(gzip.compress(file.read_bytes(), 6)) for file in files)
    assert weight + len(gzip.compress(answer.content, 6)) <= 60_000


def test_one_reads_from_a_day_on(
    group: Group, ana: Member, ben: Member, client_of: Browser
) -> None:
    post = forums.published(forums.board(group), ana, *[f"Word {n}." for n in range(1, 13)])
    now = timezone.now()
    for seq in range(1, 13):
        one = Post.objects.get(thread=post.thread, pub_seq=seq)
        at = now - timedelta(days=20 - seq)
        Submission.objects.filter(id=one.submission_id).update(released_at=at)
    url, client = reverse("forums:on_day", args=[post.thread_id]), client_of(ben)
    day = (now - timedelta(days=14)).date().isoformat()
    shown = client.get(url, {"on": day}, follow=True).content.decode()
    assert "Word 6." in shown
    assert "Word 5." not in shown
    assert "From the beginning" in shown
    late = client.get(url, {"on": now.date().isoformat()}, follow=True).content.decode()
    assert "Nothing was written here on" in late
    for odd in ("", "x", "2026-13-01", "9999-12-31", "0001-01-01"):
        answer = client.get(url, {"on": odd}, follow=True)
        assert answer.status_code == 200


def test_a_professional_answer_is_marked_and_its_writer_is_not_named(
    group: Group, ana: Member, moss: Member, client_of: Browser, screen: Screen
) -> None:
    post = forums.published(forums.board(group), ana, "Hello.")
    actions.reply(post.thread, moss, "Good that you ask.", uuid.uuid4())
    screen()
    shown = client_of(ana).get(reverse("forums:thread", args=[post.thread_id])).content.decode()
    assert "Professional answer" in shown
    assert "Moss" not in shown


def test_everything_by_somebody_else_can_be_reported_and_help_is_in_place(
    group: Group, ana: Member, ben: Member, client_of: Browser, screen: Screen
) -> None:
    post = forums.published(forums.board(group), ana, "Hello.")
    actions.reply(post.thread, ana, "Sad.", uuid.uuid4(), Extras(topics=16))
    actions.reply(post.thread, ben, "Mine.", uuid.uuid4())
    screen()
    shown = client_of(ben).get(reverse("forums:thread", args=[post.thread_id])).content.decode()
    reports = {
        one.author_id: reverse("moderation:report", args=[one.submission_id]) in shown
        for one in Post.objects.all()
    }
    assert reports == {ana.id: True, ben.id: False}
    assert shown.count(reverse("members:crisis_help")) >= 2
    assert Board.objects.count() == 1


def test_pages_fetch_nothing_from_elsewhere(
    group: Group, ana: Member, ben: Member, client_of: Browser
) -> None:
    body = "![x](https://evil.example/a.png) [y](https://evil.example/b) https://evil.example/c"
    post = forums.published(forums.board(group), ana, body)
    answer = client_of(ben).get(reverse("forums:thread", args=[post.thread_id]))
    tag = r'<(?:img|script|link|iframe|source)[^>]*(?:src|href)="([^"]+)"'
    fetched = re.findall(tag, answer.content.decode())
    assert fetched
    assert all(one.startswith("/") for one in fetched)
    assert "default-src 'none'" in answer["Content-Security-Policy"]

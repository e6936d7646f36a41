"""Hard topics: closed words are not in a page at all, by each reader's own wish."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.forums import actions, news, search
from community.forums.actions import Extras
from community.forums.models import Level, Post, Thread
from community.forums.topics import ALL, DARK, FOLDED, LEFT_OUT, OPEN, TOPICS, Wishes, words_of
from community.members.models import Group, Member, Membership, WarnPref
from community.members.preferences import Topic
from moderation.models import State
from tests import make_forums as forums

Browser = Callable[..., Client]
Screen = Callable[[], int]
LOSS = 16
WORDS = "My grandmother left us."


def page(client: Client, name: str, *args: Any, **query: object) -> str:
    return client.get(reverse(name, args=args), query).content.decode()


def wants(member: Member, topic: str, action: str) -> None:
    WarnPref.objects.update_or_create(member=member, topic=topic, defaults={"action": action})


@pytest.fixture
def warned(group: Group, ana: Member, ben: Member, screen: Screen) -> Post:
    """A post about loss in an ordinary thread; ben answered it with a quote."""
    first = forums.published(forums.board(group), ana, "Hello.")
    post = actions.reply(first.thread, ana, WORDS, uuid.uuid4(), Extras(topics=LOSS)).post
    screen()
    actions.reply(first.thread, ben, "Oh dear.", uuid.uuid4(), Extras(quotes=[post.id]))
    screen()
    return post


def test_every_topic_of_the_settings_has_one_bit() -> None:
    assert set(TOPICS.values()) == set(Topic)
    assert sum({bit for bit in TOPICS if bit & (bit - 1) == 0}) == ALL
    assert words_of(LOSS | 8) == "abuse and assault, death and loss"


@pytest.mark.parametrize(
    ("wishes", "mask", "way"),
    [
        (Wishes(), 0, OPEN),
        (Wishes(), LOSS, FOLDED),
        (Wishes(shown=LOSS), LOSS, OPEN),
        (Wishes(shown=LOSS), LOSS | 8, FOLDED),
        (Wishes(left_out=8), LOSS | 8, LEFT_OUT),
        (Wishes(shown=LOSS, left_out=8), LOSS, OPEN),
    ],
)
def test_the_strictest_topic_decides(wishes: Wishes, mask: int, way: str) -> None:
    assert wishes.way(mask) == way


def test_closed_words_are_absent_until_one_asks_for_them(
    warned: Post, mia: Member, client_of: Browser
) -> None:
    client = client_of(mia)
    closed = page(client, "forums:thread", warned.thread_id)
    assert WORDS not in closed
    assert "This post is about death and loss." in closed
    assert "wrote something about death and loss" in closed
    link = f"?open={warned.id}#post-{warned.id}"
    assert link in closed
    opened = page(client, "forums:thread", warned.thread_id, open=warned.id)
    # The quote stays closed: it is opened where it was written.
    assert opened.count(WORDS) == 1
    assert "About death and loss." in opened
    found = page(client, "forums:find", q="grandmother")
    assert "left us" not in found
    assert "This post is about death and loss." in found


def test_who_wants_to_see_a_topic_sees_it_everywhere(
    warned: Post, mia: Member, client_of: Browser
) -> None:
    wants(mia, "loss", "show")
    assert page(client_of(mia), "forums:thread", warned.thread_id).count(WORDS) == 2
    assert "left us" in page(client_of(mia), "forums:find", q="grandmother")


def test_what_is_left_out_is_a_quiet_line_and_not_found(
    warned: Post, mia: Member, client_of: Browser
) -> None:
    wants(mia, "loss", "never")
    shown = page(client_of(mia), "forums:thread", warned.thread_id)
    assert WORDS not in shown
    assert "A post about death and loss is left out" in shown
    assert "A quote about death and loss is left out." in shown
    assert search.find(mia, "grandmother").hits == []
    assert WORDS in page(client_of(mia), "forums:thread", warned.thread_id, open=warned.id)


def test_the_author_sees_and_finds_their_own_words(
    warned: Post, ana: Member, client_of: Browser
) -> None:
    wants(ana, "loss", "never")
    assert WORDS in page(client_of(ana), "forums:thread", warned.thread_id)
    assert len(search.find(ana, "grandmother").hits) == 1


def test_the_title_of_a_warned_thread_is_closed_as_well(
    group: Group, ana: Member, mia: Member, client_of: Browser, screen: Screen
) -> None:
    board = forums.board(group)
    post = actions.open_thread(
        board, ana, "Her empty chair", WORDS, uuid.uuid4(), Extras(topics=LOSS)
    ).post
    actions.reply(post.thread, ana, "And her cup.", uuid.uuid4())
    screen()
    actions.keep(post, mia)
    client = client_of(mia)
    for shown in (
        page(client, "forums:board", board.id),
        page(client, "forums:thread", post.thread_id),
        page(client, "forums:find", q="cup"),
        page(client, "forums:find", q="chair"),
        page(client, "forums:bookmarks"),
    ):
        assert "empty chair" not in shown
        assert "A thread about death and loss" in shown
    assert "empty chair" in page(client, "forums:thread", post.thread_id, open=post.id)
    wants(mia, "loss", "show")
    assert "empty chair" in page(client, "forums:board", board.id)
    assert "empty chair" in page(client_of(ana), "forums:board", board.id)


def test_a_thread_that_is_left_out_is_in_no_list_and_no_digest(
    group: Group, ana: Member, mia: Member, client_of: Browser, screen: Screen
) -> None:
    board = forums.board(group)
    Membership.objects.update(started_at=timezone.now() - timedelta(days=1))
    post = actions.open_thread(
        board, ana, "Her empty chair", WORDS, uuid.uuid4(), Extras(topics=LOSS)
    ).post
    screen()
    actions.follow(post.thread, mia, Level.DIGEST)
    assert news.news_for(mia).threads == 1
    assert "1 with something new" in page(client_of(mia), "forums:index")
    wants(mia, "loss", "never")
    assert news.news_for(mia).threads == 0
    assert "with something new" not in page(client_of(mia), "forums:index")
    assert "death and loss" not in page(client_of(mia), "forums:board", board.id)
    # Who has its address still reaches it: nothing is forbidden, only not put before them.
    assert client_of(mia).get(reverse("forums:thread", args=[post.thread_id])).status_code == 200
    assert "Her empty chair" in page(client_of(ana), "forums:board", board.id)


def test_what_the_filter_noted_counts_as_a_topic(
    group: Group, ana: Member, mia: Member, client_of: Browser
) -> None:
    post = forums.published(forums.board(group), ana, "A grey morning.", title="Grey")
    type(post.submission).objects.filter(id=post.submission_id).update(state=State.NOTED)
    shown = page(client_of(mia), "forums:thread", post.thread_id)
    assert "A grey morning." not in shown
    assert "This post is about very dark thoughts." in shown
    wants(mia, TOPICS[DARK], "never")
    assert search.find(mia, "morning").hits == []
    assert list(Thread.objects.readable_by(mia).wanted_by(mia, Wishes(left_out=DARK))) == []
    wants(mia, TOPICS[DARK], "show")
    assert "A grey morning." in page(client_of(mia), "forums:thread", post.thread_id)


@pytest.mark.parametrize("asked", ["x", "-1", "9" * 40, "²", ""])
def test_an_odd_wish_in_the_address_opens_nothing(
    asked: str, warned: Post, mia: Member, client_of: Browser
) -> None:
    answer = client_of(mia).get(reverse("forums:thread", args=[warned.thread_id]), {"open": asked})
    assert answer.status_code == 200
    assert WORDS not in answer.content.decode()

"""Blocks by name and by alias: neither tells who is who."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from community.forums import actions, apart, search
from community.forums.actions import Extras
from community.forums.models import AliasBlock, Level, Post
from community.members import blocks
from community.members.blocks import CannotBlock
from community.members.models import Block, Group, Member, Notice
from tests import make
from tests import make_forums as forums

Browser = Callable[..., Client]
Screen = Callable[[], int]


def page(client: Client, name: str, *args: Any, **query: str) -> str:
    return client.get(reverse(name, args=args), query).content.decode()


@pytest.fixture
def heron(group: Group, ana: Member, mia: Member, screen: Screen) -> Post:
    """Ana writes under an alias in mia's thread, and as Ana in another."""
    board = forums.board(group)
    theirs = forums.published(board, mia, "Hello all.")
    said = actions.reply(
        theirs.thread, ana, "A violet umbrella.", uuid.uuid4(), Extras(alias=True)
    ).post
    actions.open_thread(board, ana, "By day", "A violet boat.", uuid.uuid4())
    screen()
    return said


def found(member: Member, words: str) -> set[str]:
    return {hit.post.submission.shown.body for hit in search.find(member, words).hits}


def test_blocking_an_alias_hides_it_and_nothing_that_tells_who_it_is(
    heron: Post, ben: Member, mia: Member, client_of: Browser, screen: Screen
) -> None:
    client = client_of(ben)
    url = reverse("forums:do_not_meet", args=[heron.id])
    assert url in page(client, "forums:thread", heron.thread_id)
    asked = client.get(url).content.decode()
    done = client.post(url, follow=True).content.decode()
    for shown in (asked, done, page(client, "forums:unmet"), page(client, "members:blocked")):
        assert "Ana" not in shown
    assert heron.alias.label in page(client, "forums:unmet")
    assert "umbrella" not in page(client, "forums:thread", heron.thread_id)
    # What Ana writes as Ana stays: else its going away would tell.
    assert found(ben, "violet") == {"A violet boat."}
    assert "By day" in page(client, "forums:board", heron.thread.board_id)
    assert not Block.objects.exists()
    assert "umbrella" in page(client_of(mia), "forums:thread", heron.thread_id)


def test_blocking_a_person_does_not_tell_under_which_alias_they_write(
    heron: Post, ana: Member, ben: Member, client_of: Browser
) -> None:
    blocks.block(ben, ana)
    assert found(ben, "violet") == {"A violet umbrella."}
    assert "umbrella" in page(client_of(ben), "forums:thread", heron.thread_id)
    assert "By day" not in page(client_of(ben), "forums:board", heron.thread.board_id)


def test_a_block_of_an_alias_holds_both_ways_and_for_notes(
    heron: Post, ana: Member, ben: Member, client_of: Browser, screen: Screen
) -> None:
    apart.block(heron.alias, ben)
    actions.follow(heron.thread, ben, Level.SITE)
    actions.follow(heron.thread, ana, Level.SITE)
    actions.reply(heron.thread, ben, "Dear @" + heron.alias.label + ", a lantern.", uuid.uuid4())
    actions.reply(heron.thread, ana, "Dear @Ben, a candle.", uuid.uuid4())
    screen()
    assert "lantern" not in page(client_of(ana), "forums:thread", heron.thread_id)
    assert "candle" not in page(client_of(ben), "forums:thread", heron.thread_id)
    assert found(ana, "lantern") == set()
    assert found(ben, "candle") == set()
    assert not Notice.objects.filter(member__in=[ana, ben]).exists()


def test_quotes_of_a_blocked_alias_are_hidden(
    heron: Post, ben: Member, mia: Member, client_of: Browser, screen: Screen
) -> None:
    actions.reply(heron.thread, mia, "So violet!", uuid.uuid4(), Extras(quotes=[heron.id]))
    screen()
    assert page(client_of(ben), "forums:thread", heron.thread_id).count("umbrella") == 2
    apart.block(heron.alias, ben)
    shown = page(client_of(ben), "forums:thread", heron.thread_id)
    assert "umbrella" not in shown
    assert "So violet!" in shown


def test_a_thread_begun_by_a_blocked_alias_is_not_there(
    group: Group, ana: Member, ben: Member, client_of: Browser, screen: Screen
) -> None:
    post = actions.open_thread(
        forums.board(group), ana, "Quietly", "Words.", uuid.uuid4(), Extras(alias=True)
    ).post
    screen()
    url = reverse("forums:thread", args=[post.thread_id])
    assert client_of(ben).get(url).status_code == 200
    apart.block(post.alias, ben)
    assert client_of(ben).get(url).status_code == 404
    assert "Quietly" not in page(client_of(ben), "forums:board", post.thread.board_id)


def test_the_way_back_is_by_the_number_of_the_block_and_ones_own(
    heron: Post, ana: Member, ben: Member, mia: Member, client_of: Browser
) -> None:
    apart.block(heron.alias, ben)
    mine = AliasBlock.objects.get()
    shown = page(client_of(ben), "forums:unmet")
    assert reverse("forums:meet_again", args=[mine.id]) in shown
    assert client_of(mia).post(reverse("forums:meet_again", args=[mine.id])).status_code == 302
    assert AliasBlock.objects.count() == 1
    client_of(ben).post(reverse("forums:meet_again", args=[mine.id]))
    assert "umbrella" in page(client_of(ben), "forums:thread", heron.thread_id)


def test_neither_the_care_team_nor_oneself_nor_a_plain_name(
    heron: Post, ana: Member, moss: Member, ben: Member, client_of: Browser
) -> None:
    with pytest.raises(CannotBlock):
        apart.block(heron.alias, moss)
    with pytest.raises(CannotBlock):
        apart.block(heron.alias, ana)
    url = reverse("forums:do_not_meet", args=[heron.id])
    assert client_of(moss).post(url).status_code == 409
    assert client_of(ana).post(url).status_code == 404
    plain = Post.objects.get(author=ana, alias=None)
    url = reverse("forums:do_not_meet", args=[plain.id])
    assert client_of(ben).post(url).status_code == 404
    assert not AliasBlock.objects.exists()


def test_the_list_costs_the_same_at_one_and_three_rows(
    group: Group, ben: Member, client_of: Browser, screen: Screen, django_assert_num_queries: Any
) -> None:
    board, client = forums.board(group), client_of(ben)
    page(client, "members:home")
    for count in (1, 3):
        while AliasBlock.objects.count() < count:
            other = make.member(group.clinic, groups=(group,))
            post = actions.open_thread(
                board, other, "T", "B", uuid.uuid4(), Extras(alias=True)
            ).post
            screen()
            apart.block(post.alias, ben)
        with django_assert_num_queries(3):
            assert page(client, "forums:unmet").count("Meet again") == count

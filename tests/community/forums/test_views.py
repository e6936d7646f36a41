"""Forum pages: who sees what, in which state, and what a mistake keeps."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from community.forums import actions
from community.forums.models import Post, Thread
from community.members.models import Group, Member, Membership
from tests import make_forums as make

Browser = Callable[..., Client]
Screen = Callable[[], int]
RUDE = "You are a pathetic idiot, Sam."
DARK = "I want to die tonight."


def page(client: Client, name: str, *args: Any) -> str:
    return client.get(reverse(name, args=args)).content.decode()


def form(body: str, **extra: str) -> dict[str, str]:
    return {"key": str(uuid.uuid4()), "body": body, **extra}


def test_a_post_is_seen_by_others_only_when_released(
    group: Group, ana: Member, ben: Member, client_of: Browser, screen: Screen
) -> None:
    board = make.board(group)
    data = form("The tomatoes are ripe.", title="Garden")
    answer = client_of(ana).post(reverse("forums:start", args=[board.id]), data)
    thread = Thread.objects.get()
    assert answer.url.startswith(reverse("forums:thread", args=[thread.id]))
    assert "Being checked" in page(client_of(ana), "forums:thread", thread.id)
    assert client_of(ben).get(reverse("forums:thread", args=[thread.id])).status_code == 404
    assert "Garden" not in page(client_of(ben), "forums:board", board.id)
    screen()
    assert "The tomatoes are ripe." in page(client_of(ben), "forums:thread", thread.id)
    assert "Garden" in page(client_of(ben), "forums:board", board.id)
    assert "Published" in page(client_of(ana), "forums:thread", thread.id)


def test_a_held_reply_reaches_nobody_but_its_author(
    group: Group, ana: Member, ben: Member, mia: Member, client_of: Browser, screen: Screen
) -> None:
    thread = make.published(make.board(group), ben, "Hello all.").thread
    client_of(ana).post(reverse("forums:reply", args=[thread.id]), form(RUDE))
    screen()
    assert Post.objects.filter(author=ana).count() == 1
    for reader in (ben, mia):
        client = client_of(reader)
        for url in (
            reverse("forums:thread", args=[thread.id]),
            reverse("forums:board", args=[thread.board_id]),
            reverse("forums:index"),
            reverse("members:home"),
            reverse("members:news"),
        ):
            assert "pathetic" not in client.get(url).content.decode()
    mine = page(client_of(ana), "forums:thread", thread.id)
    assert "pathetic" in mine
    assert "Waiting for a person" in mine


def test_help_is_in_the_very_answer_to_a_dark_post(
    group: Group, ana: Member, ben: Member, client_of: Browser
) -> None:
    thread = make.published(make.board(group), ben, "Hello all.").thread
    answer = client_of(ana).post(reverse("forums:reply", args=[thread.id]), form(DARK))
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "116 123" in shown
    assert "Your text is safe with us" in shown
    assert Post.objects.filter(author=ana).count() == 1


def test_a_hidden_part_is_hidden_from_others_and_the_author_is_told(
    group: Group, ana: Member, ben: Member, client_of: Browser
) -> None:
    post = make.published(make.board(group), ana, "Ring me on 07700 900123 please.")
    assert "07700" not in page(client_of(ben), "forums:thread", post.thread_id)
    assert "[phone number hidden]" in page(client_of(ben), "forums:thread", post.thread_id)
    mine = page(client_of(ana), "forums:thread", post.thread_id)
    assert "07700 900123" in mine
    assert "hidden from others" in mine


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "Write a few words"),
        ("   \n ", "Write a few words"),
        ("x" * 20_001, "there is room for 20000"),
        ("bell \x07 rings", "control character"),
        ("nul \x00", "control character"),
    ],
)
def test_a_mistake_is_explained_and_the_text_stays(
    body: str, words: str, group: Group, ana: Member, client_of: Browser
) -> None:
    thread = make.published(make.board(group), ana, "Hello.").thread
    answer = client_of(ana).post(reverse("forums:reply", args=[thread.id]), form(body))
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert words in shown
    assert body.strip("\x00\x07 \n")[:60] in shown
    assert Post.objects.count() == 1


def test_a_taken_down_post_leaves_a_tombstone_without_words(
    group: Group, ana: Member, ben: Member, client_of: Browser
) -> None:
    post = make.published(make.board(group), ana, "Secret words.", "Second.")
    actions.withdraw(post, ana)
    shown = page(client_of(ben), "forums:thread", post.thread_id)
    assert "Secret" not in shown
    assert "This post was taken down." in shown
    assert "Second." in shown


def test_not_there_and_not_yours_are_the_same_answer(
    group: Group, ana: Member, cleo: Member, dora: Member, client_of: Browser
) -> None:
    post = make.published(make.board(group), ana, "Words.")
    for stranger in (cleo, dora):
        client = client_of(stranger)
        for name, real in (
            ("forums:thread", post.thread_id),
            ("forums:board", post.thread.board_id),
            ("forums:edit", post.id),
        ):
            ours, none = (client.get(reverse(name, args=[n])) for n in (real, 999_999))
            assert ours.status_code == none.status_code == 404
            assert ours.content == none.content
    assert client_of(ana).get(reverse("forums:thread", args=[post.thread_id])).status_code == 200


def test_who_left_the_group_reads_no_more(
    group: Group, ana: Member, ben: Member, client_of: Browser
) -> None:
    post = make.published(make.board(group), ana, "Words.")
    client = client_of(ben)
    url = reverse("forums:thread", args=[post.thread_id])
    assert client.get(url).status_code == 200
    Membership.objects.filter(member=ben).update(ended_at=post.created_at)
    assert client.get(url).status_code == 404


def test_a_board_for_staff_is_not_there_for_patients(
    group: Group, ana: Member, moss: Member, client_of: Browser
) -> None:
    board = make.board(group, "Team", staff_only=True)
    url = reverse("forums:board", args=[board.id])
    assert client_of(ana).get(url).status_code == 404
    assert client_of(moss).get(url).status_code == 200


def test_only_the_author_edits_and_takes_back(
    group: Group, ana: Member, ben: Member, client_of: Browser
) -> None:
    post = make.published(make.board(group), ana, "Words.")
    for name in ("forums:edit", "forums:withdraw"):
        assert client_of(ben).post(reverse(name, args=[post.id])).status_code == 404
    assert client_of(ana).get(reverse("forums:edit", args=[post.id])).status_code == 200
    taken = client_of(ana).post(reverse("forums:withdraw", args=[post.id]))
    assert taken.status_code == 302


def test_a_cursor_of_another_page_or_hand_is_refused(
    group: Group, ana: Member, client_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("community.forums.views.THREADS", 1)
    board, other = make.board(group), make.board(group, "Other")
    for number in range(3):
        make.published(board, ana, title=f"Thread {number}")
        make.published(other, ana, title=f"Else {number}")
    client = client_of(ana)
    url = reverse("forums:board", args=[board.id])
    cursor = client.get(url).context["page"].next_cursor
    assert "Thread 1" in client.get(url, {"after": cursor}).content.decode()
    for wrong in (cursor[:-2], "x", "%00"):
        assert client.get(url, {"after": wrong}).status_code == 404
    elsewhere = reverse("forums:board", args=[other.id])
    assert client.get(elsewhere, {"after": cursor}).status_code == 404


def test_list_pages_cost_the_same_at_one_and_three_rows(
    group: Group, ana: Member, ben: Member, client_of: Browser, django_assert_num_queries: Any
) -> None:
    client = client_of(ben)
    client.get(reverse("members:home"))
    first = None
    for count in (1, 3):
        while Thread.objects.count() < count:
            number = Thread.objects.count()
            board = make.board(group, f"Board {number}")
            first = make.published(board, ana, "1") if first is None else first
            make.published(first.thread.board, ana, title=f"T{number}")
            actions.reply(first.thread, ana, "More.", uuid.uuid4())
            make.published(first.thread.board, ana, title=f"U{number}")
        for url, queries in (
            (reverse("forums:index"), 4),
            (reverse("forums:board", args=[first.thread.board_id]), 5),
            (reverse("forums:thread", args=[first.thread_id]), 11),
        ):
            with django_assert_num_queries(queries):
                assert client.get(url).status_code == 200


def test_a_post_released_while_the_page_is_made_is_not_missed(
    group: Group, ana: Member, client_of: Browser, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    from community.forums import views

    thread = make.published(make.board(group), ana, "Hello all.").thread
    actions.reply(thread, ana, "Soup again.", uuid.uuid4())
    original = views.page_of

    def released_first(*args: Any) -> Any:
        screen()
        return original(*args)

    monkeypatch.setattr(views, "page_of", released_first)
    assert page(client_of(ana), "forums:thread", thread.id).count("Soup again.") == 1

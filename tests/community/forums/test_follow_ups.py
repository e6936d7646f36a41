"""Threads the care team should come back to, and first posts that wait too long for a word."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.forums import actions, follow_ups
from community.forums.follow_ups import Moved, NobodyElse
from community.forums.models import FollowUp, Post, Thread
from community.members.models import Group, Member, Notice
from tests import make
from tests import make_forums as forums
from tests.races import together

Browser = Callable[..., Client]
Screen = Callable[[], int]


@pytest.fixture
def post(group: Group, ana: Member) -> Post:
    return forums.published(forums.board(group), ana, "Is anybody there?")


def page(client: Client) -> str:
    return client.get(reverse("forums:follow_ups")).content.decode()


def wait_long() -> None:
    Thread.objects.exclude(unanswered_since=None).update(
        unanswered_since=timezone.now() - timedelta(hours=13)
    )


def test_a_first_post_nobody_answered_is_raised_once(
    post: Post, moss: Member, lena: Member, dora: Member, client_of: Browser
) -> None:
    assert follow_ups.raise_unanswered() == 0
    wait_long()
    assert follow_ups.raise_unanswered() == 1
    assert follow_ups.raise_unanswered() == 0
    raised = FollowUp.objects.get()
    assert (raised.thread_id, raised.opened_by, raised.owner) == (post.thread_id, None, None)
    told = Notice.objects.filter(kind="unanswered").values_list("member", flat=True)
    assert set(told) == {moss.id, lena.id}
    shown = page(client_of(moss))
    assert "A quiet day" in shown
    assert "Nobody has answered" in shown
    assert "Their first thread here" in shown
    assert "anybody there" not in shown


def test_an_answer_by_somebody_else_ends_the_waiting(
    post: Post, ana: Member, ben: Member, screen: Screen
) -> None:
    actions.reply(post.thread, ana, "Me again.", uuid.uuid4())
    screen()
    wait_long()
    assert follow_ups.raise_unanswered() == 1
    actions.reply(post.thread, ben, "I am here.", uuid.uuid4())
    # Nobody has read it yet, so nothing has been answered.
    assert FollowUp.objects.filter(closed_at=None).count() == 1
    screen()
    done = FollowUp.objects.get()
    assert done.closed_at is not None
    assert done.outcome == follow_ups.ANSWERED
    wait_long()
    assert follow_ups.raise_unanswered() == 0


def test_what_somebody_has_taken_stays_theirs_after_an_answer(
    post: Post, ben: Member, moss: Member, screen: Screen
) -> None:
    wait_long()
    follow_ups.raise_unanswered()
    follow_ups.assign(FollowUp.objects.get(), moss, None)
    actions.reply(post.thread, ben, "I am here.", uuid.uuid4())
    screen()
    assert FollowUp.objects.get().closed_at is None


def test_a_post_taken_back_waits_for_nobody(post: Post, ana: Member) -> None:
    wait_long()
    follow_ups.raise_unanswered()
    actions.withdraw(post, ana)
    assert FollowUp.objects.get().outcome == follow_ups.GONE
    assert Thread.objects.get().unanswered_since is None


def test_what_the_care_team_writes_waits_for_nobody(
    group: Group, moss: Member, screen: Screen
) -> None:
    forums.published(forums.board(group), moss, "Welcome.")
    assert Thread.objects.get().unanswered_since is None


def test_a_done_follow_up_is_not_raised_again_for_the_same_silence(
    post: Post, moss: Member
) -> None:
    wait_long()
    follow_ups.raise_unanswered()
    follow_ups.finish(FollowUp.objects.get(), moss, "Rang them.", None)
    assert follow_ups.raise_unanswered() == 0


def test_a_moderator_marks_takes_gives_and_finishes(
    post: Post, moss: Member, lena: Member, client_of: Browser
) -> None:
    client = client_of(moss)
    mark = reverse("forums:mark_follow_up", args=[post.thread_id])
    assert client.post(mark, {"days": "3"}).status_code == 302
    assert "on the list already" in client.post(mark, {"days": "1"}, follow=True).content.decode()
    row = FollowUp.objects.get()
    assert row.owner == moss
    assert row.due_at > timezone.now() + timedelta(days=2)
    give = reverse("forums:assign_follow_up", args=[row.id])
    client.post(give, {"seen": moss.id, "owner": lena.id})
    assert f"with {lena.name}" in page(client)
    late = client.post(give, {"seen": moss.id, "owner": moss.id})
    assert late.status_code == 409
    assert "Somebody else was faster" in late.content.decode()
    done = reverse("forums:finish_follow_up", args=[row.id])
    assert client_of(lena).post(done, {"seen": lena.id, "outcome": ""}).status_code == 422
    assert client_of(lena).post(done, {"seen": moss.id, "outcome": "x"}).status_code == 409
    client_of(lena).post(done, {"seen": lena.id, "outcome": "We spoke."})
    row.refresh_from_db()
    assert (row.outcome, row.owner) == ("We spoke.", lena)
    assert client_of(lena).post(done, {"seen": lena.id, "outcome": "x"}).status_code == 404
    assert "Nothing to come back to" in page(client)


def test_it_can_be_given_to_nobody_outside_the_team(
    post: Post, moss: Member, ana: Member, client_of: Browser
) -> None:
    row = follow_ups.mark(post.thread, moss, timezone.now())
    give = reverse("forums:assign_follow_up", args=[row.id])
    client_of(moss).post(give, {"seen": moss.id, "owner": ana.id})
    row.refresh_from_db()
    assert row.owner is None


def test_an_alias_stays_an_alias_on_the_list(
    group: Group, ana: Member, moss: Member, client_of: Browser, screen: Screen
) -> None:
    post = actions.open_thread(
        forums.board(group), ana, "T", "B", uuid.uuid4(), actions.Extras(alias=True)
    ).post
    screen()
    follow_ups.mark(post.thread, moss, timezone.now())
    shown = page(client_of(moss))
    assert post.alias.label in shown
    assert "Ana" not in shown


def test_another_clinics_team_sees_nothing_of_it(
    post: Post, moss: Member, dora: Member, client_of: Browser
) -> None:
    row = follow_ups.mark(post.thread, moss, timezone.now())
    far = make.member(dora.clinic, "Far", role="moderator")
    client = client_of(far)
    assert "A quiet day" not in page(client)
    url = reverse("forums:assign_follow_up", args=[row.id])
    assert client.post(url, {"seen": moss.id, "owner": far.id}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_who_take_it_at_once_do_not_both_have_it(
    post: Post, moss: Member, lena: Member
) -> None:
    for _ in range(3):
        row = FollowUp.objects.create(thread=post.thread, due_at=timezone.now())
        got = together([partial(follow_ups.assign, row, p, None) for p in (moss, lena)])
        (lost,) = [one for one in got if one is not None]
        assert isinstance(lost, Moved)
        row.delete()


@pytest.mark.django_db(transaction=True)
def test_two_processes_raise_one_follow_up(post: Post, moss: Member) -> None:
    wait_long()
    got = together([follow_ups.raise_unanswered] * 4)
    assert sorted(got) == [0, 0, 0, 1]
    assert FollowUp.objects.count() == Notice.objects.filter(kind="unanswered").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_marks_at_once_are_one(post: Post, moss: Member, lena: Member) -> None:
    now = timezone.now()
    got = together([partial(follow_ups.mark, post.thread, p, now) for p in (moss, lena)])
    assert [type(one) for one in got].count(NobodyElse) == 1


def test_the_list_costs_the_same_at_one_and_three_rows(
    group: Group, ana: Member, moss: Member, client_of: Browser, django_assert_num_queries: Any
) -> None:
    client, board = client_of(moss), forums.board(group)
    page(client)
    for count in (1, 3):
        while FollowUp.objects.count() < count:
            thread = forums.published(board, ana).thread
            follow_ups.mark(thread, moss, timezone.now())
        with django_assert_num_queries(4):
            assert page(client).count("What came of it?") == count

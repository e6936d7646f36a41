"""Rows for measuring: as the pages want them, and never beside real people."""

import uuid
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from community.forums import search
from community.forums.models import Board, Post, SearchText, Thread
from community.members.models import Member
from moderation.models import Revision, Submission

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(capsys: pytest.CaptureFixture[str]) -> Member:
    call_command("seed_load", posts=1_000)
    assert "1,000 posts" in capsys.readouterr().out
    return Member.objects.order_by("id")[0]


def test_what_is_poured_is_what_the_pages_read(
    loaded: Member, client_of: Callable[..., Client]
) -> None:
    counts = [model.objects.count() for model in (Post, Submission, Revision, SearchText)]
    assert counts == [1_000] * 4
    assert sum(Thread.objects.values_list("last_pub_seq", flat=True)) == 1_000
    longest = Thread.objects.readable_by(loaded).order_by("-last_pub_seq")[0]
    assert longest.posts.filter(pub_seq__gt=50).exists()
    client = client_of(loaded)
    board = Board.objects.readable_by(loaded).order_by("id")[0]
    listed = client.get(reverse("forums:board", args=[board.id]))
    titles = [thread.opening.submission.shown.title for thread in listed.context["page"].items]
    assert titles
    assert titles[0][:20] in listed.content.decode()
    shown = client.get(reverse("forums:thread", args=[longest.id])).content.decode()
    assert shown.count("Load person") >= 25
    word = longest.opening.submission.shown.body.split()[1].strip(".")
    assert search.find(loaded, word).hits


def test_people_go_on_writing_where_it_ends(
    loaded: Member, client_of: Callable[..., Client]
) -> None:
    thread = Thread.objects.readable_by(loaded).order_by("-last_pub_seq")[0]
    form = {"body": "I walked to the corner.", "key": str(uuid.uuid4())}
    url = reverse("forums:reply", args=[thread.id])
    assert client_of(loaded).post(url, form).status_code == 302
    assert Post.objects.count() == 1_001


def test_real_people_are_left_alone(ana: Member) -> None:
    with pytest.raises(CommandError, match="people in this database"):
        call_command("seed_load", posts=1_000)
    assert not Post.objects.exists()


@pytest.mark.parametrize("odd", [{"posts": 10}, {"posts": 1_000, "threads": 900}])
def test_odd_sizes_are_refused(odd: dict[str, int]) -> None:
    with pytest.raises(CommandError, match="1,000 posts at least"):
        call_command("seed_load", **odd)

"""Boards and grants, looked after by people who need not read on them."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from community.forums.models import Board, Grant, Right
from community.members import groups
from community.members.models import AuditEntry, Group, Member
from tests import make_forums

pytestmark = pytest.mark.django_db
ClientOf = Callable[..., Client]
ABOUT = {"name": "Walks", "purpose": "", "mode": "pre"}


def rights(member: Member, board: Board) -> list[str]:
    return [r.value for r in Right if Board.objects.open_to(member, r).filter(id=board.id).exists()]


ALL = ["can_read", "can_post", "can_start"]


def test_an_administrator_makes_a_board_and_decides_who_writes(
    ada: Member,
    ana: Member,
    mia: Member,
    cleo: Member,
    group: Group,
    elsewhere: Group,
    client_of: ClientOf,
) -> None:
    client = client_of(ada)
    assert client.post(reverse("forums:shelves", args=[group.id]), ABOUT).status_code == 302
    board = Board.objects.get()
    assert (board.group, board.mode) == (group, "pre")
    assert (rights(ana, board), rights(mia, board), rights(cleo, board)) == (ALL, ALL, [])
    # Making it gives the administrator nothing to read.
    assert rights(ada, board) == []
    allow = reverse("forums:allow", args=[board.id])
    for changes in (
        {"group": group.id, "role": "", "right": "read"},
        {"group": group.id, "role": "mentor", "right": "start"},
        {"group": elsewhere.id, "role": "", "right": "post"},
    ):
        assert client.post(allow, changes).status_code == 302
    assert rights(ana, board) == ["can_read"]
    assert rights(mia, board) == ALL
    assert rights(cleo, board) == ["can_read", "can_post"]
    page = client.get(reverse("forums:shelf", args=[board.id])).content.decode()
    for words in ("May read and answer", "Peer mentors", "Evening circle"):
        assert words in page
    theirs = Grant.objects.get(group=elsewhere)
    assert client.post(reverse("forums:disallow", args=[theirs.id])).status_code == 302
    assert rights(cleo, board) == []
    assert AuditEntry.objects.filter(action="board.allowed").count() == 3


def test_a_board_can_become_the_care_teams_alone(
    ada: Member, ana: Member, moss: Member, group: Group, client_of: ClientOf
) -> None:
    board = make_forums.board(group)
    client, url = client_of(ada), reverse("forums:shelf", args=[board.id])
    assert client.post(url, {**ABOUT, "staff_only": "on"}).status_code == 302
    assert (rights(ana, board), rights(moss, board)) == ([], ALL)
    assert "for the care team alone" in client.get(url).content.decode()


def test_a_taken_name_is_said_kindly(ada: Member, group: Group, client_of: ClientOf) -> None:
    board = make_forums.board(group)
    answer = client_of(ada).post(
        reverse("forums:shelves", args=[group.id]), {**ABOUT, "name": board.name}
    )
    assert answer.status_code == 422
    assert "has this name" in answer.content.decode()


def test_boards_of_another_clinic_and_of_closed_groups_are_not_there(
    ada: Member, dora: Member, group: Group, client_of: ClientOf
) -> None:
    board = make_forums.board(group)
    other = make_forums.board(dora.memberships.get().group)
    client = client_of(ada)
    url = reverse("forums:shelf", args=[board.id])
    assert client.get(url).status_code == 200
    assert client.get(reverse("forums:shelf", args=[other.id])).status_code == 404
    assert client.post(reverse("forums:allow", args=[other.id])).status_code == 404
    theirs = Grant.objects.get(board=other)
    assert client.post(reverse("forums:disallow", args=[theirs.id])).status_code == 404
    # A grant to a group of another clinic is no choice.
    form = {"group": other.group_id, "role": "", "right": "read"}
    assert client.post(reverse("forums:allow", args=[board.id]), form).status_code == 422
    groups.close(group, ada)
    assert client.get(url).status_code == 404


def test_the_pages_cost_the_same_for_one_and_three(
    ada: Member,
    group: Group,
    client_of: ClientOf,
    django_assert_num_queries: Callable[..., object],
) -> None:
    client = client_of(ada)
    boards = [make_forums.board(group)]
    shelves = reverse("forums:shelves", args=[group.id])
    client.get(shelves)
    for extra in (1, 2):
        for role in ("patient", "mentor")[:extra]:
            Grant.objects.get_or_create(board=boards[0], group=group, role=role)
        with django_assert_num_queries(5):
            assert client.get(shelves).status_code == 200
        with django_assert_num_queries(7):
            assert client.get(reverse("forums:shelf", args=[boards[0].id])).status_code == 200
        boards += [Board.objects.create(group=group, name=f"B{n}{extra}") for n in range(2)]

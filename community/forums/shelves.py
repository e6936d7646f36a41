"""Boards and who may do what on them: made and changed by those who look after groups."""

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from community.forums import actions
from community.forums.models import Board, Grant
from community.members import audit, belonging
from community.members.models import Group, Member, Membership

# What a grant may allow, from little to much: name -> (words, read, answer, start).
RIGHTS = {
    "read": ("May read", True, False, False),
    "post": ("May read and answer", True, True, False),
    "start": ("May read, answer and start threads", True, True, True),
}


class NameTaken(Exception):
    """Another board of the group bears this name."""


def boards_of(coordinator: Member) -> QuerySet[Board]:
    """Boards of the open groups of the coordinator's clinic. Who looks after them need not read."""
    groups = Group.objects.filter(clinic_id=coordinator.clinic_id, closed_at__isnull=True)
    return Board.objects.filter(group__in=groups).select_related("group")


def shelf_for(coordinator: Member, board_id: int) -> Board:
    """A board of the coordinator's clinic, with its group, or 404."""
    return get_object_or_404(boards_of(coordinator), id=board_id)


def grant_for(coordinator: Member, grant_id: int) -> Grant:
    """A grant on a board of the coordinator's clinic, or 404."""
    rows = Grant.objects.select_related("board__group")
    return get_object_or_404(rows.filter(board__in=boards_of(coordinator)), id=grant_id)


def make(
    group: Group, by: Member, *, name: str, purpose: str, mode: str, staff_only: bool
) -> Board:
    """A new board; the group's members may do all on it unless it is for staff. NameTaken."""
    try:
        with transaction.atomic():
            board = actions.open_board(group, name, purpose, mode=mode, staff_only=staff_only)
            audit.record(by, "board.made", board)
    except IntegrityError:
        raise NameTaken from None
    return board


def change(
    board: Board, by: Member, *, name: str, purpose: str, mode: str, staff_only: bool
) -> None:
    """Change a board. What is written there stays; texts still to come go by the new mode."""
    values = {"name": name, "purpose": purpose, "mode": mode, "staff_only": staff_only}
    try:
        with transaction.atomic():
            Board.objects.filter(id=board.id).update(**values)
            _look_again(board.group)
            audit.record(by, "board.changed", board, staff_only=staff_only)
    except IntegrityError:
        raise NameTaken from None


@transaction.atomic
def allow(board: Board, by: Member, *, group: Group, role: str, right: str) -> Grant:
    """Let a group, or those of it with a role, do something on a board; it replaces what they had.

    role: "" for everybody. right: a name of RIGHTS.
    """
    _, read, answer, start = RIGHTS[right]
    values = {"can_read": read, "can_post": answer, "can_start": start}
    row, _ = Grant.objects.update_or_create(board=board, group=group, role=role, defaults=values)
    _look_again(group)
    audit.record(by, "board.allowed", board, group=group.pk, right=right)
    return row


@transaction.atomic
def disallow(grant: Grant, by: Member) -> bool:
    """Take a grant back. False when it was gone."""
    gone, _ = Grant.objects.filter(id=grant.id).delete()
    if gone:
        _look_again(grant.group)
        audit.record(by, "board.disallowed", grant.board, group=grant.group_id)
    return bool(gone)


def _look_again(group: Group) -> None:
    people = Membership.objects.current().filter(group=group)
    for number in people.values_list("member", flat=True):
        belonging.look_again(number)

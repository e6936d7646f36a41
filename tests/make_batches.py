"""Builders of tables of people to invite."""

from datetime import timedelta

from community.members import batches
from community.members.models import Group, InviteBatch, Member, Role

TABLE = b"email,reference\nheron@people.example,\nwren@people.example,\n,card 7\n"


def waiting(
    administrator: Member,
    group: Group,
    table: bytes = TABLE,
    *,
    key: str = "spring course",
    mail: bool = False,
) -> InviteBatch:
    """A table that was read and waits to be made into invitations."""
    return batches.plan(
        administrator,
        key=key,
        rows=batches.read(table),
        groups=[group],
        role=Role.PATIENT,
        life=timedelta(days=7),
        mail=mail,
    )

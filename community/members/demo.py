"""Invented invitations for the demo: a leaflet, a table of people, and a course with dates."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.utils import timezone

from community.members import batches, groups, invitations
from community.members.models import (
    Group,
    Invitation,
    InvitationUse,
    InviteBatch,
    Member,
    Role,
)

TABLE = [(line, f"guest{line}@demo.example", f"D-{line:03}") for line in range(2, 9)]


def seed(by: Member, circles: Sequence[Group], people: Mapping[str, Member]) -> None:
    """What an administrator has made so far. Idempotent by the table's name."""
    if InviteBatch.objects.filter(clinic=by.clinic, key="Spring list").exists():
        return
    day = timezone.localdate()
    course = groups.make(
        by,
        name="Sleep course",
        purpose="Eight weeks of small experiments with nights.",
        opens_at=groups.start_of(day, by.clinic),
        open_until=groups.end_of(day + timedelta(days=56), by.clinic),
    )
    for name in ("Otter", "Saffron", "Teapot", "Mentor Mint"):
        groups.add(course, people[name], by, until=course.open_until)
    leaflet = invitations.invite(
        by, groups=circles[:1], life=timedelta(days=30), max_uses=20, note="Leaflet at the desk"
    ).invitation
    came = [people[name] for name in ("Juniper", "Otter", "Paper Kite")]
    InvitationUse.objects.bulk_create(InvitationUse(invitation=leaflet, member=one) for one in came)
    Invitation.objects.filter(id=leaflet.id).update(uses=len(came), first_opened_at=timezone.now())
    batch = batches.plan(
        by,
        key="Spring list",
        rows=TABLE,
        groups=list(circles),
        role=Role.PATIENT,
        life=timedelta(days=30),
        mail=False,
    )
    batches.make(batch, by)

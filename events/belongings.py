"""Workshops somebody signed up for with the address of their account: in their copy, and erased."""

from django.utils import timezone

from community.members.belongings import at
from community.members.models import Member
from community.members.own_copies import Thing
from community.members.vault import Tampered
from events import actions, needs
from events.models import LIVE, Registration


def copy_of(member: Member) -> list[Thing]:
    """Their places, by the address of their account."""
    rows = Registration.objects.filter(email__iexact=member.email).order_by("id")
    return [
        {
            "Workshop": row.occurrence.event.title,
            "Begins": at(row.occurrence.starts_at),
            "Under the name": row.name,
            "Stands now": row.get_state_display(),
            "Companions": row.companions,
            "What you need": _needs(row),
            "Signed up": at(row.created_at),
        }
        for row in rows.select_related("occurrence__event")
    ]


def _needs(row: Registration) -> object:
    try:
        return needs.own(row)
    except Tampered:
        return "What you wrote cannot be opened any more."


def erase(member: Member) -> int:
    """Give their places to others and forget who they were. Returns how many places."""
    rows = Registration.objects.filter(email__iexact=member.email)
    for row in rows.filter(state__in=LIVE, occurrence__starts_at__gt=timezone.now()):
        actions.cancel(row)
    ours = list(rows.values_list("id", flat=True))
    blank = {"name": "", "email": "", "needs_sealed": "", "erased_at": timezone.now()}
    return Registration.objects.filter(id__in=ours).update(**blank)

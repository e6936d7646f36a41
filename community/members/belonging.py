"""Who belongs to which group, from when until when: coming, staying, leaving, running out."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from community.members import audit
from community.members.live import member_topic, publish_on_commit
from community.members.models import Group, Member, Membership
from community.members.notices import forget

BATCH = 100


@transaction.atomic
def enter(
    group: Group,
    member: Member,
    *,
    starts_at: datetime | None = None,
    until: datetime | None = None,
) -> Membership:
    """Let somebody belong to a group; who belongs to it already stays, at least until `until`.

    starts_at: now when not given. until: None for as long as nobody ends it.
    """
    ours = Membership.objects.filter(group=group, member=member, ended_at__isnull=True)
    # One that ran out and was not tidied away yet makes room for the new one.
    ours.filter(valid_until__lte=timezone.now()).update(ended_at=F("valid_until"))
    wanted = {"started_at": starts_at or timezone.now(), "valid_until": until}
    row, new = Membership.objects.get_or_create(
        group=group, member=member, ended_at=None, defaults=wanted
    )
    if not new and row.valid_until is not None and (until is None or until > row.valid_until):
        ours.update(valid_until=until)
        row.valid_until = until
    return row


@transaction.atomic
def set_until(membership: Membership, until: datetime | None, by: Member) -> bool:
    """Change the agreed end. False when the membership is over. until: later than its start."""
    rows = Membership.objects.filter(id=membership.id, ended_at__isnull=True)
    if not rows.update(valid_until=until):
        return False
    audit.record(by, "membership.until", membership, about=membership.member_id)
    look_again(membership.member_id)
    return True


@transaction.atomic
def leave(membership: Membership, by: Member) -> bool:
    """End a membership now. False when it was over. Open sockets look again after commit."""
    rows = Membership.objects.filter(id=membership.id, ended_at__isnull=True)
    if not rows.update(ended_at=timezone.now()):
        return False
    lose(membership.member_id, membership.group_id)
    audit.record(by, "membership.ended", membership, about=membership.member_id)
    return True


def run_out() -> int:
    """Write down that memberships are over whose time, or whose group's, has come. How many.

    Nothing is opened or shut by it: the clock in `Membership.objects.current` has done that. It
    makes open sockets look again, and leaves the row as history.
    """
    now = timezone.now()
    times_up = Q(valid_until__lte=now) | Q(group__open_until__lte=now)
    due = Membership.objects.filter(times_up, ended_at__isnull=True).order_by("id")
    return sum(_end_in_time(row, now) for row in list(due[:BATCH]))


@transaction.atomic
def _end_in_time(row: Membership, now: datetime) -> bool:
    # Whoever gives the group more time holds the same lock: they come before this, or after it.
    group = Group.objects.select_for_update(no_key=True).get(id=row.group_id)
    over = [at for at in (row.valid_until, group.open_until) if at is not None and at <= now]
    seen = Membership.objects.filter(id=row.id, ended_at=None, valid_until=row.valid_until)
    if not over or not seen.update(ended_at=min(over)):
        return False
    lose(row.member_id, row.group_id)
    return True


def lose(member_id: int, group_id: int) -> None:
    """What goes with a membership: the group's notices, and after commit the open sockets."""
    forget(member_id, group_id)
    look_again(member_id)


def look_again(member_id: int) -> None:
    """After commit, the person's open sockets ask again where they may be."""
    publish_on_commit(member_topic(member_id), {"t": "ctl", "op": "refresh"})

"""Leaving for good: asked for by the person, done three days later unless they think again.

The three days are there so that one bad night does not decide. Meanwhile everything works as ever.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from community.members import audit

if TYPE_CHECKING:
    from community.members.models import Member

THINKING_TIME = timedelta(days=3)
ASK_AGAIN = timedelta(days=1)
BATCH = 20


class StaffStays(Exception):
    """Somebody who works here cannot leave by themselves: their role ends first."""


class Leaving(models.Model):
    """Somebody wants to leave for good. keep_texts: what they wrote stays, without their name."""

    member = models.ForeignKey("members.Member", on_delete=models.CASCADE, related_name="leavings")
    keep_texts = models.BooleanField(default=False)
    asked_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    stayed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(stayed_at__isnull=True, done_at__isnull=True),
                name="one_leaving_at_a_time",
            )
        ]


def planned(member: "Member") -> Leaving | None:
    """The leaving that lies ahead of somebody, or None."""
    return Leaving.objects.filter(member=member, stayed_at=None, done_at=None).first()


def ask(member: "Member", *, keep_texts: bool) -> Leaving:
    """Plan that somebody leaves. Asking again changes what happens to their texts, not the day.

    Raises StaffStays.
    """
    if member.is_staff_role:
        raise StaffStays
    try:
        with transaction.atomic():
            row = Leaving.objects.create(
                member=member, keep_texts=keep_texts, due_at=timezone.now() + THINKING_TIME
            )
            audit.record(member, "leaving.asked", member, about=member, keep_texts=keep_texts)
    except IntegrityError:
        row = Leaving.objects.get(member=member, stayed_at=None, done_at=None)
        Leaving.objects.filter(id=row.id).update(keep_texts=keep_texts)
    return row


@transaction.atomic
def stay(member: "Member") -> bool:
    """Think again. False when nothing was planned."""
    rows = Leaving.objects.filter(member=member, stayed_at=None, done_at=None)
    if not rows.update(stayed_at=timezone.now()):
        return False
    audit.record(member, "leaving.taken_back", member, about=member)
    return True


def leave_due() -> int:
    """Erase those whose three days are over. Returns how many."""
    from community.members.erasure import OnHold, erase
    from community.members.erasure import StaffStays as WorksHere

    due = Leaving.objects.filter(due_at__lte=timezone.now(), stayed_at=None, done_at=None)
    gone = 0
    for row in due.select_related("member").order_by("due_at")[:BATCH]:
        with transaction.atomic():
            # One process does it; who takes it back in this very moment comes first or too late.
            if not due.filter(id=row.id).update(done_at=timezone.now()):
                continue
            try:
                erase(row.member, row.member, keep_texts=row.keep_texts)
                gone += 1
            except WorksHere:
                # They began to work here meanwhile.
                Leaving.objects.filter(id=row.id).update(done_at=None, stayed_at=timezone.now())
            except OnHold:
                # The law asks for what they wrote. It is tried again until it may go.
                later = timezone.now() + ASK_AGAIN
                Leaving.objects.filter(id=row.id).update(done_at=None, due_at=later)
    return gone

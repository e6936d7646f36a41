"""What the care team should not forget, and who looked behind an alias."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from community.members.models import Member


class FollowUp(models.Model):
    """A thread that somebody on the care team should come back to."""

    thread = models.ForeignKey("forums.Thread", on_delete=models.PROTECT, related_name="follow_ups")
    # None: nobody had answered a first post for too long.
    opened_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    owner = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["thread"],
                condition=Q(closed_at__isnull=True),
                name="one_open_follow_up_per_thread",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | ~Q(outcome=""),
                name="follow_up_closes_with_an_outcome",
            ),
        ]


class AliasReveal(models.Model):
    """Somebody on the care team learnt who stands behind an alias, and said why."""

    alias = models.ForeignKey("forums.Alias", on_delete=models.PROTECT, related_name="reveals")
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField(default=timezone.now)

"""Rows of care that goes on: looking after somebody again when the first hours are over."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Criterion(models.TextChoices):
    """What a person on the team found when they judged how somebody is."""

    IDEATION = "ideation", "Thoughts of dying or of hurting themselves"
    INTENT = "intent", "They mean to act on them"
    PLAN = "plan", "They have a plan"
    MEANS = "means", "They have the means at hand"
    SOON = "soon", "It is about today or the next days"
    BEFORE = "before", "It happened before"
    ALONE = "alone", "Nobody is with them"
    SAFE = "safe", "Somebody is with them, or they are in care"
    OTHERS = "others", "Somebody else may be in danger"
    MISREAD = "misread", "It was read wrongly: nobody is in danger"


class FollowUp(models.Model):
    """Ask again how somebody is, so many hours after they were judged."""

    case = models.ForeignKey(
        "moderation.RiskCase", on_delete=models.PROTECT, related_name="follow_ups"
    )
    after_h = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    planned_at = models.DateTimeField(default=timezone.now)
    # The team was told that the hour has come.
    told_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    by = models.ForeignKey("members.Member", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "after_h"],
                condition=Q(done_at__isnull=True),
                name="one_follow_up_per_hour",
            )
        ]

"""Rows of the conversation between one member and the care team. It has no end."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

KIND = "moderation.letter"


class Letter(models.Model):
    """One letter, to the care team or from it.

    What the team writes stands here, or in the event of the risk case it was written in. What a
    member writes is a submission like any text, but the team reads it whatever the filter finds.
    """

    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    to_team = models.BooleanField()
    submission = models.OneToOneField(
        "moderation.Submission",
        on_delete=models.PROTECT,
        null=True,
        related_name="moderation_letter",
    )
    event = models.OneToOneField(
        "moderation.RiskEvent", on_delete=models.PROTECT, null=True, related_name="letter"
    )
    text = models.TextField(blank=True)
    # A text that was decided about, when the letter is about one.
    about = models.ForeignKey(
        "moderation.Submission", on_delete=models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    # To the team: how urgent, and by when somebody should have read it. Neither ever relaxes.
    level = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    # The leads were told that nobody has read it in time.
    told_at = models.DateTimeField(null=True)
    # When the other side read it; for a letter to the team, who did.
    read_at = models.DateTimeField(null=True)
    read_by = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            # What goes to the team is screened and has a clock; what comes from it has neither.
            models.CheckConstraint(
                condition=Q(to_team=True, submission__isnull=False, due_at__isnull=False)
                | Q(to_team=False, submission__isnull=True, due_at__isnull=True),
                name="letter_to_team_is_screened_and_timed",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["member", "-id"], name="letters_of"),
            models.Index(
                fields=["due_at"],
                condition=Q(to_team=True, read_at__isnull=True),
                name="letters_unread",
            ),
        ]

    @property
    def words(self) -> str:
        """What it says. Select event and submission__latest with it."""
        if self.submission is not None and self.submission.latest is not None:
            return self.submission.latest.body
        return self.event.text if self.event is not None else self.text

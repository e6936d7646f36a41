"""The row of a report: what somebody saw, why they spoke up, and what came of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ReportReason(models.TextChoices):
    """Why somebody reports a text, in their own words. The first is a worry and no report."""

    WORRIED = "worried", "I am worried about this person"
    UNKIND = "unkind", "It is unkind to me or to somebody else"
    HATE = "hate", "It is against a group of people"
    PRIVATE = "private", "It says who or where somebody is"
    METHOD = "method", "It says how somebody could hurt themselves"
    URGING = "urging", "It urges somebody to do harm"
    MEDICINE = "medicine", "It tells others what to take or stop taking"
    SELLING = "selling", "It sells something, or is the same again and again"
    OTHER = "other", "Something else is not right"


class ReportState(models.TextChoices):
    """What came of it. CHANGED says nothing about whether the report was right."""

    OPEN = "open", "Waiting to be read"
    WORRY = "worry", "The care team knows"
    FOUNDED = "founded", "Something was done"
    UNFOUNDED = "unfounded", "It stays"
    CHANGED = "changed", "It was changed or taken back first"


class Report(models.Model):
    """One person reports one text once, and is worried about its author once.

    `revision` and `sha256` say which wording they saw.
    """

    submission = models.ForeignKey(
        "moderation.Submission", on_delete=models.PROTECT, related_name="reports"
    )
    revision = models.ForeignKey("moderation.Revision", on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    clinic = models.ForeignKey("members.Clinic", on_delete=models.PROTECT, related_name="+")
    reporter = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="reports_made"
    )
    reason = models.CharField(max_length=10, choices=ReportReason)
    text = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=ReportState, default=ReportState.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    # A report goes into a review case, a worry into a risk case; never both.
    case = models.ForeignKey(
        "moderation.ReviewCase", on_delete=models.PROTECT, null=True, related_name="reports"
    )
    risk_case = models.ForeignKey(
        "moderation.RiskCase", on_delete=models.PROTECT, null=True, related_name="+"
    )
    decision = models.ForeignKey(
        "moderation.Decision", on_delete=models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["submission", "reporter"],
                condition=~Q(reason="worried"),
                name="one_report_per_person_and_text",
            ),
            models.UniqueConstraint(
                fields=["submission", "reporter"],
                condition=Q(reason="worried"),
                name="one_worry_per_person_and_text",
            ),
            models.CheckConstraint(
                condition=Q(reason="worried", case__isnull=True, state="worry")
                | (~Q(reason="worried") & Q(risk_case__isnull=True) & ~Q(state="worry")),
                name="a_worry_is_no_report",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["reporter", "-created_at"])]

"""Rows of the roster: who is there when, and who was called to a person at risk."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class DutyShift(models.Model):
    """Somebody on the care team answers from one moment to another. Two for one person may overlap.

    backup: they are called when whoever is on duty does not answer.
    """

    clinic = models.ForeignKey("members.Clinic", on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    backup = models.BooleanField(default=False)
    made_by = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="duty_ends_after_it_starts"
            ),
            models.UniqueConstraint(
                fields=["member", "starts_at", "backup"], name="one_duty_per_start"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["clinic", "ends_at"], name="duty_of")]


class Channel(models.TextChoices):
    """How somebody is called."""

    MAIL = "mail", "by e-mail"
    ON_CALL = "on_call", "by e-mail to the on-call addresses"
    WEBHOOK = "webhook", "through the webhook"


class Alert(models.Model):
    """One call to somebody to look at a person at risk. It is sent by the outbox.

    step: how much of the promised time had gone by, in per cent; see clocks.ladder. due_at: the
    promise this belongs to; a case that becomes more urgent gets a new one.
    """

    case = models.ForeignKey("moderation.RiskCase", on_delete=models.PROTECT, related_name="alerts")
    clock = models.CharField(max_length=12)
    step = models.PositiveIntegerField()
    due_at = models.DateTimeField()
    channel = models.CharField(max_length=10, choices=Channel)
    # The one who is called by MAIL.
    to = models.ForeignKey("members.Member", on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            # However often and in how many processes a step comes up, each is called once for it.
            models.UniqueConstraint(
                fields=["case", "clock", "due_at", "step", "to"],
                condition=Q(to__isnull=False),
                name="one_alert_per_person_and_step",
            ),
            models.UniqueConstraint(
                fields=["case", "clock", "due_at", "step", "channel"],
                condition=Q(to__isnull=True),
                name="one_alert_per_channel_and_step",
            ),
        ]


class ClockEvent(models.Model):
    """A step of a promise to a person at risk that came before it was kept. Written once.

    step: per cent of the promised time; 100 is a breach, more are repetitions.
    """

    case = models.ForeignKey(
        "moderation.RiskCase", on_delete=models.PROTECT, related_name="clock_events"
    )
    clock = models.CharField(max_length=12)
    step = models.PositiveIntegerField()
    due_at = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "clock", "due_at", "step"], name="one_event_per_step"
            )
        ]


class CaseStep(models.Model):
    """A step of a text's time that came before the text was decided. Written once.

    step: 50, 80 or 100 per cent; 100 is a breach.
    """

    case = models.ForeignKey(
        "moderation.ReviewCase", on_delete=models.PROTECT, related_name="steps"
    )
    step = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "due_at", "step"], name="one_step_per_case_and_promise"
            )
        ]


class ClockBeat(models.Model):
    """When the clocks were last looked at, by any process. One row."""

    at = models.DateTimeField(default=timezone.now)

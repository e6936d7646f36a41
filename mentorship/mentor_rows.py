"""How somebody becomes a mentor and stays one: application, references, training, supervision."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from community.members.models import Clinic, Member


class Partner(models.Model):
    """A local organisation that knows people who would be good mentors, and names them to us.

    It has a link of its own; whoever has the link can name people and see nothing.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    nonce = models.CharField(max_length=32)
    token_sha256 = models.CharField(max_length=64, unique=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "name"], name="one_partner_of_a_name")
        ]


class Nomination(models.Model):
    """Somebody whom a partner named. Name and address are sealed until the care team asks them."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="nominations")
    name_sealed = models.TextField(blank=True)
    email_sealed = models.TextField(blank=True)
    why_sealed = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    answered_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    invited = models.BooleanField(default=False)


class ApplicationState(models.TextChoices):
    APPLIED = "applied", "We wait for two references"
    INTERVIEW = "interview", "We talk with each other"
    TRAINING = "training", "In training"
    TRIAL = "trial", "Began with a first person"
    DECLINED = "declined", "Not this time"
    WITHDRAWN = "withdrawn", "Taken back"


UNDER_WAY = (ApplicationState.APPLIED, ApplicationState.INTERVIEW, ApplicationState.TRAINING)


class Application(models.Model):
    """Somebody would like to be a mentor. Every step says who took it and when."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="mentor_applications")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(
        max_length=10, choices=ApplicationState, default=ApplicationState.APPLIED
    )
    # In their own words; the care team alone reads them.
    why_sealed = models.TextField(blank=True)
    hours_a_week = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    interviewed_by = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, related_name="+"
    )
    interviewed_at = models.DateTimeField(null=True, blank=True)
    interview_sealed = models.TextField(blank=True)
    ended_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(state__in=("applied", "interview", "training")),
                name="one_application_under_way",
            )
        ]


class ReferenceState(models.TextChoices):
    ASKED = "asked", "Asked"
    ANSWERED = "answered", "Answered"
    VOID = "void", "Closed"


class Reference(models.Model):
    """A person who knows the applicant and is asked about them by a link that works once.

    Name, address and answers are sealed. The token is made from the nonce and the server's secret;
    the row keeps its digest alone.
    """

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="references"
    )
    name_sealed = models.TextField(blank=True)
    email_sealed = models.TextField(blank=True)
    # Tells the two addresses of one application apart without opening them.
    email_digest = models.CharField(max_length=64)
    nonce = models.CharField(max_length=32)
    token_sha256 = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=8, choices=ReferenceState, default=ReferenceState.ASKED)
    recommends = models.BooleanField(null=True)
    answers_sealed = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["application", "email_digest"],
                condition=~Q(state="void"),
                name="a_referee_is_asked_once",
            )
        ]


class TrainingModule(models.Model):
    """Something a mentor must have learnt before anybody is entrusted to them."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=120)
    hours = models.PositiveSmallIntegerField()
    # 0: for good.
    valid_months = models.PositiveSmallIntegerField(default=12)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "title"], name="one_module_of_a_title")
        ]


class TrainingRecord(models.Model):
    """Somebody completed a module. valid_until: the last day it counts, in the clinic's zone."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="trainings")
    module = models.ForeignKey(TrainingModule, on_delete=models.PROTECT, related_name="records")
    done_on = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    recorded_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    # Days before the end at which the last letter of warning was left: 60, 30, 7 or 0.
    warned_days = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member", "module", "done_on"], name="one_record_a_module_and_day"
            )
        ]


class SupervisionKind(models.TextChoices):
    ONE = "one", "Between two"
    GROUP = "group", "In a group"


class Supervision(models.Model):
    """A talk about the work between a mentor and a supervisor. The note is sealed."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="supervisions")
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    kind = models.CharField(max_length=5, choices=SupervisionKind)
    note_sealed = models.TextField(blank=True)
    # The form's own key: the same form sent twice makes one entry.
    key = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["by", "key"], name="one_supervision_per_form")
        ]


class WorkCheck(models.Model):
    """How a mentor is with this work: 1 (far too much) to 5 (very well)."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="work_checks")
    level = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(level__range=(1, 5)), name="work_from_one_to_five")
        ]

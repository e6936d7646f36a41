"""Rows that say how far decisions can be trusted: labels, second looks, sets of cut-offs."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class Axis(models.TextChoices):
    """The two questions asked of a text. They are never mixed."""

    RULE = "rule", "Which rule it is about"
    RISK = "risk", "How much danger it speaks of"


class LabelSource(models.TextChoices):
    DECISION = "decision", "A decision at the desk"
    DOUBLE = "double", "A second, blind reading"
    RANDOM = "random", "A published text drawn at random"
    GOLDEN = "golden", "A text with a known answer"
    LEAD = "lead", "A lead, after two people differed"


class GoldenText(models.Model):
    """An invented text whose right answer is known. Nobody wrote it in earnest."""

    clinic = models.ForeignKey("members.Clinic", on_delete=models.PROTECT, related_name="+")
    body = models.TextField()
    shown = models.BooleanField()
    policy = models.CharField(max_length=40)
    risk = models.PositiveSmallIntegerField()
    created_by = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)


class LookState(models.TextChoices):
    OPEN = "open", "Waiting"
    AGREED = "agreed", "Both say the same"
    MISSED = "missed", "Not the known answer"
    CONFLICT = "conflict", "They differ"
    RESOLVED = "resolved", "A lead decided"


class SecondLook(models.Model):
    """A text that somebody judges without knowing what was decided before, or why they were asked.

    decision: the judgement that is looked at again; none for a golden text.
    propensity: the probability with which this text was drawn. for_member: only they are asked.
    """

    clinic = models.ForeignKey("members.Clinic", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=10, choices=LabelSource)
    revision = models.ForeignKey(
        "moderation.Revision", on_delete=models.PROTECT, null=True, related_name="second_looks"
    )
    decision = models.ForeignKey(
        "moderation.Decision", on_delete=models.PROTECT, null=True, related_name="second_looks"
    )
    golden = models.ForeignKey(
        GoldenText, on_delete=models.PROTECT, null=True, related_name="looks"
    )
    for_member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, null=True, related_name="+"
    )
    propensity = models.FloatField(null=True)
    state = models.CharField(max_length=10, choices=LookState, default=LookState.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    claimed_by = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, null=True, related_name="+"
    )
    lease_until = models.DateTimeField(null=True)
    # What the second reader said.
    shown = models.BooleanField(null=True)
    policy = models.CharField(max_length=40, blank=True)
    risk = models.PositiveSmallIntegerField(null=True)
    note = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    # What a lead said when the two differed.
    lead = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, null=True, related_name="+"
    )
    lead_shown = models.BooleanField(null=True)
    lead_policy = models.CharField(max_length=40, blank=True)
    lead_risk = models.PositiveSmallIntegerField(null=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(revision__isnull=False, golden__isnull=True)
                | Q(revision__isnull=True, golden__isnull=False),
                name="look_at_a_text_or_a_golden_one",
            ),
            models.UniqueConstraint(fields=["revision", "purpose"], name="one_look_per_purpose"),
            models.UniqueConstraint(fields=["golden", "for_member"], name="golden_once_a_person"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "id"], condition=Q(state="open"), name="looks_waiting"),
            models.Index(fields=["clinic", "answered_at"], name="looks_answered"),
        ]


class Label(models.Model):
    """One answer of a person to one of the two questions about one wording. Written once.

    propensity: the probability with which a text like this comes before a person at all: 1 for
    what the filter holds, the share that is drawn for what it lets through, unknown for what was
    reported. Weigh by 1/propensity, and leave out what has none where rates are estimated.
    """

    clinic = models.ForeignKey("members.Clinic", on_delete=models.PROTECT, related_name="+")
    revision = models.ForeignKey(
        "moderation.Revision", on_delete=models.PROTECT, null=True, related_name="labels"
    )
    sha256 = models.CharField(max_length=64)
    axis = models.CharField(max_length=4, choices=Axis)
    value = models.CharField(max_length=40)
    source = models.CharField(max_length=10, choices=LabelSource)
    decider = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    propensity = models.FloatField(null=True)
    decision = models.ForeignKey(
        "moderation.Decision", on_delete=models.PROTECT, null=True, related_name="labels"
    )
    look = models.ForeignKey(SecondLook, on_delete=models.PROTECT, null=True, related_name="labels")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["decision", "axis"], name="one_label_per_decision"),
            models.UniqueConstraint(fields=["look", "axis", "source"], name="one_label_per_look"),
        ]


class SetState(models.TextChoices):
    DRAFT = "draft", "Proposed"
    ACTIVE = "active", "In use"
    RETIRED = "retired", "No longer in use"


class ThresholdSet(models.Model):
    """One version of the cut-offs of a clinic. The values never change; another version follows."""

    clinic = models.ForeignKey("members.Clinic", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    policy = models.CharField(max_length=20, default="screening")
    values = models.JSONField()
    checksum = models.CharField(max_length=64)
    note = models.CharField(max_length=300)
    created_by = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=SetState, default=SetState.DRAFT)
    # The second person, who put it to use for the first time.
    approved_by = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "policy", "version"], name="threshold_version_once"
            ),
            models.UniqueConstraint(
                fields=["clinic", "policy"],
                condition=Q(state="active"),
                name="one_active_threshold_set",
            ),
            # Nobody approves their own cut-offs, and nothing was ever in use without approval.
            models.CheckConstraint(
                condition=Q(state="draft", approved_by__isnull=True)
                | (Q(approved_by__isnull=False) & ~Q(approved_by=F("created_by"))),
                name="thresholds_need_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"Version {self.version}"


class ThresholdChange(models.Model):
    """At this moment one set took the place of another; None is the built-in one. Written once."""

    clinic = models.ForeignKey("members.Clinic", on_delete=models.PROTECT, related_name="+")
    previous = models.ForeignKey(
        ThresholdSet, on_delete=models.PROTECT, null=True, related_name="+"
    )
    current = models.ForeignKey(ThresholdSet, on_delete=models.PROTECT, null=True, related_name="+")
    rolled_back = models.BooleanField(default=False)
    by = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)


class ShadowRun(models.Model):
    """What a set would have said about texts of the past. Numbers, no texts.

    against: the set in use then; None is the built-in one. outcomes: {"visible>held": 3, ...};
    levels: {"0>2": 1, ...}. left_out: rows that could not be judged again the same way.
    """

    set = models.ForeignKey(ThresholdSet, on_delete=models.PROTECT, related_name="shadow_runs")
    against = models.ForeignKey(ThresholdSet, on_delete=models.PROTECT, null=True, related_name="+")
    since = models.DateTimeField()
    rows = models.PositiveIntegerField()
    left_out = models.PositiveIntegerField()
    cut_off = models.BooleanField(default=False)
    outcomes = models.JSONField()
    levels = models.JSONField()
    by = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

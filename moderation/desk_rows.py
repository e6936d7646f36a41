"""Rows of the desk itself: who reads what, what was passed on, what can still be taken back, and
how much somebody has had to read."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Training(models.TextChoices):
    """What somebody must have learned before they read in some groups."""

    EATING = "eating", "Eating and body"
    PSYCHOSIS = "psychosis", "Voices and psychosis"
    GRIEF = "grief", "Grief after suicide"
    YOUNG = "young", "Under eighteen"


class GroupNeeds(models.Model):
    """What a group asks of whoever reads its texts. Without a row: nothing."""

    group = models.OneToOneField(
        "members.Group", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    # The language its people write in, such as "en"; empty: everybody on the team reads it.
    language = models.CharField(max_length=8, blank=True)
    training = models.CharField(max_length=12, choices=Training, blank=True)


class Remit(models.Model):
    """What a moderator reads. Without a row: every group and language that asks for no training.

    groups, languages: empty means all. Leads read everything, whatever stands here.
    """

    moderator = models.OneToOneField(
        "members.Member", on_delete=models.PROTECT, primary_key=True, related_name="remit"
    )
    groups = models.ManyToManyField("members.Group", blank=True, related_name="+")
    languages = models.JSONField(default=list)
    trained_for = models.JSONField(default=list)


class SkipReason(models.TextChoices):
    """Why somebody passes a text on. None of them is held against anybody."""

    CLOSE = "close", "It is too close to my own life"
    KNOWN = "known", "I know the person"
    ENOUGH = "enough", "I have read enough of this kind today"
    LANGUAGE = "language", "I do not read this language well"
    UNSURE = "unsure", "I am not sure; a lead should look"
    OTHER = "other", "Something else"


class Skip(models.Model):
    """Somebody passed a text on; it is offered to others first."""

    case = models.ForeignKey(
        "moderation.ReviewCase", on_delete=models.PROTECT, related_name="skips"
    )
    moderator = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=10, choices=SkipReason)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "moderator"], name="one_skip_per_reader")
        ]


class SavedView(models.Model):
    """A moderator's own way of looking at the queue. `query`: cleaned names and values."""

    moderator = models.ForeignKey("members.Member", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    query = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["moderator", "name"], name="one_view_per_name")
        ]


class PendingDecision(models.Model):
    """A decision in the seconds in which it can be taken back. The text stays held meanwhile.

    It goes away when it takes effect or is taken back. `lost_at`: it could not take effect, since
    the text changed; what was typed stays here until the case is left.
    """

    case = models.OneToOneField(
        "moderation.ReviewCase", on_delete=models.PROTECT, related_name="pending"
    )
    moderator = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    # What the page was made from.
    token = models.PositiveIntegerField()
    revision = models.ForeignKey("moderation.Revision", on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=10)
    policy = models.CharField(max_length=40)
    reason = models.TextField()
    note = models.TextField(blank=True)
    masks = models.JSONField(default=list)
    template = models.CharField(max_length=20, blank=True)
    # What is proposed about the author, and how much danger the moderator read; see CaseAnswers.
    author_step = models.CharField(max_length=10, blank=True)
    risk_level = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)
    settles_at = models.DateTimeField()
    lost_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["settles_at"], condition=Q(lost_at__isnull=True), name="decisions_pending"
            )
        ]


class CaseAnswers(models.Model):
    """The other two answers given with a decision, and the ready text it started from.

    author_step: the measure that was proposed, or empty. risk_level: 0 to 3, as the moderator read
    it. Written once.
    """

    decision = models.OneToOneField(
        "moderation.Decision", on_delete=models.PROTECT, primary_key=True, related_name="answers"
    )
    template = models.CharField(max_length=20, blank=True)
    author_step = models.CharField(max_length=10, blank=True)
    risk_level = models.PositiveSmallIntegerField(default=0)


class Habits(models.Model):
    """How somebody on the care team likes their desk. Without a row: the defaults."""

    moderator = models.OneToOneField(
        "members.Member", on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    # Single-key shortcuts (WCAG 2.1.4: they can be switched off).
    keys = models.BooleanField(default=True)
    # Texts of this level or graver stay covered until they are uncovered; 4: none.
    cover_from = models.PositiveSmallIntegerField(default=2)
    # After so many grave texts without a break, one is proposed.
    heavy_most = models.PositiveSmallIntegerField(default=5)


class Exposure(models.Model):
    """Somebody took a text to read. Counts for breaks; says nothing about the text."""

    moderator = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey("moderation.ReviewCase", on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=timezone.now)
    # When they were done with it, or gave it back.
    until = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["moderator", "-at"], name="exposure_of")]


class Pause(models.Model):
    """A break from the desk. One open one a person."""

    moderator = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    began_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["moderator"], condition=Q(ended_at__isnull=True), name="one_open_pause"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["moderator", "-began_at"], name="pauses_of")]


class BuddyNote(models.Model):
    """A few kind words from one colleague to another."""

    author = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    to = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=500)
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["to", "-at"], name="buddy_notes_to")]

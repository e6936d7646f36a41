"""The day itself: who came, what they thought, why somebody did not come."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from community.members.models import Member


class How(models.TextChoices):
    SCAN = "scan", "ticket"
    LIST = "list", "list"
    OWN = "own", "own code"
    WALK_IN = "walk_in", "without signing up"


class CheckIn(models.Model):
    """Somebody was let in. Undone ones stay, so that a late replay of their nonce does nothing."""

    registration = models.ForeignKey(
        "events.Registration", on_delete=models.PROTECT, related_name="check_ins"
    )
    nonce = models.CharField(max_length=40, unique=True)
    how = models.CharField(max_length=8, choices=How)
    # Who held the door; None when somebody checked in by themselves.
    by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["registration"],
                condition=Q(undone_at__isnull=True),
                name="one_check_in_per_place",
            )
        ]


class Came(models.TextChoices):
    PRESENT = "present", "was there"
    LATE = "late", "came later"
    LEFT = "left", "left earlier"
    TOLD = "told", "told us they could not come"
    ABSENT = "absent", "was not there"


# Those who took part, in whatever way.
TOOK_PART = (Came.PRESENT, Came.LATE, Came.LEFT)


class Attendance(models.Model):
    """Whether the holder of a place was there. No row: not known."""

    registration = models.OneToOneField(
        "events.Registration", on_delete=models.PROTECT, related_name="attendance"
    )
    state = models.CharField(max_length=8, choices=Came)
    at = models.DateTimeField(default=timezone.now)


class FeedbackToken(models.Model):
    """One letter may answer once. It knows the date and no person."""

    occurrence = models.ForeignKey(
        "events.Occurrence", on_delete=models.CASCADE, related_name="feedback_tokens"
    )
    sha256 = models.CharField(max_length=64, unique=True)


class Again(models.TextChoices):
    YES = "yes", "Yes"
    MAYBE = "maybe", "Perhaps"
    NO = "no", "Rather not"


class Feedback(models.Model):
    """What somebody who was there thought. No link to them, and no time of the answer."""

    occurrence = models.ForeignKey(
        "events.Occurrence", on_delete=models.PROTECT, related_name="feedback"
    )
    # 1 (not at all) to 5 (very).
    helpful = models.PositiveSmallIntegerField()
    safe = models.PositiveSmallIntegerField()
    again = models.CharField(max_length=5, choices=Again)
    words = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(helpful__range=(1, 5), safe__range=(1, 5)), name="feedback_1_to_5"
            )
        ]


class Why(models.TextChoices):
    ILL = "ill", "I was not well"
    BUSY = "busy", "Something came in between"
    WAY = "way", "The way was too hard or too far"
    NERVOUS = "nervous", "I did not feel ready"
    FORGOT = "forgot", "I forgot it"
    FITS_NOT = "fits_not", "It is not for me"
    OTHER = "other", "Something else"


class DropOut(models.Model):
    """Why somebody could not come. Kept without a link to them."""

    occurrence = models.ForeignKey(
        "events.Occurrence", on_delete=models.PROTECT, related_name="drop_outs"
    )
    why = models.CharField(max_length=10, choices=Why)

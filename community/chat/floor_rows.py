"""The rows of who holds a room, when it is open, and who may say something in it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Facilitator(models.Model):
    """Somebody who holds a room. The care team holds every room of its clinic without this."""

    room = models.ForeignKey("chat.Room", on_delete=models.PROTECT, related_name="facilitators")
    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "member"], name="facilitator_once_per_room")
        ]


class Weekday(models.IntegerChoices):
    """The numbers of Python's date.weekday()."""

    MONDAY = 0, "Monday"
    TUESDAY = 1, "Tuesday"
    WEDNESDAY = 2, "Wednesday"
    THURSDAY = 3, "Thursday"
    FRIDAY = 4, "Friday"
    SATURDAY = 5, "Saturday"
    SUNDAY = 6, "Sunday"


class OpeningHours(models.Model):
    """Open every week from one time of the clinic's clock to another; past midnight when it ends
    earlier than it begins."""

    room = models.ForeignKey("chat.Room", on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "weekday", "opens"], name="hours_once"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="hours_on_a_weekday"),
            models.CheckConstraint(condition=~Q(opens=models.F("closes")), name="hours_last"),
        ]


class Watch(models.Model):
    """Somebody said "I am here": they look after the room until a moment, or until they go."""

    room = models.ForeignKey("chat.Room", on_delete=models.PROTECT, related_name="watches")
    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    began_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["room", "member"],
                condition=Q(ended_at__isnull=True),
                name="one_watch_per_person_and_room",
            )
        ]


class Quiet(models.Model):
    """A short time in which somebody reads and does not write in one room. A person set it."""

    room = models.ForeignKey("chat.Room", on_delete=models.PROTECT, related_name="quiets")
    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    began_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()


class Hand(models.Model):
    """A raised hand. given_at: the room came to them; lowered_at: it is over."""

    room = models.ForeignKey("chat.Room", on_delete=models.PROTECT, related_name="hands")
    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField(default=timezone.now)
    given_at = models.DateTimeField(null=True, blank=True)
    lowered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["room", "member"],
                condition=Q(lowered_at__isnull=True),
                name="one_raised_hand",
            ),
            models.UniqueConstraint(
                fields=["room"],
                condition=Q(lowered_at__isnull=True, given_at__isnull=False),
                name="one_speaks_at_a_time",
            ),
        ]


class RulesAccepted(models.Model):
    """Somebody said yes to the house rules of live rooms, once for all rooms."""

    member = models.OneToOneField(
        "members.Member", on_delete=models.PROTECT, related_name="room_rules"
    )
    at = models.DateTimeField(default=timezone.now)


class RoomNote(models.Model):
    """A note among those who hold a room. No member ever sees it."""

    room = models.ForeignKey("chat.Room", on_delete=models.PROTECT, related_name="notes")
    by = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)


class ReadMark(models.Model):
    """How far somebody has read in a room. For their own pages alone, never told to anybody."""

    room = models.ForeignKey("chat.Room", on_delete=models.PROTECT, related_name="marks")
    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    seq = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "member"], name="one_mark_per_room")
        ]

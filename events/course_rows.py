"""Courses: a workshop with a curriculum, and members who go through it together."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from community.chat.models import Room
from community.members.models import Group, Member

CHECKLIST = """\
Began and ended on time
Welcomed everybody and said the house rules
Looked back at the home practice
Taught what the curriculum plans for this session
Practised the skill together
Left room for talk
Agreed on the next home practice
Looked after whoever was unwell"""


class Course(models.Model):
    """What makes a workshop a course.

    group: whose members may join; None: every member of the clinic. needed: of how many sessions
    somebody must have been part to have completed it. checklist: what facilitators tick after each
    session, an item a line.
    """

    event = models.OneToOneField("events.Event", on_delete=models.PROTECT, related_name="course")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, null=True, blank=True)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, blank=True)
    needed = models.PositiveSmallIntegerField(default=4)
    certificate = models.BooleanField(default=False)
    checklist = models.TextField(default=CHECKLIST)
    curriculum_at = models.DateTimeField(null=True, blank=True)

    @property
    def items(self) -> list[str]:
        """The checklist, an item each."""
        return [line.strip() for line in self.checklist.splitlines() if line.strip()]


class Session(models.Model):
    """One date of a course and what is planned for it. makes_up: it stands in for another one."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="sessions")
    occurrence = models.OneToOneField(
        "events.Occurrence", on_delete=models.PROTECT, related_name="session"
    )
    title = models.CharField(max_length=120, blank=True)
    learn = models.TextField(blank=True)
    skill = models.TextField(blank=True)
    talk = models.TextField(blank=True)
    practice = models.TextField(blank=True)
    agenda = models.TextField(blank=True)
    makes_up = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="made_up_by"
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(makes_up__isnull=True) | ~Q(makes_up=F("id")),
                name="no_session_makes_up_itself",
            )
        ]


class Opens(models.TextChoices):
    NOW = "now", "at once"
    DAY = "day", "on a day"
    START = "start", "when the session begins"
    END = "end", "when the session is over"


class Material(models.Model):
    """Something to read for a session. It opens by a day or by its session."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="materials")
    title = models.CharField(max_length=120)
    body = models.TextField(blank=True)
    link = models.URLField(max_length=500, blank=True)
    opens = models.CharField(max_length=5, choices=Opens, default=Opens.START)
    opens_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(opens="day") | Q(opens_on__isnull=False), name="a_day_is_named"
            )
        ]


class Enrolment(models.Model):
    """A member goes through a course. bundle: the same on their places at its dates.

    code: what their certificate can be checked with; None until they ask for one.
    """

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="enrolments")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="courses")
    bundle = models.UUIDField(default=uuid.uuid4, unique=True)
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=14, unique=True, null=True, blank=True)
    certified_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["course", "member"],
                condition=Q(left_at__isnull=True),
                name="one_enrolment_per_member",
            )
        ]


class Fidelity(models.Model):
    """What facilitators ticked after a session: was it held as planned? For them alone."""

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="fidelity")
    ticks = models.JSONField(default=list)
    notes = models.TextField(blank=True)
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

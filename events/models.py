"""Workshops, their dates, and who comes. Nobody needs an account."""

import uuid
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from community.members.models import Clinic, Member


class EventQuerySet(QuerySet["Event"]):
    def public(self) -> "EventQuerySet":
        """What the public may see."""
        return self.filter(published_at__isnull=False)


class Event(models.Model):
    """A workshop as people read about it."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="events")
    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=120)
    about = models.TextField()
    place = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(max_length=64, default="Europe/London")
    # In calendars that others may see: "Appointment" instead of the title.
    neutral_title = models.CharField(max_length=120, blank=True, default="Appointment")
    published_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = EventQuerySet.as_manager()


class Occurrence(models.Model):
    """One date of a workshop, with its seats.

    taken: confirmed seats. held: seats kept for unconfirmed sign-ups. Both are counted in
    events.capacity alone, with this row locked.
    """

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="occurrences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    capacity = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)
    next_no = models.PositiveIntegerField(default=1)
    # Grows with every change that calendars must learn of.
    revision = models.PositiveIntegerField(default=0)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["starts_at", "id"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="occurrence_ends_after_it_starts"
            )
        ]

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which people read its times."""
        return ZoneInfo(self.event.time_zone)

    @property
    def local_start(self) -> datetime:
        """The start on the wall clock of the place."""
        return self.starts_at.astimezone(self.zone)

    @property
    def local_end(self) -> datetime:
        """The end on the wall clock of the place."""
        return self.ends_at.astimezone(self.zone)

    @property
    def free(self) -> int:
        """Seats nobody holds, 0 or more."""
        return max(0, self.capacity - self.taken - self.held)

    def is_open(self, now: datetime) -> bool:
        """People may still sign up."""
        return self.cancelled_at is None and self.starts_at > now


class RegistrationState(models.TextChoices):
    PENDING = "pending", "Waits for your confirmation"
    CONFIRMED = "confirmed", "You have a seat"
    WAITING = "waiting", "On the waiting list"
    EXPIRED = "expired", "Not confirmed in time"
    CANCELLED = "cancelled", "Cancelled"


LIVE = (RegistrationState.PENDING, RegistrationState.CONFIRMED, RegistrationState.WAITING)


class Registration(models.Model):
    """Somebody's place at one date. `no` is the order in which they came.

    Links in mails are signed over id and nonce; nothing stored opens one.
    """

    occurrence = models.ForeignKey(
        Occurrence, on_delete=models.PROTECT, related_name="registrations"
    )
    no = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    email = models.EmailField(max_length=254)
    state = models.CharField(max_length=10, choices=RegistrationState)
    # The address was confirmed: a waiting person may be given a seat without asking again.
    verified = models.BooleanField(default=False)
    # While unconfirmed: until when the seat is kept; None when no seat is kept.
    hold_until = models.DateTimeField(null=True, blank=True)
    nonce = models.UUIDField(default=uuid.uuid4)
    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["occurrence", "no"], name="one_number_per_place"),
            models.UniqueConstraint(
                fields=["occurrence", "email"],
                condition=Q(state__in=LIVE),
                name="one_live_place_per_address",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["occurrence", "state", "no"])]

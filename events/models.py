"""Workshops, their dates, and who comes. Nobody needs an account."""

import uuid
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from community.members.models import Clinic, Member
from events.course_rows import Course as Course
from events.course_rows import Enrolment as Enrolment
from events.course_rows import Fidelity as Fidelity
from events.course_rows import Material as Material
from events.course_rows import Session as Session
from events.day_rows import Attendance as Attendance
from events.day_rows import CheckIn as CheckIn
from events.day_rows import DropOut as DropOut
from events.day_rows import Feedback as Feedback
from events.day_rows import FeedbackToken as FeedbackToken
from events.organising_rows import News as News


class WallTime(datetime):
    """A moment as a certain clock shows it.

    Templates leave it on that clock; any other moment they turn into the server's own zone.
    """

    convert_to_local_time = False


def on_clock(moment: datetime, zone: ZoneInfo) -> WallTime:
    """The same moment by the clock of `zone`."""
    local = moment.astimezone(zone)
    return WallTime(*local.timetuple()[:6], local.microsecond, zone, fold=local.fold)


class EventQuerySet(QuerySet["Event"]):
    def public(self) -> "EventQuerySet":
        """What the public may see."""
        return self.filter(published_at__isnull=False)


class Topic(models.TextChoices):
    """What a workshop is about, in the words people look for."""

    SLEEP = "sleep", "Sleep"
    WORRY = "worry", "Worry and fear"
    MOOD = "mood", "Low mood"
    STRESS = "stress", "Stress and work"
    PEOPLE = "people", "Family and friends"
    GRIEF = "grief", "Loss and grief"
    BODY = "body", "Body and movement"
    OTHER = "other", "Other things"


class Way(models.TextChoices):
    """Where people meet."""

    HERE = "here", "In person"
    ONLINE = "online", "Online"
    HYBRID = "hybrid", "In person or online"


class SignUpFor(models.TextChoices):
    """What somebody signs up for."""

    DATES = "dates", "Single dates"
    WHOLE = "whole", "The whole course"
    BOTH = "both", "Single dates or the whole course"


class Event(models.Model):
    """A workshop as people read about it."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="events")
    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=120)
    about = models.TextField()
    topic = models.CharField(max_length=10, choices=Topic, default=Topic.OTHER)
    way = models.CharField(max_length=10, choices=Way, default=Way.HERE)
    sign_up_for = models.CharField(max_length=10, choices=SignUpFor, default=SignUpFor.DATES)
    # How to get there; what it costs and what insurances say. Plain words, with line breaks.
    travel = models.TextField(max_length=2000, blank=True)
    costs = models.TextField(max_length=2000, blank=True)
    place = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(max_length=64, default="Europe/London")
    # In calendars that others may see: "Appointment" instead of the title.
    neutral_title = models.CharField(max_length=120, blank=True, default="Appointment")
    # How many people somebody may bring along.
    companions = models.PositiveSmallIntegerField(default=1)
    # Who waits is asked first (an offer), or is given the seat outright.
    by_offer = models.BooleanField(default=True)
    # Names and addresses are erased this many days after a date.
    keep_days = models.PositiveSmallIntegerField(default=30)
    published_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = EventQuerySet.as_manager()

    @property
    def is_online(self) -> bool:
        """People may take part through a link."""
        return self.way != Way.HERE


class Host(models.Model):
    """Somebody of the staff whom people meet there, in their own words.

    With an account they organise it too.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="hosts")
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="hosting"
    )
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=80)
    work = models.CharField(max_length=120, blank=True)
    about = models.TextField(max_length=1000, blank=True)

    class Meta:
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["event", "member"],
                condition=Q(member__isnull=False),
                name="one_host_per_person",
            )
        ]


class Pool(models.TextChoices):
    """Which seats of a date: those for everybody, those kept for who needs them, those online."""

    GENERAL = "general", "General seats"
    ACCESS = "access", "Accessible places"
    ONLINE = "online", "Places online"


class Occurrence(models.Model):
    """One date of a workshop, with its seats.

    taken: confirmed seats. held: seats kept for who has yet to answer. Both are counted in
    events.seats alone, with this row locked. ceiling: the most that taken + held may be; it is the
    capacity, except after the capacity was lowered below what is taken: then it sinks as people
    leave. Accessible places and, where people meet in person or online, places online are counted
    apart in the same way. join_sealed: the address of the online meeting, see events.joining.
    """

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="occurrences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    capacity = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)
    ceiling = models.PositiveIntegerField(default=0)
    access_capacity = models.PositiveIntegerField(default=0)
    access_taken = models.PositiveIntegerField(default=0)
    access_held = models.PositiveIntegerField(default=0)
    access_ceiling = models.PositiveIntegerField(default=0)
    online_capacity = models.PositiveIntegerField(default=0)
    online_taken = models.PositiveIntegerField(default=0)
    online_held = models.PositiveIntegerField(default=0)
    online_ceiling = models.PositiveIntegerField(default=0)
    next_no = models.PositiveIntegerField(default=1)
    # Nobody signs up and no seat is offered from this moment on; None for the start.
    closes_at = models.DateTimeField(null=True, blank=True)
    join_sealed = models.TextField(blank=True)
    # Grows with every change that calendars must learn of.
    revision = models.PositiveIntegerField(default=0)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    # The list of who came was closed, and letters went out.
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["starts_at", "id"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="occurrence_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(ceiling__gte=F("taken") + F("held")), name="seats_within_ceiling"
            ),
            models.CheckConstraint(
                condition=Q(access_ceiling__gte=F("access_taken") + F("access_held")),
                name="access_places_within_ceiling",
            ),
            models.CheckConstraint(
                condition=Q(online_ceiling__gte=F("online_taken") + F("online_held")),
                name="online_places_within_ceiling",
            ),
        ]

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which people read its times."""
        return ZoneInfo(self.event.time_zone)

    @property
    def local_start(self) -> datetime:
        """The start on the wall clock of the place."""
        return on_clock(self.starts_at, self.zone)

    @property
    def local_end(self) -> datetime:
        """The end on the wall clock of the place."""
        return on_clock(self.ends_at, self.zone)

    @property
    def closing(self) -> datetime:
        """From when on nobody signs up any more."""
        return min(self.closes_at or self.starts_at, self.starts_at)

    @property
    def free(self) -> int:
        """General seats nobody holds, 0 or more."""
        return max(0, self.capacity - self.taken - self.held)

    @property
    def access_free(self) -> int:
        """Accessible places nobody holds, 0 or more."""
        return max(0, self.access_capacity - self.access_taken - self.access_held)

    @property
    def online_free(self) -> int:
        """Places online nobody holds, 0 or more."""
        return max(0, self.online_capacity - self.online_taken - self.online_held)

    @property
    def any_free(self) -> bool:
        """A seat or a place online is free."""
        return self.free > 0 or self.online_free > 0

    def is_open(self, now: datetime) -> bool:
        """People may still sign up."""
        return self.cancelled_at is None and self.closing > now


class RegistrationState(models.TextChoices):
    PENDING = "pending", "Waits for your confirmation"
    CONFIRMED = "confirmed", "You have a seat"
    WAITING = "waiting", "On the waiting list"
    OFFERED = "offered", "A seat is kept for you"
    EXPIRED = "expired", "Not confirmed in time"
    CANCELLED = "cancelled", "Given back"
    REMOVED = "removed", "The date does not take place"


LIVE = (
    RegistrationState.PENDING,
    RegistrationState.CONFIRMED,
    RegistrationState.WAITING,
    RegistrationState.OFFERED,
)


class Registration(models.Model):
    """Somebody's place at one date.

    no: the order in which they came. turn: the order in which waiting people are asked; it is `no`,
    until two offers met silence. Links in mails are signed over id and nonce; nothing stored opens
    one. bundle: the same for the dates of one sign-up for a whole course.
    """

    occurrence = models.ForeignKey(
        Occurrence, on_delete=models.PROTECT, related_name="registrations"
    )
    no = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    email = models.EmailField(max_length=254, blank=True)
    state = models.CharField(max_length=10, choices=RegistrationState)
    pool = models.CharField(max_length=10, choices=Pool, default=Pool.GENERAL)
    companions = models.PositiveSmallIntegerField(default=0)
    bundle = models.UUIDField(null=True, blank=True, db_index=True)
    # The zone in which this person reads times; '' for the zone of the place.
    time_zone = models.CharField(max_length=64, blank=True)
    # Letters and calendar files may name the workshop.
    named = models.BooleanField(default=False)
    # The address was confirmed: a waiting person may be asked without confirming again.
    verified = models.BooleanField(default=False)
    # While unconfirmed: until when the seat is kept; None when no seat is kept.
    hold_until = models.DateTimeField(null=True, blank=True)
    # --- Waiting
    turn = models.PositiveIntegerField(default=0)
    offer_until = models.DateTimeField(null=True, blank=True)
    offers_missed = models.PositiveSmallIntegerField(default=0)
    # They passed, or were silent: the next free seat goes to somebody else, once.
    sits_out = models.BooleanField(default=False)
    # --- What they need, sealed. See events.needs.
    needs_sealed = models.TextField(blank=True)
    # --- Letters
    reminders = models.BooleanField(default=True)
    # How many of the reminders (7 days, 3 days, 3 hours) are behind us.
    reminded = models.PositiveSmallIntegerField(default=0)
    # A letter came back for good; nothing is sent until they come again.
    bounced_at = models.DateTimeField(null=True, blank=True)
    soft_bounces = models.PositiveSmallIntegerField(default=0)
    # --- The day
    walked_in = models.BooleanField(default=False)
    said_why = models.BooleanField(default=False)
    nonce = models.UUIDField(default=uuid.uuid4)
    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["occurrence", "no"], name="one_number_per_place"),
            models.UniqueConstraint(
                fields=["occurrence", "email"],
                condition=Q(state__in=LIVE) & ~Q(email=""),
                name="one_live_place_per_address",
            ),
            models.CheckConstraint(
                condition=(Q(state="offered") & Q(offer_until__isnull=False))
                | (~Q(state="offered") & Q(offer_until__isnull=True)),
                name="an_offer_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(state="pending", hold_until__isnull=False)
                | (~Q(state="pending") & Q(hold_until__isnull=True)),
                name="a_hold_has_an_end",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["occurrence", "state", "no"]),
            models.Index(
                fields=["hold_until"], condition=Q(state="pending"), name="holds_running_out"
            ),
            models.Index(
                fields=["offer_until"], condition=Q(state="offered"), name="offers_running_out"
            ),
        ]

    @property
    def seats(self) -> int:
        """How many seats of its pool it takes. Who needs an accessible place brings help free, and
        several people share a screen."""
        return 1 + self.companions if self.pool == Pool.GENERAL else 1

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which this person reads times."""
        return ZoneInfo(self.time_zone) if self.time_zone else self.occurrence.zone

    @property
    def local_start(self) -> datetime:
        """The start on this person's wall clock."""
        return on_clock(self.occurrence.starts_at, self.zone)

    @property
    def local_end(self) -> datetime:
        """The end on this person's wall clock."""
        return on_clock(self.occurrence.ends_at, self.zone)

    @property
    def takes_part_online(self) -> bool:
        """They come through the link, not through the door."""
        return self.pool == Pool.ONLINE or self.occurrence.event.way == Way.ONLINE

    @property
    def title(self) -> str:
        """What calendars and letters call it."""
        event = self.occurrence.event
        return event.title if self.named else event.neutral_title or event.title

    @property
    def is_live(self) -> bool:
        """It is a place, or may become one."""
        return self.state in LIVE


class JoinUse(models.Model):
    """Somebody went to the online meeting through their own link."""

    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="join_uses"
    )
    at = models.DateTimeField(default=timezone.now)

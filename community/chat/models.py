"""Rooms, their one ordered log of durable events, and the messages the log speaks of."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone

from community.chat.floor_rows import Facilitator as Facilitator
from community.chat.floor_rows import Hand as Hand
from community.chat.floor_rows import OpeningHours as OpeningHours
from community.chat.floor_rows import Quiet as Quiet
from community.chat.floor_rows import ReadMark as ReadMark
from community.chat.floor_rows import RoomNote as RoomNote
from community.chat.floor_rows import RulesAccepted as RulesAccepted
from community.chat.floor_rows import Watch as Watch
from community.members.access import reachable_groups
from community.members.models import Group, Member
from moderation.models import Moderated
from moderation.standing import shut_rooms


class Posting(models.TextChoices):
    OPEN = "open", "Everybody may write"
    MODERATED = "moderated", "A person reads each message first"
    CLOSED = "closed", "Reading only"


class Round(models.TextChoices):
    NONE = "", "No round"
    WELCOME = "welcome", "Welcome round"
    CLOSING = "closing", "Closing round"


def new_epoch() -> str:
    """A name for a log. A rebuilt room gets another, and clients then load everything again."""
    return uuid.uuid4().hex[:12]


class RoomQuerySet(QuerySet["Room"]):
    def readable_by(self, member: Member) -> "RoomQuerySet":
        """Rooms of groups the person may read, and private ones in which they have a seat."""
        if not member.is_active:
            return self.none()
        seats = Seat.objects.filter(member=member, ended_at__isnull=True).values("room")
        inside = self.filter(Q(group__in=reachable_groups(member)) | Q(id__in=seats))
        return inside.filter(~shut_rooms(member))


class Room(models.Model):
    """A place for live talk: of a whole group, or private with named seats."""

    group = models.ForeignKey(Group, on_delete=models.PROTECT, null=True, related_name="rooms")
    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=200, blank=True)
    mode = models.CharField(max_length=10, default="hybrid")
    posting = models.CharField(max_length=10, choices=Posting, default=Posting.OPEN)
    epoch = models.CharField(max_length=12, default=new_epoch)
    last_seq = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    # What is planned, a line each: by the care team, beside the talk.
    agenda = models.TextField(blank=True)
    # Seconds between two messages of one person; 0 for no wait.
    slow_s = models.PositiveSmallIntegerField(default=0)
    # Members may write only while somebody who holds the room is there.
    needs_host = models.BooleanField(default=False)
    # Each says yes to the house rules before the first message.
    asks_rules = models.BooleanField(default=False)
    # Only whose raised hand was called may write.
    takes_turns = models.BooleanField(default=False)
    # Welcome or closing round, or neither.
    round = models.CharField(max_length=8, choices=Round, default=Round.NONE)

    objects = RoomQuerySet.as_manager()

    @property
    def is_private(self) -> bool:
        """It belongs to no group; only its seats may enter."""
        return self.group_id is None


class Seat(models.Model):
    """Somebody's place in a private room."""

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="seats")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="seats")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "member"], name="one_seat_per_room")
        ]


class ChatMessage(Moderated):
    """Something said in a room. `cid` is the client's own name for it, unique for good."""

    KIND = "chat.message"

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="chat_messages")
    cid = models.CharField(max_length=40)
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["author", "cid"], name="one_message_per_cid")
        ]
        indexes: ClassVar = [models.Index(fields=["room", "author", "-id"])]


class EventKind(models.TextChoices):
    MSG = "msg", "became visible"
    EDIT = "edit", "has a new wording"
    REMOVE = "remove", "was taken down"
    RESTORE = "restore", "is visible again"
    MODE = "mode", "the room changed how one may write"


class RoomEvent(models.Model):
    """One durable thing everybody in the room must agree on, at its place in the log.

    It holds no words: those are joined when it is read, so that what was removed is never sent.
    """

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=8, choices=EventKind)
    message = models.ForeignKey(
        ChatMessage, on_delete=models.PROTECT, null=True, related_name="events"
    )
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "seq"], name="one_event_per_place")
        ]

"""Everything that changes a room: say, take back, open a private room, append to the log."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from community.chat.access import may_enter
from community.chat.models import ChatMessage, EventKind, Posting, Room, RoomEvent, Seat
from community.members.live import member_topic, publish_on_commit
from community.members.models import Group, Member
from moderation import actions as moderation
from moderation.content import kind_of


class NotInRoom(Exception):
    """The room is not there for this person: unknown, left, or theirs no more."""


class RoomClosed(Exception):
    """The room can be read, but nobody may write now."""


class CidConflict(Exception):
    """The client used one name for two different messages."""


@dataclass(frozen=True)
class Said:
    """What came of saying something. again: it was stored before, by the same cid."""

    message: ChatMessage
    help_needed: bool
    again: bool


def say(member: Member, room_id: int, body: str, cid: str) -> Said:
    """Store a message for screening. Once stored, the same cid returns the same message for good.

    Raises NotInRoom, RoomClosed, CidConflict.
    """
    known = _known(member, room_id, body, cid)
    if known is not None:
        return known
    try:
        return _say(member, room_id, body, cid)
    except IntegrityError:
        # The same message came over another connection between our look and our insert.
        known = _known(member, room_id, body, cid)
        if known is None:
            raise
        return known


@transaction.atomic
def _say(member: Member, room_id: int, body: str, cid: str) -> Said:
    # Doors are asked inside the transaction that stores: what was queued before a suspension and
    # is handled after it does not land.
    person = Member.objects.filter(id=member.id, is_active=True).first()
    if person is None or not may_enter(person, room_id):
        raise NotInRoom
    room = Room.objects.select_related("group__clinic").get(id=room_id)
    if room.posting != Posting.OPEN:
        raise RoomClosed
    handed_in = moderation.submit(
        kind_of(ChatMessage.KIND), person, body, group=room.group, mode=room.mode
    )
    message = ChatMessage.objects.create(
        submission=handed_in.submission, room=room, author=person, cid=cid
    )
    return Said(message, handed_in.help_needed, again=False)


def _known(member: Member, room_id: int, body: str, cid: str) -> Said | None:
    message = (
        ChatMessage.objects.filter(author=member, cid=cid)
        .select_related("submission__latest")
        .first()
    )
    if message is None:
        return None
    first = message.submission.revisions.order_by("number").first()
    if message.room_id != room_id or first is None or first.body != body:
        raise CidConflict
    return Said(message, help_needed=False, again=True)


def take_back(message: ChatMessage, member: Member) -> None:
    """Take back one's own message. Raises moderation's NotYours and AlreadySettled."""
    moderation.withdraw(message.submission, member)


def append(room_id: int, kind: EventKind, message: ChatMessage | None = None) -> RoomEvent:
    """Give the next place of the room's log to an event. Call inside the deciding transaction.

    The update locks the room's row, so places are dense and in the order of the commits.
    """
    Room.objects.filter(id=room_id).update(last_seq=F("last_seq") + 1)
    seq = Room.objects.values_list("last_seq", flat=True).get(id=room_id)
    return RoomEvent.objects.create(room_id=room_id, seq=seq, kind=kind, message=message)


@transaction.atomic
def open_room(group: Group, name: str, purpose: str = "", mode: str = "hybrid") -> Room:
    """A room for everybody in a group."""
    return Room.objects.create(group=group, name=name, purpose=purpose, mode=mode)


@transaction.atomic
def open_private_room(name: str, members: Iterable[Member]) -> Room:
    """A room with a seat for each of the named people and nobody else."""
    room = Room.objects.create(group=None, name=name)
    Seat.objects.bulk_create(Seat(room=room, member=member) for member in members)
    return room


@transaction.atomic
def close_private_room(room: Room) -> None:
    """End all seats and close the room; open sockets are asked to look again."""
    Room.objects.filter(id=room.id).update(posting=Posting.CLOSED)
    for seat in Seat.objects.filter(room=room, ended_at__isnull=True):
        Seat.objects.filter(id=seat.id, ended_at__isnull=True).update(ended_at=timezone.now())
        publish_on_commit(member_topic(seat.member_id), {"t": "ctl", "op": "refresh"})

"""Doors to rooms and messages."""

from collections.abc import Collection

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from community.chat.floor import holds
from community.chat.models import ChatMessage, Room
from community.members.models import Member


def rooms_of(member: Member) -> QuerySet[Room]:
    """Rooms the person may enter, private ones first, then by group."""
    rooms = Room.objects.readable_by(member).select_related("group__clinic")
    return rooms.order_by("group__name", "group_id", "id")


def room_for(member: Member, room_id: int) -> Room:
    """A room the person may enter, or 404."""
    return get_object_or_404(
        Room.objects.readable_by(member).select_related("group__clinic"), id=room_id
    )


def may_enter(member: Member, room_id: int) -> bool:
    """Whether the person may be in the room now."""
    return Room.objects.readable_by(member).filter(id=room_id).exists()


def closed_to(member: Member, room_ids: Collection[int]) -> set[int]:
    """Those of the rooms in which the person may not be now."""
    if not room_ids:
        return set()
    open_ids = Room.objects.readable_by(member).filter(id__in=room_ids)
    return set(room_ids) - set(open_ids.values_list("id", flat=True))


def own_message_for(member: Member, room_id: int, message_id: int) -> ChatMessage:
    """One's own message in a room one may enter, or 404."""
    rooms = Room.objects.readable_by(member).filter(id=room_id)
    return get_object_or_404(
        ChatMessage.objects.select_related("submission", "room").filter(room__in=rooms),
        id=message_id,
        author=member,
    )


def others_message_for(member: Member, room_id: int, message_id: int) -> ChatMessage:
    """Somebody else's message that was public at some time, in a room one may enter, or 404."""
    rooms = Room.objects.readable_by(member).filter(id=room_id)
    said = ChatMessage.objects.filter(room__in=rooms, events__isnull=False).exclude(author=member)
    return get_object_or_404(said.distinct(), id=message_id)


def hosted_room_for(member: Member, room_id: int) -> Room:
    """A room the person looks after, or 404."""
    room = room_for(member, room_id)
    if not holds(member, room):
        raise Http404
    return room


def message_in(room: Room, message_id: int) -> ChatMessage:
    """A message of a room that was public there at some time, or 404."""
    said = ChatMessage.objects.filter(room=room, events__isnull=False).distinct()
    return get_object_or_404(
        said.select_related("submission__shown", "author", "room"), id=message_id
    )


def speaker_in(room: Room, member_id: int) -> Member:
    """Somebody who has said something in the room, or 404."""
    speakers = ChatMessage.objects.filter(room=room).values("author")
    return get_object_or_404(Member, id=member_id, id__in=speakers)

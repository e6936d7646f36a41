"""From the log to frames: the same bytes for everybody in the room, and never a removed word."""

from collections.abc import Iterable
from typing import Any

from community.chat.models import EventKind, Room, RoomEvent
from community.members.live import publish_on_commit

Frame = dict[str, Any]
REPLAY_MOST = 300
FRESH = 50


def room_topic(room_id: int) -> str:
    """Events of one room's log."""
    return f"room.{room_id}"


def with_words(room_id: int) -> Any:
    """The room's log with all that frames need, in one query."""
    return RoomEvent.objects.filter(room_id=room_id).select_related(
        "message__author", "message__submission__shown"
    )


def frame_of(event: RoomEvent) -> Frame:
    """The frame of one event, with the words as they may be shown at this moment."""
    frame: Frame = {"t": event.kind, "room": event.room_id, "seq": event.seq, "at": _ms(event.at)}
    message = event.message
    if message is None:
        return {**frame, **event.data}
    frame["mid"] = message.id
    if event.kind == EventKind.REMOVE:
        return frame
    shown = message.submission.shown
    if shown is None:
        # Taken down since. Its place stays, its words are not sent again.
        words: Frame = {"gone": True}
    else:
        words = {"body": shown.public_body}
        if message.submission.state == "noted":
            words["note"] = True
    if event.kind != EventKind.MSG:
        return {**frame, **words}
    author = message.author
    return {
        **frame,
        "cid": message.cid,
        "by": {"id": author.id, "name": author.public_name, "role": author.public_role},
        "sent_at": _ms(message.sent_at),
        **words,
    }


def _ms(moment: Any) -> int:
    return int(moment.timestamp() * 1000)


def happened(event: RoomEvent) -> None:
    """Tell every process after commit. The frame travels along; who missed it reads the log."""
    fresh = with_words(event.room_id).get(id=event.id)
    publish_on_commit(
        room_topic(event.room_id),
        {"t": "log", "room": event.room_id, "seq": event.seq, "frame": frame_of(fresh)},
    )


def frames_after(room_id: int, seq: int, upto: int | None = None) -> list[Frame]:
    """The frames after a place, oldest first."""
    events = with_words(room_id).filter(seq__gt=seq).order_by("seq")
    if upto is not None:
        events = events.filter(seq__lte=upto)
    return [frame_of(event) for event in events]


def replay(room: Room, epoch: str, since: int) -> Frame:
    """What a joining client needs: all it missed, or the newest and the word that it missed some.

    Never a part of a gap: recovered is true only when nothing is missing.
    """
    top = room.last_seq
    known = epoch == room.epoch and 0 < since <= top
    if known and top - since <= REPLAY_MOST:
        events = frames_after(room.id, since, top)
        return {"seq": top, "recovered": True, "events": events, "more": False}
    events = newest(room.id, FRESH, before=top + 1)
    first = events[0]["seq"] if events else 0
    return {"seq": top, "recovered": False, "events": events, "more": first > 1}


def newest(room_id: int, limit: int, before: int) -> list[Frame]:
    """Up to `limit` frames before a place, oldest first."""
    events: Iterable[RoomEvent] = with_words(room_id).filter(seq__lt=before).order_by("-seq")
    return [frame_of(event) for event in list(events[:limit])[::-1]]  # type: ignore[index]

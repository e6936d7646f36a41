"""From the log to frames: the same bytes for everybody in the room, and never a removed word."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from community.chat.models import ChatMessage, EventKind, Room, RoomEvent
from community.members.live import publish_on_commit
from moderation.models import PUBLIC, State

Frame = dict[str, Any]

REPLAY_FRAMES = 300
REPLAY_BYTES = 256 * 1024
FRESH = 50

# Frames that carry words of a message.
WORDED = (EventKind.MSG, EventKind.EDIT, EventKind.RESTORE)
WORDS = ("body", "note", "gone")


def room_topic(room_id: int) -> str:
    """Events of one room's log."""
    return f"room.{room_id}"


def status_of(state: str) -> str:
    """What the author is told of a message: screening, held, published, rejected or withdrawn."""
    if state in PUBLIC:
        return "published"
    if state == State.REMOVED:
        return "rejected"
    return State.WITHDRAWN.value if state == State.PURGED else str(state)


def with_words(room_id: int) -> QuerySet[RoomEvent]:
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
    if event.kind in WORDED:
        author = message.author
        frame["by"] = {"id": author.id, "name": author.public_name, "role": author.public_role}
    if event.kind == EventKind.MSG:
        frame["cid"] = message.cid
        frame["sent_at"] = _ms(message.sent_at)
    return {**frame, **_words(message)} if event.kind in WORDED else frame


def _words(message: ChatMessage) -> Frame:
    shown = message.submission.shown
    if shown is None:
        # Taken down since. Its place stays, its words are not sent again.
        return {"gone": True}
    note = {"note": True} if message.submission.state == State.NOTED else {}
    return {"body": shown.public_body, **note}


def reworded(frame: Frame, later: Frame) -> Frame:
    """An earlier frame as it reads after a later one of the same message.

    What memory holds then says what the database would: no words of what was taken down, and the
    latest wording of what was changed.
    """
    if frame.get("mid") != later.get("mid") or frame["t"] not in WORDED:
        return frame
    if later["t"] == EventKind.REMOVE:
        words: Frame = {"gone": True}
    else:
        words = {name: later[name] for name in WORDS if name in later}
    return {**{name: value for name, value in frame.items() if name not in WORDS}, **words}


def author_of(frame: Frame) -> int:
    """Whose words a frame carries; 0 when it carries none."""
    by: dict[str, int] = frame.get("by") or {}
    return by.get("id", 0)


def skip_of(frame: Frame) -> Frame:
    """What somebody gets who does not meet the author: its place in the log and nothing else."""
    return {"t": "skip", "room": frame["room"], "seq": frame["seq"]}


def veiled(frames: Sequence[Frame], hidden: frozenset[int]) -> list[Frame]:
    """The frames as somebody may read them who does not meet the people in `hidden`."""
    return [skip_of(frame) if author_of(frame) in hidden else frame for frame in frames]


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def happened(event: RoomEvent) -> None:
    """Tell every process after commit. The frame travels along; who missed it reads the log."""
    fresh = with_words(event.room_id).get(id=event.id)
    happened_together(event.room_id, [frame_of(fresh)])


def happened_together(room_id: int, frames: Sequence[Frame]) -> None:
    """`happened` for frames of one room that follow each other in its log."""
    publish_on_commit(room_topic(room_id), {"t": "log", "room": room_id, "frames": list(frames)})


def frames_after(room_id: int, seq: int, limit: int) -> list[Frame]:
    """The frames after a place, oldest first."""
    events = with_words(room_id).filter(seq__gt=seq).order_by("seq")
    return [frame_of(event) for event in events[:limit]]


def newest(room_id: int, limit: int, before: int) -> list[Frame]:
    """Up to `limit` frames before a place, oldest first."""
    events = with_words(room_id).filter(seq__lt=before).order_by("-seq")
    return [frame_of(event) for event in events[:limit]][::-1]


def messages_before(room_id: int, limit: int, before: int) -> list[Frame]:
    """Up to `limit` messages that took their place before a place of the log, oldest first."""
    said = with_words(room_id).filter(kind=EventKind.MSG, seq__lt=before).order_by("-seq")
    return [frame_of(event) for event in said[:limit]][::-1]


def may_resume(room: Room, epoch: str, since: int) -> bool:
    """Whether a client's place is in this log and near enough to its end to be filled up."""
    return epoch == room.epoch and since <= room.last_seq <= since + REPLAY_FRAMES


def replay(room: Room, epoch: str, since: int, held: Sequence[Frame] | None = None) -> Frame:
    """What a joining client needs: all it missed, or the newest and the word that it missed some.

    Never a part of a gap: recovered is true only when nothing is missing.
    held: the frames after `since`, when memory has them all up to the room's end or beyond.
    """
    if may_resume(room, epoch, since):
        missed = frames_after(room.id, since, REPLAY_FRAMES) if held is None else list(held)
        if _size(missed) <= REPLAY_BYTES:
            top = missed[-1]["seq"] if missed else since
            return {"seq": top, "recovered": True, "events": missed, "more": False}
    events = newest(room.id, FRESH, before=room.last_seq + 1)
    while _size(events) > REPLAY_BYTES:
        events = events[len(events) // 4 + 1 :]
    more = bool(events) and events[0]["seq"] > 1
    return {"seq": room.last_seq, "recovered": False, "events": events, "more": more}


def _size(frames: Sequence[Frame]) -> int:
    return sum(len(json.dumps(frame)) for frame in frames)

"""The socket of live rooms. It translates frames into actions and decides nothing itself."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import Http404

from community.chat import answers, broadcast, frames
from community.chat.access import closed_to, may_enter, room_for
from community.chat.answers import HELP
from community.chat.broadcast import Frame
from community.chat.frames import BadBody, Hello, History, Join, Leave, Remove, Send
from community.chat.hub import hub
from community.chat.models import Room
from community.chat.writer import writer
from community.members.blocks import hidden_ids
from community.members.live import Event
from community.members.models import Member
from community.members.sockets import (
    HEARTBEAT_MS,
    SLOW,
    TOO_OLD,
    GuardedConsumer,
    NotAllowed,
    in_thread,
    now_ms,
)
from community.members.wire import UNSENT_FRAMES, Prepared

VERSION = 1


class Place:
    """One room on one socket: frames wait while the past is being read, then flow."""

    __slots__ = ("_consumer", "_waiting", "hidden", "room_id")

    def __init__(self, consumer: "RoomConsumer", room_id: int) -> None:
        self._consumer = consumer
        self.room_id = room_id
        self.hidden: frozenset[int] = consumer.hidden
        self._waiting: list[tuple[int, Prepared]] | None = []

    def __call__(self, seq: int, frame: Prepared, ephemeral: bool = False) -> None:
        if self._waiting is None:
            self._consumer.pass_on(frame, ephemeral)
        elif ephemeral:
            return
        elif len(self._waiting) < UNSENT_FRAMES:
            self._waiting.append((seq, frame))
        else:
            self._consumer.let_go()

    def flow(self, top: int) -> None:
        """From now on send at once; first what came after the place the past was read up to."""
        waiting, self._waiting = self._waiting or [], None
        for seq, frame in waiting:
            if seq > top:
                self._consumer.pass_on(frame)


class RoomConsumer(GuardedConsumer):
    """All rooms of one tab over one socket, protocol psc.v1 (docs/protocol.md)."""

    subprotocol = "psc.v1"

    def __init__(self) -> None:
        super().__init__()
        self._places: dict[int, Place] = {}
        self._lost: set[int] = set()
        self.hidden: frozenset[int] = frozenset()

    async def closed(self) -> None:
        for place in self._places.values():
            hub().leave(place.room_id, place)

    # --- Who may hold it ------------------------------------------------------------------------

    async def opened(self) -> None:
        person = self.member
        self.send_frame(
            {
                "t": "welcome",
                "v": VERSION,
                "hb_ms": HEARTBEAT_MS,
                "now": now_ms(),
                "user": {
                    "id": person.id,
                    "name": person.public_name,
                    "role": person.public_role,
                },
                "limits": frames.LIMITS,
            }
        )

    def refusal(self, member: Member, session: SessionBase) -> int:
        """Runs in a thread: notes the closed rooms, and whom the person does not meet."""
        self.hidden = hidden_ids(member)
        self._lost = closed_to(member, list(self._places))
        return 0

    async def looked_at(self, code: int) -> None:
        await super().looked_at(code)
        for place in self._places.values():
            place.hidden = self.hidden
        for room_id in self._lost & set(self._places):
            self._leave(room_id)
            self.send_frame({"t": "kicked", "room": room_id, "code": "removed_from_room"})

    def heard(self, event: Event) -> None:
        if event["t"] == "help" or (event["t"] == "review" and "cid" in event):
            self.push(event)

    # --- What comes in --------------------------------------------------------------------------

    async def frame(self, content: dict[str, Any]) -> None:
        try:
            asked = frames.parse(content)
        except BadBody as bad:
            answer = answers.nack(bad.cid, "bad_body", message=bad.message)
            await self._answer(answers.not_stored, bad.body, answer)
            return
        kind = type(asked)
        if kind in IN_THREAD:
            await self._answer(IN_THREAD[kind], asked)
        else:
            await ON_SOCKET[kind](self, asked)

    async def _answer(self, function: Callable[..., Iterable[Frame]], *asked: Any) -> None:
        for answer in await in_thread(function, self.member, *asked):
            self.send_frame(answer)

    async def say(self, asked: Send) -> None:
        """Store a message, together with what others say at this moment."""
        for answer in await writer().say(self.member, asked):
            self.send_frame(answer)

    async def hello(self, asked: Hello) -> None:
        """Enter the rooms that the page shows."""
        if asked.v > VERSION:
            self.send_frame(answers.err("unsupported_version", None))
            await self.bye(TOO_OLD)
            return
        for room in asked.rooms:
            await self._enter(room)

    async def join(self, asked: Join) -> None:
        """Enter a room, or ask again from a place on."""
        await self._enter(asked)

    async def leave(self, asked: Leave) -> None:
        """Hear no more of a room."""
        self._leave(asked.room)

    async def _enter(self, asked: Join) -> None:
        if len(self._places) >= frames.ROOMS_MOST and asked.room not in self._places:
            raise NotAllowed("too_many_rooms", asked.ref)
        if not await in_thread(may_enter, self.member, asked.room):
            self.send_frame(answers.err("not_member", asked.ref))
            return
        self._leave(asked.room)
        place = self._places[asked.room] = Place(self, asked.room)
        try:
            # First register, then read the past, then let flow: nothing falls between.
            await hub().enter(asked.room, place)
            room = await in_thread(room_for, self.member, asked.room)
            past = await self._past(room, asked)
        except Http404:
            self._leave(asked.room)
            self.send_frame(answers.err("not_member", asked.ref))
            return
        except BaseException:
            self._leave(asked.room)
            raise
        self.send_frame({"t": "joined", "ref": asked.ref, "room": asked.room, **past})
        place.flow(past["seq"])

    async def _past(self, room: Room, asked: Join) -> Frame:
        held = hub().after(room.id, asked.since, room.last_seq)
        past = await in_thread(broadcast.replay, room, asked.epoch, asked.since, held)
        past["events"] = broadcast.veiled(past["events"], self.hidden)
        return {"epoch": room.epoch, "mode": {"posting": room.posting}, **past}

    def _leave(self, room_id: int) -> None:
        place = self._places.pop(room_id, None)
        if place is not None:
            hub().leave(room_id, place)

    # --- What goes out --------------------------------------------------------------------------

    def pass_on(self, frame: Prepared, ephemeral: bool = False) -> None:
        """Send an encoded frame from the hub, in order and without waiting for the reader."""
        if not self._closing:
            self.writer.write(frame, ephemeral=ephemeral)

    def let_go(self) -> None:
        """Part from a reader too slow for the room. Its next connection asks for what it missed."""
        self._soon(self.bye(SLOW))


# A new frame is a reader in frames.py and a row in one of these two tables: what it does on the
# socket, or a function (member, frame) -> answers that runs in a thread.
ON_SOCKET: dict[type, Callable[[RoomConsumer, Any], Awaitable[None]]] = {
    Hello: RoomConsumer.hello,
    Join: RoomConsumer.join,
    Leave: RoomConsumer.leave,
    Send: RoomConsumer.say,
}
IN_THREAD: dict[type, Callable[[Member, Any], Iterable[Frame]]] = {
    Remove: answers.take_back,
    History: answers.history,
}

__all__ = ["HELP", "RoomConsumer"]

"""The socket of live rooms. It translates frames into actions and decides nothing itself."""

import asyncio
import time
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import Http404

from community.chat import actions, broadcast, frames, pace
from community.chat.access import may_enter, own_message_for, room_for
from community.chat.frames import BadBody, Hello, History, Join, Leave, Remove, Send
from community.chat.hub import hub
from community.members.live import Event
from community.members.models import Member
from community.members.sockets import HEARTBEAT_MS, BadFrame, GuardedConsumer, in_thread
from moderation.actions import AlreadySettled
from moderation.models import Level
from moderation.screening.crisis import needs_help

SLOW = 4008
UNSENT_FRAMES = 256


class Place:
    """One room on one socket: frames wait while the past is being read, then flow."""

    def __init__(self, consumer: "RoomConsumer", room_id: int) -> None:
        self._consumer = consumer
        self.room_id = room_id
        self._waiting: list[tuple[int, str]] | None = []

    def __call__(self, seq: int, text: str) -> None:
        if self._waiting is not None:
            self._waiting.append((seq, text))
        else:
            self._consumer.push_text(text)

    def flow(self, top: int) -> None:
        """From now on send at once; first what came after the place the past was read up to."""
        waiting, self._waiting = self._waiting or [], None
        for seq, text in waiting:
            if seq > top:
                self._consumer.push_text(text)


class RoomConsumer(GuardedConsumer):
    """All rooms of one tab over one socket, protocol psc.v1 (docs/protocol.md)."""

    subprotocol = "psc.v1"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places: dict[int, Place] = {}
        self._unsent = 0

    async def opened(self) -> None:
        person = self.member
        await self.send_frame(
            {
                "t": "welcome",
                "v": 1,
                "hb_ms": HEARTBEAT_MS,
                "now": int(time.time() * 1000),
                "user": {
                    "id": person.id,
                    "name": person.public_name,
                    "role": person.public_role,
                },
                "limits": {"body": frames.BODY_MOST, "rooms": frames.ROOMS_MOST},
            }
        )

    async def closed(self, code: int) -> None:
        for place in list(self._places.values()):
            await hub().leave(place.room_id, place)

    def refusal(self, member: Member, session: SessionBase) -> int:
        """Runs in a thread: rooms that are no longer open to the person are left."""
        for room_id in list(self._places):
            if not may_enter(member, room_id):
                self._loop.call_soon_threadsafe(self._kick, room_id)
        return 0

    async def connect(self) -> None:
        self._loop = asyncio.get_running_loop()
        await super().connect()

    def heard(self, event: Event) -> None:
        if event["t"] == "help" or (event["t"] == "review" and "cid" in event):
            self.push(event)

    async def frame(self, content: dict[str, Any]) -> None:
        try:
            asked = frames.parse(content)
        except BadBody as bad:
            await self._nack(bad.cid, "bad_body", message=bad.message)
            return
        match asked:
            case Hello():
                for room in asked.rooms:
                    await self._join(room)
            case Join():
                await self._join(asked)
            case Leave():
                await self._leave(asked.room)
            case Send():
                await self._say(asked)
            case Remove():
                await self._remove(asked)
            case History():
                await self._history(asked)

    async def _join(self, asked: Join) -> None:
        if len(self._places) >= frames.ROOMS_MOST and asked.room not in self._places:
            raise BadFrame("too_many_rooms", asked.ref)
        if not await in_thread(may_enter, self.member, asked.room):
            await self._err("not_member", asked.ref)
            return
        await self._leave(asked.room)
        place = self._places[asked.room] = Place(self, asked.room)
        # First register, then read the past, then let flow: nothing falls between.
        await hub().enter(asked.room, place)
        past = await in_thread(self._past, asked)
        await self.send_frame({"t": "joined", "ref": asked.ref, "room": asked.room, **past})
        place.flow(past["seq"])

    def _past(self, asked: Join) -> dict[str, Any]:
        room = room_for(self.member, asked.room)
        mode = {"posting": room.posting}
        past = broadcast.replay(room, asked.epoch, asked.since)
        return {"epoch": room.epoch, "mode": mode, **past}

    async def _leave(self, room_id: int) -> None:
        place = self._places.pop(room_id, None)
        if place is not None:
            await hub().leave(room_id, place)

    def _kick(self, room_id: int) -> None:
        self._soon(self._kicked(room_id))

    async def _kicked(self, room_id: int) -> None:
        await self._leave(room_id)
        await self.send_frame({"t": "kicked", "room": room_id, "code": "removed_from_room"})

    async def _say(self, asked: Send) -> None:
        wait = await in_thread(pace.wait_ms, self.member.id)
        # Nobody is slowed down while calling for help.
        if wait and await in_thread(needs_help, asked.body) < Level.RED:
            await self._nack(asked.cid, "rate_limited", retry_ms=wait)
            return
        try:
            said = await in_thread(actions.say, self.member, asked.room, asked.body, asked.cid)
        except actions.NotInRoom:
            await self._nack(asked.cid, "not_member")
        except actions.RoomClosed:
            await self._nack(asked.cid, "room_closed")
        except actions.CidConflict:
            await self._nack(asked.cid, "cid_conflict")
        except Exception:
            await self._nack(asked.cid, "internal", retry_ms=2000)
            raise
        else:
            status = {"dup": True} if said.again else {}
            ack = {"t": "ack", "cid": asked.cid, "room": asked.room, "mid": said.message.id}
            state = await in_thread(_state_of, said.message.id)
            await self.send_frame({**ack, "status": state, **status})
            if said.help_needed:
                await self.send_frame({"t": "help"})

    async def _remove(self, asked: Remove) -> None:
        try:
            message = await in_thread(own_message_for, self.member, asked.room, asked.mid)
            await in_thread(actions.take_back, message, self.member)
        except Http404:
            await self._err("not_yours", asked.ref)
        except AlreadySettled:
            await self._err("too_late", asked.ref)

    async def _history(self, asked: History) -> None:
        if not await in_thread(may_enter, self.member, asked.room):
            await self._err("not_member", asked.ref)
            return
        events = await in_thread(broadcast.newest, asked.room, asked.limit, asked.before)
        more = bool(events) and events[0]["seq"] > 1
        answer = {"t": "history", "ref": asked.ref, "room": asked.room}
        await self.send_frame({**answer, "events": events, "more": more})

    async def _nack(self, cid: str, code: str, retry_ms: int = 0, message: str = "") -> None:
        extra = {"retry_ms": retry_ms} if retry_ms else {}
        words = {"message": message} if message else {}
        await self.send_frame({"t": "nack", "cid": cid, "code": code, **extra, **words})

    async def _err(self, code: str, ref: int | None) -> None:
        await self.send_frame({"t": "err", "code": code, **({} if ref is None else {"ref": ref})})

    def push_text(self, text: str) -> None:
        """Send an encoded frame from the hub, in order. A reader too slow is let go."""
        if self._unsent >= UNSENT_FRAMES:
            self._soon(self.bye(SLOW))
            return
        self._unsent += 1
        self._soon(self._send_text(text))

    async def _send_text(self, text: str) -> None:
        try:
            if not self._closing:
                await self.send(text_data=text)
        finally:
            self._unsent -= 1


def _state_of(message_id: int) -> str:
    """What the author is told at once: 'screening', 'held' or 'published'."""
    from community.chat.models import ChatMessage

    state = ChatMessage.objects.values_list("submission__state", flat=True).get(id=message_id)
    if state in ("screening", "held", "removed", "withdrawn"):
        return {"removed": "rejected"}.get(state, state)
    return "published"

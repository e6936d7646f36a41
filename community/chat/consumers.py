"""The socket of live rooms. It translates frames into actions and decides nothing itself."""

import logging
import time
from collections import deque
from collections.abc import Iterable
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import Http404

from community.chat import actions, broadcast, frames, pace
from community.chat.access import closed_to, may_enter, own_message_for, room_for
from community.chat.broadcast import Frame
from community.chat.frames import BadBody, Hello, History, Join, Leave, Remove, Send
from community.chat.hub import hub
from community.chat.models import Room
from community.members.live import Event
from community.members.models import Member
from community.members.sockets import HEARTBEAT_MS, BadFrame, GuardedConsumer, in_thread
from moderation.actions import AlreadySettled
from moderation.standing import NotNow

log = logging.getLogger(__name__)

SLOW = 4008
UNSENT_FRAMES = 256
UNSENT_BYTES = 256 * 1024


class Place:
    """One room on one socket: frames wait while the past is being read, then flow."""

    def __init__(self, consumer: "RoomConsumer", room_id: int) -> None:
        self._consumer = consumer
        self.room_id = room_id
        self._waiting: list[tuple[int, str]] | None = []

    def __call__(self, seq: int, text: str) -> None:
        if self._waiting is None:
            self._consumer.push_text(text)
        elif len(self._waiting) < UNSENT_FRAMES:
            self._waiting.append((seq, text))
        else:
            self._consumer.let_go()

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
        self._lost: set[int] = set()
        self._unsent: deque[str] = deque()
        self._unsent_bytes = 0
        self._sending = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # Also when the server cancels us: no room keeps writing to a socket that is gone.
            for place in self._places.values():
                hub().leave(place.room_id, place)

    # --- Who may hold it ------------------------------------------------------------------------

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

    def refusal(self, member: Member, session: SessionBase) -> int:
        """Runs in a thread: notes the rooms that are no longer open to the person."""
        self._lost = closed_to(member, list(self._places))
        return 0

    async def recheck(self) -> bool:
        held = await super().recheck()
        for room_id in self._lost & set(self._places):
            self._leave(room_id)
            await self.send_frame({"t": "kicked", "room": room_id, "code": "removed_from_room"})
        return held

    def heard(self, event: Event) -> None:
        if event["t"] == "help" or (event["t"] == "review" and "cid" in event):
            self.push(event)

    # --- What comes in --------------------------------------------------------------------------

    async def frame(self, content: dict[str, Any]) -> None:
        try:
            asked = frames.parse(content)
        except BadBody as bad:
            answer = _nack(bad.cid, "bad_body", message=bad.message)
            await self._send_all(await in_thread(self._not_stored, bad.body, answer))
            return
        match asked:
            case Hello():
                for room in asked.rooms:
                    await self._join(room)
            case Join():
                await self._join(asked)
            case Leave():
                self._leave(asked.room)
            case Send():
                await self._send_all(await in_thread(self._say, asked))
            case Remove():
                await self._send_all(await in_thread(self._take_back, asked))
            case History():
                await self._send_all(await in_thread(self._history, asked))

    async def _join(self, asked: Join) -> None:
        if len(self._places) >= frames.ROOMS_MOST and asked.room not in self._places:
            raise BadFrame("too_many_rooms", asked.ref)
        if not await in_thread(may_enter, self.member, asked.room):
            await self.send_frame(_err("not_member", asked.ref))
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
            await self.send_frame(_err("not_member", asked.ref))
            return
        except BaseException:
            self._leave(asked.room)
            raise
        await self.send_frame({"t": "joined", "ref": asked.ref, "room": asked.room, **past})
        place.flow(past["seq"])

    async def _past(self, room: Room, asked: Join) -> Frame:
        held = hub().after(room.id, asked.since, room.last_seq)
        past = await in_thread(broadcast.replay, room, asked.epoch, asked.since, held)
        return {"epoch": room.epoch, "mode": {"posting": room.posting}, **past}

    def _leave(self, room_id: int) -> None:
        place = self._places.pop(room_id, None)
        if place is not None:
            hub().leave(room_id, place)

    # --- In a thread, beside the event loop -----------------------------------------------------

    def _say(self, asked: Send) -> list[Frame]:
        wait = pace.wait_ms(self.member.id)
        # Nobody is slowed down while calling for help.
        if wait and not actions.calls_for_help(asked.body):
            return [_nack(asked.cid, "rate_limited", retry_ms=wait)]
        try:
            said = actions.say(self.member, asked.room, asked.body, asked.cid)
        except actions.NotInRoom:
            return self._not_stored(asked.body, _nack(asked.cid, "not_member"))
        except actions.RoomClosed:
            return self._not_stored(asked.body, _nack(asked.cid, "room_closed"))
        except NotNow as bound:
            answer = _nack(asked.cid, bound.code, message=bound.words)
            return self._not_stored(asked.body, answer)
        except actions.CidConflict:
            return self._not_stored(asked.body, _nack(asked.cid, "cid_conflict"))
        except Exception as error:
            log.error("a message could not be stored: %s", type(error).__name__)
            return self._not_stored(asked.body, _nack(asked.cid, "internal", retry_ms=2000))
        again = {"dup": True} if said.again else {}
        ack = {"t": "ack", "cid": asked.cid, "room": asked.room, "mid": said.message.id}
        help_frames = [HELP] if said.help_needed else []
        return [{**ack, "status": said.status, **again}, *help_frames]

    def _not_stored(self, body: str, answer: Frame) -> list[Frame]:
        return [answer, HELP] if actions.unsent(self.member, body) else [answer]

    def _take_back(self, asked: Remove) -> list[Frame]:
        try:
            message = own_message_for(self.member, asked.room, asked.mid)
            actions.take_back(message, self.member)
        except Http404:
            return [_err("not_yours", asked.ref)]
        except AlreadySettled:
            return [_err("too_late", asked.ref)]
        return []

    def _history(self, asked: History) -> list[Frame]:
        if not may_enter(self.member, asked.room):
            return [_err("not_member", asked.ref)]
        events = broadcast.newest(asked.room, asked.limit, asked.before)
        more = bool(events) and events[0]["seq"] > 1
        answer = {"t": "history", "ref": asked.ref, "room": asked.room}
        return [{**answer, "events": events, "more": more}]

    # --- What goes out --------------------------------------------------------------------------

    async def _send_all(self, answers: Iterable[Frame]) -> None:
        for answer in answers:
            await self.send_frame(answer)

    def push_text(self, text: str) -> None:
        """Send an encoded frame from the hub, in order and without waiting for the reader."""
        if self._closing:
            return
        self._unsent.append(text)
        self._unsent_bytes += len(text)
        if len(self._unsent) > UNSENT_FRAMES or self._unsent_bytes > UNSENT_BYTES:
            self.let_go()
        elif not self._sending:
            self._sending = True
            self._soon(self._pump())

    def let_go(self) -> None:
        """Part from a reader too slow for the room. Its next connection asks for what it missed."""
        self._unsent.clear()
        self._unsent_bytes = 0
        self._soon(self.bye(SLOW))

    async def _pump(self) -> None:
        try:
            while self._unsent and not self._closing:
                text = self._unsent.popleft()
                self._unsent_bytes -= len(text)
                await self.send(text_data=text)
        finally:
            self._sending = False


HELP: Frame = {"t": "help"}


def _nack(cid: str, code: str, *, retry_ms: int = 0, message: str = "") -> Frame:
    extra: Frame = {"retry_ms": retry_ms} if retry_ms else {}
    words = {"message": message} if message else {}
    return {"t": "nack", "cid": cid, "code": code, **extra, **words}


def _err(code: str, ref: int | None) -> Frame:
    return {"t": "err", "code": code, **({} if ref is None else {"ref": ref})}

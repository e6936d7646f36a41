"""Builders for live rooms: a room, something said in it, and people holding its socket."""

import json
import uuid
from typing import Any

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from community.chat import actions
from community.chat.models import ChatMessage, Room
from community.members.models import Group, Member
from moderation.screening import runner
from tests.conftest import sign_in

HELD = "You are a pathetic idiot."
DANGER = "I want to die. I am going to kill myself tonight."


def room(group: Group, name: str = "Evening room", **extra: Any) -> Room:
    return actions.open_room(group, name, **extra)


def said(room: Room, author: Member, body: str = "Hello all", cid: str = "") -> ChatMessage:
    """A message stored and not yet screened."""
    return actions.say(author, room.id, body, cid or str(uuid.uuid4())).message


def screened() -> None:
    """Let the screener read until nothing waits."""
    while runner.run_once():
        pass


def published(room: Room, author: Member, *bodies: str) -> list[ChatMessage]:
    """Messages everybody in the room sees, in this order."""
    messages = []
    for body in bodies:
        messages.append(said(room, author, body))
        screened()
    return messages


def cookie_of(person: Member) -> bytes:
    """The cookie of a browser in which the person is signed in."""
    client = Client()
    sign_in(client, person, second_factor=person.is_staff_role)
    return f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}".encode()


class RoomSocket:
    """Somebody's open socket. `next` skips frames of other kinds than the wanted ones."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self.wire = communicator
        self.seen: list[dict[str, Any]] = []

    @classmethod
    async def of(cls, person: Member) -> "RoomSocket":
        """A socket that was welcomed and is in no room yet."""
        from config.asgi import application

        cookie = await sync_to_async(cookie_of)(person)
        headers = [(b"cookie", cookie), (b"origin", settings.ORIGINS[0].encode())]
        wire = WebsocketCommunicator(
            application, "/ws/chat/", headers=headers, subprotocols=["psc.v1"]
        )
        accepted, protocol = await wire.connect(5)
        assert (accepted, protocol) == (True, "psc.v1")
        socket = cls(wire)
        await socket.next("welcome")
        return socket

    async def send(self, t: str, **fields: Any) -> None:
        await self.wire.send_to(text_data=json.dumps({"t": t, **fields}))

    async def next(self, *kinds: str, within_s: float = 5) -> dict[str, Any]:
        """The next frame of one of these kinds; of any kind when none is named."""
        while True:
            frame: dict[str, Any] = json.loads(await self.wire.receive_from(within_s))
            self.seen.append(frame)
            if not kinds or frame["t"] in kinds:
                return frame

    async def quiet(self, for_s: float = 0.3) -> bool:
        """Nothing comes for a while."""
        return bool(await self.wire.receive_nothing(for_s))

    async def enter(self, room: Room, epoch: str = "", since: int = 0) -> dict[str, Any]:
        """Enter a room; the answer."""
        await self.send("join", room=room.id, epoch=epoch, since=since)
        return await self.next("joined", "err")

    async def say(self, room: Room, body: str, cid: str = "") -> dict[str, Any]:
        """Say something; the ack or nack."""
        await self.send("send", room=room.id, body=body, cid=cid or str(uuid.uuid4()))
        return await self.next("ack", "nack")

    async def closed_with(self) -> int:
        """The code of the close, which a bye frame with the same code came before."""
        bye = await self.next("bye")
        close = await self.wire.receive_output(5)
        assert (close["type"], close["code"]) == ("websocket.close", bye["code"])
        return int(close["code"])

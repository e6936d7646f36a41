"""Broken frames by the thousand: each is answered or counted, and none is a traceback.

`FRAMES=50000 pytest tests/community/chat/test_fuzz.py` sends as many as one wants.
"""

import contextlib
import json
import logging
import os
import random
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from community.chat import frames
from community.chat.consumers import RoomConsumer
from community.chat.models import ChatMessage
from community.members.models import Group, Member
from tests import make_chat
from tests.make_chat import RoomSocket

COUNT = int(os.environ.get("FRAMES", "2000"))
FIELDS = ["room", "rooms", "cid", "body", "mid", "before", "limit", "ref", "since", "epoch", "v"]
ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**62, 2**63, 1e308, -0.0, "", "x", "é", "\x00", "\ud800",
    "x" * 2001, [], [[]], {}, {"room": 1}, [{"room": 1}], [{}] * 40, "1", 1.5, "<script>",
]  # fmt: skip


def some_frame(chance: random.Random) -> str:
    """A frame, more or less: of a known kind and broken, or of no kind, or no JSON at all."""
    name = chance.choice([*frames.READERS, "ping", "launch", "", 5, None])
    content = {"t": name, **{key: chance.choice(ODD) for key in chance.sample(FIELDS, 5)}}
    text = json.dumps(content)
    if chance.random() < 0.2:
        at = chance.randrange(len(text))
        text = text[:at] + chance.choice(["", "}", "[", "\\", "NaN", "\u2028"]) + text[at + 1 :]
    return text


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
async def test_broken_frames_leave_no_traceback(
    group: Group, ana: Member, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    room = await sync_to_async(make_chat.room)(group)
    # The bounds close a socket after a few; here one socket takes all of them.
    monkeypatch.setattr(RoomConsumer, "frames_per_s", 10.0**9)
    monkeypatch.setattr(RoomConsumer, "burst", 10**9)
    monkeypatch.setattr("community.members.sockets.BAD_FRAMES", 10**9)
    socket = await RoomSocket.of(ana)
    caplog.set_level(logging.WARNING)
    chance = random.Random(6)
    sent = 0
    monkeypatch.setattr("community.chat.consumers.VERSION", 2**64)
    while sent < COUNT:
        for _ in range(30):
            await socket.wire.send_input(
                {"type": "websocket.receive", "text": some_frame(chance)}
                if chance.random() < 0.98
                else {"type": "websocket.receive", "bytes": b"\x00\xff"}
            )
        sent += 30
        await socket.send("join", room=room.id, ref=sent)
        # Everything before it was worked off, in order.
        while (await socket.next("joined", within_s=30)).get("ref") != sent:
            continue
        socket.seen.clear()
    assert [record.getMessage() for record in caplog.records if record.levelno >= 30] == []
    await socket.send("ping", n=5)
    assert (await socket.next("pong"))["n"] == 5
    with contextlib.suppress(AssertionError):
        await socket.wire.disconnect()
    assert await ChatMessage.objects.acount() == 0

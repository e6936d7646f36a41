"""Frames are built once, written in order, and a reader too slow for them is let go."""

import asyncio
import json
import socket as network
from typing import Any

import pytest
from autobahn.websocket.protocol import WebSocketProtocol
from twisted.internet import tcp

from community.members import wire
from community.members.wire import DirectWriter, PortableWriter, framed, prepared, writer_for

FRAME = prepared({"t": "msg", "body": "x" * 1000})


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_frame_is_what_the_standard_says(size: int) -> None:
    payload = b"x" * size
    whole = framed(payload)
    assert whole[0] == 0x81
    length, head = whole[1], 2
    if length == 126:
        length, head = int.from_bytes(whole[2:4], "big"), 4
    elif length == 127:
        length, head = int.from_bytes(whole[2:10], "big"), 10
    assert (length, whole[head:]) == (size, payload)


def test_text_and_wire_say_the_same() -> None:
    ready = prepared({"t": "msg", "body": "ä🙂"})
    assert json.loads(ready.text) == {"t": "msg", "body": "ä🙂"}
    assert ready.wire[2:] == ready.text.encode()


class Stuck:
    """A socket of our server whose reader took `reads` bytes and no more."""

    def __init__(self, reads: int = 0) -> None:
        self.reads, self.written, self.was_cut = reads, b"", False

    def takes_whole_frames(self) -> bool:
        return True

    def put(self, frame: bytes) -> int:
        self.written += frame
        return self.unsent_bytes()

    def unsent_bytes(self) -> int:
        return max(0, len(self.written) - self.reads)

    def cut(self) -> None:
        self.was_cut = True


def test_a_slow_reader_is_cut_at_the_bound_and_a_quick_one_never() -> None:
    gone: list[str] = []
    slow, quick = Stuck(), Stuck(reads=10**9)
    of_slow = DirectWriter(slow, lambda: gone.append("slow"))
    of_quick = DirectWriter(quick, lambda: gone.append("quick"))
    held = True
    while held:
        held = of_slow.write(FRAME)
        assert of_quick.write(FRAME)
    assert (slow.was_cut, quick.was_cut, gone) == (True, False, ["slow"])
    assert wire.UNSENT_BYTES < slow.unsent_bytes() < wire.UNSENT_BYTES + 2 * len(FRAME.wire)


def test_what_is_not_worth_keeping_is_left_out_first() -> None:
    stuck = Stuck()
    writer = DirectWriter(stuck, lambda: None)
    while stuck.unsent_bytes() <= wire.SHED_BYTES:
        assert writer.write(FRAME, ephemeral=True)
    before = len(stuck.written)
    assert writer.write(FRAME, ephemeral=True)
    assert len(stuck.written) == before
    assert writer.write(FRAME)
    assert len(stuck.written) > before


def test_a_long_answer_is_not_slowness() -> None:
    stuck = Stuck()
    writer = DirectWriter(stuck, lambda: None)
    assert writer.write(prepared({"events": "x" * 250_000}), answer=True)
    assert writer.write(prepared({"events": "x" * 250_000}), answer=True)
    assert writer.write(FRAME)
    assert not stuck.was_cut


async def test_the_portable_writer_keeps_the_order_and_the_same_bounds() -> None:
    sent: list[str] = []
    gate = asyncio.Event()
    gone: list[bool] = []

    async def send(text: str) -> None:
        await gate.wait()
        sent.append(text)

    writer = PortableWriter(send, lambda: gone.append(True))
    for n in range(200):
        assert writer.write(prepared({"n": n}))
    gate.set()
    await writer.flush()
    assert [json.loads(text)["n"] for text in sent] == list(range(200))
    gate.clear()
    count = 0
    while writer.write(prepared({"n": 1})):
        count += 1
    assert (count in (wire.UNSENT_FRAMES, wire.UNSENT_FRAMES + 1), gone) == (True, [True])


async def test_the_way_out_is_chosen_by_what_the_server_offers() -> None:
    async def send(text: str) -> None:
        """Nobody listens."""

    class Compressing(Stuck):
        def takes_whole_frames(self) -> bool:
            return False

    def kind(scope: dict[str, Any]) -> type:
        return type(writer_for(scope, send, lambda: None))

    assert kind({}) is PortableWriter
    assert kind({wire.SOCKET: Compressing()}) is PortableWriter
    assert kind({wire.SOCKET: Stuck()}) is DirectWriter


def test_the_libraries_have_what_the_direct_way_reads() -> None:
    """When an update takes one of these away, sockets fall back, and this says why."""
    here, there = network.socketpair()
    with here, there:
        transport = tcp.Connection(here, None, reactor=None)
        assert (transport.dataBuffer, transport.offset, transport._tempDataLen) == (b"", 0, 0)
        assert transport.socket is here
        assert not transport.disconnecting
    assert {"STATE_OPEN", "dropConnection", "sendMessage"} <= set(dir(WebSocketProtocol))

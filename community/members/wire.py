"""From an event to the network: encoded once, framed once, written without waiting for a reader.

Two writers with one behaviour. `DirectWriter` hands whole frames to our own server's socket, which
costs a third of the way through ASGI. `PortableWriter` speaks ASGI and runs on any server. Which
one a socket has is decided when it opens: slower perhaps, never wrong.
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol

# More than this unsent: what is not worth keeping (typing, presence) is left out.
SHED_BYTES = 128 * 1024
# More than this unsent: the reader is let go; its next connection asks for what it missed.
UNSENT_BYTES = 256 * 1024
UNSENT_FRAMES = 256
# Answers to the reader's own questions may be long (a replay); even they end somewhere.
ANSWER_BYTES = 1024 * 1024

# Where our server puts its socket into the ASGI scope (config/server.py).
SOCKET = "hearth.socket"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A frame ready for everybody: its JSON, and the same as one WebSocket frame.

    wire: unmasked and uncompressed, as RFC 6455 section 5.2 has it from server to client.
    """

    text: str
    wire: bytes


def prepared(content: MutableMapping[str, Any]) -> Prepared:
    """Encode a frame. Once for one event, however many read it."""
    text = json.dumps(content, separators=(",", ":"))
    return Prepared(text, framed(text.encode()))


def framed(payload: bytes) -> bytes:
    """A text frame: FIN and opcode 1, then the length in 7, 16 or 64 bits, then the payload."""
    size = len(payload)
    if size < 126:
        head = bytes((0x81, size))
    elif size < 65536:
        head = b"\x81\x7e" + size.to_bytes(2, "big")
    else:
        head = b"\x81\x7f" + size.to_bytes(8, "big")
    return head + payload


class WholeFrames(Protocol):
    """What a server's socket offers when it takes whole frames."""

    def takes_whole_frames(self) -> bool:
        """Whether `put` may be used: open, and no compression was agreed."""
        ...

    def put(self, wire: bytes) -> int:
        """Write a whole frame after all earlier ones. Returns the bytes still unsent."""
        ...

    def unsent_bytes(self) -> int:
        """What waits in this process to be written to the network."""
        ...

    def cut(self) -> None:
        """End the connection now; what is unsent is thrown away."""
        ...


class Writer(Protocol):
    """The way out of one socket. Nothing here waits for the reader."""

    def write(self, frame: Prepared, *, answer: bool = False, ephemeral: bool = False) -> bool:
        """Send a frame in the order of the calls. False: the reader is too slow and was let go.

        answer: the reader asked for it, so it may be long. ephemeral: left out when much waits.
        """
        ...

    async def flush(self) -> None:
        """Return when what was written has left this process, or cannot."""
        ...


class DirectWriter:
    """Writes to the socket of our own server."""

    __slots__ = ("_owed", "_socket", "_too_slow")

    def __init__(self, socket: WholeFrames, too_slow: Callable[[], None]) -> None:
        self._socket, self._too_slow = socket, too_slow
        # What the reader asked for may still be on its way; only the rest counts as slowness.
        self._owed = 0

    def write(self, frame: Prepared, *, answer: bool = False, ephemeral: bool = False) -> bool:
        if ephemeral and self._socket.unsent_bytes() > SHED_BYTES:
            return True
        unsent = self._socket.put(frame.wire)
        if not unsent:
            self._owed = 0
            return True
        if answer:
            self._owed = min(self._owed + len(frame.wire), ANSWER_BYTES)
        if unsent > UNSENT_BYTES + self._owed:
            self._socket.cut()
            self._too_slow()
            return False
        return True

    async def flush(self) -> None:
        return


class PortableWriter:
    """Writes through ASGI, one frame after the other, and holds what waits."""

    def __init__(
        self, send: Callable[[str], Awaitable[None]], too_slow: Callable[[], None]
    ) -> None:
        self._send, self._too_slow = send, too_slow
        self._waiting: deque[tuple[str, bool]] = deque()
        self._bytes = self._frames = 0  # of what was not asked for
        self._all_bytes = 0
        self._pump: asyncio.Task[None] | None = None

    def write(self, frame: Prepared, *, answer: bool = False, ephemeral: bool = False) -> bool:
        if ephemeral and self._all_bytes > SHED_BYTES:
            return True
        self._count(frame.text, answer, 1)
        self._waiting.append((frame.text, answer))
        if (
            self._frames > UNSENT_FRAMES
            or self._bytes > UNSENT_BYTES
            or self._all_bytes > UNSENT_BYTES + ANSWER_BYTES
        ):
            self._forget()
            self._too_slow()
            return False
        if self._pump is None or self._pump.done():
            self._pump = asyncio.get_running_loop().create_task(self._run())
        return True

    def _count(self, text: str, answer: bool, sign: int) -> None:
        self._all_bytes += sign * len(text)
        if not answer:
            self._bytes += sign * len(text)
            self._frames += sign

    def _forget(self) -> None:
        self._waiting.clear()
        self._all_bytes = self._bytes = self._frames = 0

    async def _run(self) -> None:
        while self._waiting:
            text, answer = self._waiting.popleft()
            self._count(text, answer, -1)
            try:
                await self._send(text)
            except Exception:
                # The reader is gone; the server says so in its own words.
                self._forget()

    async def flush(self) -> None:
        if self._pump is not None and self._pump is not asyncio.current_task():
            await asyncio.wait({self._pump}, timeout=5)


def writer_for(
    scope: MutableMapping[str, Any],
    send: Callable[[str], Awaitable[None]],
    too_slow: Callable[[], None],
) -> Writer:
    """The best writer for an accepted socket.

    send: sends one text through ASGI. too_slow: called once when the reader was let go.
    """
    socket = scope.get(SOCKET)
    if socket is not None and socket.takes_whole_frames():
        return DirectWriter(socket, too_slow)
    return PortableWriter(send, too_slow)

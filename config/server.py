"""Daphne inside our own process: bounded on every side, and with a calm end.

Stock Daphne dies of SIGTERM while a socket is open, keeps what a socket sends in a queue without
bound, and takes request bodies of any size (platform facts F2 and F7). Importing this module
installs Twisted's asyncio reactor, so it is imported before anything else of Twisted.
"""

import asyncio
import errno
import json
import random
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import daphne.server
from autobahn.websocket.types import ConnectionDeny
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import defer, reactor

from community.members.wire import SOCKET
from config.background import draining

RESTARTING = 4012
TOO_FAST = 4429
FRAME_BYTES = 16 * 1024
UNREAD_FRAMES = 64
UNREAD_BYTES = 256 * 1024
UNSENT_BYTES = 1024 * 1024
BODY_BYTES = 1024 * 1024
DRAIN_S = 8.0
REQUEST_S = 60


class Socket(WebSocketProtocol):
    """A socket that is closed when the application cannot keep up with it, or it with us."""

    server: Any = None
    maxMessagePayloadSize: int

    def onConnect(self, request: Any) -> Any:
        if draining.is_set():
            raise ConnectionDeny(503, "Restarting")
        self._sizes: deque[int] = deque()
        # Too large a frame is answered with 1009 instead of a cut line (1006).
        self.failByDrop = False
        return super().onConnect(request)

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:
        if self.server is not None:  # it is unset for a connection turned away above
            super().onClose(wasClean, code, reason)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        if self.state != self.STATE_OPEN:
            return
        # The queue holds frames in order, so the last sizes are those of the frames still in it.
        self._sizes.append(len(payload))
        while len(self._sizes) > self.application_queue.qsize() + 1:
            self._sizes.popleft()
        if len(self._sizes) > UNREAD_FRAMES or sum(self._sizes) > UNREAD_BYTES:
            self.bye(TOO_FAST, "flooding")
            # None of it was answered, so none of it is promised; and it is memory.
            while not self.application_queue.empty():
                self.application_queue.get_nowait()
            return
        super().onMessage(payload, isBinary)

    def serverSend(self, content: Any, binary: bool = False) -> None:
        # A reader that stopped reading. No close frame would reach it either; its next connection
        # asks for what it missed.
        if self.unsent_bytes() > UNSENT_BYTES:
            self.dropConnection(abort=True)
            return
        super().serverSend(content, binary)

    def sendMessage(self, payload: bytes, *args: Any, **options: Any) -> None:
        # The library holds what we send to the bound of what may come in; history is longer.
        bound, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
        try:
            super().sendMessage(payload, *args, **options)
        finally:
            self.maxMessagePayloadSize = bound

    # --- Whole frames, for community/members/wire.py ---------------------------------------------

    def takes_whole_frames(self) -> bool:
        """Whether `put` may be used: open, plain, and with nothing between us and the transport."""
        return (
            self.state == self.STATE_OPEN
            and self._perMessageCompress is None
            and hasattr(self.transport, "_tempDataLen")
            and hasattr(self.transport, "socket")
        )

    def put(self, wire: bytes) -> int:
        """Write a whole frame after all earlier ones. Returns the bytes still unsent.

        When nothing waits, it goes to the network at once: the reactor's own way costs a turn of
        the loop and half as much again.
        """
        if self.state != self.STATE_OPEN:
            return 0
        transport = self.transport
        if not self.send_queue and not self.unsent_bytes() and not transport.disconnecting:
            try:
                sent = transport.socket.send(wire)
            except OSError:
                sent = 0  # full, or gone: the transport finds out which
            if sent == len(wire):
                return 0
            wire = wire[sent:]
        transport.write(wire)
        return self.unsent_bytes()

    def cut(self) -> None:
        """End the connection now; what is unsent is thrown away."""
        self.dropConnection(abort=True)

    def bye(self, code: int, reason: str, retry_ms: int = 0) -> None:
        """Say why in the words of docs/protocol.md, then close with the same code."""
        words = {"t": "bye", "code": code, "reason": reason, "retry": True, "retry_ms": retry_ms}
        self.serverSend(json.dumps(words))
        self.serverClose(code)

    def unsent_bytes(self) -> int:
        """What waits in this process to be written to the network."""
        transport = self.transport
        held = len(getattr(transport, "dataBuffer", b"")) - getattr(transport, "offset", 0)
        return held + getattr(transport, "_tempDataLen", 0)


class Request(WebRequest):
    """A request whose body ends at BODY_BYTES, whether it said so beforehand or not."""

    _body_bytes = 0
    _refused = False

    def gotLength(self, length: int | None) -> None:
        if length is not None and length > BODY_BYTES:
            self._too_large()
            return
        super().gotLength(length)

    def handleContentChunk(self, data: bytes) -> None:
        self._body_bytes += len(data)
        if self._body_bytes > BODY_BYTES:
            self._too_large()
        if not self._refused:
            super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        if not self._refused:
            super().requestReceived(command, path, version)

    def _too_large(self) -> None:
        if self._refused or not self.channel:
            return
        self._refused = True
        text = b"This is larger than we can take. Please send less.\n"
        self.channel.transport.write(
            b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n"
            b"Content-Type: text/plain; charset=utf-8\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(text), text)
        )
        self.channel.loseConnection()


class Requests(HTTPFactory):
    def buildProtocol(self, addr: Any) -> Any:
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = Request
        return protocol


class Server(daphne.server.Server):
    """One listening process.

    endpoint: a Twisted endpoint, such as tcp:port=8000:interface=127.0.0.1 (port 0: any spare one).
    on_ready: called once with the (host, port) or None for a unix socket.
    on_drain: called once when the end was asked for.
    `refused` says why listening was not possible; `cut_off` whether work was still going on when
    the time to end was over.
    """

    def __init__(
        self,
        application: Any,
        endpoint: str,
        *,
        on_ready: Callable[[tuple[str, int] | None], None],
        on_drain: Callable[[], None],
    ) -> None:
        super().__init__(
            application,
            endpoints=[endpoint],
            signal_handlers=False,
            http_timeout=REQUEST_S,
            # The default ends every socket after a day; sessions have their own ends.
            websocket_timeout=-1,
            websocket_max_message_size=FRAME_BYTES,
            websocket_max_frame_size=FRAME_BYTES,
            ping_interval=20,
            ping_timeout=30,
            ready_callable=self._ready,
            server_name="",
            verbosity=0,
        )
        self.refused = ""
        self.cut_off = False
        self._ports: list[Any] = []
        self._on_ready, self._on_drain = on_ready, on_drain
        self._drained_by = 0.0

    def run(self) -> None:
        # Daphne's run() builds both factories itself; what they make is decided here.
        original = daphne.server.HTTPFactory, daphne.server.WebSocketFactory.protocol
        daphne.server.HTTPFactory = Requests
        daphne.server.WebSocketFactory.protocol = Socket
        try:
            super().run()
        finally:
            daphne.server.HTTPFactory, daphne.server.WebSocketFactory.protocol = original

    def drain(self) -> None:
        """Take no more, let go of sockets, finish what was begun, end. A second call ends now."""
        if draining.is_set():
            reactor.callFromThread(self.stop)
            return
        draining.set()
        reactor.callFromThread(self._drain)

    # --- Called by Daphne -------------------------------------------------------------------

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if isinstance(protocol, Socket):
            scope[SOCKET] = protocol
        return super().create_application(protocol, scope)

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        # Daphne forgets the ports, and could then never stop listening.
        self._ports.append(port)

    def listen_error(self, failure: Any) -> None:
        number = getattr(getattr(failure.value, "socketError", None), "errno", 0)
        self.refused = errno.errorcode.get(number, type(failure.value).__name__)
        self.stop()

    def kill_all_applications(self) -> defer.Deferred:
        """Cancel what is left, and wait for it a second at most."""
        left = self._unfinished()
        self.cut_off = bool(left)
        for future in left:
            future.cancel()
        ended = defer.Deferred.fromFuture(asyncio.gather(*left, return_exceptions=True))
        return ended.addTimeout(1, reactor).addErrback(lambda _: None)

    # --- The end ----------------------------------------------------------------------------

    def _ready(self) -> None:
        self._on_ready(self.listening_addresses[0] if self.listening_addresses else None)

    def _drain(self) -> None:
        self._drained_by = time.monotonic() + DRAIN_S
        self._on_drain()
        for port in self._ports:
            port.stopListening()
        self._stop_when_finished()

    def _stop_when_finished(self) -> None:
        for protocol in list(self.connections):
            # Looked at each time: a socket that was still being opened is let in first.
            if isinstance(protocol, Socket) and protocol.state == Socket.STATE_OPEN:
                # Not all at once to the process that takes over.
                protocol.bye(RESTARTING, "restarting", retry_ms=random.randrange(2000))  # noqa: S311
        finished = not self._unfinished() and not self._open()
        if finished or time.monotonic() > self._drained_by:
            self.stop()
        else:
            reactor.callLater(0.05, self._stop_when_finished)

    def _unfinished(self) -> list[Any]:
        futures = [details.get("application_instance") for details in self.connections.values()]
        return [future for future in futures if future is not None and not future.done()]

    def _open(self) -> bool:
        """Whether an answer is still on its way to the network."""
        return any("disconnected" not in details for details in self.connections.values())

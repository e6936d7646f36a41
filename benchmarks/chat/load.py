"""Sockets that read and talk: as little processor time as possible, since it is not measured."""

import asyncio
import base64
import json
import os
import re
import time
import uuid
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

WRITERS = 10
IN_FLIGHT = 8
BODY = "The walk by the river was calm today, and I slept a little better than last week, I think."
_NUMBER = re.compile(rb"n(\d+)x")


@dataclass
class Result:
    """What one run gave: processor seconds of the servers, deliveries, and waits to the last."""

    cpu_s: float = 0.0
    deliveries: int = 0
    seconds: float = 0.0
    lost: int = 0
    waits_ms: list[float] = field(default_factory=list)

    @property
    def cost(self) -> float:
        """Processor seconds of the server per 100,000 deliveries."""
        return self.cpu_s / max(self.deliveries, 1) * 100_000

    def wait(self, share: float) -> float:
        """A quantile of the time from sending to the last delivery, in milliseconds."""
        ordered = sorted(self.waits_ms) or [0.0]
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def cpu_s(pid: int) -> float:
    """Processor seconds a process has used, in user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_kib(pid: int) -> int:
    """Memory of a process that is resident, in KiB."""
    return (
        int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    )


class Client(asyncio.Protocol):
    """One socket. `frame(payload)` is called for each text frame; closes set `closed`."""

    def __init__(self, talk: "Talk", host: str, path: str, head: dict[str, str]) -> None:
        self.talk, self.host, self.path, self.head = talk, host, path, head
        self.rest = b""
        self.ready = asyncio.get_running_loop().create_future()
        self.joined = asyncio.get_running_loop().create_future()
        self.closed_with = 0
        self.closed_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {self.path} HTTP/1.1",
            f"Host: {self.host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *(f"{name}: {value}" for name, value in self.head.items()),
        ]
        transport.write("\r\n".join([*lines, "", ""]).encode())

    def data_received(self, data: bytes) -> None:
        data = self.rest + data if self.rest else data
        at = 0
        if not self.ready.done():
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self.rest = data
                return
            assert data.startswith(b"HTTP/1.1 101"), data[:200]
            at = end + 4
            self.ready.set_result(None)
        size = len(data)
        while size - at >= 2:
            length, begin = data[at + 1], at + 2
            if length == 126:
                length, begin = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif length == 127:
                length, begin = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            if begin + length > size:
                break
            opcode = data[at] & 15
            if opcode == 1:
                self.talk.frame(self, data[begin : begin + length])
            elif opcode == 8:
                self.closed_with = int.from_bytes(data[begin : begin + 2], "big")
                self.closed_at = time.perf_counter()
            elif opcode == 9:
                self.put(10, data[begin : begin + length])
            at = begin + length
        self.rest = data[at:]

    def put(self, opcode: int, payload: bytes) -> None:
        """Send one frame, masked with zeros: allowed, and cheap."""
        size = len(payload)
        head = bytes((0x80 | opcode,))
        head += bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        self.transport.write(head + b"\0\0\0\0" + payload)

    def send(self, content: dict[str, object]) -> None:
        self.put(1, json.dumps(content).encode())

    def connection_lost(self, error: Exception | None) -> None:
        self.closed_at = self.closed_at or time.perf_counter()
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("closed before it opened"))


class Talk:
    """A room full of sockets at one address. room: ours, or 0 for the peers."""

    def __init__(self, address: str, path: str, heads: list[dict[str, str]], room: int) -> None:
        self.address, self.path, self.heads, self.room = address, path, heads, room
        self.clients: list[Client] = []
        self.sent_at: dict[int, float] = {}
        self.heard: dict[int, int] = {}
        self.result = Result()
        self.number = 0
        self.done = asyncio.Event()
        self.running = False
        self.refused = 0
        self.top = 0

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        host, _, port = self.address.partition(":")
        for head in self.heads:
            _, client = await loop.create_connection(
                partial(Client, self, self.address, self.path, head), host, int(port)
            )
            await asyncio.wait_for(client.ready, 20)
            self.clients.append(client)
            if self.room:
                client.send({"t": "hello", "v": 1, "rooms": [{"room": self.room}]})
        if self.room:
            await asyncio.wait_for(asyncio.gather(*(one.joined for one in self.clients)), 60)

    def close(self) -> None:
        for client in self.clients:
            client.transport.abort()

    def say(self) -> None:
        n = self.number = self.number + 1
        self.heard[n] = 0
        self.sent_at[n] = time.perf_counter()
        frame: dict[str, object] = {"t": "send", "body": f"n{n}x {BODY}"}
        if self.room:
            frame |= {"room": self.room, "cid": uuid.uuid4().hex}
        self.clients[n % min(WRITERS, len(self.clients))].send(frame)

    def frame(self, client: Client, payload: bytes) -> None:
        if payload[5:12].find(b"msg") < 0:
            if payload.startswith(b'{"t":"joined"') and not client.joined.done():
                self.top = json.loads(payload)["seq"]
                client.joined.set_result(None)
            elif payload.startswith((b'{"t":"nack"', b'{"t":"err"', b'{"t":"bye"')):
                self.refused += 1
                if self.refused < 4:
                    print("  refused:", payload.decode()[:200])
            return
        found = _NUMBER.search(payload)
        if found is None:
            return
        n = int(found[1])
        if n not in self.heard:
            return
        self.heard[n] += 1
        self.result.deliveries += 1
        if self.heard[n] == len(self.clients):
            self.result.waits_ms.append((time.perf_counter() - self.sent_at[n]) * 1000)
            del self.heard[n]
            if self.running:
                self.say()
            elif not self.heard:
                self.done.set()

    async def warm(self, messages: int = 30) -> None:
        """Some messages before anything counts: models are loaded, statements are prepared."""
        await self.measured([], messages=messages, rate=20.0)

    async def measured(
        self, pids: list[int], *, seconds: float = 0, messages: int = 0, rate: float = 0
    ) -> Result:
        """Talk for so many seconds with 8 messages under way, or so many messages at a rate."""
        self.result, self.heard = Result(), {}
        self.done.clear()
        before, began = sum(map(cpu_s, pids)), time.perf_counter()
        if rate:
            for n in range(messages):
                self.say()
                await asyncio.sleep(max(0.0, began + (n + 1) / rate - time.perf_counter()))
        else:
            self.running = True
            for _ in range(IN_FLIGHT):
                self.say()
            await asyncio.sleep(seconds)
            self.running = False
        try:
            if self.heard:
                await asyncio.wait_for(self.done.wait(), 30)
        except TimeoutError:
            self.result.lost = sum(len(self.clients) - got for got in self.heard.values())
        self.result.seconds = time.perf_counter() - began
        self.result.cpu_s = sum(map(cpu_s, pids)) - before
        return self.result

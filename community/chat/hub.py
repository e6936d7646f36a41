"""From the bus to this process's own sockets: one subscription a room, one frame for everybody.

The bus may lose, double or reorder events. Here they come out in the order of the log: an early one
waits for the one before it, a hole is read from the database, and every two seconds the database is
asked whether anything was missed altogether.
"""

import asyncio
import logging
import time
from collections import deque
from typing import Protocol
from weakref import WeakKeyDictionary

from community.chat import broadcast
from community.chat.broadcast import Frame
from community.chat.models import Room
from community.members.live import Event, switchboard
from community.members.sockets import in_thread
from community.members.wire import Prepared, prepared

log = logging.getLogger(__name__)

RING = 256
SWEEP_S = 2.0
# How long an early frame waits for the one before it, until the database is asked.
HOLE_S = 0.05
FILL = 500
# A room that everybody left stays this long: after a lost network all come back at once.
LINGER_S = 60.0


class Reader(Protocol):
    """Called with the place and the encoded frame; must not block. hidden: whom it never meets."""

    hidden: frozenset[int]

    def __call__(self, seq: int, frame: Prepared) -> None: ...


class Line:
    """One room in this process: who listens, how far they are, the newest frames."""

    def __init__(self, room_id: int) -> None:
        self.room_id = room_id
        self.readers: set[Reader] = set()
        self.last_seq = -1
        self.early: dict[int, Frame] = {}
        self.ring: deque[Frame] = deque(maxlen=RING)
        self.filling = False
        self.empty_since = 0.0
        self.begun: asyncio.Task[None] | None = None

    def remember(self, frame: Frame) -> None:
        """Keep the frame, and no words in memory that it took away."""
        if frame["t"] != "msg" and "mid" in frame:
            self.ring = deque(
                (broadcast.reworded(old, frame) for old in self.ring), maxlen=self.ring.maxlen
            )
        self.ring.append(frame)

    def after(self, seq: int, top: int) -> list[Frame] | None:
        """The frames after a place, when memory has all of them, up to `top` at the least."""
        if self.last_seq < top:
            # The bus is behind the database: a removal may be among what is missing.
            return None
        if seq < self.last_seq and (not self.ring or self.ring[0]["seq"] > seq + 1):
            return None
        return [frame for frame in self.ring if frame["seq"] > seq]


class Hub:
    """The rooms of one event loop. All methods run on that loop."""

    def __init__(self) -> None:
        self.lines: dict[int, Line] = {}
        self._sweeper: asyncio.Task[None] | None = None
        self._fills: set[asyncio.Task[None]] = set()
        # Subscribing and unsubscribing must not overtake each other.
        self._turn = asyncio.Lock()

    async def enter(self, room_id: int, reader: Reader) -> None:
        """Call reader(seq, frame) for every frame of the room's log from now on, in order.

        When it returns, whatever is committed later reaches the reader. Raises what the bus or
        the database raise.
        """
        line = self.lines.get(room_id)
        if line is None:
            line = self.lines[room_id] = Line(room_id)
            line.begun = asyncio.create_task(self._begin(line))
        line.readers.add(reader)
        begun = line.begun
        try:
            # Everybody waits for the first: before the line knows its place it hands out nothing.
            # Shielded, since the others need it when the one who asked is gone.
            if begun is not None:
                await asyncio.shield(begun)
        except BaseException:
            self.leave(room_id, reader)
            raise
        if self._sweeper is None or self._sweeper.done():
            self._sweeper = asyncio.create_task(self._sweep())

    async def _begin(self, line: Line) -> None:
        """First listen, then ask how far the log is: nothing falls between."""
        try:
            async with self._turn:
                await switchboard().listen(broadcast.room_topic(line.room_id), self._heard)
            top, frames = await in_thread(_end_of, line.room_id)
            line.ring.extend(frames)
            line.last_seq = top
            self._drain(line)
        except BaseException:
            self.lines.pop(line.room_id, None)
            raise
        finally:
            line.begun = None

    def leave(self, room_id: int, reader: Reader) -> None:
        """Stop calling the reader. Unknown pairs are ignored."""
        line = self.lines.get(room_id)
        if line is None:
            return
        line.readers.discard(reader)
        if not line.readers:
            line.empty_since = time.monotonic()

    def after(self, room_id: int, seq: int, top: int) -> list[Frame] | None:
        """Frames after a place from memory, or None when the database must be asked.

        top: how far the log is by the database, read just before.
        """
        line = self.lines.get(room_id)
        return None if line is None else line.after(seq, top)

    def _heard(self, event: Event) -> None:
        line = self.lines.get(event["room"])
        if line is None:
            return
        for frame in event["frames"]:
            if frame["seq"] > line.last_seq:
                line.early[frame["seq"]] = frame
        if line.last_seq < 0:
            return  # still being begun
        self._drain(line)
        if line.early and not line.filling:
            self._start_fill(line, HOLE_S)

    def _drain(self, line: Line) -> None:
        while (frame := line.early.pop(line.last_seq + 1, None)) is not None:
            self._hand_out(line, frame)
        for seq in [seq for seq in line.early if seq <= line.last_seq]:
            del line.early[seq]

    def _hand_out(self, line: Line, frame: Frame) -> None:
        for seq in sorted(line.early):
            # It was late, and what became of it is known already.
            frame = broadcast.reworded(frame, line.early[seq])
        ready = prepared(frame)
        line.last_seq = seq = frame["seq"]
        line.remember(frame)
        author = broadcast.author_of(frame)
        skip: Prepared | None = None
        for reader in list(line.readers):
            if author in reader.hidden:
                skip = skip or prepared(broadcast.skip_of(frame))
                reader(seq, skip)
            else:
                reader(seq, ready)

    def _start_fill(self, line: Line, wait_s: float) -> None:
        line.filling = True
        task = asyncio.get_running_loop().create_task(self._fill(line, wait_s))
        self._fills.add(task)
        task.add_done_callback(self._fills.discard)

    async def _fill(self, line: Line, wait_s: float) -> None:
        """Read what is missing from the log and hand it out in order."""
        try:
            await asyncio.sleep(wait_s)
            for frame in await in_thread(broadcast.frames_after, line.room_id, line.last_seq, FILL):
                if frame["seq"] == line.last_seq + 1:
                    self._hand_out(line, frame)
                    # Let the sockets write: many at once must not look like a slow reader.
                    await asyncio.sleep(0)
            self._drain(line)
        except Exception as error:
            log.warning("a gap stays for now: %s", type(error).__name__)
        finally:
            line.filling = False

    async def _sweep(self) -> None:
        while self.lines:
            await asyncio.sleep(SWEEP_S)
            try:
                await self._forget_empty()
                tops = await in_thread(_tops_of, list(self.lines))
            except Exception as error:
                log.warning("sweep put off: %s", type(error).__name__)
                continue
            for room_id, top in tops.items():
                line = self.lines.get(room_id)
                if line is not None and 0 <= line.last_seq < top and not line.filling:
                    self._start_fill(line, 0)

    async def _forget_empty(self) -> None:
        long_ago = time.monotonic() - LINGER_S
        for line in list(self.lines.values()):
            if line.readers or line.begun is not None or line.empty_since > long_ago:
                continue
            async with self._turn:
                # Somebody may have entered while we waited for our turn.
                if not line.readers and self.lines.pop(line.room_id, None) is not None:
                    await switchboard().leave(broadcast.room_topic(line.room_id), self._heard)


def _end_of(room_id: int) -> tuple[int, list[Frame]]:
    """How far a room's log is, and its last frames."""
    top = Room.objects.values_list("last_seq", flat=True).get(id=room_id)
    return top, broadcast.newest(room_id, RING, before=top + 1)


def _tops_of(room_ids: list[int]) -> dict[int, int]:
    return dict(Room.objects.filter(id__in=room_ids).values_list("id", "last_seq"))


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]

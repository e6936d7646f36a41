"""From the bus to this process's own sockets: one subscription a room, one frame for everybody.

The bus may lose, double or reorder events. Here they come out in the order of the log: an early one
waits for the one before it, a hole is read from the database, and every two seconds the database is
asked whether anything was missed altogether.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable
from weakref import WeakKeyDictionary

from community.chat import broadcast
from community.chat.models import Room
from community.members.live import Event, switchboard
from community.members.sockets import in_thread

log = logging.getLogger(__name__)

RING = 256
SWEEP_S = 2.0
HOLE_S = 0.05

# Called with the place and the encoded frame. Must not block.
Reader = Callable[[int, str], None]


class Line:
    """One room in this process: who listens, how far they are, the newest frames."""

    def __init__(self, room_id: int) -> None:
        self.room_id = room_id
        self.readers: set[Reader] = set()
        self.last_seq = -1
        self.early: dict[int, broadcast.Frame] = {}
        self.ring: deque[tuple[int, str]] = deque(maxlen=RING)
        self.filling = False


class Hub:
    """The rooms of one event loop. All methods run on that loop."""

    def __init__(self) -> None:
        self.lines: dict[int, Line] = {}
        self._sweeper: asyncio.Task[None] | None = None
        self._fills: set[asyncio.Task[None]] = set()

    async def enter(self, room_id: int, reader: Reader) -> None:
        """Call reader(seq, text) for every frame of the room's log from now on."""
        line = self.lines.get(room_id)
        if line is None:
            line = self.lines[room_id] = Line(room_id)
            line.readers.add(reader)
            await switchboard().listen(broadcast.room_topic(room_id), self._heard)
            top = await in_thread(_top_of, room_id)
            # Frames may have come while we asked; they know better.
            line.last_seq = max(line.last_seq, top)
            self._drain(line)
        line.readers.add(reader)
        if self._sweeper is None or self._sweeper.done():
            self._sweeper = asyncio.create_task(self._sweep())

    async def leave(self, room_id: int, reader: Reader) -> None:
        """Stop calling the reader."""
        line = self.lines.get(room_id)
        if line is None:
            return
        line.readers.discard(reader)
        if not line.readers:
            self.lines.pop(room_id, None)
            await switchboard().leave(broadcast.room_topic(room_id), self._heard)

    def _heard(self, event: Event) -> None:
        line = self.lines.get(event["room"])
        if line is None or event["seq"] <= line.last_seq:
            return
        line.early[event["seq"]] = event["frame"]
        if line.last_seq < 0:
            return  # still being entered
        self._drain(line)
        if line.early and not line.filling:
            self._start_fill(line, HOLE_S)

    def _drain(self, line: Line) -> None:
        while (frame := line.early.pop(line.last_seq + 1, None)) is not None:
            self._hand_out(line, line.last_seq + 1, frame)
        for seq in [seq for seq in line.early if seq <= line.last_seq]:
            del line.early[seq]

    def _hand_out(self, line: Line, seq: int, frame: broadcast.Frame) -> None:
        text = json.dumps(frame, separators=(",", ":"))
        line.last_seq = seq
        line.ring.append((seq, text))
        for reader in list(line.readers):
            reader(seq, text)

    def _start_fill(self, line: Line, wait_s: float) -> None:
        line.filling = True
        task = asyncio.get_running_loop().create_task(self._fill(line, wait_s))
        self._fills.add(task)
        task.add_done_callback(self._fills.discard)

    async def _fill(self, line: Line, wait_s: float) -> None:
        """Read what is missing from the log and hand it out in order."""
        try:
            await asyncio.sleep(wait_s)
            since = line.last_seq
            for frame in await in_thread(broadcast.frames_after, line.room_id, since):
                if frame["seq"] == line.last_seq + 1:
                    self._hand_out(line, frame["seq"], frame)
            self._drain(line)
        except Exception as error:
            log.warning("a gap stays for now: %s", type(error).__name__)
        finally:
            line.filling = False

    async def _sweep(self) -> None:
        while self.lines:
            await asyncio.sleep(SWEEP_S)
            try:
                tops = await in_thread(_tops_of, list(self.lines))
            except Exception as error:
                log.warning("sweep put off: %s", type(error).__name__)
                continue
            for room_id, top in tops.items():
                line = self.lines.get(room_id)
                if line is not None and 0 <= line.last_seq < top and not line.filling:
                    self._start_fill(line, 0)


def _top_of(room_id: int) -> int:
    return Room.objects.values_list("last_seq", flat=True).get(id=room_id)


def _tops_of(room_ids: list[int]) -> dict[int, int]:
    return dict(Room.objects.filter(id__in=room_ids).values_list("id", "last_seq"))


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]

"""From the bus to the sockets of a process: every frame once, in order, encoded once."""

import asyncio
import time
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from community.chat import actions, broadcast, hub
from community.chat.broadcast import Frame
from community.chat.models import Posting, Room
from community.members.models import Group, Member
from community.members.wire import Prepared
from moderation.models import State
from tests import make_chat
from tests.community.chat.test_broadcast import settle
from tests.make_chat import published

pytestmark = pytest.mark.django_db(transaction=True)


class Ear:
    """A reader that remembers what it got."""

    def __init__(self, *hidden: int) -> None:
        self.hidden = frozenset(hidden)
        self.got: list[tuple[int, Prepared]] = []

    def __call__(self, seq: int, frame: Prepared) -> None:
        self.got.append((seq, frame))

    @property
    def places(self) -> list[int]:
        """The places in the log, in the order in which they came."""
        return [seq for seq, _ in self.got]

    async def has(self, count: int, within_s: float = 10) -> bool:
        """Whether so many frames came in time."""
        for _ in range(int(within_s * 100)):
            if len(self.got) >= count:
                return True
            await asyncio.sleep(0.01)
        return False


@pytest.fixture
def room(group: Group) -> Room:
    return make_chat.room(group)


@pytest.fixture
async def here(monkeypatch: pytest.MonkeyPatch) -> hub.Hub:
    """The hub of this loop, with short waits."""
    monkeypatch.setattr(hub, "SWEEP_S", 0.2)
    return hub.hub()


def frame(room: Room, seq: int, **more: Any) -> Frame:
    by = {"id": 1, "name": "Ana", "role": ""}
    return {"t": "msg", "room": room.id, "seq": seq, "mid": seq, "by": by, "body": f"{seq}", **more}


def heard(here: hub.Hub, room: Room, *frames: Frame) -> None:
    here._heard({"t": "log", "room": room.id, "frames": list(frames)})


async def test_a_burst_reaches_every_reader_once_and_in_order(here: hub.Hub, room: Room) -> None:
    ears = [Ear() for _ in range(50)]
    for ear in ears:
        await here.enter(room.id, ear)
    for seq in range(1, 301):
        heard(here, room, frame(room, seq))
    assert all(ear.places == list(range(1, 301)) for ear in ears)


async def test_one_event_is_encoded_once_however_many_read_it(
    here: hub.Hub, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no reader costs a thread: what is counted is counted for 2 and for 40 readers."""
    done: list[str] = []
    real = hub.prepared

    def encoded(content: Frame) -> Prepared:
        done.append("encoded")
        return real(content)

    monkeypatch.setattr(hub, "prepared", encoded)
    threaded = hub.in_thread

    async def counted(*asked: Any) -> Any:
        done.extend(["thread"] * (asked[0] is not hub._end_of and asked[0] is not hub._tops_of))
        return await threaded(*asked)

    monkeypatch.setattr(hub, "in_thread", counted)
    readers = [0]
    for more in (2, 38):
        for _ in range(more):
            await here.enter(room.id, Ear())
        heard(here, room, frame(room, len(readers)))
        readers.append(more)
    assert done == ["encoded", "encoded"]


async def test_frames_of_one_event_are_the_same_bytes_and_a_block_is_one_more(
    here: hub.Hub, room: Room
) -> None:
    open_ears, apart = [Ear(), Ear()], [Ear(1), Ear(1)]
    for ear in (*open_ears, *apart):
        await here.enter(room.id, ear)
    heard(here, room, frame(room, 1))
    one, two = (ear.got[0][1] for ear in open_ears)
    three, four = (ear.got[0][1] for ear in apart)
    assert (one is two, three is four, "skip" in three.text) == (True, True, True)


@pytest.mark.parametrize("order", [(2, 1, 3), (3, 2, 1), (1, 1, 2, 2, 3, 3), (1, 3, 2, 1)])
async def test_swapped_and_doubled_events_come_out_in_order(
    here: hub.Hub, room: Room, order: tuple[int, ...]
) -> None:
    ear = Ear()
    await here.enter(room.id, ear)
    for seq in order:
        heard(here, room, frame(room, seq))
    assert ear.places == [1, 2, 3]


async def test_a_hole_is_filled_from_the_log(
    here: hub.Hub, room: Room, ana: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bus loses the first two of three."""
    ear = Ear()
    await here.enter(room.id, ear)
    real = broadcast.publish_on_commit
    told: list[Any] = []

    def lossy(topic: str, event: Any) -> None:
        told.append(event)
        if len(told) == 3:
            real(topic, event)

    monkeypatch.setattr(broadcast, "publish_on_commit", lossy)
    await sync_to_async(published)(room, ana, "One", "Two", "Three")
    assert await ear.has(3)
    assert ear.places == [1, 2, 3]


async def test_what_the_bus_lost_altogether_is_found_by_the_sweep(
    here: hub.Hub, room: Room, ana: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear = Ear()
    await here.enter(room.id, ear)
    monkeypatch.setattr(broadcast, "publish_on_commit", lambda *_: None)
    await sync_to_async(published)(room, ana, "One", "Two")
    assert await ear.has(2)
    assert ear.places == [1, 2]


async def test_what_is_published_while_somebody_enters_reaches_them(
    here: hub.Hub, room: Room, ana: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading how far the log is and knowing it: the pause is forced here."""
    real = hub._end_of

    def paused(room_id: int) -> tuple[int, list[Frame]]:
        end = real(room_id)
        published(room, ana, "Meanwhile")
        return end

    monkeypatch.setattr(hub, "_end_of", paused)
    ear = Ear()
    await here.enter(room.id, ear)
    assert await ear.has(1)
    assert ear.places == [1]


async def test_memory_forgets_words_that_were_taken_down(
    here: hub.Hub, room: Room, ana: Member, moss: Member
) -> None:
    ear = Ear()
    await here.enter(room.id, ear)
    _, goes = await sync_to_async(published)(room, ana, "Stays here", "Unsayable words")
    assert await ear.has(2)
    assert "Unsayable words" in str(here.after(room.id, 0, 2))
    await sync_to_async(settle)(goes, State.REMOVED, moss)
    assert await ear.has(3)
    left = str(here.after(room.id, 0, 3))
    assert ("Unsayable words" in left, "Stays here" in left) == (False, True)


async def test_who_comes_back_is_served_from_memory(here: hub.Hub, room: Room, ana: Member) -> None:
    """Up to the newest 256; what is older, or newer than the bus told, is the database's."""
    await here.enter(room.id, Ear())
    for seq in range(1, 301):
        heard(here, room, frame(room, seq))
    assert [one["seq"] for one in here.after(room.id, 280, 300) or []] == list(range(281, 301))
    assert here.after(room.id, 300, 300) == []
    assert here.after(room.id, 10, 300) is None
    assert here.after(room.id, 280, 301) is None


async def test_many_who_come_back_at_once_ask_for_the_room_once(
    here: hub.Hub, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real = hub._end_of

    def counted(room_id: int) -> tuple[int, list[Frame]]:
        asked.append(room_id)
        return real(room_id)

    monkeypatch.setattr(hub, "_end_of", counted)
    ears = [Ear() for _ in range(500)]
    await asyncio.gather(*(here.enter(room.id, ear) for ear in ears))
    heard(here, room, frame(room, 1))
    assert asked == [room.id]
    assert all(ear.places == [1] for ear in ears)


async def test_a_silent_reader_stays_in_the_room(
    here: hub.Hub, room: Room, ana: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Channels' layer in memory forgets who did not read for a minute, and anybody after a day."""
    ear = Ear()
    await here.enter(room.id, ear)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 26 * 3600)
    await asyncio.sleep(0.5)
    monkeypatch.setattr(time, "time", real)
    await sync_to_async(published)(room, ana, "Still here?")
    assert await ear.has(1)


async def test_a_room_that_nobody_reads_is_let_go_after_a_while(
    here: hub.Hub, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear = Ear()
    await here.enter(room.id, ear)
    here.leave(room.id, ear)
    await asyncio.sleep(0.5)
    assert room.id in here.lines, "all come back at once after a lost network"
    monkeypatch.setattr(hub, "LINGER_S", 0.0)
    for _ in range(100):
        await asyncio.sleep(0.05)
        if room.id not in here.lines:
            break
    assert room.id not in here.lines


async def test_each_kind_of_event_comes_live_as_it_comes_when_resumed(
    here: hub.Hub, room: Room, ana: Member, moss: Member
) -> None:
    """A message, its removal, its return, a change of how one may write."""
    ear = Ear()
    await here.enter(room.id, ear)

    def happen() -> list[Frame]:
        (message,) = published(room, ana, "A kind word")
        settle(message, State.REMOVED, moss)
        settle(message, State.VISIBLE, moss)
        actions.change_posting(room, Posting.MODERATED)
        return broadcast.frames_after(room.id, 0, 10)

    log = await sync_to_async(happen)()
    assert await ear.has(4)
    assert [one["t"] for one in log] == ["msg", "remove", "restore", "mode"]
    assert here.after(room.id, 0, 4) == log

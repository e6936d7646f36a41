"""The live bus: events reach local listeners after commit, from any thread."""

import asyncio
import threading

import pytest
from django.db import transaction

from community.members import live


async def gather(into: list[dict], count: int) -> None:
    """Wait until `count` events arrived, two seconds at most."""
    for _ in range(200):
        if len(into) >= count:
            return
        await asyncio.sleep(0.01)


async def test_an_event_reaches_every_listener_of_its_topic_and_no_other() -> None:
    board = live.switchboard()
    first: list[dict] = []
    second: list[dict] = []
    other: list[dict] = []
    await board.listen("room.1", first.append)
    await board.listen("room.1", second.append)
    await board.listen("room.2", other.append)
    live.publish("room.1", {"seq": 1})
    await gather(second, 1)
    await asyncio.sleep(0.05)
    assert (first, second, other) == ([{"seq": 1}], [{"seq": 1}], [])


async def test_a_thread_may_publish() -> None:
    board = live.switchboard()
    heard: list[dict] = []
    await board.listen("room.3", heard.append)
    thread = threading.Thread(target=live.publish, args=("room.3", {"seq": 7}))
    thread.start()
    thread.join()
    await gather(heard, 1)
    assert heard == [{"seq": 7}]


async def test_who_left_hears_nothing_more() -> None:
    board = live.switchboard()
    left: list[dict] = []
    stays: list[dict] = []
    leaver = left.append
    await board.listen("room.4", leaver)
    await board.listen("room.4", stays.append)
    await board.leave("room.4", leaver)
    live.publish("room.4", {"seq": 1})
    await gather(stays, 1)
    assert (left, stays) == ([], [{"seq": 1}])


async def test_a_listener_that_fails_keeps_nobody_else_from_hearing() -> None:
    board = live.switchboard()
    heard: list[dict] = []

    def broken(event: dict) -> None:
        raise RuntimeError

    await board.listen("room.5", broken)
    await board.listen("room.5", heard.append)
    live.publish("room.5", {"seq": 1})
    live.publish("room.5", {"seq": 2})
    await gather(heard, 2)
    assert heard == [{"seq": 1}, {"seq": 2}]


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_change_is_never_published(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, dict]] = []
    monkeypatch.setattr(live, "publish", lambda topic, event: sent.append((topic, event)))
    with transaction.atomic():
        live.publish_on_commit("room.6", {"seq": 1})
        transaction.set_rollback(True)
    assert sent == []
    with transaction.atomic():
        live.publish_on_commit("room.6", {"seq": 2})
        assert sent == []
    assert sent == [("room.6", {"seq": 2})]

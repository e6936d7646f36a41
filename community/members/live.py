"""The bus between database and open sockets, in one process or many.

In one process events go straight to its event loop. Between processes they go through Redis.

A topic is a name such as "room.7", "member.12" or "desk.1". Whoever changed something calls
`publish` after commit. In each serving process one `Switchboard` holds one subscription per topic
and hands each event to the local listeners. The bus may lose events (Channels' layers do): what
must not be missed is stored with a sequence number and fetched again by the listener.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer
from django.conf import settings

log = logging.getLogger(__name__)

# Longer than this, an event counts as lost; others wait behind it.
SEND_S = 5.0

Event = dict[str, Any]
Listener = Callable[[Event], None]


class Switchboard:
    """Topics and local listeners of one event loop. All methods run on that loop."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = {}
        self._channel: str | None = None
        self._reader: asyncio.Task[None] | None = None

    async def listen(self, topic: str, listener: Listener) -> None:
        """Call listener(event) for each event on the topic. The listener must not block."""
        new = topic not in self._listeners
        self._listeners.setdefault(topic, set()).add(listener)
        if in_one_process():
            return
        layer = get_channel_layer()
        if self._channel is None:
            # With the prefix that consumers have: the Redis layer reads one prefix at a time, and
            # an event on another one would wait up to five seconds for its turn.
            self._channel = await layer.new_channel()
            self._reader = asyncio.create_task(self._read())
        if new:
            await layer.group_add(topic, self._channel)

    async def leave(self, topic: str, listener: Listener) -> None:
        """Stop calling the listener. Unknown pairs are ignored."""
        listeners = self._listeners.get(topic)
        if listeners is None:
            return
        listeners.discard(listener)
        if not listeners:
            del self._listeners[topic]
            if self._channel is not None:
                await get_channel_layer().group_discard(topic, self._channel)

    async def _read(self) -> None:
        layer = get_channel_layer()
        while True:
            try:
                message = await layer.receive(self._channel)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                # The bus is away (Redis restarts). Listeners catch up by sequence number.
                log.warning("live bus interrupted: %s", type(error).__name__)
                await asyncio.sleep(1)
                await self._subscribe_again()
                continue
            self._hand_out(message)

    async def _subscribe_again(self) -> None:
        for topic in list(self._listeners):
            try:
                await get_channel_layer().group_add(topic, self._channel)
            except Exception:
                return

    def _hand_out(self, message: Event) -> None:
        self.hand_out(message["topic"], message["event"])

    def hand_out(self, topic: str, event: Event) -> None:
        """Call the topic's listeners; one that fails keeps no other from hearing."""
        for listener in list(self._listeners.get(topic, ())):
            try:
                listener(event)
            except Exception as error:
                log.error("a listener failed: %s", type(error).__name__)


_boards: WeakKeyDictionary[asyncio.AbstractEventLoop, Switchboard] = WeakKeyDictionary()
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
_publishing_loop: asyncio.AbstractEventLoop | None = None
_start = threading.Lock()


def switchboard() -> Switchboard:
    """The switchboard of the running event loop, which from now on also publishes."""
    global _publishing_loop
    loop = asyncio.get_running_loop()
    if loop not in _boards:
        _boards[loop] = Switchboard()
        _publishing_loop = loop
    return _boards[loop]


def _loop() -> asyncio.AbstractEventLoop:
    """The loop that publishes: the serving one, or a thread of our own where none serves.

    The in-memory layer's queues belong to one loop, and a Redis connection should outlive one
    call: publishing always happens on the same loop, whichever thread asks.
    """
    global _publishing_loop
    with _start:
        if _publishing_loop is None or _publishing_loop.is_closed():
            _publishing_loop = asyncio.new_event_loop()
            threading.Thread(
                target=_publishing_loop.run_forever, name="live-bus", daemon=True
            ).start()
        return _publishing_loop


def in_one_process() -> bool:
    """No other process hears our events: without Redis there is no way to it.

    Channels' layer in memory is left out then. It copies each event for each receiver, walks all
    channels at each step, and drops what comes after the first hundred unread.
    """
    return not settings.REDIS_URL


async def _send(topic: str, event: Event) -> None:
    # One at a time: side by side, Redis commands use several connections and overtake each other.
    turn = _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock())
    message = {"type": "live.event", "topic": topic, "event": event}
    try:
        async with turn, asyncio.timeout(SEND_S):
            await get_channel_layer().group_send(topic, message)
    except Exception as error:
        log.warning("live event lost: %s", type(error).__name__)


def publish(topic: str, event: Event) -> None:
    """Tell every process about an event. Returns at once; loss is possible and must be harmless.

    topic: ASCII letters, digits, '-', '_' and '.', under 100 characters.
    event: JSON primitives only, since Redis carries nothing else.
    Call it after commit, or use `publish_on_commit`.
    """
    loop = _loop()
    if not in_one_process():
        asyncio.run_coroutine_threadsafe(_send(topic, event), loop)
    elif (board := _boards.get(loop)) is not None:
        loop.call_soon_threadsafe(board.hand_out, topic, event)


def publish_on_commit(topic: str, event: Event) -> None:
    """`publish` when the current transaction commits; never when it rolls back."""
    from django.db import transaction

    transaction.on_commit(lambda: publish(topic, event))


def member_topic(member_id: int) -> str:
    """Events for all open sockets of one person."""
    return f"member.{member_id}"


def desk_topic(clinic_id: int) -> str:
    """Events for the care team of one clinic."""
    return f"desk.{clinic_id}"

"""Stores what is said, many messages to a transaction, without holding up the event loop.

While one transaction is under way the next messages gather; at rest each is stored at once. One
thread writes: on SQLite writers wait for each other by sleeping, and eight that each store one
message are slower than one that stores eight.
"""

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakKeyDictionary

from community.chat import answers
from community.chat.broadcast import Frame
from community.chat.frames import Send
from community.members.models import Member
from community.members.sockets import in_thread

MOST = 64

_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chat-writer")


class Writer:
    """The messages of one event loop that wait to be stored."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Member, Send, asyncio.Future[list[Frame] | None]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def say(self, member: Member, asked: Send) -> list[Frame]:
        """Store a message; the answer, after its commit. A socket has one under way at a time.

        Once handed in it is stored, whether anybody waits for the answer or not.
        """
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((member, asked, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        answer = await done
        # What is not plain may wait for a lock; the others do not wait with it.
        return await in_thread(answers.say, member, asked) if answer is None else answer

    async def _run(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
            asked = [(member, one) for member, one, _ in batch]
            try:
                found = await in_thread(answers.say_together, asked, threads=_thread)
            except BaseException as error:
                for _, _, done in batch:
                    if not done.done():
                        done.set_exception(error)
                raise
            for (_, _, done), answer in zip(batch, found, strict=True):
                if not done.done():
                    done.set_result(answer)


_writers: WeakKeyDictionary[asyncio.AbstractEventLoop, Writer] = WeakKeyDictionary()


def writer() -> Writer:
    """The writer of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _writers:
        _writers[loop] = Writer()
    return _writers[loop]

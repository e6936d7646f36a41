"""What every socket of ours shares: who may hold it open, how frames come in, how it says goodbye.

A browser sees a refusal before `accept` only as 1006, and Daphne drops the reason of a close. So
each socket is accepted first, and each close is preceded by a `bye` frame with the same code.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connections
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from community.members import turns
from community.members.live import Event, Listener, member_topic, switchboard
from community.members.models import Member
from community.members.sessions import SIGNED_OUT, WITHDRAWN, session_mark
from community.members.wire import Writer, prepared, writer_for

log = logging.getLogger(__name__)

T = TypeVar("T")

TRY_AGAIN = 4000
SLOW = 4008
NO_HELLO = 4009
NEEDS_SECOND_FACTOR = 4202
MALFORMED = 4400
TOO_MANY_TABS = 4409
TOO_OLD = 4426
FLOODING = 4429
REASONS = {
    TRY_AGAIN: "try_again",
    SLOW: "slow",
    NO_HELLO: "no_hello",
    SIGNED_OUT: "signed_out",
    NEEDS_SECOND_FACTOR: "second_factor",
    MALFORMED: "malformed",
    WITHDRAWN: "withdrawn",
    TOO_MANY_TABS: "too_many_tabs",
    TOO_OLD: "too_old",
    FLOODING: "flooding",
}

FRAME_BYTES = 16 * 1024
BAD_FRAMES = 3
HEARTBEAT_MS = 25_000
INBOX = 32
OPENINGS_A_MINUTE = 30
FLOOD_RETRY_MS = 30_000
TABS_RETRY_MS = 60_000

# Channels runs all database work of all sockets of a process on one thread by default: one slow
# query would stop everybody (platform fact F4). These threads are few, and each has a connection.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="socket-db")


async def in_thread(
    function: Callable[..., T], *args: Any, threads: ThreadPoolExecutor = _threads
) -> T:
    """Run database work of a socket beside the event loop, not behind other sockets' work.

    It is done to its end, even when nobody waits for it any more.
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(threads, _with_connection, function, args)


def _with_connection(function: Callable[..., T], args: tuple[Any, ...]) -> T:
    """Call it; give PostgreSQL's connection back to the pool and keep SQLite's, which is a file.

    Opening that file with its settings takes longer than most questions.
    """
    try:
        return function(*args)
    finally:
        for connection in connections.all(initialized_only=True):
            if connection.vendor != "sqlite" or connection.errors_occurred:
                connection.close()


def now_ms() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


class BadFrame(Exception):
    """What came in is no frame we know. Three of them close the socket with 4400.

    code: what the client is told. ref: its own number for the frame, if it gave one.
    """

    counts = True

    def __init__(self, code: str = "bad_frame", ref: int | None = None) -> None:
        super().__init__(code)
        self.code, self.ref = code, ref


class NotAllowed(BadFrame):
    """A frame that is understood and refused. It is answered with `err` and counts for nothing."""

    counts = False


@dataclass(frozen=True)
class Holder:
    """Whose session a socket was opened with: the person, or the code to close with."""

    member: Member | None
    session: SessionBase
    code: int = 0


def has_second_factor(session: SessionBase, member: Member) -> bool:
    """Whether the session was opened with a second factor. The same records the pages read."""
    records: list[dict[str, Any]] = get_authentication_records(
        SimpleNamespace(session=session), member
    )
    return any(record.get("method") == "mfa" for record in records)


def holder_of(session_key: str | None, *, active_at: float = 0.0) -> Holder:
    """Who holds the session now. Asks the database; run it in a thread.

    active_at: when the socket last carried something a person did, in seconds since the epoch; it
    counts like a request against the idle limit. The codes: 4201 when the session is over, 4403
    when the person is suspended, 4202 for staff without a second factor in this session.
    """
    return holders_of([(session_key, active_at)])[0]


def holders_of(asked: Sequence[tuple[str | None, float]]) -> list[Holder]:
    """`holder_of` for many (session key, active at) in two queries, in the same order."""
    keys = {key for key, _ in asked if key}
    alive = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    sessions: dict[str, SessionBase] = {}
    for row in alive:
        session = sessions[row.session_key] = SessionStore(row.session_key)
        # As the store would load it itself, but for all of them at once.
        session.__dict__["_session_cache"] = session.decode(row.session_data)
    ids = {_member_id(session) for session in sessions.values()}
    members = Member.objects.in_bulk(ids)
    holders = []
    nobody: SessionBase = SessionStore()
    for key, active_at in asked:
        held = sessions.get(key or "", nobody)
        holders.append(_holder(members.get(_member_id(held)), held, active_at))
    return holders


def _member_id(session: SessionBase) -> int:
    return int(session.get(SESSION_KEY) or 0)


def _holder(member: Member | None, session: SessionBase, active_at: float) -> Holder:
    if member is None or not _hash_holds(session, member):
        return Holder(None, session, SIGNED_OUT)
    if not member.is_active:
        return Holder(member, session, WITHDRAWN)
    if _ran_out(session, member, active_at):
        return Holder(member, session, SIGNED_OUT)
    if member.is_staff_role and not has_second_factor(session, member):
        return Holder(member, session, NEEDS_SECOND_FACTOR)
    return Holder(member, session)


def _hash_holds(session: SessionBase, member: Member) -> bool:
    """The passphrase is still the one of the session; under the current secret or an earlier one.

    Django would renew the session under the new secret here. A socket cannot set the cookie that
    this needs, so the session is left alone until the next page.
    """
    kept = str(session.get(HASH_SESSION_KEY, ""))
    hashes = [member.get_session_auth_hash(), *member.get_session_auth_fallback_hash()]
    return any(constant_time_compare(kept, known) for known in hashes)


def _ran_out(session: SessionBase, member: Member, active_at: float) -> bool:
    idle_s, whole_s = settings.SESSION_LIMITS_S["staff" if member.is_staff_role else "member"]
    now = time.time()
    seen = max(session.get("seen", now), active_at)
    return bool(now - seen > idle_s or now - session.get("began", now) > whole_s)


class GuardedConsumer:
    """A socket that belongs to a signed-in person for as long as they may hold it.

    An ASGI application for one connection. The read loop never waits: it counts, answers pings and
    puts frames into a short inbox, from which one task takes them in order. Frames go out through
    a writer that never waits for the reader (wire.py).

    Subclasses override `refusal`, `opened`, `frame`, `heard` and `closed`, and use `listen`,
    `send_frame`, `push`, `bye` and `in_thread`. `self.member` is the person, `self.mark` names the
    session.
    """

    subprotocol: str | None = None
    # Sockets of this kind that one person may hold in one process; the oldest makes room.
    tabs_most = 8
    recheck_s = 30.0
    hello_s = 10.0
    frames_per_s = 20.0
    burst = 40

    member: Member
    mark: str
    writer: Writer
    _closing: bool

    # --- What subclasses say --------------------------------------------------------------------

    def refusal(self, member: Member, session: SessionBase) -> int:
        """The code to close with, or 0. Runs in a thread, at opening and at each later look."""
        return 0

    async def opened(self) -> None:
        """The person may hold the socket and it listens on their topic already."""
        self.send_frame({"t": "welcome", "v": 1, "hb_ms": HEARTBEAT_MS, "now": now_ms()})

    async def frame(self, content: dict[str, Any]) -> None:
        """A frame came in; `t` is a string. Raise BadFrame for what is not understood."""
        if content["t"] != "hello":
            raise BadFrame("unknown_type")

    def heard(self, event: Event) -> None:
        """An event on the person's own topic, other than `ctl`. Must not block."""

    async def closed(self) -> None:
        """The socket is gone, or was never let in. Topics are left already."""

    # --- What subclasses use --------------------------------------------------------------------

    async def listen(self, topic: str, listener: Listener) -> None:
        """Call listener(event) for each event on the topic until the socket closes."""
        self._topics.append((topic, listener))
        await switchboard().listen(topic, listener)

    def send_frame(self, content: dict[str, Any]) -> None:
        """Send the answer to something the person asked; dropped once the socket is closing."""
        if not self._closing:
            self.writer.write(prepared(content), answer=True)

    def push(self, content: dict[str, Any]) -> None:
        """Send something nobody asked for, from a listener, in the order of the calls."""
        if not self._closing:
            self.writer.write(prepared(content))

    async def bye(self, code: int, *, retry_ms: int = 0) -> None:
        """Say why, then close with the same code. The second call does nothing."""
        if self._closing:
            return
        retry = code < SIGNED_OUT
        words = {"t": "bye", "code": code, "reason": REASONS.get(code, ""), "retry": retry}
        self.send_frame({**words, "retry_ms": retry_ms})
        self._closing = True
        await self.writer.flush()
        await self._send({"type": "websocket.close", "code": code})

    async def recheck(self) -> bool:
        """Look again whether the person may hold the socket; close it when not. True: they may."""
        code = await in_thread(self._look)
        await self.looked_at(code)
        return not code

    async def looked_at(self, code: int) -> None:
        """The person was looked at again. code: why they may not hold the socket, or 0."""
        if code:
            await self.bye(code)

    # --- The machine ----------------------------------------------------------------------------

    def __init__(self) -> None:
        self._topics: list[tuple[str, Listener]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._open = False
        self._greeted = False
        self._bad = 0
        self._over: list[float] = []
        self._tokens, self._filled_at = float(self.burst), time.monotonic()
        self._active_at = 0.0
        self._member_id = 0
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue(INBOX)

    @classmethod
    def as_asgi(cls) -> Any:
        """An ASGI application that makes one consumer for each connection."""

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await cls()(scope, receive, send)

        return app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope, self._send = scope, send
        self._key = scope.get("cookies", {}).get(settings.SESSION_COOKIE_NAME)
        self.mark = session_mark(self._key)
        try:
            await self._read(receive)
        finally:
            # Also when the server cancels us: nobody keeps writing to a socket that is gone.
            self._closing = True
            for task in list(self._tasks):
                task.cancel()
            sweeper().forget(self)
            for topic, listener in self._topics:
                await switchboard().leave(topic, listener)
            await self.closed()

    async def _read(self, receive: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        """Take what comes until the connection ends. Never waits for anything but the network."""
        while True:
            message = await receive()
            if message["type"] == "websocket.connect":
                offered = self.scope.get("subprotocols") or []
                chosen = self.subprotocol if self.subprotocol in offered else None
                await self._send({"type": "websocket.accept", "subprotocol": chosen})
                self.writer = writer_for(self.scope, self._send_text, self._let_go)
                self._soon(self._begin())
            elif message["type"] == "websocket.receive":
                self._take_in(message)
            else:
                return

    async def _send_text(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    def _let_go(self) -> None:
        """Part from a reader too slow for us. Its next connection asks for what it missed."""
        if not self._closing:
            self._soon(self.bye(SLOW))

    async def _begin(self) -> None:
        try:
            code = await self._admit()
            if code:
                await self.bye(code, retry_ms=TABS_RETRY_MS if code == FLOODING else 0)
                return
            self._open = True
            await self.opened()
            sweeper().watch(self)
        except Exception as error:
            log.warning("a socket could not be opened: %s", type(error).__name__)
            await self.bye(TRY_AGAIN)
            return
        self._soon(self._await_hello())
        while not self._closing:
            await self._work_on(await self._inbox.get())

    async def _admit(self) -> int:
        """Listen, then look again: who is suspended between the two looks is not missed."""
        code = await in_thread(self._look)
        if code:
            return code
        if not await in_thread(_may_open, self._member_id):
            return FLOODING
        await self.listen(member_topic(self._member_id), self._on_member_event)
        return await in_thread(self._look)

    async def _await_hello(self) -> None:
        """Who says nothing at all for a while holds a socket for nothing."""
        await asyncio.sleep(self.hello_s)
        if not self._greeted:
            await self.bye(NO_HELLO)

    def _look(self) -> int:
        """The code to close with, or 0. Runs in a thread."""
        return self.judge(holder_of(self._key, active_at=self._active_at))

    def judge(self, holder: Holder) -> int:
        """The code to close with now that this is who holds the session, or 0. In a thread."""
        if holder.member is None:
            gone = Member.objects.filter(id=self._member_id, is_active=False).exists()
            return WITHDRAWN if gone else holder.code
        if self._member_id and holder.member.id != self._member_id:
            return SIGNED_OUT
        self._member_id, self.member = holder.member.id, holder.member
        return holder.code or self.refusal(holder.member, holder.session)

    def _on_member_event(self, event: Event) -> None:
        if event.get("t") != "ctl":
            if self._open and not self._closing:
                self.heard(event)
        elif event.get("op") == "close" and event.get("session", self.mark) == self.mark:
            self._soon(self.bye(int(event["code"])))
        elif event.get("op") in ("refresh", "blocks"):
            self._soon(self._recheck_quietly())

    async def _recheck_quietly(self) -> None:
        await self.recheck()

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("socket work stopped: %s", type(error).__name__)

    def _take_in(self, message: dict[str, Any]) -> None:
        """Look at one frame as it comes in; whatever takes time is left to the inbox."""
        if self._closing or not self._within_rate():
            return
        self._greeted = True
        try:
            content = _parsed(message.get("text"))
        except BadFrame as bad:
            self._complain(bad)
            return
        if content["t"] == "ping" and self._open:
            n = content.get("n")
            self.send_frame({"t": "pong", "n": n if isinstance(n, int) else None})
            return
        self._active_at = time.time()
        try:
            self._inbox.put_nowait(content)
        except asyncio.QueueFull:
            self._soon(self.bye(FLOODING, retry_ms=FLOOD_RETRY_MS))

    async def _work_on(self, content: dict[str, Any]) -> None:
        try:
            await self.frame(content)
        except BadFrame as bad:
            self._complain(bad)
        except Exception as error:
            log.error("frame not handled: %s", type(error).__name__)
            self.send_frame({"t": "err", "code": "internal"})

    def _complain(self, bad: BadFrame) -> None:
        self._bad += bad.counts
        ref = {} if bad.ref is None else {"ref": bad.ref}
        self.send_frame({"t": "err", "code": bad.code, **ref})
        if self._bad >= BAD_FRAMES:
            self._soon(self.bye(MALFORMED))

    def _within_rate(self) -> bool:
        """Whether the frame may be looked at. Three refusals within 10 s close the socket."""
        now = time.monotonic()
        refill = (now - self._filled_at) * self.frames_per_s
        self._tokens, self._filled_at = min(self.burst, self._tokens + refill), now
        if self._tokens >= 1:
            self._tokens -= 1
            return True
        self._over = [at for at in self._over if now - at < 10] + [now]
        if len(self._over) >= BAD_FRAMES:
            self._soon(self.bye(FLOODING, retry_ms=FLOOD_RETRY_MS))
        else:
            self.send_frame({"t": "err", "code": "rate_limited", "retry_ms": 1000})
        return False


class Sweeper:
    """Looks at every open socket of one event loop again, all of them in a few queries.

    A message on the bus closes sockets at once; the bus may lose it, and then this finds it.
    """

    def __init__(self) -> None:
        self._held: dict[GuardedConsumer, None] = {}  # in the order of opening
        self._task: asyncio.Task[None] | None = None

    def watch(self, socket: GuardedConsumer) -> None:
        """Look at the socket from now on. When its person holds too many, the oldest closes."""
        self._held[socket] = None
        same = [
            one for one in self._held if type(one) is type(socket) and one.member == socket.member
        ]
        for oldest in same[: -socket.tabs_most]:
            self.forget(oldest)
            oldest._soon(oldest.bye(TOO_MANY_TABS))
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    def forget(self, socket: GuardedConsumer) -> None:
        """Look at it no more. Unknown ones are ignored."""
        self._held.pop(socket, None)

    async def _run(self) -> None:
        while self._held:
            await asyncio.sleep(min(socket.recheck_s for socket in self._held))
            try:
                await self.look()
            except Exception as error:
                # The database is away: nothing new can be read either. Look again next time.
                log.warning("sockets could not be re-checked: %s", type(error).__name__)

    async def look(self) -> None:
        """Look at all of them now, and close those that nobody may hold any more."""
        held = list(self._held)
        for socket, code in zip(held, await in_thread(_codes_of, held), strict=True):
            if socket in self._held:
                await socket.looked_at(code)


def _codes_of(held: list[GuardedConsumer]) -> list[int]:
    """Why each socket must close, or 0. Two queries, and what `refusal` asks."""
    holders = holders_of([(socket._key, socket._active_at) for socket in held])
    return [socket.judge(holder) for socket, holder in zip(held, holders, strict=True)]


_sweepers: WeakKeyDictionary[asyncio.AbstractEventLoop, Sweeper] = WeakKeyDictionary()


def sweeper() -> Sweeper:
    """The sweeper of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _sweepers:
        _sweepers[loop] = Sweeper()
    return _sweepers[loop]


def _may_open(member_id: int) -> bool:
    """Count one opening of a socket over all processes. Where the cache is away, all may."""
    return not turns.wait_ms(f"socket.{member_id}", ((60, OPENINGS_A_MINUTE),))


def _parsed(text: str | None) -> dict[str, Any]:
    """The JSON object of a text frame. Raises BadFrame for anything else."""
    if text is None:
        raise BadFrame
    if len(text) > FRAME_BYTES:
        raise BadFrame("too_large")
    try:
        content = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadFrame from None
    if not isinstance(content, dict) or not isinstance(content.get("t"), str):
        raise BadFrame
    return content


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")

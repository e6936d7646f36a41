"""What every socket of ours shares: who may hold it open, how frames come in, how it says goodbye.

A browser sees a refusal before `accept` only as 1006, and Daphne drops the reason of a close. So
each socket is accepted first, and each close is preceded by a `bye` frame with the same code.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypeVar

from allauth.account.authentication import get_authentication_records
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore
from django.utils.crypto import constant_time_compare

from community.members.live import Event, Listener, member_topic, switchboard
from community.members.models import Member
from community.members.sessions import SIGNED_OUT, WITHDRAWN, session_mark

log = logging.getLogger(__name__)

T = TypeVar("T")

TRY_AGAIN = 4000
NEEDS_SECOND_FACTOR = 4202
MALFORMED = 4400
FLOODING = 4429
REASONS = {
    TRY_AGAIN: "try_again",
    SIGNED_OUT: "signed_out",
    NEEDS_SECOND_FACTOR: "second_factor",
    MALFORMED: "malformed",
    WITHDRAWN: "withdrawn",
    FLOODING: "flooding",
}

FRAME_BYTES = 16 * 1024
BAD_FRAMES = 3
HEARTBEAT_MS = 25_000

# Channels runs all database work of all sockets of a process on one thread by default: one slow
# query would stop everybody (platform fact F4). These threads are few, and each has a connection.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="socket-db")


async def in_thread(function: Callable[..., T], *args: Any) -> T:
    """Run database work of a socket beside the event loop, not behind other sockets' work."""
    hop = database_sync_to_async(function, thread_sensitive=False, executor=_threads)
    result: T = await hop(*args)
    return result


class BadFrame(Exception):
    """What came in is no frame we know. Three of them close the socket with 4400.

    code: what the client is told. ref: its own number for the frame, if it gave one.
    """

    def __init__(self, code: str = "bad_frame", ref: int | None = None) -> None:
        super().__init__(code)
        self.code, self.ref = code, ref


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
    session = SessionStore(session_key)
    member = Member.objects.filter(pk=session.get(SESSION_KEY) or 0).first()
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


class GuardedConsumer(AsyncWebsocketConsumer):
    """A socket that belongs to a signed-in person for as long as they may hold it.

    Subclasses override `refusal`, `opened`, `frame`, `heard` and `closed`, and use `listen`,
    `push`, `bye` and `in_thread`. `self.member` is the person, `self.mark` names the session.
    """

    subprotocol: str | None = None
    recheck_s = 30.0
    frames_per_s = 20.0
    burst = 40

    member: Member
    mark: str
    _closing: bool

    # --- What subclasses say --------------------------------------------------------------------

    def refusal(self, member: Member, session: SessionBase) -> int:
        """The code to close with, or 0. Runs in a thread, at opening and at each later look."""
        return 0

    async def opened(self) -> None:
        """The person may hold the socket and it listens on their topic already."""
        await self.send_frame(
            {"t": "welcome", "v": 1, "hb_ms": HEARTBEAT_MS, "now": int(time.time() * 1000)}
        )

    async def frame(self, content: dict[str, Any]) -> None:
        """A frame came in; `t` is a string. Raise BadFrame for what is not understood."""
        if content["t"] != "hello":
            raise BadFrame("unknown_type")

    def heard(self, event: Event) -> None:
        """An event on the person's own topic, other than `ctl`. Must not block."""

    async def closed(self, code: int) -> None:
        """The socket is gone. Topics are left already."""

    # --- What subclasses use --------------------------------------------------------------------

    async def listen(self, topic: str, listener: Listener) -> None:
        """Call listener(event) for each event on the topic until the socket closes."""
        self._topics.append((topic, listener))
        await switchboard().listen(topic, listener)

    async def send_frame(self, content: dict[str, Any]) -> None:
        """Send a frame; dropped once the socket is closing."""
        if not self._closing:
            await self.send(text_data=json.dumps(content, separators=(",", ":")))

    def push(self, content: dict[str, Any]) -> None:
        """`send_frame` from a listener, in the order of the calls."""
        self._soon(self.send_frame(content))

    async def bye(self, code: int, *, retry_ms: int = 0) -> None:
        """Say why, then close with the same code. The second call does nothing."""
        if self._closing:
            return
        retry = code < SIGNED_OUT
        words = {"t": "bye", "code": code, "reason": REASONS.get(code, ""), "retry": retry}
        await self.send_frame({**words, "retry_ms": retry_ms})
        self._closing = True
        await self.close(code)

    async def recheck(self) -> bool:
        """Look again whether the person may hold the socket; close it when not. True: they may."""
        code = await in_thread(self._look)
        if code:
            await self.bye(code)
        return not code

    # --- The machine ----------------------------------------------------------------------------

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._topics: list[tuple[str, Listener]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._open = False
        self._bad = 0
        self._over: list[float] = []
        self._tokens, self._filled_at = float(self.burst), time.monotonic()
        self._active_at = 0.0
        self._member_id = 0
        self._key: str | None = None

    async def connect(self) -> None:
        offered = self.scope.get("subprotocols") or []
        await self.accept(self.subprotocol if self.subprotocol in offered else None)
        session = self.scope.get("session")
        self._key = getattr(session, "session_key", None)
        self.mark = session_mark(self._key)
        try:
            code = await self._admit()
            if code:
                await self.bye(code)
                return
            self._open = True
            await self.opened()
        except Exception as error:
            log.warning("a socket could not be opened: %s", type(error).__name__)
            await self.bye(TRY_AGAIN)
            return
        self._soon(self._keep_looking())

    async def _admit(self) -> int:
        """Listen, then look again: who is suspended between the two looks is not missed."""
        code = await in_thread(self._look)
        if code:
            return code
        await self.listen(member_topic(self._member_id), self._on_member_event)
        return await in_thread(self._look)

    def _look(self) -> int:
        """The code to close with, or 0. Runs in a thread."""
        holder = holder_of(self._key, active_at=self._active_at)
        if holder.member is None:
            gone = Member.objects.filter(id=self._member_id, is_active=False).exists()
            return WITHDRAWN if gone else holder.code
        if self._member_id and holder.member.id != self._member_id:
            return SIGNED_OUT
        self._member_id, self.member = holder.member.id, holder.member
        return holder.code or self.refusal(holder.member, holder.session)

    async def _keep_looking(self) -> None:
        while not self._closing:
            await asyncio.sleep(self.recheck_s)
            try:
                await self.recheck()
            except Exception as error:
                # The database is away: nothing new can be read either. Look again next time.
                log.warning("a socket could not be re-checked: %s", type(error).__name__)

    def _on_member_event(self, event: Event) -> None:
        if event.get("t") != "ctl":
            if self._open and not self._closing:
                self.heard(event)
        elif event.get("op") == "close" and event.get("session", self.mark) == self.mark:
            self._soon(self.bye(int(event["code"])))
        elif event.get("op") == "refresh":
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

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self._open or self._closing:
            return
        try:
            if not await self._within_rate():
                return
            content = _parsed(text_data)
            if content["t"] == "ping":
                n = content.get("n")
                await self.send_frame({"t": "pong", "n": n if isinstance(n, int) else None})
                return
            self._active_at = time.time()
            await self.frame(content)
        except BadFrame as bad:
            await self._complain(bad)
        except Exception as error:
            log.error("frame not handled: %s", type(error).__name__)
            await self.send_frame({"t": "err", "code": "internal"})

    async def _complain(self, bad: BadFrame) -> None:
        self._bad += 1
        ref = {} if bad.ref is None else {"ref": bad.ref}
        await self.send_frame({"t": "err", "code": bad.code, **ref})
        if self._bad >= BAD_FRAMES:
            await self.bye(MALFORMED)

    async def _within_rate(self) -> bool:
        """Whether the frame may be looked at. Three refusals within 10 s close the socket."""
        now = time.monotonic()
        refill = (now - self._filled_at) * self.frames_per_s
        self._tokens, self._filled_at = min(self.burst, self._tokens + refill), now
        if self._tokens >= 1:
            self._tokens -= 1
            return True
        self._over = [at for at in self._over if now - at < 10] + [now]
        if len(self._over) >= BAD_FRAMES:
            await self.bye(FLOODING, retry_ms=30_000)
        else:
            await self.send_frame({"t": "err", "code": "rate_limited", "retry_ms": 1000})
        return False

    async def disconnect(self, code: int) -> None:
        self._closing = True
        for task in list(self._tasks):
            task.cancel()
        for topic, listener in self._topics:
            await switchboard().leave(topic, listener)
        if self._open:
            await self.closed(code)


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

"""Background work as supervised threads: a loop that stumbles is started again, and is counted.

`manage.py serve` runs the loops inside the web process when nothing else is set; `manage.py work`
runs them alone. What a loop does must be safe to run twice and in several processes at once.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connections
from django.utils import timezone

log = logging.getLogger(__name__)

# Set as soon as this process was asked to end: nobody new should be sent to it.
draining = threading.Event()

BEAT_EVERY_S = 15.0
LATE_S = 60.0
BACK_OFF_S = (0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Loop:
    """One kind of work, repeated.

    run_once: does a bounded piece; a true answer means that more may be waiting.
    idle_s: seconds until the next look when nothing was waiting.
    wake: set by whoever adds work in this process, to end the idle time at once.
    """

    name: str
    run_once: Callable[[], bool | int]
    idle_s: float
    wake: threading.Event | None = None


class Supervisor:
    """Runs each loop in a thread of its own until `stop`."""

    def __init__(self, loops: Sequence[Loop]) -> None:
        self._loops = loops
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._beaten: dict[str, float] = {}
        # When each loop last finished a round (time.monotonic), and how often it stumbled.
        self.beats: dict[str, float] = {}
        self.stumbles: dict[str, int] = {loop.name: 0 for loop in loops}

    def start(self) -> None:
        """Start every loop. Call once."""
        for loop in self._loops:
            # Daemon: a round that hangs (a mail server, say) must not keep the process alive.
            thread = threading.Thread(
                target=self._keep_running, args=(loop,), name=f"loop-{loop.name}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def ask_to_stop(self) -> None:
        """Let no loop begin another round. Returns at once."""
        self._stopping.set()
        for loop in self._loops:
            if loop.wake is not None:
                loop.wake.set()

    def stop(self, within_s: float = 20.0) -> bool:
        """Let each loop finish its round. False when one was still busy after within_s seconds."""
        self.ask_to_stop()
        until = time.monotonic() + within_s
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _keep_running(self, loop: Loop) -> None:
        failures = 0
        while not self._stopping.is_set():
            if loop.wake is not None:
                # Cleared before the round: a wake during the round leads to another one.
                loop.wake.clear()
            try:
                busy = bool(loop.run_once())
                self._beat(loop.name)
            except BaseException as stumble:
                # Its text may hold a person's words; its class does not.
                kind = type(stumble).__name__
                log.error("the loop %s stumbled over %s and goes on", loop.name, kind)
                self.stumbles[loop.name] += 1
                _let_go_of_connections(broken=True)
                self._stopping.wait(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])
                failures += 1
                continue
            failures = 0
            _let_go_of_connections()
            if not busy:
                (loop.wake or self._stopping).wait(loop.idle_s)
        _let_go_of_connections(broken=True)

    def _beat(self, name: str) -> None:
        now = time.monotonic()
        self.beats[name] = now
        if now - self._beaten.get(name, -BEAT_EVERY_S) >= BEAT_EVERY_S:
            _write_beat(name)
            self._beaten[name] = now


def silent(names: Iterable[str]) -> list[str]:
    """Those of the named loops that no process has finished a round of for LATE_S seconds."""
    from config.models import Heartbeat

    since = timezone.now() - timedelta(seconds=LATE_S)
    alive = set(Heartbeat.objects.filter(at__gte=since).values_list("name", flat=True))
    return [name for name in names if name not in alive]


def _write_beat(name: str) -> None:
    from config.models import Heartbeat

    holder = f"{socket.gethostname()[:100]} {os.getpid()}"
    Heartbeat.objects.update_or_create(
        name=name, defaults={"at": timezone.now(), "held_by": holder}
    )


def _let_go_of_connections(*, broken: bool = False) -> None:
    """Give this thread's connections back.

    PostgreSQL's pool is shared with the pages, so an idle loop keeps none. A connection to SQLite
    is a file nobody else waits for; opening it ten times a second would be most of the idle work.
    """
    for connection in connections.all(initialized_only=True):
        if broken or connection.vendor != "sqlite":
            connection.close()

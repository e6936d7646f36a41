"""Background loops: they survive what goes wrong, end in time, and can be seen from outside."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from config.background import LATE_S, Loop, Supervisor, silent
from config.models import Heartbeat
from tests.servers import wait_until

Supervise = Callable[..., Supervisor]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.background.BACK_OFF_S", (0.01, 0.02))


@pytest.fixture
def supervise() -> Iterator[Supervise]:
    """Supervisors that are ended with the test."""
    started: list[Supervisor] = []

    def supervise(*loops: Loop) -> Supervisor:
        supervisor = Supervisor(loops)
        supervisor.start()
        started.append(supervisor)
        return supervisor

    yield supervise
    for supervisor in started:
        assert supervisor.stop(5)


def one_more(rounds: list[int]) -> Callable[[], bool]:
    """A round that only counts itself."""

    def run_once() -> bool:
        rounds.append(1)
        return False

    return run_once


def test_a_loop_that_stumbles_goes_on(
    supervise: Supervise, caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[int] = []

    def stumble_twice() -> bool:
        rounds.append(1)
        if len(rounds) == 1:
            raise ValueError("Ann wrote something private")
        if len(rounds) == 2:
            raise SystemExit
        return False

    supervisor = supervise(Loop("one", stumble_twice, idle_s=0.01))
    assert wait_until(lambda: len(rounds) >= 4, 5)
    assert supervisor.stumbles == {"one": 2}
    assert "the loop one stumbled over ValueError and goes on" in caplog.messages
    assert "Ann" not in caplog.text


def test_a_loop_that_stumbles_does_not_stop_the_others(supervise: Supervise) -> None:
    rounds: list[int] = []

    def always() -> bool:
        raise OperationalError("database is locked")

    supervise(
        Loop("bad", always, idle_s=0.01),
        Loop("good", one_more(rounds), idle_s=0.01),
    )
    assert wait_until(lambda: len(rounds) > 20, 5)


def test_work_that_waits_is_done_without_a_pause(supervise: Supervise) -> None:
    left = [50]

    def one() -> bool:
        left[0] -= 1
        return left[0] > 0

    began = time.monotonic()
    supervise(Loop("busy", one, idle_s=60))
    assert wait_until(lambda: left[0] == 0, 5)
    assert time.monotonic() - began < 2


def test_a_wake_ends_the_pause_and_none_is_lost(supervise: Supervise) -> None:
    wake = threading.Event()
    rounds: list[int] = []

    def look() -> bool:
        if len(rounds) == 1:
            wake.set()  # more came in during the round itself
        rounds.append(1)
        return False

    supervise(Loop("woken", look, idle_s=60, wake=wake))
    assert wait_until(lambda: len(rounds) == 1, 5)
    wake.set()
    assert wait_until(lambda: len(rounds) == 3, 5)
    time.sleep(0.2)
    assert len(rounds) == 3


def test_the_end_waits_for_the_round_but_not_for_ever() -> None:
    begun, finished = threading.Event(), threading.Event()

    def slow() -> bool:
        begun.set()
        time.sleep(0.5)
        finished.set()
        return True

    supervisor = Supervisor([Loop("slow", slow, idle_s=60)])
    supervisor.start()
    assert begun.wait(5)
    assert not supervisor.stop(0.1)
    assert not finished.is_set()
    assert supervisor.stop(5)
    assert finished.is_set()


def test_an_idle_loop_ends_at_once() -> None:
    wake = threading.Event()
    rounds: list[int] = []
    loops = [
        Loop("a", one_more(rounds), idle_s=60),
        Loop("b", one_more(rounds), idle_s=60, wake=wake),
    ]
    supervisor = Supervisor(loops)
    supervisor.start()
    assert wait_until(lambda: len(rounds) == 2, 5)
    time.sleep(0.1)
    began = time.monotonic()
    assert supervisor.stop(5)
    assert time.monotonic() - began < 1


def test_a_living_loop_is_seen_from_every_process_and_a_stuck_one_is_missed(
    supervise: Supervise,
) -> None:
    stuck = threading.Event()
    supervise(
        Loop("living", lambda: False, idle_s=0.05),
        Loop("stuck", lambda: stuck.wait(5), idle_s=0.05),
    )
    assert wait_until(lambda: Heartbeat.objects.filter(name="living").exists(), 5)
    assert silent(["living", "stuck"]) == ["stuck"]
    long_ago = timezone.now() - timedelta(seconds=LATE_S + 1)
    Heartbeat.objects.filter(name="living").update(at=long_ago)
    assert silent(["living"]) == ["living"]
    stuck.set()

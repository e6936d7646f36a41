"""The outbox: what was promised is run, once at least, and nobody's words stay in it."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from community.members import outbox
from tests.servers import ROOT, database, manage, own_database, wait_until

calls: list[int] = []


@task()
def count(number: int) -> str:
    """Remembers its number; what it returns must not be kept."""
    calls.append(number)
    return "Ann"


@task()
def fail(number: int) -> None:
    calls.append(number)
    raise ValueError("secret: patient Ann wrote this")


@task()
def sleep_and_write(path: str, seconds: float) -> None:
    """Adds one line when it begins and one when it ends."""
    with open(path, "a") as file:
        print("began", os.getpid(), file=file, flush=True)
        time.sleep(seconds)
        print("ended", os.getpid(), file=file, flush=True)


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    calls.clear()


def the_row() -> DBTaskResult:
    return DBTaskResult.objects.get()


def rewind(**times: timedelta) -> None:
    """Let the time pass for the one task there is."""
    fields = {name: getattr(the_row(), name) - back for name, back in times.items()}
    DBTaskResult.objects.update(**fields)


@pytest.mark.django_db(transaction=True)
def test_a_task_goes_with_the_transaction_that_caused_it() -> None:
    with transaction.atomic():
        count.enqueue(1)
        transaction.set_rollback(True)
    with transaction.atomic():
        count.enqueue(2)
    assert outbox.run_once() == 1
    assert calls == [2]
    assert outbox.run_once() == 0


@pytest.mark.django_db
def test_tasks_are_run_in_order_and_what_they_return_is_not_kept() -> None:
    for number in range(3):
        count.enqueue(number)
    assert outbox.run_once() == 3
    assert calls == [0, 1, 2]
    rows = DBTaskResult.objects.values_list("status", "return_value")
    assert list(rows) == [("SUCCESSFUL", None)] * 3


@pytest.mark.django_db
def test_a_round_is_bounded() -> None:
    for number in range(5):
        count.enqueue(number)
    assert [outbox.run_once(batch=3), outbox.run_once(batch=3)] == [3, 2]


@pytest.mark.django_db
def test_a_failed_task_rests_longer_each_time_and_is_set_aside_in_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fail.enqueue(7)
    rests = []
    for _ in range(outbox.ATTEMPTS - 1):
        assert outbox.run_once() == 1
        rests.append(round((the_row().run_after - timezone.now()).total_seconds()))
        assert outbox.run_once() == 0, "it rests"
        rewind(run_after=timedelta(seconds=rests[-1] + 1))
    assert rests == [5, 20, 80, 320, 1280, 3600, 3600]
    assert outbox.run_once() == 1
    row = the_row()
    assert (row.status, len(calls)) == ("FAILED", outbox.ATTEMPTS)
    assert (row.exception_class_path, row.traceback) == ("builtins.ValueError",) * 2
    assert "Ann" not in caplog.text
    assert "builtins.ValueError" in caplog.text


@pytest.mark.django_db
def test_a_task_whose_code_is_gone_is_tried_again_after_the_next_release() -> None:
    count.enqueue(1)
    DBTaskResult.objects.update(task_path="community.members.nowhere.gone")
    assert outbox.run_once() == 1
    DBTaskResult.objects.update(task_path=f"{__name__}.count")
    rewind(run_after=timedelta(seconds=6))
    assert outbox.run_once() == 1
    assert calls == [1]


@pytest.mark.django_db
def test_a_task_of_a_lost_worker_runs_again_and_that_of_a_living_one_does_not() -> None:
    count.enqueue(1)
    row = the_row()
    row.claim("a worker that was killed")
    rewind(started_at=timedelta(seconds=outbox.LEASE_S - 5))
    assert (outbox.reap(), outbox.run_once()) == (0, 0)
    rewind(started_at=timedelta(seconds=6))
    assert outbox.reap() == 1
    rewind(run_after=timedelta(seconds=6))
    assert outbox.run_once() == 1
    assert calls == [1]


@pytest.mark.django_db
def test_a_task_that_kills_its_workers_is_set_aside() -> None:
    count.enqueue(1)
    for _ in range(outbox.ATTEMPTS):
        the_row().claim("a worker that was killed")
        rewind(started_at=timedelta(seconds=outbox.LEASE_S + 1))
        assert outbox.reap() == 1
    assert the_row().status == "FAILED"
    assert the_row().exception_class_path == "community.members.outbox.WorkerLost"
    assert calls == []


@pytest.mark.django_db
def test_a_worker_that_comes_back_late_changes_nothing() -> None:
    count.enqueue(1)
    late = the_row()
    late.claim("a slow worker")
    rewind(started_at=timedelta(seconds=outbox.LEASE_S + 1))
    late.refresh_from_db()
    assert outbox.reap() == 1
    assert not outbox._mark(late, status="SUCCESSFUL")
    assert the_row().status == "READY"


RUN_UNTIL_EMPTY = """
import django; django.setup()
from community.members import outbox
import time
print("up", flush=True)
while True:
    outbox.run_once() or time.sleep(0.05)
"""


def process(env: dict[str, str], code: str) -> subprocess.Popen:
    env = {**env, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.Popen([sys.executable, "-c", code], env=env, cwd=ROOT)


def in_site(env: dict[str, str], code: str) -> None:
    """Run a few lines inside the site's own settings and database."""
    assert process(env, f"import django; django.setup()\n{code}").wait(60) == 0


@pytest.mark.slow
def test_a_task_survives_the_kill_of_its_worker(site_env: dict[str, str], tmp_path: Path) -> None:
    story = tmp_path / "story"
    story.touch()
    in_site(
        site_env,
        "from tests.community.members.test_outbox import sleep_and_write\n"
        f"sleep_and_write.enqueue({str(story)!r}, 1.5)",
    )
    first = process(site_env, RUN_UNTIL_EMPTY)
    assert wait_until(lambda: "began" in story.read_text(), 20)
    first.send_signal(signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    # Two minutes pass.
    in_site(
        site_env,
        "from datetime import timedelta as d\n"
        "from django.utils import timezone as t\n"
        "from django_tasks_db.models import DBTaskResult as R\n"
        "from community.members import outbox\n"
        "assert R.objects.update(started_at=t.now() - d(seconds=121)) == 1\n"
        "assert outbox.reap() == 1\n"
        "R.objects.update(run_after=t.now())\n",
    )
    second = process(site_env, RUN_UNTIL_EMPTY)
    try:
        assert wait_until(lambda: "ended" in story.read_text(), 20)
    finally:
        second.kill()
        second.wait()
    assert [line.split()[0] for line in story.read_text().splitlines()] == [
        "began",
        "began",
        "ended",
    ]


SUPERVISED = """
import django; django.setup()
from django.db import connections
if connections["default"].vendor == "sqlite":
    connections.settings["default"]["OPTIONS"]["timeout"] = 0.3
from community.members import outbox
from config.background import Loop, Supervisor
import time
supervisor = Supervisor([Loop("outbox", outbox.run_once, idle_s=0.05)])
supervisor.start()
while True:
    time.sleep(0.1)
    if supervisor.stumbles["outbox"]:
        print("stumbled", flush=True)
"""


@pytest.mark.slow
def test_a_lock_longer_than_the_patience_of_the_database_kills_nobody(
    site_env: dict[str, str], tmp_path: Path
) -> None:
    env = {name: value for name, value in site_env.items() if name != "DATABASE_URL"}
    manage(env, "migrate", "--verbosity", "0")
    story = enqueue_story(env, tmp_path)
    holder = sqlite3.connect(tmp_path / "hearth.sqlite3", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with supervised(env, tmp_path) as (worker, said):
            assert wait_until(lambda: "stumbled" in said.read_text(), 20)
            assert story.read_text() == ""
            holder.execute("ROLLBACK")
            assert wait_until(lambda: "ended" in story.read_text(), 20)
            assert worker.poll() is None
    finally:
        holder.close()


@pytest.mark.slow
@pytest.mark.postgres
def test_lost_connections_kill_nobody(
    site_env: dict[str, str], postgres_url: str, tmp_path: Path
) -> None:
    with own_database(postgres_url) as url:
        env = {**site_env, "DATABASE_URL": url}
        manage(env, "migrate", "--verbosity", "0")
        with supervised(env, tmp_path) as (worker, _):
            for _ in range(3):
                database(
                    url,
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()",
                )
                time.sleep(0.3)
            story = enqueue_story(env, tmp_path)
            assert wait_until(lambda: "ended" in story.read_text(), 30)
            assert worker.poll() is None


@contextmanager
def supervised(env: dict[str, str], folder: Path) -> Iterator[tuple[subprocess.Popen, Path]]:
    """A process whose outbox loop is supervised, and what it printed."""
    said = folder / "said"
    with said.open("w") as sink:
        worker = subprocess.Popen(
            [sys.executable, "-c", SUPERVISED],
            env={**env, "DJANGO_SETTINGS_MODULE": "config.settings"},
            cwd=ROOT,
            stdout=sink,
        )
    try:
        yield worker, said
    finally:
        worker.kill()
        worker.wait()


def enqueue_story(env: dict[str, str], folder: Path) -> Path:
    """Enqueue `sleep_and_write`; the file it will write to."""
    story = folder / "story"
    story.touch()
    in_site(
        env,
        "from tests.community.members.test_outbox import sleep_and_write\n"
        f"sleep_and_write.enqueue({str(story)!r}, 0.0)",
    )
    return story

"""Real servers on spare ports: PostgreSQL, Redis, and our own `serve` and `work`.

As fixtures: `postgres_url`, `redis_url`, `site_env`, `serve`, `work`. As a program:
`python -m tests.servers COMMAND...` runs a command with DATABASE_URL and REDIS_URL set.
Everything started here is ended here, by its process number.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from tests import migrated as from_migrations

ROOT = Path(__file__).resolve().parent.parent
START_S = 60.0


def spare_port() -> int:
    """A TCP port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(true: Callable[[], bool], within_s: float = START_S) -> bool:
    """Look ten times a second. False when it did not become true in time."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.1)
    return False


def end(process: subprocess.Popen, number: int = signal.SIGTERM, within_s: float = 20.0) -> int:
    """Send one signal and wait; kill what does not end in time. Returns the exit code."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        return process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


# --- PostgreSQL and Redis ------------------------------------------------------------------------


def program(name: str) -> str | None:
    """Where a server's program is; PostgreSQL's are outside PATH on Debian."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(map(str, folders)))


@contextmanager
def postgres() -> Iterator[str]:
    """A throwaway cluster with one database; yields its postgres:// address."""
    initdb, server = program("initdb"), program("postgres")
    if initdb is None or server is None:
        raise FileNotFoundError("postgresql")
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="hearth-pg-"))
    if user:
        shutil.chown(folder, user, user)
    run_as: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user else {}
    port = spare_port()
    try:
        subprocess.run(
            [initdb, "-D", str(folder / "data"), "-U", "hearth", "-A", "trust", "-E", "UTF8"]
            + ["--locale=C.UTF-8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
            **run_as,
        )
        # Nothing here outlives the run, so nothing waits for the disk.
        options = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        options += ["max_connections=120", f"unix_socket_directories={folder}"]
        process = subprocess.Popen(
            [server, "-D", str(folder / "data"), "-h", "127.0.0.1", "-p", str(port)]
            + [part for option in options for part in ("-c", option)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **run_as,
        )
        try:
            base = f"postgres://hearth@127.0.0.1:{port}"
            if not wait_until(lambda: _postgres_answers(f"{base}/postgres")):
                raise RuntimeError("PostgreSQL did not start")
            database(f"{base}/postgres", "CREATE DATABASE hearth")
            yield f"{base}/hearth"
        finally:
            end(process, signal.SIGINT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def database(url: str, statement: str) -> None:
    """Run one statement outside a transaction, as CREATE DATABASE wants it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _postgres_answers(url: str) -> bool:
    try:
        database(url, "SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def redis_server(port: int | None = None) -> Iterator[str]:
    """A Redis that writes nothing to disk; yields its redis:// address."""
    server = program("redis-server")
    if server is None:
        raise FileNotFoundError("redis-server")
    port = port or spare_port()
    process = subprocess.Popen(
        [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tempfile.gettempdir(),
    )
    try:
        if not wait_until(lambda: _redis_answers(port)):
            raise RuntimeError("Redis did not start")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        end(process)


def _redis_answers(port: int) -> bool:
    client = redis.Redis(port=port)
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
    finally:
        client.close()


def _or_say_so(
    stack: ExitStack, name: str, start: Callable[[], AbstractContextManager[str]]
) -> str:
    """The address of a server of this run. Without the program: skipped at home, red in CI."""
    if given := os.environ.get(name):
        return given
    try:
        return stack.enter_context(start())
    except FileNotFoundError as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"needs {missing}: run .ci/setup")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The run's PostgreSQL when it has one, else one started here."""
    with ExitStack() as stack:
        yield _or_say_so(stack, "DATABASE_URL", postgres)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The run's Redis when it has one, else one started here."""
    with ExitStack() as stack:
        yield _or_say_so(stack, "REDIS_URL", redis_server)


# --- Our own processes ---------------------------------------------------------------------------


@dataclass
class Running:
    """A process of ours. `url` is set for `serve`; everything it printed is in `output`."""

    process: subprocess.Popen
    output: Path
    url: str = ""

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def said(self) -> str:
        return self.output.read_text()

    def stop(self, number: int = signal.SIGTERM, within_s: float = 20.0) -> int:
        return end(self.process, number, within_s)


def manage(env: dict[str, str], *words: str) -> None:
    """Run a management command to its end. Raises CalledProcessError with its output."""
    command = [sys.executable, str(ROOT / "manage.py"), *words]
    subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True, timeout=600)


def start(env: dict[str, str], output: Path, ready: str, *words: str) -> Running:
    """Start a management command and wait until it printed a line beginning with `ready`."""
    with output.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *words],
            env=env,
            cwd=ROOT,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    running = Running(process, output)
    lines = output.read_text
    wait_until(lambda: f"\n{ready}" in f"\n{lines()}" or process.poll() is not None)
    for line in lines().splitlines():
        if line.startswith(ready):
            running.url = line.removeprefix(ready).strip()
            return running
    end(process)
    raise AssertionError(f"{words[0]} did not start:\n{lines()}")


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "DATA_DIR": str(folder), "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": ""}


@pytest.fixture(scope="session")
def migrated() -> str:
    """An empty database with every table, to be copied: a path or a postgres:// URL."""
    given = os.environ.get("DATABASE_URL")
    if given is None:
        return str(from_migrations.sqlite())
    name = from_migrations.postgres(given)
    return urlsplit(given)._replace(path=f"/{name}").geturl()


@contextmanager
def own_database(server_url: str, template: str = "template1") -> Iterator[str]:
    """A database of one's own on a PostgreSQL server, dropped afterwards."""
    name = f"site_{uuid.uuid4().hex[:12]}"
    maintenance = urlsplit(server_url)._replace(path="/postgres").geturl()
    database(maintenance, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        database(maintenance, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def site_env(migrated: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a site of one's own: an empty, migrated database and a data folder."""
    env = _environment(tmp_path)
    if not migrated.startswith("postgres"):
        shutil.copy(migrated, tmp_path / "hearth.sqlite3")
        yield env
        return
    with own_database(migrated, urlsplit(migrated).path.lstrip("/")) as url:
        yield {**env, "DATABASE_URL": url}


@pytest.fixture
def serve(site_env: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """serve(*words, **env): our server on a spare port that SITE_URL names, ended with the test."""
    running: list[Running] = []

    def serve(*words: str, **env: str) -> Running:
        port = str(spare_port())
        whole = {**site_env, "SITE_URL": f"http://127.0.0.1:{port}", **env}
        output = tmp_path / f"serve-{len(running)}.log"
        running.append(start(whole, output, "Ready on ", "serve", "--port", port, *words))
        return running[-1]

    yield serve
    for site in running:
        site.stop()


@pytest.fixture
def work(site_env: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """work(**env): our background process on the same database, ended with the test."""
    running: list[Running] = []

    def work(**env: str) -> Running:
        output = tmp_path / f"work-{len(running)}.log"
        running.append(start({**site_env, **env}, output, "Working: ", "work"))
        return running[-1]

    yield work
    for process in running:
        process.stop()


def main(command: list[str]) -> int:
    """Run a command with a PostgreSQL and a Redis of its own. Returns its exit code."""
    with postgres() as database_url, redis_server() as redis_url:
        env = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
        return subprocess.run(command, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

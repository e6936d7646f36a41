"""A database with every table, made once for each state of the migrations and copied afterwards.

To run every migration takes a process half a minute; to copy what came of them, a moment.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".pytest_cache"
OF_OTHERS = ("Django", "django-allauth")


def state() -> str:
    """16 hex digits that change with any migration, ours or of a library we migrate."""
    digest = hashlib.sha256(" ".join(map(version, OF_OTHERS)).encode())
    for path in sorted(ROOT.glob("*/**/migrations/*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def sqlite() -> Path:
    """The file to copy. Made by the first process that asks; the others wait for it."""
    path = KEPT / f"migrated-{state()}.sqlite3"
    with _one_at_a_time():
        if not path.exists():
            for old in KEPT.glob("migrated-*.sqlite3"):
                old.unlink()
            with tempfile.TemporaryDirectory(dir=KEPT) as folder:
                _migrate({"DATA_DIR": folder})
                (Path(folder) / "hearth.sqlite3").rename(path)
    return path


def postgres(server_url: str) -> str:
    """The name of the template database on this server, for CREATE DATABASE ... TEMPLATE."""
    name = f"migrated_{state()}"
    maintenance = urlsplit(server_url)._replace(path="/postgres").geturl()
    with _one_at_a_time(), psycopg.connect(maintenance, autocommit=True) as connection:
        there = "SELECT 1 FROM pg_database WHERE datname = %s"
        if connection.execute(there, [name]).fetchone() is None:
            connection.execute(f"DROP DATABASE IF EXISTS new_{name}")
            connection.execute(f"CREATE DATABASE new_{name}")
            url = urlsplit(server_url)._replace(path=f"/new_{name}").geturl()
            dump = KEPT / f"{name}.sql"
            if dump.exists():
                _run(["psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-f", str(dump), url])
            else:
                with tempfile.TemporaryDirectory() as folder:
                    _migrate({"DATA_DIR": folder, "DATABASE_URL": url})
                _keep(dump, url)
            connection.execute(f"ALTER DATABASE new_{name} RENAME TO {name}")
    return name


def _keep(dump: Path, url: str) -> None:
    """Write the database into a file, for the next server; the programs come with PostgreSQL."""
    if not (shutil.which("pg_dump") and shutil.which("psql")):
        return
    for old in KEPT.glob("migrated_*.sql"):
        old.unlink()
    _run(["pg_dump", "--no-owner", "-f", f"{dump}.new", url])
    Path(f"{dump}.new").rename(dump)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=300)


def _migrate(where: dict[str, str]) -> None:
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    env |= {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "", **where}
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
    subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True, timeout=900)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    KEPT.mkdir(exist_ok=True)
    with (KEPT / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

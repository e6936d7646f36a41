"""Claim: a worker killed (SIGKILL) 200 times in the middle of its letters loses none of them and
sends at most one twice.

    DATA_DIR=$(mktemp -d) python benchmarks/events_outbox_kills.py [KILLS]

A mail server of our own counts letters by their Message-ID. Fills the database of the environment.
"""

import multiprocessing
import os
import random
import re
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from aiosmtpd.controller import Controller
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from community.members import outbox
from events import letters
from events.models import Registration
from tests import make, make_events
from tests.servers import spare_port

FORK = multiprocessing.get_context("fork")
PER_KILL = 5


class Sink:
    """Writes the Message-ID of each letter it takes to a file, before it says that it has it."""

    def __init__(self, path: str) -> None:
        self.path = path

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        found = re.search(rb"Message-ID: <([0-9a-f]+)\.", envelope.content)
        line = (found.group(1) if found else b"?") + b"\n"
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        os.write(file, line)
        os.close(file)
        return "250 OK"


def serve(port: int, path: str) -> None:
    Controller(Sink(path), hostname="127.0.0.1", port=port).start()
    signal.pause()


def work() -> None:
    outbox.LEASE_S = 0  # whoever ran a task before is known to be dead
    outbox.reap()
    DBTaskResult.objects.filter(run_after__gt=timezone.now()).update(run_after=timezone.now())
    while outbox.run_once():
        pass


def main(kills: int) -> None:
    call_command("migrate", verbosity=0)
    ada = make.member(make.clinic(), role="administrator")
    date = make_events.workshop(ada, seats=9999, slug=f"kills-{time.time_ns()}")
    folder = Path(settings.DATA_DIR)
    path, port = str(folder / "sink.txt"), spare_port()
    Path(path).touch()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    places = [
        Registration(occurrence=date, no=n, name="P", email=f"p{n}@v.example", state="waiting")
        for n in range(1, kills * PER_KILL + 1)
    ]
    for place in Registration.objects.bulk_create(places):
        letters.enqueue("waiting", place)
    wanted = {row.args_kwargs["args"][2] for row in DBTaskResult.objects.all()}
    connections.close_all()
    server = FORK.Process(target=serve, args=(port, path))
    server.start()
    time.sleep(1.0)
    killed = in_hand = 0
    while killed < kills:
        worker = FORK.Process(target=work)
        worker.start()
        time.sleep(random.uniform(0.05, 0.3))
        if not worker.is_alive():
            break
        os.kill(worker.pid or 0, signal.SIGKILL)
        worker.join()
        killed += 1
        in_hand += DBTaskResult.objects.running().count()
        connections.close_all()
    last = FORK.Process(target=work)
    last.start()
    last.join()
    server.terminate()
    got = Counter(Path(path).read_text().split())
    lost, twice = wanted - got.keys(), [number for number, times in got.items() if times > 1]
    print(
        f"{connection.vendor}: {killed} kills, {in_hand} with a letter in hand; "
        f"{len(wanted)} letters: {len(lost)} lost, {len(twice)} sent twice (claim: 0 and at most 1)"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 200)

"""Claim: 200 people sign up for 20 seats from 20 processes: 20 are kept, 180 wait in order,
no error, p95 <= 500 ms; without the lock too many get a seat. And a cancelled seat is offered by
letter within a second.

    DATA_DIR=$(mktemp -d) python benchmarks/events_seats.py [PROCESSES] [EACH]
    python -m tests.servers python benchmarks/events_seats.py

Fills the database of the environment, which must be empty.
"""

import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from community.members import outbox
from events import actions, seats, waiting
from events.actions import Wish
from events.models import Occurrence, Registration, RegistrationState
from tests import make, make_events

SEATS = 20


def worker(date: int, first: int, count: int, folder: str, how: str) -> None:
    """Sign `count` people up, beginning when the file `go` appears; prints ms and errors."""
    sign_up = actions.sign_up
    if how == "bare":
        numbers = itertools.count(first * 1000)
        waiting.lock = _unlocked  # type: ignore[assignment]
        seats.take_number = lambda occurrence: next(numbers)
        sign_up = actions.sign_up.__wrapped__  # type: ignore[attr-defined]
    connection.ensure_connection()
    Path(folder, f"ready{first}").touch()
    while not Path(folder, "go").exists():
        time.sleep(0.01)
    times, errors = [], []
    for number in range(first, first + count):
        began = time.perf_counter()
        try:
            sign_up(date, Wish(f"P{number}", f"p{number}-{how}@v.example"))
        except Exception as problem:
            errors.append(type(problem).__name__)
        times.append((time.perf_counter() - began) * 1000)
    print(json.dumps([times, errors]))


def _unlocked(number: int) -> tuple[Occurrence, object]:
    found = Occurrence.objects.select_related("event").get(id=number)
    time.sleep(0.05)
    return found, timezone.now()


def race(date: Occurrence, processes: int, each: int, how: str) -> tuple[list[float], list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        running = [
            subprocess.Popen(
                [sys.executable, __file__, "worker", str(date.id), str(n * each), str(each)]
                + [folder, how],
                stdout=subprocess.PIPE,
                text=True,
            )
            for n in range(processes)
        ]
        while len(list(Path(folder).glob("ready*"))) < processes:
            time.sleep(0.1)
        Path(folder, "go").touch()
        said = [json.loads(process.communicate()[0].splitlines()[-1]) for process in running]
    return [t for times, _ in said for t in times], [e for _, errors in said for e in errors]


def main(processes: int, each: int) -> None:
    call_command("migrate", verbosity=0)
    ada = make.member(make.clinic(), role="administrator")
    date = make_events.workshop(ada, seats=SEATS, slug=f"s{random.random()}"[:20].replace(".", ""))
    times, errors = race(date, processes, each, "locked")
    rows = Registration.objects.filter(occurrence=date)
    kept = list(rows.filter(state=RegistrationState.PENDING).values_list("no", flat=True))
    waits = list(rows.filter(state=RegistrationState.WAITING).values_list("no", flat=True))
    times.sort()
    date.refresh_from_db()
    in_order = bool(waits) and max(kept) < min(waits) and len({*kept, *waits}) == rows.count()
    print(
        f"{connection.vendor}: {processes} x {each} sign-ups for {SEATS} seats: {len(kept)} kept, "
        f"{len(waits)} wait, in order {in_order}, {len(errors)} errors, "
        f"p50 {times[len(times) // 2]:.0f} ms, p95 {times[int(len(times) * 0.95)]:.0f} ms, "
        f"max {times[-1]:.0f} ms (claim: 20, 180, True, 0, p95 500)"
    )
    assert seats.counters(date) == seats.recount(date)
    control = make_events.workshop(ada, seats=SEATS, slug=f"{date.event.slug}c")
    race(control, processes, each, "bare")
    oversold = Registration.objects.filter(occurrence=control, state="pending").count()
    print(f"{connection.vendor}: without the lock {oversold} seats are kept (control: above 20)")
    offer(make_events.workshop(ada, seats=1, slug=f"{date.event.slug}o"))


def offer(date: Occurrence) -> None:
    """From a cancel to the letter with the offer, with the worker's own pauses."""
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend"):
        while outbox.run_once():
            pass
        took = []
        holder = actions.confirm(actions.sign_up(date.id, Wish("P", "p0@w.example")))
        for number in range(1, 11):
            name = f"p{number}@w.example"
            following = actions.confirm(actions.sign_up(date.id, Wish("P", name)))
            while outbox.run_once():
                pass
            time.sleep(random.random() * 0.5)
            began = timezone.now()
            actions.cancel(holder)
            time.sleep(random.random() * 0.5)  # the worker looks twice a second
            while outbox.run_once():
                pass
            row = DBTaskResult.objects.filter(args_kwargs__args__0="offer").latest("finished_at")
            assert row.finished_at is not None
            took.append((row.finished_at - began).total_seconds())
            holder = actions.accept(following)
    print(
        f"{connection.vendor}: cancel to letter with offer, slowest of 10: {max(took):.2f} s (1 s)"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        worker(int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:7])
    else:
        numbers = [int(word) for word in sys.argv[1:3]]
        main(*(numbers or [20, 10]))

"""`manage.py read_bounces`: delivery reports, from a pipe or a mailbox.

In a mail server's pipe, one letter each: `|/srv/hearth/.venv/bin/python manage.py read_bounces`.
Or from time to time, for a Maildir or an mbox file: `manage.py read_bounces --from PATH`. What was
read there is deleted, whatever it was: give bounces a mailbox of their own.
"""

import mailbox
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from events import bounces

MOST_BYTES = 5_000_000


class Command(BaseCommand):
    help = "Read letters that came back; seats kept for dead addresses go on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="path", help="A Maildir folder or an mbox file.")

    def handle(self, *, path: str | None, **options: Any) -> None:
        if path is None:
            counted = int(_take(sys.stdin.buffer.read(MOST_BYTES)))
            self.stdout.write(f"1 letter read, {counted} about a place.")
            return
        place = Path(path)
        if not place.exists():
            raise CommandError(f"There is no {path}.")
        box: Any = mailbox.Maildir(path, create=False) if place.is_dir() else mailbox.mbox(path)
        read = counted = 0
        box.lock()
        try:
            for key in list(box.keys()):
                counted += _take(box.get_bytes(key)[:MOST_BYTES])
                read += 1
                # One at a time: what is deleted was counted, what was not counted comes again.
                box.remove(key)
                box.flush()
        finally:
            box.close()
        self.stdout.write(f"{read} letters read, {counted} about a place.")


def _take(raw: bytes) -> bool:
    bounce = bounces.bounce_in(raw)
    return bounce is not None and bounces.came_back(bounce)

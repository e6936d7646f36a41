"""`manage.py verify_audit`: is every row of the audit as it was written, and none missing?"""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from community.members import audit, heads
from community.members.chain import BadRow
from community.members.heads import BadLine


class Command(BaseCommand):
    help = "Follow the audit to its end. Names the first row that is altered, missing or moved."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from",
            dest="start",
            type=int,
            default=1,
            help="First row to look at; the one before it is believed.",
        )
        parser.add_argument(
            "--heads",
            type=Path,
            help="File of exported heads, or saved lines of the mails. Unset: AUDIT_HEADS_FILE.",
        )

    def handle(self, *, start: int, heads: Path | None, **options: Any) -> None:
        started = time.monotonic()
        exported = _exported(heads)
        if not audit.is_guarded():
            raise CommandError("The database no longer refuses changes: triggers are missing.")
        try:
            end = audit.verify(start, exported)
        except BadRow as bad:
            raise CommandError(f"The audit is not whole: {bad}.") from None
        took = time.monotonic() - started
        self.stdout.write(
            f"The audit is whole: rows {start} to {end.sequence}, {len(exported)} exported heads, "
            f"{took:.1f} s."
        )


def _exported(path: Path | None) -> dict[int, str]:
    """Heads of the file that was named, or of the usual one when it is there."""
    usual = Path(settings.AUDIT_HEADS_FILE)
    if path is None and not usual.exists():
        return {}
    try:
        return heads.read(path or usual)
    except BadLine as bad:
        raise CommandError(f"Line {bad} of {path or usual} is not an exported head.") from None
    except OSError:
        raise CommandError(f"{path} cannot be read.") from None

"""Claim: a million rows of the audit are verified within 60 s, and the first bad one is named.

    DATA_DIR=$(mktemp -d) python benchmarks/verify_audit.py [ROWS]

Fills the database of the environment, which must be empty: set DATA_DIR to a new folder, or
DATABASE_URL to a database made for this.
"""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from community.members import append_only, audit, chain
from community.members.models import AuditEntry, AuditHead

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
BATCH = 5_000


def fill() -> None:
    """A chain of ROWS rows, sealed as `audit.record` seals them, in batches."""
    key, previous = settings.AUDIT_KEYS[0], chain.GENESIS
    for first in range(1, ROWS + 1, BATCH):
        batch = []
        for number in range(first, min(first + BATCH, ROWS + 1)):
            facts = f'{{"decision":{number},"outcome":"removed","sha256":"{previous}"}}'
            link = chain.Link._make(
                (number, timezone.now(), number % 50, "text.decided", "moderation.submission")
                + (number, number % 900, 1, facts, chain.key_id(key), previous, "")
            )
            link = link._replace(mac=chain.mac_of(link, key))
            batch.append(AuditEntry(**dict(zip(audit.COLUMNS, link, strict=True))))
            previous = link.mac
        AuditEntry.objects.bulk_create(batch)
    AuditHead.objects.update_or_create(id=1, defaults={"sequence": ROWS, "mac": previous})


def main() -> None:
    call_command("migrate", verbosity=0)
    assert not AuditEntry.objects.exists(), "the database must be empty"
    fill()
    started = time.perf_counter()
    end = audit.verify()
    took = time.perf_counter() - started
    print(f"{connection.vendor}: {end.sequence:,} rows verified in {took:.1f} s (claim: 60 s)")
    append_only.unprotect(connection, AuditEntry._meta.db_table)
    AuditEntry.objects.filter(sequence=ROWS - 7).update(actor_id=999)
    append_only.protect(connection, AuditEntry._meta.db_table)
    try:
        audit.verify()
    except chain.BadRow as bad:
        print(f"{connection.vendor}: {bad}")


if __name__ == "__main__":
    main()

"""The end of the audit, written out once a day, so that rows cut off at the end are missed.

A line of the file holds a row's number, its mac, the moment, and a seal over these. Keep the file
(or the mails) where whoever owns the database cannot write.
"""

import hmac
import json
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tasks import task

from community.members import chain
from community.members.audit import AuditExport, AuditHead
from community.members.chain import GENESIS, Head

# A loop looks this often; an export is made once a day.
LOOK_EVERY_S = 30.0


class BadLine(Exception):
    """A line of the file was altered or is no exported head: its number, from 1."""


def export_due() -> bool:
    """Write the head out if nobody has done so today. True when it was written now."""
    today = timezone.localdate()
    if AuditExport.objects.filter(on=today).exists():
        return False
    try:
        with transaction.atomic():
            # Two processes may see that it is due; one row a day decides who writes.
            head = current()
            AuditExport.objects.create(on=today, sequence=head.sequence)
            write(head)
            if settings.AUDIT_MAIL:
                mail.enqueue(head.sequence, head.mac)
    except IntegrityError:
        return False
    return True


def current() -> Head:
    """Where the chain ends now."""
    ends = AuditHead.objects.filter(id=1).values_list("sequence", "mac").first()
    return Head(*ends) if ends else Head(0, GENESIS)


def line_of(head: Head) -> str:
    """A head as one line of JSON with its seal."""
    at = timezone.now().isoformat(timespec="seconds")
    seal = chain.seal_of(head, at, settings.AUDIT_KEYS[0])
    return json.dumps({"sequence": head.sequence, "mac": head.mac, "at": at, "seal": seal})


def write(head: Head) -> Path:
    """Append a head to the file that AUDIT_HEADS_FILE names. Raises OSError."""
    path = Path(settings.AUDIT_HEADS_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(line_of(head) + "\n")
    return path


@task(queue_name="mail")
def mail(sequence: int, mac: str) -> None:
    """Send a head to AUDIT_MAIL. Numbers and digests only."""
    EmailMessage(
        subject=f"{settings.SITE_NAME}: end of the audit",
        body=f"Keep this line. `manage.py verify_audit --heads FILE` compares it.\n\n"
        f"{line_of(Head(sequence, mac))}\n",
        to=[settings.AUDIT_MAIL],
        headers={"Auto-Submitted": "auto-generated"},
    ).send()


def read(path: Path) -> dict[int, str]:
    """The macs in a file of heads, by sequence. Raises BadLine, or OSError."""
    heads: dict[int, str] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.strip():
            head = _read_line(line, number)
            if heads.setdefault(head.sequence, head.mac) != head.mac:
                raise BadLine(number)
    return {sequence: mac for sequence, mac in heads.items() if sequence > 0}


def _read_line(line: str, number: int) -> Head:
    try:
        said = json.loads(line)
        head, at, seal = Head(int(said["sequence"]), str(said["mac"])), said["at"], said["seal"]
    except (ValueError, KeyError, TypeError):
        raise BadLine(number) from None
    seals = (chain.seal_of(head, at, key) for key in settings.AUDIT_KEYS)
    if not any(hmac.compare_digest(known, str(seal)) for known in seals):
        raise BadLine(number)
    return head


def last_export() -> timedelta | None:
    """How long ago a head was last written out; None when never."""
    latest = AuditExport.objects.order_by("-on").values_list("at", flat=True).first()
    return timezone.now() - latest if latest else None

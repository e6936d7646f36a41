"""`manage.py export_audit_head`: the end of the audit, to a file and to the screen."""

from typing import Any

from django.core.management.base import BaseCommand

from community.members import heads


class Command(BaseCommand):
    help = (
        "Append the end of the audit to AUDIT_HEADS_FILE and print it. The background work does "
        "this once a day by itself."
    )

    def handle(self, **options: Any) -> None:
        head = heads.current()
        path = heads.write(head)
        self.stdout.write(heads.line_of(head))
        self.stderr.write(f"Written to {path}.")

"""`manage.py reseal_identities`: after a new key was put in front of IDENTITY_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand

from community.members import identity


class Command(BaseCommand):
    help = "Seal all identities with the first of IDENTITY_KEYS. The others can then be dropped."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{identity.reseal_all()} identities sealed with the newest key.")

"""`manage.py erase_member NUMBER`: a person has asked to be forgotten."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from community.members import erasure
from community.members.models import Member


class Command(BaseCommand):
    help = "Blank a person's texts and particulars for good. Cases, decisions and digests stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("member", type=int, help="The person's number.")
        parser.add_argument("--yes", action="store_true", help="Do it; without this, only say who.")

    def handle(self, *, member: int, yes: bool, **options: Any) -> None:
        person = Member.objects.filter(id=member).first()
        if person is None:
            raise CommandError(f"There is no person with the number {member}.")
        if not yes:
            self.stdout.write(f"{person.name}. Nothing was done; add --yes to erase for good.")
            return
        try:
            blanked = erasure.erase(person, None)
        except erasure.StaffStays:
            raise CommandError("They work here. End their role first.") from None
        except erasure.OnHold as held:
            raise CommandError(f"What they wrote is on hold: {held.reason}") from None
        self.stdout.write(f"Erased. {blanked} texts were blanked; cases and decisions stay.")

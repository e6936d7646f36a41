"""`manage.py hold_erasure NUMBER --because ...`: the law asks that a person's words are kept."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from community.members import erasure
from community.members.models import Member


class Command(BaseCommand):
    help = "Refuse to erase a person while the law asks to keep what they wrote, or end that."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("member", type=int, help="The person's number.")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--because", help="Why, in a sentence; whoever tries to erase reads it.")
        what.add_argument("--end", action="store_true", help="The reason is gone.")

    def handle(self, *, member: int, because: str | None, end: bool, **options: Any) -> None:
        person = Member.objects.filter(id=member).first()
        if person is None:
            raise CommandError(f"There is no person with the number {member}.")
        if end:
            ended = erasure.let_go(person, None)
            self.stdout.write("They can be erased again." if ended else "There was no hold.")
            return
        reason = (because or "").strip()
        if not 0 < len(reason) <= 200:
            raise CommandError("Say why in one sentence of at most 200 letters.")
        held = erasure.hold(person, reason, None)
        self.stdout.write(f"Erasing {person.name} is refused: {held.reason}")

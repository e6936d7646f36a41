"""`manage.py verify_events`: are the counters of every date what its registrations say?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from events import seats
from events.models import Occurrence


class Command(BaseCommand):
    help = "Recount the seats of every date. Names each date whose counters are wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="Set wrong counters right.")

    def handle(self, *, repair: bool, **options: Any) -> None:
        wrong = 0
        numbers = list(Occurrence.objects.order_by("id").values_list("id", flat=True))
        for number in numbers:
            with transaction.atomic():
                date = seats.lock(number)
                stands, counted = seats.counters(date), seats.recount(date)
                if stands == counted:
                    continue
                wrong += 1
                self.stdout.write(f"Date {number}: it says {stands}, the places say {counted}.")
                if repair:
                    seats.repair(date, counted)
        if wrong and not repair:
            raise CommandError(f"{wrong} of {len(numbers)} dates are wrong; add --repair.")
        self.stdout.write(f"{len(numbers)} dates counted, {wrong} set right.")

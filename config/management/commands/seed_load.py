"""`manage.py seed_load --posts 1000000`: an invented clinic of that size, for measuring."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from community.members.models import Member
from config import load


class Command(BaseCommand):
    help = "Fill an empty database with many invented posts, past every check, for measuring only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--posts", type=int, default=100_000, help="How many (1,000 or more).")
        parser.add_argument("--threads", type=int, help="How many; a twentieth of them by default.")

    def handle(self, *, posts: int, threads: int | None, **options: Any) -> None:
        if posts < 1_000 or (threads is not None and not load.BOARDS <= threads <= posts // 4):
            raise CommandError("1,000 posts at least, and four times as many posts as threads.")
        if Member.objects.exists():
            raise CommandError("There are people in this database. Choose an empty DATA_DIR.")
        plan = load.Plan.of(posts)
        if threads is not None:
            plan = load.Plan(posts, threads, plan.people)
        began = time.monotonic()
        load.make(plan, self.stdout.write)
        self.stdout.write(f"Made in {time.monotonic() - began:.0f} s.")

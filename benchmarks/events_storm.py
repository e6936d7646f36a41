"""Claim: in a storm of 2,000 sign-ups, 500 cancels, 300 answers to offers and 20 changes of
capacity, seats are right after every commit, nobody is overtaken and each offer has one letter, in
5 seeds.

    DATA_DIR=$(mktemp -d) python benchmarks/events_storm.py [SEEDS] [SHARE]

SHARE: such as 0.1 for a tenth of everything. Fills the database of the environment.
"""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django_tasks_db.models import DBTaskResult

from tests import make, make_events
from tests.events.storm import Storm


def main(seeds: int, share: float) -> None:
    call_command("migrate", verbosity=0)
    ada = make.member(make.clinic(), role="administrator")
    for seed in range(1, seeds + 1):
        DBTaskResult.objects.all().delete()
        date = make_events.workshop(
            ada, seats=max(4, round(200 * share)), slug=f"storm-{seed}-{time.time_ns()}"
        )
        storm = Storm(date, seed)
        began = time.process_time()
        storm.run(*(max(4, round(n * share)) for n in (2000, 500, 300, 20)))
        took = time.process_time() - began
        print(f"{connection.vendor}, seed {seed}: all held; {dict(storm.counts)}; {took:.0f} s CPU")


if __name__ == "__main__":
    words = sys.argv[1:]
    main(int(words[0]) if words else 5, float(words[1]) if len(words) > 1 else 1.0)

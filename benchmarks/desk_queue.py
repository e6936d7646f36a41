"""Claim: with 10,000 open cases the queue's page opens within 300 ms, and its rows come several
times as fast as by OFFSET and COUNT(*).

    DATA_DIR=$(mktemp -d) python benchmarks/desk_queue.py [CASES]

Fills the database of the environment, which must be empty: set DATA_DIR to a new folder, or
DATABASE_URL to a database made for this. The peer is what a queue usually does: COUNT(*) over all
that waits, sorted by level and due time at each look, and a page from the middle by OFFSET. CPU
seconds and wall time of this process, in one run, on the same rows.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DETOXIFY", "0")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.core.paginator import Paginator
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from community.members.models import Clinic, Group, Member
from moderation import clocks, queue, review, views
from moderation.models import ReviewCase, Revision, RevisionState, State, Submission, digest

CASES = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
TRIES = 15


def fill() -> Member:
    """A clinic with 40 authors in 8 groups and CASES held texts of all levels and ages."""
    clinic = Clinic.objects.create(name="Benchmark Clinic")
    groups = [Group.objects.create(clinic=clinic, name=f"Group {n}") for n in range(8)]
    people = [
        Member(clinic=clinic, name=f"Person {n}", email=f"p{n}@people.example", is_patient=True)
        for n in range(40)
    ]
    Member.objects.bulk_create(people)
    moss = Member.objects.create(
        clinic=clinic, name="Moss", email="moss@people.example", is_moderator=True
    )
    now = timezone.now()
    texts = Submission.objects.bulk_create(
        Submission(
            kind="forums.post",
            author=people[n % 40],
            clinic=clinic,
            group=groups[n % 8],
            state=State.HELD,
        )
        for n in range(CASES)
    )
    wordings = Revision.objects.bulk_create(
        Revision(
            submission=text,
            number=1,
            body=f"Text number {n}.",
            sha256=digest("", f"Text number {n}."),
            state=RevisionState.HELD,
            due_at=now,
        )
        for n, text in enumerate(texts)
    )
    cases = []
    for n, wording in enumerate(wordings):
        level = (0, 0, 0, 0, 1, 1, 1, 2, 2, 3)[n * 7 % 10]
        opened = now - timedelta(seconds=(n * 7919) % 36_000)
        due = clocks.decide_by(level, opened)
        cases.append(
            ReviewCase(
                submission=wording.submission,
                revision=wording,
                clinic=clinic,
                level=level,
                reasons=["conduct.insult"],
                opened_at=opened,
                due_at=due,
                serve_at=clocks.serve_by(level, due),
            )
        )
    ReviewCase.objects.bulk_create(cases)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return moss


def page(moss: Member) -> int:
    """The whole page as a moderator gets it, templates and all; its number of bytes."""
    request: Any = RequestFactory().get("/desk/")
    request.user, request.session = moss, {}
    answer = views.queue(request)
    assert answer.status_code == 200
    return len(answer.content)


def rows(moss: Member) -> list[ReviewCase]:
    """Our rows of the page, and how many wait."""
    waiting = queue.waiting(moss)
    found = list(queue.with_people(waiting, moss)[:50])
    queue.count(waiting)
    return found


def peer(moss: Member) -> list[ReviewCase]:
    """The same rows of a page in the middle, with a page number."""
    waiting = (
        ReviewCase.objects.filter(clinic=moss.clinic)
        .exclude(state="decided")
        .exclude(submission__author=moss)
        .order_by("-level", "due_at", "id")
        .select_related("submission__author", "submission__group", "claimed_by")
    )
    paginator = Paginator(waiting, 50)
    return list(paginator.page(max(paginator.num_pages // 2, 1)))


def timed(what: Callable[[Member], object], moss: Member) -> tuple[float, float]:
    """Median wall and CPU milliseconds of TRIES calls, after one to warm up."""
    what(moss)
    walls, cpus = [], []
    for _ in range(TRIES):
        wall, cpu = time.perf_counter(), time.process_time()
        what(moss)
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    return statistics.median(walls), statistics.median(cpus)


def main() -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    assert not ReviewCase.objects.exists(), "the database must be empty"
    moss = fill()
    found = {
        "the whole page": timed(page, moss),
        "our rows and count": timed(rows, moss),
        "peer: COUNT(*), sort, OFFSET": timed(peer, moss),
        "next: take one text": timed(review.claim_next, moss),
    }
    for name, (wall, cpu) in found.items():
        print(f"{connection.vendor}, {CASES:,} open: {name}: {wall:.1f} ms, CPU {cpu:.1f} ms")
    ratio = found["peer: COUNT(*), sort, OFFSET"][0] / found["our rows and count"][0]
    print(f"the peer takes {ratio:.1f} times as long as our rows (claim: the page within 300 ms)")


if __name__ == "__main__":
    main()

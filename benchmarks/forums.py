"""Claim: with a million posts in SQLite and one process, a forum page is served in tens of ms.

95 of 100 pages: list <= 60 ms, thread <= 90 ms, search <= 120 ms, a reply handed in <= 80 ms; page
2,000 costs at most twice what page 1 costs. Beside it: the same page by OFFSET, and django-machina
on the same rows (a database of its own, poured from ours) when it installs by name.

    python benchmarks/forums.py [--posts 1000000] [--data FOLDER] [--peer PYTHON]

--data: a folder with rows made before (`seed_load`); made in a passing folder without it. --peer: a
Python that has django-machina. Wall time is what somebody waits; processor time says what of it is
ours when the machine is busy with other things. The database is in the system's page cache.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
PEER = "django-machina==1.3.1"
TIMES = 100
WARM = 5


def percentile(times: list[float], share: float) -> float:
    """The value below which that share of the times lies."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def measure(what: Callable[[int], object], times: int = TIMES) -> tuple[float, float, float]:
    """(median wall, p95 wall, p95 processor) in ms over `times` calls, after a few to warm up."""
    wall, cpu = [], []
    for n in range(-WARM, times):
        began, worked = time.perf_counter(), time.process_time()
        what(n + WARM)
        if n >= 0:
            wall.append((time.perf_counter() - began) * 1000)
            cpu.append((time.process_time() - worked) * 1000)
    return percentile(wall, 0.5), percentile(wall, 0.95), percentile(cpu, 0.95)


def row(name: str, found: tuple[float, float, float], goal: float | None = None) -> None:
    median, p95, cpu = found
    said = "" if goal is None else f"   goal {goal:.0f}: {'met' if p95 <= goal else 'MISSED'}"
    print(f"{name:<46}{median:>9.1f}{p95:>9.1f}{cpu:>9.1f}{said}")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--posts", type=int, default=1_000_000)
    options.add_argument("--data", type=Path)
    options.add_argument("--peer", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as passing:
        folder = given.data or Path(passing)
        for name in ("DATABASE_URL", "REDIS_URL", "DEMO", "DEBUG", "SITE_URL"):
            os.environ.pop(name, None)
        os.environ |= {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings"}
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        from community.members.models import Member

        if not Member.objects.exists():
            call_command("seed_load", posts=given.posts)
        ours()
        peer(folder / "hearth.sqlite3", given.peer, Path(passing))


# --- Ours ---------------------------------------------------------------------------------------


def ours() -> None:
    from django.conf import settings
    from django.test import Client
    from django.urls import reverse

    from community.forums.models import Board, Post, SearchText, Thread
    from community.members.models import Member
    from community.members.paging import cursor_after

    settings.ALLOWED_HOSTS = ["testserver"]
    chance = random.Random(7)
    people = list(Member.objects.order_by("id")[:50])
    clients = []
    for person in people:
        client = Client()
        client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
        clients.append(client)
    posts = Post.objects.count()
    print(f"{posts:,} posts, {Thread.objects.count():,} threads, {Member.objects.count():,} people")
    print(f"{'ms':<46}{'median':>9}{'p95':>9}{'p95 cpu':>9}")
    first = Board.objects.order_by("id")[0]

    def get(n: int, url: str) -> None:
        answer = clients[n % len(clients)].get(url)
        assert answer.status_code == 200, (answer.status_code, url)

    def boards(n: int) -> str:
        own = list(Board.objects.readable_by(people[n % len(people)]).values_list("id", flat=True))
        return reverse("forums:board", args=[own[n % len(own)]])

    places = [boards(n) for n in range(TIMES + WARM)]
    row("list", measure(lambda n: get(n, places[n])), 60)

    readable = [
        list(Thread.objects.readable_by(person).values_list("id", flat=True)[:4000])
        for person in people
    ]
    threads = [
        reverse("forums:thread", args=[chance.choice(readable[n % len(people)])])
        for n in range(TIMES + WARM)
    ]
    row("thread", measure(lambda n: get(n, threads[n])), 90)

    bodies = SearchText.objects.order_by("post")[:5000].values_list("body", flat=True)
    words = sorted({word.strip(".").lower() for body in bodies for word in body.split()})
    texts = [" ".join(chance.sample(words, 1 + n % 2)) for n in range(TIMES + WARM)]
    find = reverse("forums:find")
    row("search, one or two words", measure(lambda n: get(n, f"{find}?q={texts[n]}")), 120)
    common = bodies[0].split()[0].lower()
    row("search, a very common word", measure(lambda n: get(n, f"{find}?q={common}")), 120)

    def submit(n: int) -> None:
        client = clients[n % len(clients)]
        url = reverse("forums:reply", args=[readable[n % len(people)][n]])
        text = f"I walked to the corner and back, number {n}, and a cat sat there."
        form = {"body": text, "key": str(uuid.uuid4())}
        answer = client.post(url, form)
        assert answer.status_code == 302, answer.status_code

    row("submit", measure(submit), 80)

    # --- Depth: the longest thread, 25 posts a page.
    longest = Thread.objects.order_by("-last_pub_seq")[0]
    page_no = min(2_000, longest.last_pub_seq // 25)
    url = reverse("forums:thread", args=[longest.id])
    place = longest.posts.get(pub_seq=(page_no - 1) * 25)
    deep = f"{url}?after={cursor_after(place.pub_seq, place.id, url)}"
    shallow_found = measure(lambda n: get(n, url), 60)
    deep_found = measure(lambda n: get(n, deep), 60)
    row("thread page, page 1", shallow_found)
    row(f"thread page, page {page_no:,}", deep_found, 2 * shallow_found[1])
    rows = (
        longest.posts.with_texts()
        .visible_to(people[0])
        .filter(pub_seq__isnull=False)
        .order_by("pub_seq", "id")
    )
    start = (page_no - 1) * 25
    row("  its rows by place", measure(lambda n: list(rows.filter(pub_seq__gt=start)[:26]), 40))
    row("  its rows by OFFSET", measure(lambda n: list(rows[start : start + 26]), 40))
    listed = Thread.objects.readable_by(people[0]).filter(board=first).order_by("-move", "-id")
    last = max(1, listed.count() // 25 - 1)
    at = listed[last * 25 - 1]
    url = reverse("forums:board", args=[first.id])
    deep = f"{url}?after={cursor_after(at.move, at.id, url)}"
    row("list page, page 1", measure(lambda n: get(n, url), 60))
    row(f"list page, page {last + 1:,}", measure(lambda n: get(n, deep), 60))
    row("  its rows by place", measure(lambda n: list(listed.filter(move__lt=at.move)[:26]), 40))
    row("  its rows by OFFSET", measure(lambda n: list(listed[last * 25 : last * 25 + 26]), 40))


# --- The peer -----------------------------------------------------------------------------------


def peer(rows: Path, python: Path | None, folder: Path) -> None:
    """The same pages of django-machina, or a word on why there are none."""
    if python is None:
        venv.create(folder / "peer", with_pip=True)
        python = folder / "peer" / "bin" / "python"
        wanted = [PEER, "Django==5.2.19", "setuptools<80"]
        installed = subprocess.run(
            [python, "-m", "pip", "install", "-q", *wanted], capture_output=True, check=False
        )
        if installed.returncode:
            print(f"{PEER} does not install here; no figures beside ours.")
            return
    script = Path(__file__).parent / "forum_peer" / "machina_site.py"
    env = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO")}
    done = subprocess.run(
        [python, script, rows, folder], capture_output=True, text=True, env=env, check=False
    )
    if done.returncode:
        print(f"{PEER} did not run: {done.stderr.strip().splitlines()[-1:]}")
        return
    print(f"-- {PEER}, the same rows")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    for name, times in found.items():
        row(name, tuple(times))


if __name__ == "__main__":
    main()

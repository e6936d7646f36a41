"""Rows by the million for measuring: an invented clinic with boards, threads and released posts.

They are poured past the actions (COPY on PostgreSQL, executemany on SQLite), since going through
them would take days. What a page, the search and a reply read is there; verdicts and audit are not.
"""

import itertools
import random
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone

from community.forums.models import (
    Board,
    Grant,
    Post,
    ReadMark,
    SearchText,
    Subscription,
    Thread,
)
from community.members.models import Clinic, Group, Member, Membership
from moderation.models import Revision, RevisionState, State, Submission, digest

CLINIC = "Clinic of a Million Words"
BOARDS = 20
AT_ONCE = 20_000
# The longest thread holds this share of all posts, so that there is a page 2,000 to turn to.
LONGEST = 0.06
READS = 400
PREPARED = (models.DateTimeField, models.UUIDField)


@dataclass(frozen=True)
class Plan:
    """How much is made."""

    posts: int
    threads: int
    people: int

    @staticmethod
    def of(posts: int) -> "Plan":
        """A clinic in proportion: 20 posts a thread, 200 posts a person."""
        return Plan(posts, max(BOARDS, posts // 20), max(50, min(5_000, posts // 200)))


def make(plan: Plan, say: Callable[[str], object] = print, seed: int = 1) -> Clinic:
    """Make everything in one transaction. The same seed makes the same words."""
    chance = random.Random(seed)  # noqa: S311  (not for secrets)
    now = timezone.now()
    with transaction.atomic():
        clinic = Clinic.objects.create(name=CLINIC)
        boards = _boards(clinic)
        people = _people(clinic, boards, plan.people, now)
        say(f"{len(people):,} people, {len(boards)} boards")
        threads = _threads(chance, boards, people, plan, now)
        say(f"{len(threads):,} threads")
        with _index_afterwards():
            _posts(chance, threads, people, clinic, now, say)
        _reading(chance, threads, people)
        _set_sequences()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return clinic


def _boards(clinic: Clinic) -> list[Board]:
    groups = [Group.objects.create(clinic=clinic, name=f"Circle {n}") for n in range(1, BOARDS + 1)]
    boards = [Board.objects.create(group=group, name="Everyday") for group in groups]
    for board in boards:
        Grant.objects.create(board=board, group=board.group)
    return boards


def _people(clinic: Clinic, boards: list[Board], count: int, now: datetime) -> list[int]:
    first = _next_id(Member)
    ids = list(range(first, first + count))
    joined = now - timedelta(days=900)
    _pour(
        Member,
        (
            {
                "id": number,
                "email": f"person{number}@load.example",
                "name": f"Load person {number}",
                "password": "!",
                "clinic_id": clinic.id,
                "is_patient": True,
                "is_demo": True,
                "joined_at": joined,
            }
            for number in ids
        ),
    )
    # Everybody reads on the first board, which is the largest, and on two others.
    places = (
        {"group_id": boards[at].group_id, "member_id": number, "started_at": joined}
        for number in ids
        for at in {0, 1 + number % (BOARDS - 1), 1 + (number * 7 + 3) % (BOARDS - 1)}
    )
    _pour(Membership, places)
    return ids


@dataclass
class _Threads:
    """Of each thread: its number, board, author, and how many posts it has."""

    ids: list[int]
    boards: list[int]
    authors: list[int]
    sizes: list[int]

    def __len__(self) -> int:
        return len(self.ids)


def _threads(
    chance: random.Random, boards: list[Board], people: list[int], plan: Plan, now: datetime
) -> _Threads:
    count = plan.threads
    first = _next_id(Thread)
    longest = int(plan.posts * LONGEST)
    # A few threads are long and most are short.
    weights = [1 / (1 + n % 97) for n in range(count - 1)]
    rest = plan.posts - longest - (count - 1)
    whole = sum(weights)
    sizes = [longest, *(1 + int(rest * weight / whole) for weight in weights)]
    sizes[1] += plan.posts - sum(sizes)
    # A third of them stand on the first board, the longest among them.
    where = [boards[0].id, *(boards[0 if n % 3 == 0 else n % BOARDS].id for n in range(1, count))]
    made = _Threads(
        list(range(first, first + count)), where, chance.choices(people, k=count), sizes
    )
    moves = dict.fromkeys((board.id for board in boards), 0)

    def rows() -> Iterator[dict[str, Any]]:
        for n, number in enumerate(made.ids):
            moves[where[n]] += 1
            at = now - timedelta(seconds=60 * (count - n))
            yield {
                "id": number,
                "board_id": where[n],
                "author_id": made.authors[n],
                "last_pub_seq": sizes[n],
                "last_pub_at": at,
                "move": moves[where[n]],
                "created_at": at - timedelta(days=30),
            }

    _pour(Thread, rows())
    for number, count_of in moves.items():
        Board.objects.filter(id=number).update(moves=count_of)
    return made


def _posts(
    chance: random.Random,
    threads: _Threads,
    people: list[int],
    clinic: Clinic,
    now: datetime,
    say: Callable[[str], object],
) -> None:
    sentences = _sentences(chance)
    groups = dict(Board.objects.values_list("id", "group_id"))
    base = {model: _next_id(model) for model in (Submission, Revision, Post)}
    places = ((n, seq) for n in range(len(threads)) for seq in range(1, threads.sizes[n] + 1))
    done = 0
    openings = []
    while part := list(itertools.islice(places, AT_ONCE)):
        submissions, revisions, posts, words = [], [], [], []
        at_once = now - timedelta(days=60) + timedelta(seconds=done / 100)
        for at, (n, seq) in enumerate(part, start=done):
            ids = {model: first + at for model, first in base.items()}
            author = threads.authors[n] if seq == 1 else people[(at * 31 + seq) % len(people)]
            title = f"{chance.choice(sentences)[:60]}" if seq == 1 else ""
            body = " ".join(chance.choices(sentences, k=1 + at % 4))
            written = at_once + timedelta(seconds=(at - done) // 100)
            if seq == 1:
                openings.append((ids[Post], threads.ids[n]))
            submissions.append(
                {
                    "id": ids[Submission],
                    "kind": Post.KIND,
                    "author_id": author,
                    "clinic_id": clinic.id,
                    "group_id": groups[threads.boards[n]],
                    "state": State.VISIBLE,
                    "latest_id": ids[Revision],
                    "shown_id": ids[Revision],
                    "created_at": written,
                    "released_at": written,
                }
            )
            revisions.append(
                {
                    "id": ids[Revision],
                    "submission_id": ids[Submission],
                    "number": 1,
                    "title": title,
                    "body": body,
                    "sha256": digest(title, body),
                    "state": RevisionState.RELEASED,
                    "created_at": written,
                    "due_at": written,
                }
            )
            posts.append(
                {
                    "id": ids[Post],
                    "submission_id": ids[Submission],
                    "thread_id": threads.ids[n],
                    "author_id": author,
                    "pub_seq": seq,
                    "key": uuid.UUID(int=ids[Post]),
                    "created_at": written,
                }
            )
            scope = f"b{threads.boards[n]}"
            words.append({"post_id": ids[Post], "title": title, "body": body, "scope": scope})
        for model, rows in (
            (Submission, submissions),
            (Revision, revisions),
            (Post, posts),
            (SearchText, words),
        ):
            _pour(model, rows)
        done += len(part)
        if done % (AT_ONCE * 10) == 0:
            say(f"{done:,} posts")
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE forums_thread SET opening_id = %s WHERE id = %s", openings)
    say(f"{done:,} posts")


def _sentences(chance: random.Random) -> list[str]:
    """Sentences of invented words; a few words are common and many are rare."""
    sounds = ("la", "mo", "ri", "te", "nu", "sel", "bar", "wen", "do", "fi", "gar", "hul")
    words = ["".join(chance.choices(sounds, k=2 + n % 3)) + str(n % 7 or "") for n in range(4_000)]
    weights = [1 / (1 + n) for n in range(len(words))]
    return [
        " ".join(chance.choices(words, weights, k=chance.randint(6, 18))).capitalize() + "."
        for _ in range(20_000)
    ]


def _reading(chance: random.Random, threads: _Threads, people: list[int]) -> None:
    """The first hundred people read and follow a few hundred threads each."""
    most = min(READS, len(threads))
    rows = [(p, n) for p in people[:100] for n in chance.sample(range(len(threads)), most)]
    _pour(
        ReadMark,
        (
            {"member_id": p, "thread_id": threads.ids[n], "seq": max(0, threads.sizes[n] - n % 5)}
            for p, n in rows
        ),
    )
    _pour(Subscription, ({"member_id": p, "thread_id": threads.ids[n]} for p, n in rows[::4]))


# --- Pouring ------------------------------------------------------------------------------------


def _next_id(model: type[models.Model]) -> int:
    largest = model._default_manager.aggregate(models.Max("pk"))["pk__max"]
    return (largest or 0) + 1


def _pour(model: type[models.Model], rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows by column name; what is not given gets the model's own default."""
    waiting = iter(rows)
    first = next(waiting, None)
    if first is None:
        return
    fields: list[Any] = [
        field
        for field in model._meta.concrete_fields
        if field.column in first or not field.primary_key
    ]
    # What is the same in every row is prepared once; of the others only moments and keys need it.
    same = [
        None if field.column in first else field.get_db_prep_save(field.get_default(), connection)
        for field in fields
    ]
    given = [(at, field) for at, field in enumerate(fields) if field.column in first]
    plain = [(at, field.column) for at, field in given if not isinstance(field, PREPARED)]
    prepared = [
        (at, str(field.column), field) for at, field in given if isinstance(field, PREPARED)
    ]

    def values() -> Iterator[list[Any]]:
        known: dict[Any, Any] = {}
        for row in itertools.chain([first], waiting):
            whole = same.copy()
            for at, column in plain:
                whole[at] = row[column]
            for at, column, field in prepared:
                value = row[column]
                if value not in known:
                    known[value] = field.get_db_prep_save(value, connection)
                whole[at] = known[value]
            yield whole

    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in values():
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(fields))
        sql = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608  (names of ours)
        every: Any = values()
        cursor.executemany(sql, every)


@contextmanager
def _index_afterwards() -> Iterator[None]:
    """On SQLite, build the search index in one go at the end: ten times as fast as row by row."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        table = SearchText._meta.db_table
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table]
        )
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        cursor.execute("INSERT INTO forums_words(forums_words) VALUES ('rebuild')")
        for _, sql in triggers:
            cursor.execute(sql)


def _set_sequences() -> None:
    ours = [Member, Membership, Thread, Submission, Revision, Post, ReadMark, Subscription]
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), ours):
            cursor.execute(sql)

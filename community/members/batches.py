"""Many invitations at once, from a table of addresses or references; cards; how far they came.

A batch has a key of the clinic's own. The table is read first and nothing happens (`plan`); `make`
then writes what the plan says, some rows at a time. Whoever does either twice, or goes on after an
interruption, makes each invitation once: the database holds one per address and reference.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Count, Exists, Q, QuerySet
from django.utils import timezone

from community.members import audit, invitation_letters, vault
from community.members.invitations import fresh_nonce, token_of, token_sha256
from community.members.models import (
    Group,
    Invitation,
    InvitationUse,
    InviteBatch,
    Member,
    Role,
    email_key,
)

MOST_ROWS = 10_000
MOST_BYTES = 2 * 1024 * 1024
CHUNK = 500
CARDS = 24
COLUMNS = ("email", "reference")

# What is said of a row, before and after.
VERDICTS = {
    "new": "will be invited",
    "member": "has an account here; the link adds the groups",
    "made": "is invited already",
    "twice": "stands in the table twice; the first one counts",
    "address": "has an address that cannot be right; please look at it",
    "long": "is too long: 254 characters for an address, 80 for a reference",
    "empty": "has neither an address nor a reference",
}
GOOD = ("new", "member")


class BadTable(Exception):
    """The file cannot be read as a table. `words` says what to do."""

    def __init__(self, words: str) -> None:
        super().__init__("bad table")
        self.words = words


@dataclass(frozen=True)
class Row:
    """One line of the table and what becomes of it. line: as a spreadsheet counts, header 1."""

    line: int
    email: str
    reference: str
    verdict: str

    @property
    def words(self) -> str:
        """The verdict in words."""
        return VERDICTS[self.verdict]


def read(data: bytes) -> list[tuple[int, str, str]]:
    """(line, address, reference) of each row. Raises BadTable."""
    if len(data) > MOST_BYTES:
        raise BadTable("This file is larger than 2 MB. Please split it into two.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadTable("Please save the table as “CSV UTF-8” and choose it again.") from None
    if "\0" in text:
        raise BadTable("This is no table of text. Please save it as “CSV UTF-8”.")
    first = text.split("\n", 1)[0]
    reader = csv.reader(
        io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ","
    )
    try:
        rows = list(reader)
    except csv.Error:
        raise BadTable("A line of this table is broken. Please save it as CSV anew.") from None
    head = [cell.strip().lower() for cell in rows[0]] if rows else []
    if not set(head) & set(COLUMNS):
        raise BadTable("The first line must name the columns: email, reference, or both.")
    places = {name: head.index(name) for name in COLUMNS if name in head}
    body = [(line, row) for line, row in enumerate(rows[1:], start=2) if any(map(str.strip, row))]
    if len(body) > MOST_ROWS:
        raise BadTable(f"There is room for {MOST_ROWS:,} rows in one table. Please split it.")

    def cell(row: list[str], name: str) -> str:
        at = places.get(name, len(row))
        return row[at].strip() if at < len(row) else ""

    return [(line, email_key(cell(row, "email")), cell(row, "reference")) for line, row in body]


def judge(
    clinic_id: int, batch: InviteBatch | None, rows: Sequence[tuple[int, str, str]]
) -> list[Row]:
    """What becomes of each row. Two queries, however many rows. Nothing is changed."""
    made = set(batch.invitations.values_list("email", "reference")) if batch else set()
    # Accounts of this clinic only: nobody learns who has one elsewhere.
    known = set(Member.objects.filter(clinic_id=clinic_id).values_list("email", flat=True))
    seen: set[tuple[str, str]] = set()
    judged = []
    for line, email, reference in rows:
        verdict = _verdict(email, reference, made, seen, known)
        seen.add((email, reference))
        judged.append(Row(line, email, reference, verdict))
    return judged


def _verdict(
    email: str,
    reference: str,
    made: set[tuple[str, str]],
    seen: set[tuple[str, str]],
    known: set[str],
) -> str:
    if not email and not reference:
        return "empty"
    if len(email) > 254 or len(reference) > 80:
        return "long"
    if (email, reference) in seen:
        return "twice"
    if (email, reference) in made:
        return "made"
    if email:
        try:
            validate_email(email)
        except ValidationError:
            return "address"
    return "member" if email in known else "new"


@transaction.atomic
def plan(
    administrator: Member,
    *,
    key: str,
    rows: Sequence[tuple[int, str, str]],
    groups: Sequence[Group],
    role: Role,
    life: timedelta,
    mail: bool,
) -> InviteBatch:
    """Keep a table, sealed, until its invitations are made. Invites nobody.

    A batch of the same key gets the new table; what it has made already stays made.
    """
    sealed = vault.seal(json.dumps([list(row) for row in rows]))
    values = {
        "plan": sealed,
        "role": role,
        "life_days": life.days,
        "mail": mail,
        "created_by": administrator,
    }
    batch, new = InviteBatch.objects.get_or_create(
        clinic_id=administrator.clinic_id, key=key, defaults=values
    )
    if not new:
        InviteBatch.objects.filter(id=batch.id).update(**values, revoked_at=None)
        batch.refresh_from_db()
    batch.groups.set(groups)
    return batch


def planned(batch: InviteBatch) -> list[Row]:
    """The rows of the table that waits; [] when there is none. Raises vault.Tampered."""
    if not batch.plan:
        return []
    return judge(batch.clinic_id, batch, json.loads(vault.unseal(batch.plan)))


def counts(rows: Sequence[Row]) -> list[tuple[str, int]]:
    """(verdict in words, how many), the good ones first."""
    found = Counter(row.verdict for row in rows)
    return [(words, found[name]) for name, words in VERDICTS.items() if found[name]]


def make(batch: InviteBatch, administrator: Member) -> int:
    """Make the invitations of the waiting table, CHUNK rows to a transaction. Returns how many.

    Interrupted, it goes on from where it was when called again. The table is forgotten at the end.
    """
    good = [row for row in planned(batch) if row.verdict in GOOD]
    groups = list(batch.groups.all())
    made = 0
    for start in range(0, len(good), CHUNK):
        made += _make_chunk(batch, administrator, groups, good[start : start + CHUNK])
    with transaction.atomic():
        InviteBatch.objects.filter(id=batch.id, plan=batch.plan).update(plan="")
        audit.record(administrator, "invitations.made", batch, count=made)
    return made


@transaction.atomic
def _make_chunk(
    batch: InviteBatch, administrator: Member, groups: Sequence[Group], rows: Sequence[Row]
) -> int:
    # Two at once: the second waits here, and then sees what the first has made.
    held = InviteBatch.objects.select_for_update(no_key=True).get(id=batch.id)
    if held.revoked_at is not None:
        return 0
    there = set(batch.invitations.values_list("email", "reference"))
    fresh = [row for row in rows if (row.email, row.reference) not in there]
    until = timezone.now() + timedelta(days=held.life_days)
    new = []
    for row in fresh:
        nonce = fresh_nonce()
        new.append(
            Invitation(
                clinic_id=batch.clinic_id,
                batch=batch,
                role=held.role,
                nonce=nonce,
                token_sha256=token_sha256(token_of(nonce)),
                email=row.email,
                reference=row.reference,
                created_by=administrator,
                expires_at=until,
            )
        )
    Invitation.objects.bulk_create(new)
    through = Invitation.groups.through
    through.objects.bulk_create(
        through(invitation_id=row.id, group_id=group.id) for row in new for group in groups
    )
    if held.mail:
        for invitation in new:
            if invitation.email:
                invitation_letters.send.enqueue(invitation.id)
    return len(new)


# --- Closing ------------------------------------------------------------------------------------


@transaction.atomic
def revoke_batch(batch: InviteBatch, by: Member) -> int:
    """Close every open invitation of a batch, and its waiting table. Returns how many.

    Forms that were opened from them stop working too.
    """
    InviteBatch.objects.filter(id=batch.id).update(plan="", revoked_at=timezone.now())
    return _revoke(Invitation.objects.filter(batch=batch), by, batch)


@transaction.atomic
def revoke_group(group: Group, by: Member) -> int:
    """Close every open invitation into a group, also those into further groups. How many."""
    return _revoke(Invitation.objects.filter(groups=group), by, group)


def _revoke(rows: QuerySet[Invitation], by: Member, of: InviteBatch | Group) -> int:
    open_ones = Invitation.objects.filter(id__in=rows.values("id"), revoked_at__isnull=True)
    count = open_ones.update(revoked_at=timezone.now(), revoked_by=by)
    audit.record(by, "invitations.revoked", of, count=count)
    return count


# --- Cards and tables ---------------------------------------------------------------------------


def safe_cell(value: str) -> str:
    """A cell that no spreadsheet takes for a formula. Source: OWASP, CSV Injection."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def table_of(batch: InviteBatch, rows: Sequence[Row]) -> Iterator[str]:
    """The verdicts as lines of CSV."""
    yield _line(["line", "email", "reference", "verdict"])
    for row in rows:
        yield _line([str(row.line), row.email, row.reference, row.words])


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()


# --- How far they came --------------------------------------------------------------------------

_first_words: list[Callable[[str], Exists]] = []


def register_first_words(condition: Callable[[str], Exists]) -> None:
    """Let an app say whether somebody has published something. condition(path to the member)."""
    if condition not in _first_words:
        _first_words.append(condition)


@dataclass(frozen=True)
class Funnel:
    """How many invitations were made, mailed, opened with the button; who joined and wrote."""

    made: int
    sent: int
    opened: int
    joined: int
    wrote: int


def funnel(invitations: QuerySet[Invitation]) -> Funnel:
    """The steps of some invitations, in two queries."""
    steps = invitations.aggregate(
        made=Count("id"),
        sent=Count("id", filter=Q(sent_at__isnull=False)),
        opened=Count("id", filter=Q(first_opened_at__isnull=False)),
    )
    uses = InvitationUse.objects.filter(invitation__in=invitations.values("id"))
    wrote = Q(pk__in=[])
    for condition in _first_words:
        wrote |= Q(condition("member"))
    people = uses.aggregate(
        joined=Count("member", distinct=True),
        wrote=Count("member", filter=wrote, distinct=True),
    )
    return Funnel(**steps, **people)

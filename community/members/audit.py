"""The audit: who did or read what, when, in one chain that shows every later change.

Rows hold numbers, codes and digests, never a word that a person wrote; so erasing a person leaves
them as they are. `record` belongs into the transaction of what it records, as its last statement:
from then on until the commit every other writer of the audit waits.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from community.members import chain
from community.members.append_only import is_protected
from community.members.chain import GENESIS, BadRow, Head, Link

if TYPE_CHECKING:
    from community.members.models import Member

# A code such as "case.decided", a state, a version, or a digest: nothing that could be a sentence.
CODE = re.compile(r"[a-z0-9_.:/+-]{0,80}")
PAGE = 5000


class NoWords(ValueError):
    """Somebody tried to put words into the audit."""


class AuditEntry(models.Model):
    """One thing that was done or read. No foreign keys: a row must outlive what it speaks of."""

    sequence = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    # Who did it; None for the server itself.
    actor_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=80)
    # What it was done to: "moderation.reviewcase" and its number.
    kind = models.CharField(max_length=80, blank=True)
    object_id = models.BigIntegerField(null=True)
    # The person it is about, so that they can be told who looked.
    about_id = models.BigIntegerField(null=True)
    clinic_id = models.BigIntegerField(null=True)
    # Canonical JSON of numbers, codes and digests, as text: its bytes are part of the seal.
    facts = models.TextField(default="{}")
    key = models.CharField(max_length=8)
    previous = models.CharField(max_length=64)
    mac = models.CharField(max_length=64)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["about_id", "-sequence"], name="audit_about"),
            models.Index(fields=["actor_id", "-sequence"], name="audit_by"),
        ]

    @property
    def said(self) -> dict[str, Any]:
        """The facts as a dictionary."""
        result: dict[str, Any] = json.loads(self.facts)
        return result


class AuditHead(models.Model):
    """Where the chain ends. One row; whoever appends holds it."""

    sequence = models.BigIntegerField(default=0)
    mac = models.CharField(max_length=64, default=GENESIS)


class AuditExport(models.Model):
    """On this day the head was written out. One a day, however many processes there are."""

    on = models.DateField(unique=True)
    sequence = models.BigIntegerField()
    at = models.DateTimeField(default=timezone.now)


@transaction.atomic
def record(
    actor: "Member | None",
    action: str,
    obj: models.Model | None = None,
    *,
    about: "Member | int | None" = None,
    **facts: object,
) -> AuditEntry:
    """Append to the chain, in the transaction that is under way, as its last statement.

    actor: who did it; None for the server. action: a code such as "case.decided". about: the
    person it concerns. facts: numbers, true/false, None, codes, digests, or lists of them.
    Raises NoWords for anything else, so that no text of a person can slip in.
    """
    if not CODE.fullmatch(action):
        raise NoWords("action")
    link = _next_link(actor, action, obj, about, facts)
    return AuditEntry.objects.create(**dict(zip(COLUMNS, link, strict=True)))


COLUMNS = (
    *("sequence", "at", "actor_id", "action", "kind", "object_id", "about_id", "clinic_id"),
    *("facts", "key", "previous", "mac"),
)


def _next_link(
    actor: "Member | None",
    action: str,
    obj: models.Model | None,
    about: "Member | int | None",
    facts: Mapping[str, object],
) -> Link:
    clinic = getattr(obj, "clinic_id", None) or getattr(actor, "clinic_id", None)
    canonical = json.dumps(
        {name: _fact(name, value) for name, value in facts.items()},
        sort_keys=True,
        separators=(",", ":"),
    )
    key: str = settings.AUDIT_KEYS[0]
    head = _hold_head()
    link = Link(
        sequence=head.sequence + 1,
        at=timezone.now(),
        actor=actor.pk if actor else None,
        action=action,
        kind=obj._meta.label_lower if obj is not None else "",
        object=obj.pk if obj is not None else None,
        about=about if about is None or isinstance(about, int) else about.pk,
        clinic=clinic,
        facts=canonical,
        key=chain.key_id(key),
        previous=head.mac,
        mac="",
    )
    link = link._replace(mac=chain.mac_of(link, key))
    AuditHead.objects.filter(id=1).update(sequence=link.sequence, mac=link.mac)
    return link


def _hold_head() -> Head:
    """The end of the chain, locked until the commit.

    PostgreSQL locks the row; on SQLite the transaction itself is the only writer.
    """
    rows = AuditHead.objects.select_for_update(no_key=True)
    held = rows.filter(id=1).first() or rows.get_or_create(id=1)[0]
    return Head(held.sequence, held.mac)


def _fact(name: str, value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str) and CODE.fullmatch(value):
        return str(value)
    if isinstance(value, list | tuple):
        return [_fact(name, part) for part in value]
    raise NoWords(name)


# --- Is it whole? -------------------------------------------------------------------------------


def verify(start: int = 1, heads: Mapping[int, str] | None = None) -> Head:
    """Follow the chain to its end. start: the first row to look at; the one before is believed.

    heads: macs exported earlier, by sequence. Returns the end of the chain. Raises BadRow with the
    first row that is altered, missing, forged, moved or cut off at the end.
    """
    ends = AuditHead.objects.filter(id=1).values_list("sequence", "mac").first()
    end = Head(*ends) if ends else Head(0, GENESIS)
    head, newest = _before(start), None
    while page := list(_links(head.sequence)):
        head, newest = chain.walk(page, settings.AUDIT_KEYS, head, heads, newest)
    # Rows may be added while we read, so the end we saw first may lie behind us.
    promised = max([end.sequence, *(heads or {})])
    if head.sequence < promised:
        raise BadRow(head.sequence + 1, f"is missing: the chain went on to {promised}")
    if ends and AuditEntry.objects.filter(sequence=end.sequence).exclude(mac=end.mac).exists():
        raise BadRow(end.sequence, "is not the row that the head names")
    return head


def _before(start: int) -> Head:
    if start <= 1:
        return Head(0, GENESIS)
    macs = AuditEntry.objects.filter(sequence=start - 1).values_list("mac", flat=True)
    if not (mac := macs.first()):
        raise BadRow(start - 1, "is missing")
    return Head(start - 1, mac)


def _links(after: int) -> Iterator[Link]:
    """The next rows of the chain, at most PAGE."""
    rows = AuditEntry.objects.filter(sequence__gt=after).order_by("sequence")
    return map(Link._make, rows.values_list(*COLUMNS)[:PAGE])


def is_guarded() -> bool:
    """Whether the database still refuses to change and delete rows of the audit."""
    return is_protected(connection, AuditEntry._meta.db_table)

"""A copy of everything that is one's own: asked for, made in the background, taken once.

Each app says with `register` what it keeps of a person. The copy waits sealed in the database until
its owner takes it or three days are over; then it is gone, and another one can be asked for.
"""

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.template import loader
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from community.members import audit, vault

if TYPE_CHECKING:
    from community.members.models import Member

KEPT = timedelta(days=3)
# One thing somebody has here, such as a post: what it is called, and its value.
Thing = dict[str, Any]
Collect = Callable[["Member"], Sequence[Thing]]

_parts: list[tuple[str, Collect]] = []


class OwnCopy(models.Model):
    """One copy that was asked for. sealed: the file, "" until it is ready and when it is gone."""

    member = models.ForeignKey(
        "members.Member", on_delete=models.CASCADE, related_name="own_copies"
    )
    asked_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)
    sealed = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(gone_at__isnull=True), name="one_copy_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(gone_at__isnull=True) | Q(sealed=""), name="a_copy_that_is_gone_is_gone"
            ),
        ]


class NotThere(Exception):
    """The copy was taken already, or its time is over."""


def register(title: str, collect: Collect) -> None:
    """Let an app put what it keeps of a person into their copy.

    title: plain words, such as "What you wrote". collect(member): the person's own things as
    dictionaries of words and values that JSON knows; moments as ISO 8601. No word of anybody else.
    """
    if (title, collect) not in _parts:
        _parts.append((title, collect))


def waiting(member: "Member") -> OwnCopy | None:
    """The copy that is being made or waits to be taken, without its content."""
    rows = OwnCopy.objects.defer("sealed").filter(member=member, gone_at__isnull=True)
    return rows.exclude(expires_at__lte=timezone.now()).first()


def ask(member: "Member") -> OwnCopy:
    """Have a copy made. Asking again while one is made or waits gives that one."""
    tidy()
    try:
        with transaction.atomic():
            row = OwnCopy.objects.create(member=member)
            prepare.enqueue(row.pk)
            audit.record(member, "copy.asked", row, about=member)
    except IntegrityError:
        row = OwnCopy.objects.defer("sealed").get(member=member, gone_at__isnull=True)
    return row


@task(queue_name="default")
def prepare(copy_id: int) -> None:
    """Collect everything and seal it, unless that was done. Tells its owner."""
    from community.members import notices

    row = OwnCopy.objects.select_related("member__clinic").filter(id=copy_id).first()
    if row is None or row.ready_at is not None or row.gone_at is not None:
        return
    sealed = vault.seal_bytes(file_of(row.member))
    now = timezone.now()
    values = {"sealed": sealed, "ready_at": now, "expires_at": now + KEPT}
    with transaction.atomic():
        if OwnCopy.objects.filter(id=copy_id, ready_at=None, gone_at=None).update(**values):
            notices.tell(row.member, "copy_ready", reverse("members:own_copy"))


def parts_of(member: "Member") -> list[tuple[str, list[Thing]]]:
    """(title, things) of everything that is kept of a person, in the order of the registry."""
    return [(title, list(collect(member))) for title, collect in _parts]


def file_of(member: "Member") -> bytes:
    """A ZIP with the same content twice: as a page to read, and as JSON for machines."""
    parts = parts_of(member)
    shown = [
        (title, [[(name, lines_of(value)) for name, value in thing.items()] for thing in things])
        for title, things in parts
    ]
    context = {"parts": shown, "person": member, "made_at": timezone.now()}
    page = loader.render_to_string("members/own_copy_file.html", context)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("my-copy.html", page)
        archive.writestr("my-copy.json", json.dumps(dict(parts), ensure_ascii=False, indent=1))
    return out.getvalue()


def lines_of(value: Any) -> list[str]:
    """A value in lines for a page: the parts of a list one by one, those of a thing with names."""
    if value is None or value in ("", []):
        return ["-"]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, list):
        return [line for part in value for line in lines_of(part)]
    if isinstance(value, dict):
        return [f"{name}: {line}" for name, part in value.items() for line in lines_of(part)]
    return str(value).splitlines() or ["-"]


@transaction.atomic
def take(member: "Member", copy_id: int) -> bytes:
    """The file, once. Raises NotThere, also for somebody else's; vault.Tampered."""
    rows = OwnCopy.objects.filter(id=copy_id, member=member, gone_at=None, ready_at__isnull=False)
    row = rows.filter(expires_at__gt=timezone.now()).first()
    now = timezone.now()
    if row is None or not rows.update(taken_at=now, gone_at=now, sealed=""):
        raise NotThere
    audit.record(member, "copy.taken", row, about=member)
    return vault.unseal_bytes(row.sealed)


def tidy() -> int:
    """Forget copies that nobody took in time. Returns how many."""
    over = OwnCopy.objects.filter(expires_at__lte=timezone.now(), gone_at=None)
    return over.update(gone_at=timezone.now(), sealed="")

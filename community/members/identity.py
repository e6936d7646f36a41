"""Who somebody is outside: sealed, written by the person, opened by a granted disclosure alone."""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.utils import timezone

from community.members import audit, vault

if TYPE_CHECKING:
    from community.members.models import Member

# What may be kept, in the order it is shown. The address they sign in with can be asked for too.
FIELDS = {
    "name": "Full name",
    "phone": "Telephone",
    "address": "Where they live",
    "contact": "Somebody to call for them",
}
EMAIL = "email"
LABELS = {**FIELDS, EMAIL: "E-mail address"}
# The same, said to the person themselves.
OWN_LABELS = {
    "name": "Your full name",
    "phone": "Your telephone",
    "address": "Where you live",
    "contact": "Somebody to call for you",
    EMAIL: "Your e-mail address",
}


class Identity(models.Model):
    """One person's particulars, sealed for them. The row says nothing but that it is there."""

    member = models.OneToOneField(
        "members.Member", on_delete=models.CASCADE, related_name="identity"
    )
    sealed = models.TextField()
    changed_at = models.DateTimeField(default=timezone.now)


def own(member: "Member") -> dict[str, str]:
    """What a person wrote about themselves, for their own page. Raises vault.Tampered."""
    row = Identity.objects.filter(member=member).first()
    if row is None:
        return {}
    kept = json.loads(vault.unseal_identity(member.pk, row.sealed))
    return {name: kept[name] for name in FIELDS if kept.get(name)}


@transaction.atomic
def keep(member: "Member", particulars: Mapping[str, str]) -> None:
    """Seal what a person wrote about themselves; empty values are forgotten.

    particulars: by the names of FIELDS. Raises KeyError for another name.
    """
    given = {name: value for name, value in particulars.items() if FIELDS[name] and value}
    if given:
        sealed = vault.seal_identity(member.pk, json.dumps(given))
        values = {"sealed": sealed, "changed_at": timezone.now()}
        Identity.objects.update_or_create(member=member, defaults=values)
    else:
        Identity.objects.filter(member=member).delete()
    audit.record(member, "identity.kept", member, about=member, fields=sorted(given))


def disclose(member: "Member", fields: Iterable[str]) -> dict[str, str]:
    """The named particulars, "" for what is not known. Ask moderation.disclosure, which may say no.

    Raises vault.Tampered.
    """
    known = {**own(member), EMAIL: member.email}
    wanted = set(fields)
    return {name: known.get(name, "") for name in LABELS if name in wanted}


def reseal_all() -> int:
    """Seal every identity with the newest key, so that an old one can be dropped. How many."""
    count = 0
    for row in Identity.objects.order_by("id").iterator():
        fresh = vault.seal_identity(row.member_id, vault.unseal_identity(row.member_id, row.sealed))
        # Only if its owner has not written anew meanwhile: that is sealed with the newest key.
        count += Identity.objects.filter(id=row.id, sealed=row.sealed).update(sealed=fresh)
    return count

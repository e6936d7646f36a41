"""Erasing a person: their words and particulars go; numbers, decisions and digests stay.

Apps above register what they blank. The account's row stays, without a name, an address or a way
in: cases and the audit speak of it by number.
"""

from collections.abc import Callable

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from community.members import audit
from community.members.models import (
    Block,
    ErasureHold,
    Identity,
    Invitation,
    Member,
    Membership,
    Notice,
    OwnCopy,
    Preferences,
    WarnPref,
)
from community.members.sessions import WITHDRAWN, end_all

# Reserved by RFC 2606: no letter can ever reach it.
NOWHERE = "invalid.invalid"

Eraser = Callable[[Member], int]

# (what blanks, whether it blanks what others read, which a person may leave behind)
_erasers: list[tuple[Eraser, bool]] = []


class StaffStays(Exception):
    """Somebody who works here cannot be erased: end their role first."""


class OnHold(Exception):
    """What they wrote has to be kept for now: `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__("erasure on hold")
        self.reason = reason


def register(eraser: Eraser, *, shared: bool = False) -> None:
    """Let an app blank what it keeps of a person. eraser(member) returns how many texts it blanked.

    It runs inside the erasing transaction. shared: it blanks what others read, which somebody may
    leave behind under "Former member".
    """
    if (eraser, shared) not in _erasers:
        _erasers.append((eraser, shared))


def erased() -> QuerySet[Member]:
    """Those who were erased."""
    return Member.objects.filter(is_active=False, email__endswith=f"@{NOWHERE}")


@transaction.atomic
def hold(member: Member, reason: str, by: Member | None) -> ErasureHold:
    """Keep what a person wrote until `let_go`: the law or a court asks for it. Twice is once.

    by: who says so; None for the command line. The person goes on as before.
    """
    Member.objects.select_for_update(no_key=True).get(id=member.id)
    made, new = ErasureHold.objects.get_or_create(
        member=member, ended_at__isnull=True, defaults={"reason": reason}
    )
    if new:
        audit.record(by, "erasure.held", made, about=member)
    return made


@transaction.atomic
def let_go(member: Member, by: Member | None) -> bool:
    """End the hold. False when there is none."""
    ended = ErasureHold.objects.filter(member=member, ended_at__isnull=True).update(
        ended_at=timezone.now()
    )
    if ended:
        audit.record(by, "erasure.let_go", about=member)
    return bool(ended)


@transaction.atomic
def erase(member: Member, by: Member | None, *, keep_texts: bool = False) -> int:
    """Erase a person for good. Returns how many texts were blanked. Raises StaffStays, OnHold.

    by: who did it; None for the command line. keep_texts: what others read stays, without the
    name. Doing it twice does no harm.
    """
    if member.is_staff_role:
        raise StaffStays
    # Locked, so that a hold comes before or after.
    Member.objects.select_for_update(no_key=True).get(id=member.id)
    held = ErasureHold.objects.filter(member=member, ended_at__isnull=True).first()
    if held is not None:
        raise OnHold(held.reason)
    blanked = sum(eraser(member) for eraser, shared in _erasers if not (shared and keep_texts))
    end_all(member, WITHDRAWN)
    for rows in (
        EmailAddress.objects.filter(user=member),
        Authenticator.objects.filter(user=member),
        Identity.objects.filter(member=member),
        Notice.objects.filter(member=member),
        Preferences.objects.filter(member=member),
        WarnPref.objects.filter(member=member),
        OwnCopy.objects.filter(member=member),
        Block.objects.filter(Q(blocker=member) | Q(blocked=member)),
    ):
        rows.delete()
    Membership.objects.filter(member=member, ended_at__isnull=True).update(ended_at=timezone.now())
    # An invitation that was bound to their address: nobody can use it any more either.
    bound = Invitation.objects.filter(email=member.email)
    bound.update(email=f"erased-{member.id}@{NOWHERE}")
    member.set_unusable_password()
    Member.objects.filter(id=member.id).update(
        email=f"erased-{member.id}@{NOWHERE}",
        name=f"Former member {member.id}",
        password=member.password,
        is_active=False,
    )
    member.refresh_from_db()
    audit.record(by, "member.erased", member, about=member, texts=blanked, kept=keep_texts)
    return blanked

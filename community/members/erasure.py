"""Erasing a person: their words and particulars go; numbers, decisions and digests stay.

Apps above register what they blank. The account's row stays, without a name, an address or a way
in: cases and the audit speak of it by number.
"""

from collections.abc import Callable

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from community.members import audit
from community.members.models import (
    Block,
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

Eraser = Callable[[Member], int]

# (what blanks, whether it blanks what others read, which a person may leave behind)
_erasers: list[tuple[Eraser, bool]] = []


class StaffStays(Exception):
    """Somebody who works here cannot be erased: end their role first."""


def register(eraser: Eraser, *, shared: bool = False) -> None:
    """Let an app blank what it keeps of a person. eraser(member) returns how many texts it blanked.

    It runs inside the erasing transaction. shared: it blanks what others read, which somebody may
    leave behind under "Former member".
    """
    if (eraser, shared) not in _erasers:
        _erasers.append((eraser, shared))


@transaction.atomic
def erase(member: Member, by: Member | None, *, keep_texts: bool = False) -> int:
    """Erase a person for good. Returns how many texts were blanked. Raises StaffStays.

    by: who did it; None for the command line. keep_texts: what others read stays, without the
    name. Doing it twice does no harm.
    """
    if member.is_staff_role:
        raise StaffStays
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
    bound.update(email=f"erased-{member.id}@invalid.invalid")
    member.set_unusable_password()
    Member.objects.filter(id=member.id).update(
        # Reserved by RFC 2606: no letter can ever reach it.
        email=f"erased-{member.id}@invalid.invalid",
        name=f"Former member {member.id}",
        password=member.password,
        is_active=False,
    )
    member.refresh_from_db()
    audit.record(by, "member.erased", member, about=member, texts=blanked, kept=keep_texts)
    return blanked

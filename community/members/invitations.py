"""Invitations: made by an administrator, opened by a link, used at most as often as allowed."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from community.members import belonging, consent
from community.members.models import (
    Consent,
    Group,
    Invitation,
    InvitationUse,
    Member,
    Membership,
    Role,
    email_key,
)


class InvitationSpent(Exception):
    """The invitation is unknown, expired, revoked or used up. Which one is not told."""


@dataclass(frozen=True)
class Invited:
    """A new invitation and its token, which is shown this once and kept nowhere."""

    invitation: Invitation
    token: str


@dataclass(frozen=True)
class Newcomer:
    """What somebody typed to join. passphrase is None for somebody who will use a passkey."""

    name: str
    email: str
    passphrase: str | None


def fresh_nonce() -> str:
    """128 random bits, from which a token is made with the server's secret."""
    return secrets.token_hex(16)


def token_of(nonce: str, secret: str | None = None, *, salt: str = "members.invitations") -> str:
    """The token of a printed or mailed link: 256 bits that the database alone cannot make.

    salt: what the link is for; a token of one kind opens nothing of another.
    """
    mac = salted_hmac(salt, nonce, secret=secret, algorithm="sha256")
    return base64.urlsafe_b64encode(mac.digest()).decode().rstrip("=")


def link_of(invitation: Invitation) -> str:
    """The whole link again, "" when it was shown once only or made under a secret that is gone."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        token = token_of(invitation.nonce, secret) if invitation.nonce else ""
        if token and token_sha256(token) == invitation.token_sha256:
            return str(settings.SITE_URL + reverse("members:welcome", args=[token]))
    return ""


def token_sha256(token: str) -> str:
    """What we keep of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@transaction.atomic
def invite(
    administrator: Member,
    *,
    groups: Sequence[Group],
    role: Role = Role.PATIENT,
    life: timedelta,
    max_uses: int = 1,
    note: str = "",
    email: str = "",
) -> Invited:
    """Make an invitation with a fresh 256-bit token.

    email: the only address that may use it; "" for whoever holds the link.
    """
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        clinic_id=administrator.clinic_id,
        role=role,
        token_sha256=token_sha256(token),
        max_uses=max_uses,
        note=note,
        email=email_key(email),
        created_by=administrator,
        expires_at=timezone.now() + life,
    )
    invitation.groups.set(groups)
    return Invited(invitation, token)


def revoke(invitation: Invitation, administrator: Member) -> bool:
    """Close an invitation. Forms opened from it stop working too. False when it was closed."""
    return bool(
        Invitation.objects.filter(id=invitation.id, revoked_at__isnull=True).update(
            revoked_at=timezone.now(), revoked_by=administrator
        )
    )


def find(token: str) -> Invitation:
    """The usable invitation behind a token. Raises InvitationSpent. Changes nothing."""
    invitation = (
        Invitation.objects.usable(timezone.now()).filter(token_sha256=token_sha256(token)).first()
    )
    if invitation is None:
        raise InvitationSpent
    return invitation


def usable(invitation_id: int) -> Invitation:
    """The invitation a join form was opened from, while it can be used. Raises InvitationSpent."""
    invitation = Invitation.objects.usable(timezone.now()).filter(id=invitation_id).first()
    if invitation is None:
        raise InvitationSpent
    return invitation


def opened(invitation: Invitation) -> None:
    """Somebody pressed the button on the link's page. Only the first time is kept."""
    Invitation.objects.filter(id=invitation.id, first_opened_at__isnull=True).update(
        first_opened_at=timezone.now()
    )


def is_for(invitation: Invitation, email: str) -> bool:
    """Whether the address may use it: anybody's when it is not bound."""
    return not invitation.email or invitation.email == email_key(email)


def _use_up(invitation: Invitation) -> None:
    """Take one use. Of many people pressing at once, only as many as there are uses succeed."""
    taken = (
        Invitation.objects.usable(timezone.now())
        .filter(id=invitation.id)
        .update(uses=F("uses") + 1)
    )
    if taken != 1:
        raise InvitationSpent


def join(invitation: Invitation, newcomer: Newcomer) -> Member:
    """Make an account by invitation, with consent and groups, all or nothing.

    Raises InvitationSpent, also for another address than the one it is bound to; IntegrityError
    when name or address were taken meanwhile.
    """
    if not is_for(invitation, newcomer.email):
        raise InvitationSpent
    # A look without a lock: whoever comes too late waits behind nobody.
    usable(invitation.id)
    member = Member(
        email=email_key(newcomer.email),
        name=newcomer.name,
        clinic_id=invitation.clinic_id,
        **{f"is_{invitation.role}": True},
    )
    if newcomer.passphrase is None:
        member.set_unusable_password()
    else:
        # Slow on purpose, so it comes before anything is locked.
        member.set_password(newcomer.passphrase)
    _make_account(invitation, member)
    return member


@transaction.atomic
def _make_account(invitation: Invitation, member: Member) -> None:
    _use_up(invitation)
    member.save()
    EmailAddress.objects.create(user=member, email=member.email, primary=True, verified=False)
    Consent.objects.create(member=member, version=consent.VERSION, text_sha256=consent.sha256())
    _enter(invitation, member)


@transaction.atomic
def join_as(invitation: Invitation, member: Member) -> None:
    """Add the invitation's groups to an existing account of the same clinic.

    Raises InvitationSpent, also when the account belongs to another clinic or the invitation is
    bound to another address. Somebody who is in all the groups already uses nothing up.
    """
    if member.clinic_id != invitation.clinic_id or not is_for(invitation, member.email):
        raise InvitationSpent
    current = Membership.objects.current().filter(member=member).values_list("group", flat=True)
    if set(invitation.groups.values_list("id", flat=True)) <= set(current):
        return
    _use_up(invitation)
    _enter(invitation, member)


def _enter(invitation: Invitation, member: Member) -> None:
    InvitationUse.objects.get_or_create(invitation=invitation, member=member)
    for group in invitation.groups.all():
        belonging.enter(group, member)

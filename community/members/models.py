"""People, the groups they share, how they came in, what they agreed to, what they were told."""

import unicodedata
from datetime import datetime
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from community.members.audit import AuditEntry as AuditEntry
from community.members.audit import AuditExport as AuditExport
from community.members.audit import AuditHead as AuditHead
from community.members.blocks import Block as Block
from community.members.identity import Identity as Identity
from community.members.leaving import Leaving as Leaving
from community.members.own_copies import OwnCopy as OwnCopy
from community.members.preferences import Preferences as Preferences
from community.members.preferences import WarnPref as WarnPref


class Role(models.TextChoices):
    """What somebody is here for. One person may hold several."""

    PATIENT = "patient", "Member"
    MENTOR = "mentor", "Peer mentor"
    MODERATOR = "moderator", "Care team"
    LEAD = "lead", "Clinical lead"
    ADMINISTRATOR = "administrator", "Administrator"


STAFF_ROLES = frozenset({Role.MODERATOR, Role.LEAD, Role.ADMINISTRATOR})


class Clinic(models.Model):
    """The organisation whose patients meet here."""

    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, default="Europe/London")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


def open_now(prefix: str = "") -> Q:
    """Condition on rows: the group at `prefix` is open to its members at this moment."""
    now = timezone.now()

    def at(**conditions: object) -> Q:
        return Q(**{f"{prefix}{name}": value for name, value in conditions.items()})

    begun = at(opens_at__isnull=True) | at(opens_at__lte=now)
    going_on = at(open_until__isnull=True) | at(open_until__gt=now)
    return at(closed_at__isnull=True) & begun & going_on


class Group(models.Model):
    """People of one clinic who share forums and rooms. Nobody else learns that it exists.

    A cohort is a group with dates: its members come in from `opens_at` and no longer than
    `open_until`. The care team stays until it is closed.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="groups")
    name = models.CharField(max_length=120)
    purpose = models.CharField(max_length=300, blank=True)
    opens_at = models.DateTimeField(null=True, blank=True)
    open_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "name"], name="group_name_once_per_clinic"),
            models.CheckConstraint(
                condition=Q(open_until__isnull=True)
                | Q(opens_at__isnull=True)
                | Q(open_until__gt=models.F("opens_at")),
                name="group_opens_before_it_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.name


def email_key(email: str) -> str:
    """The address in the one spelling we compare and store: NFKC, no blanks around, lower case."""
    return unicodedata.normalize("NFKC", email).strip().lower()


class MemberManager(BaseUserManager["Member"]):
    """What Django and allauth ask of a user manager."""

    def get_by_natural_key(self, username: str | None) -> "Member":
        return self.get(email=email_key(username or ""))


class Member(AbstractBaseUser):
    """A person with an account, known to others by the name they chose.

    Roles are plain columns: they are asked on every page and must cost no query.
    """

    email = models.EmailField(unique=True, max_length=254)
    name = models.CharField("chosen name", max_length=40)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="members")
    is_patient = models.BooleanField(default=False)
    is_mentor = models.BooleanField(default=False)
    is_moderator = models.BooleanField(default=False)
    is_lead = models.BooleanField(default=False)
    is_administrator = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    joined_at = models.DateTimeField(default=timezone.now)
    toured_at = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    is_demo = models.BooleanField(default=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = MemberManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("name"), "clinic", name="member_name_once_per_clinic"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_staff_role(self) -> bool:
        """Works here: moderates, leads or administers. Needs a second factor in this session."""
        return self.is_moderator or self.is_lead or self.is_administrator

    @property
    def on_care_team(self) -> bool:
        """May open the moderators' desk."""
        return self.is_moderator or self.is_lead

    @property
    def answers_for_care(self) -> bool:
        """May see how well the care team does, and change what the filter holds."""
        return self.is_lead or self.is_administrator

    @property
    def only_administers(self) -> bool:
        """Answers for the work without taking part in it."""
        return self.is_administrator and not self.on_care_team

    @property
    def roles(self) -> list[Role]:
        """The roles held, in the order of Role."""
        return [role for role in Role if getattr(self, f"is_{role.value}")]

    @property
    def manages_groups(self) -> bool:
        """May make groups and say who belongs to them, from when until when."""
        return self.is_lead or self.is_administrator

    @property
    def public_role(self) -> str:
        """The role others see: 'patient', 'mentor' or 'team', never the exact post."""
        if self.is_staff_role:
            return "team"
        return "mentor" if self.is_mentor else "patient"

    @property
    def public_name(self) -> str:
        """How others see this person's name: the care team speaks as one, never by name."""
        return "Care team" if self.is_staff_role else self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self) -> "MembershipQuerySet":
        """Memberships that hold at this moment. Everything else is denied, by the clock alone."""
        now = timezone.now()
        going_on = Q(valid_until__isnull=True) | Q(valid_until__gt=now)
        return self.filter(
            open_now("group__"), going_on, started_at__lte=now, ended_at__isnull=True
        )


class Membership(models.Model):
    """Somebody belongs to a group from one moment (which may lie ahead) to another.

    valid_until is the end that was agreed on beforehand; ended_at is when it ended.
    """

    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="memberships")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="memberships")
    started_at = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["group", "member"],
                condition=Q(ended_at__isnull=True),
                name="one_current_membership",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=models.F("started_at")),
                name="membership_starts_before_it_ends",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["member", "group"]),
            models.Index(
                fields=["valid_until"],
                condition=Q(ended_at__isnull=True, valid_until__isnull=False),
                name="memberships_that_run_out",
            ),
        ]


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def usable(self, now: datetime) -> "InvitationQuerySet":
        """Neither revoked, nor expired, nor used up."""
        return self.filter(
            revoked_at__isnull=True, expires_at__gt=now, uses__lt=models.F("max_uses")
        )


class InviteBatch(models.Model):
    """Invitations made from one table. `key` is the clinic's own name for it.

    plan: the table that waits to be made into invitations, sealed; "" when none waits.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="batches")
    groups = models.ManyToManyField(Group, blank=True, related_name="batches")
    key = models.CharField(max_length=60)
    role = models.CharField(max_length=20, choices=Role, default=Role.PATIENT)
    life_days = models.PositiveIntegerField(default=7)
    mail = models.BooleanField(default=False)
    plan = models.TextField(blank=True)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="batches")
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "key"], name="batch_key_once_per_clinic")
        ]


class Invitation(models.Model):
    """A way in. The link carries 256 bits; only their SHA-256 is kept.

    nonce: for links that are printed or mailed, from which the server's secret makes the token
    again; the database alone cannot. email: whom it is bound to, "" for whoever holds it.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="invitations")
    groups = models.ManyToManyField(Group, blank=True, related_name="invitations")
    role = models.CharField(max_length=20, choices=Role, default=Role.PATIENT)
    token_sha256 = models.CharField(max_length=64, unique=True)
    nonce = models.CharField(max_length=32, blank=True)
    batch = models.ForeignKey(
        InviteBatch, on_delete=models.PROTECT, null=True, blank=True, related_name="invitations"
    )
    email = models.EmailField(max_length=254, blank=True)
    reference = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=120, blank=True)
    max_uses = models.PositiveIntegerField(default=1)
    uses = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="invitations")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    # A second letter, and never a third.
    reminded_at = models.DateTimeField(null=True, blank=True)
    first_opened_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(uses__lte=models.F("max_uses")), name="invitation_not_overused"
            ),
            models.UniqueConstraint(
                fields=["batch", "email", "reference"],
                condition=Q(batch__isnull=False),
                name="one_invitation_per_row",
            ),
        ]

    def state(self, now: datetime) -> str:
        """'open', 'used', 'expired' or 'revoked'."""
        if self.revoked_at:
            return "revoked"
        if self.uses >= self.max_uses:
            return "used"
        return "expired" if self.expires_at <= now else "open"


class InvitationUse(models.Model):
    """Who came in by which invitation."""

    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="used_by")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="came_by")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invitation", "member"], name="one_use_per_member")
        ]


class Consent(models.Model):
    """Somebody agreed to a text. Version and digest say exactly which."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="consents")
    version = models.CharField(max_length=20)
    text_sha256 = models.CharField(max_length=64)
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "version"], name="one_consent_per_version")
        ]


class ErasureHold(models.Model):
    """The law asks that what a person wrote is kept for now: erasing them is refused, and why."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="erasure_holds")
    reason = models.CharField(max_length=200)
    placed_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(ended_at__isnull=True), name="one_open_erasure_hold"
            )
        ]


class Notice(models.Model):
    """Something new for one person, inside the site: a kind and a place, no private words."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    url = models.CharField(max_length=200, blank=True)
    # Where it comes from; who leaves the group loses the notice.
    group = models.ForeignKey(Group, on_delete=models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["member", "-created_at"]),
            models.Index(
                fields=["member"], condition=Q(read_at__isnull=True), name="notices_unread"
            ),
        ]

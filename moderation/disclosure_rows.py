"""The rows of identity disclosure: who asked to learn who somebody is, why, and who agreed."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from community.members.models import Clinic, Member


class Basis(models.TextChoices):
    """Why somebody's identity is needed. The person is told this, never the words beside it."""

    DANGER = "danger", "To protect your life or somebody else's"
    CARE = "care", "To arrange care with you"
    SAFEGUARDING = "safeguarding", "To protect a child or a vulnerable adult"
    LEGAL = "legal", "Because the law requires it"


class DisclosureState(models.TextChoices):
    """Whether it may be looked at also depends on the clock: see may_look."""

    REQUESTED = "requested", "Waiting for another lead"
    OPEN = "open", "Agreed"
    DECLINED = "declined", "Declined"
    CLOSED = "closed", "Closed"


class DisclosureRequest(models.Model):
    """One person of the care team asks to learn who somebody is, for half an hour."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="disclosures")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    basis = models.CharField(max_length=20, choices=Basis)
    reason = models.TextField()
    fields = models.JSONField(default=list)
    state = models.CharField(
        max_length=10, choices=DisclosureState, default=DisclosureState.REQUESTED
    )
    # Nobody agrees to an old request: after this it has to be asked anew.
    lapses_at = models.DateTimeField()
    decided_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    open_until = models.DateTimeField(null=True)
    # In an emergency nobody agrees beforehand; another lead reviews it afterwards.
    emergency = models.BooleanField(default=False)
    review_due_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    justified = models.BooleanField(null=True)
    review_note = models.TextField(blank=True)
    # From this moment the person finds it under "my data".
    told_from = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="nobody_agrees_to_their_own_request",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("asked_by")),
                name="nobody_reviews_their_own_emergency",
            ),
            models.CheckConstraint(
                condition=~Q(member=F("asked_by")), name="nobody_asks_about_themselves"
            ),
            # Open without another's yes is an emergency, and an emergency is to be reviewed.
            models.CheckConstraint(
                condition=Q(open_until__isnull=True)
                | Q(decided_by__isnull=False)
                | Q(emergency=True, review_due_at__isnull=False),
                name="open_with_a_yes_or_to_be_reviewed",
            ),
            models.UniqueConstraint(
                fields=["member", "asked_by"],
                condition=Q(state="requested"),
                name="one_waiting_request_each",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["clinic", "-asked_at"])]

    def may_look(self, now: datetime) -> bool:
        """The window is open at this moment."""
        return (
            self.state == DisclosureState.OPEN
            and self.open_until is not None
            and now < self.open_until
        )

    def waits_for_a_lead(self, now: datetime) -> bool:
        """Somebody may still agree or decline."""
        return self.state == DisclosureState.REQUESTED and now < self.lapses_at

    def waits_for_review(self) -> bool:
        """An emergency that nobody has reviewed."""
        return self.emergency and self.reviewed_at is None

    def is_overdue(self, now: datetime) -> bool:
        """An emergency that should have been reviewed by now."""
        due = self.review_due_at
        return self.waits_for_review() and due is not None and due <= now

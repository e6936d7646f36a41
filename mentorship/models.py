"""Mentors, questions to both sides, and the pairs that came of them."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from community.chat.models import Room
from community.members.models import Clinic, Member


class MentorState(models.TextChoices):
    ACTIVE = "active", "Takes people"
    PAUSED = "paused", "Takes a pause"


class MentorProfileQuerySet(QuerySet["MentorProfile"]):
    def with_load(self) -> "MentorProfileQuerySet":
        """Each with `load`: how many active pairs it has."""
        return self.annotate(
            load=Count("member__mentees", filter=Q(member__mentees__state=PairState.ACTIVE))
        )

    def with_room(self) -> "MentorProfileQuerySet":
        """Mentors who can take somebody now, the least busy first."""
        free: Any = self.with_load()
        open_to_more = free.filter(
            state=MentorState.ACTIVE, load__lt=F("max_pairs"), member__is_active=True
        )
        ordered: MentorProfileQuerySet = open_to_more.order_by("load", "id")
        return ordered


class MentorProfile(models.Model):
    """What the care team knows about a mentor's room for others."""

    member = models.OneToOneField(Member, on_delete=models.PROTECT, related_name="mentor_profile")
    state = models.CharField(max_length=10, choices=MentorState, default=MentorState.ACTIVE)
    max_pairs = models.PositiveSmallIntegerField(default=1)
    about = models.CharField(max_length=300, blank=True)

    objects = MentorProfileQuerySet.as_manager()


class ProposalState(models.TextChoices):
    STAFF_OK = "staff_ok", "The mentor is asked"
    MENTOR_OK = "mentor_ok", "The member is asked"
    ACCEPTED = "accepted", "Both said yes"
    DECLINED = "declined", "Not this time"
    EXPIRED = "expired", "No answer in time"
    WITHDRAWN = "withdrawn", "Taken back by the care team"


OPEN = (ProposalState.STAFF_OK, ProposalState.MENTOR_OK)


class Proposal(models.Model):
    """A question to a mentor, then to a member. Silence is not consent: it ends by itself."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    mentor = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="mentor_proposals")
    mentee = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="mentee_proposals")
    state = models.CharField(max_length=10, choices=ProposalState, default=ProposalState.STAFF_OK)
    # What the mentor learns about the person before saying yes: no name, nothing that tells who.
    summary = models.CharField(max_length=300)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mentee"], condition=Q(state__in=OPEN), name="one_open_question_per_mentee"
            ),
            models.CheckConstraint(
                condition=~Q(mentor=F("mentee")), name="nobody_mentors_themselves"
            ),
        ]

    def is_open(self, now: datetime) -> bool:
        """Still waiting for an answer, and in time."""
        return self.state in OPEN and self.expires_at > now


class PairState(models.TextChoices):
    ACTIVE = "active", "Going on"
    PAUSED = "paused", "Pausing"
    ENDED = "ended", "Ended"


class Pair(models.Model):
    """A mentor and a member who both said yes, with a private room."""

    mentor = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="mentees")
    mentee = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="mentors")
    proposal = models.OneToOneField(Proposal, on_delete=models.PROTECT, related_name="pair")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=PairState, default=PairState.ACTIVE)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mentee"], condition=Q(state="active"), name="one_active_mentor_per_mentee"
            )
        ]

"""Mentors, questions to both sides, and the pairs that came of them."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from community.chat.models import Room
from community.members.models import Clinic, Member
from mentorship.match_rows import Answers as Answers
from mentorship.match_rows import Exclusion as Exclusion
from mentorship.match_rows import MatchEdge as MatchEdge
from mentorship.match_rows import MatchRun as MatchRun
from mentorship.match_rows import Side as Side
from moderation.models import RiskCase


class MentorState(models.TextChoices):
    ACTIVE = "active", "Takes people"
    PAUSED = "paused", "Takes a pause"


class MentorProfileQuerySet(QuerySet["MentorProfile"]):
    def with_load(self) -> "MentorProfileQuerySet":
        """Each with `load`: how many pairs it has that have not ended, paused ones as well."""
        return self.annotate(
            load=Count("member__mentees", filter=~Q(member__mentees__state=PairState.ENDED))
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
    OVERTAKEN = "overtaken", "The place was taken"


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
    # When whoever is asked now was asked, and reminded.
    asked_at = models.DateTimeField(default=timezone.now)
    reminded_at = models.DateTimeField(null=True, blank=True)
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


class EndKind(models.TextChoices):
    PLANNED = "planned", "As we had planned"
    EARLY = "early", "Earlier than planned"
    SILENT = "silent", "We had lost touch"
    SAFEGUARDING = "safeguarding", "Ended by the care team to keep somebody safe"


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
    end_kind = models.CharField(max_length=12, choices=EndKind, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    # After an ending both may read the room until then; nobody may write.
    readable_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mentee"],
                condition=~Q(state="ended"),
                name="one_mentor_per_mentee_until_the_end",
            ),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False) | ~Q(state="ended"),
                name="an_ended_pair_says_when",
            ),
        ]


class Mode(models.TextChoices):
    ROOM = "room", "In our room"
    CALL = "call", "On the phone, arranged by the clinic"
    CLINIC = "clinic", "At the clinic"


class SessionLog(models.Model):
    """A meeting as one of the two remembers it. Numbers only; each side writes their own."""

    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="sessions")
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    minutes = models.PositiveSmallIntegerField()
    mode = models.CharField(max_length=8, choices=Mode)
    # 1 (very low) to 5 (very good), of whoever writes.
    mood_before = models.PositiveSmallIntegerField()
    mood_after = models.PositiveSmallIntegerField()
    # The form's own key: the same form sent twice makes one entry.
    key = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pair", "by", "key"], name="one_entry_per_form"),
            models.CheckConstraint(
                condition=Q(mood_before__range=(1, 5), mood_after__range=(1, 5)),
                name="moods_from_one_to_five",
            ),
        ]


class Concern(models.Model):
    """Somebody in a pair, or the care team, was worried. It stands until the care team answers."""

    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="concerns")
    raised_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField(default=timezone.now)
    risk_case = models.ForeignKey(RiskCase, on_delete=models.PROTECT, related_name="+")
    answered_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pair"],
                condition=Q(answered_at__isnull=True),
                name="one_open_concern_per_pair",
            )
        ]

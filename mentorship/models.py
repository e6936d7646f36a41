"""Mentors, questions to both sides, and the pairs that came of them."""

from datetime import date, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Least
from django.utils import timezone

from community.chat.models import Room
from community.members.models import Clinic, Member
from mentorship.match_rows import Answers as Answers
from mentorship.match_rows import Exclusion as Exclusion
from mentorship.match_rows import MatchEdge as MatchEdge
from mentorship.match_rows import MatchRun as MatchRun
from mentorship.match_rows import Side as Side
from mentorship.mentor_rows import UNDER_WAY as UNDER_WAY
from mentorship.mentor_rows import Application as Application
from mentorship.mentor_rows import ApplicationState as ApplicationState
from mentorship.mentor_rows import Nomination as Nomination
from mentorship.mentor_rows import Partner as Partner
from mentorship.mentor_rows import Reference as Reference
from mentorship.mentor_rows import ReferenceState as ReferenceState
from mentorship.mentor_rows import Supervision as Supervision
from mentorship.mentor_rows import SupervisionKind as SupervisionKind
from mentorship.mentor_rows import TrainingModule as TrainingModule
from mentorship.mentor_rows import TrainingRecord as TrainingRecord
from mentorship.mentor_rows import WorkCheck as WorkCheck
from moderation.models import RiskCase


class MentorState(models.TextChoices):
    TRIAL = "trial", "Begins with a first person"
    ACTIVE = "active", "Takes people"
    PAUSED = "paused", "Takes a pause"
    RETIRED = "retired", "Has stopped"


TAKING = (MentorState.TRIAL, MentorState.ACTIVE)
# Why a mentor takes nobody now, for the care team and the mentor.
NOT_NOW = {
    "state": "pauses or has stopped",
    "training": "a training has run out or is missing",
    "supervision": "supervision is overdue",
    "much": "has said that it is a lot right now",
    "rest": "rests after an ending",
    "full": "has no free place",
}


def today_of(clinic: Clinic) -> date:
    """The calendar day at the clinic. What runs out on a day counts until its midnight."""
    return timezone.now().astimezone(ZoneInfo(clinic.time_zone)).date()


class MentorProfileQuerySet(QuerySet["MentorProfile"]):
    def with_load(self) -> "MentorProfileQuerySet":
        """Each with `load`: how many pairs it has that have not ended, paused ones as well."""
        return self.annotate(
            load=Count("member__mentees", filter=~Q(member__mentees__state=PairState.ENDED))
        )

    def ready(self, today: date) -> "MentorProfileQuerySet":
        """Mentors to whom nothing but a full house stands in the way. As `not_now` says it."""
        return self.filter(
            Q(certified_until__isnull=True) | Q(certified_until__gte=today),
            Q(supervision_due_on__isnull=True) | Q(supervision_due_on__gte=today),
            Q(rests_until__isnull=True) | Q(rests_until__lt=today),
            state__in=TAKING,
            much=False,
        )

    def with_room(self, today: date) -> "MentorProfileQuerySet":
        """Mentors who can take somebody now, the least busy first. today: at the clinic."""
        one_at_first = Case(
            When(ramp_until__gte=today, then=Least("max_pairs", Value(1))), default=F("max_pairs")
        )
        free: Any = self.ready(today).with_load().annotate(at_most=one_at_first)
        open_to_more = free.filter(load__lt=F("at_most"), member__is_active=True)
        ordered: MentorProfileQuerySet = open_to_more.order_by("load", "id")
        return ordered


class MentorProfile(models.Model):
    """What the care team knows about a mentor's room for others. Days are the clinic's."""

    member = models.OneToOneField(Member, on_delete=models.PROTECT, related_name="mentor_profile")
    state = models.CharField(max_length=10, choices=MentorState, default=MentorState.ACTIVE)
    max_pairs = models.PositiveSmallIntegerField(default=1)
    about = models.CharField(max_length=300, blank=True)
    supervisor = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    began_on = models.DateField(null=True, blank=True)
    # Until then one person at most, whatever max_pairs says.
    ramp_until = models.DateField(null=True, blank=True)
    # The day on which the first of the required trainings ends; null when none is required.
    certified_until = models.DateField(null=True, blank=True)
    supervision_due_on = models.DateField(null=True, blank=True)
    # After an ending, some days without a new person.
    rests_until = models.DateField(null=True, blank=True)
    # Said so in the last check of how the work goes.
    much = models.BooleanField(default=False)

    objects = MentorProfileQuerySet.as_manager()

    def places(self, today: date) -> int:
        """How many people at the same time, at most."""
        begins = self.ramp_until is not None and self.ramp_until >= today
        return min(self.max_pairs, 1) if begins else self.max_pairs

    def not_ready(self, today: date) -> list[str]:
        """Codes of NOT_NOW: what but a full house stands in the way of a new person."""
        holds = {
            "state": self.state not in TAKING,
            "training": self.certified_until is not None and self.certified_until < today,
            "supervision": self.supervision_due_on is not None and self.supervision_due_on < today,
            "much": self.much,
            "rest": self.rests_until is not None and self.rests_until >= today,
        }
        return [code for code, true in holds.items() if true]

    def not_now(self, today: date, load: int) -> list[str]:
        """Why no new person is entrusted to them; [] when one may be. load: pairs not ended."""
        full = ["full"] if load >= self.places(today) else []
        return self.not_ready(today) + full


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

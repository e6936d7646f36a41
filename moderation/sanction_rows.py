"""The rows of what is set for a member for a while, and of appeals against it or a decision."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils import timezone


class SanctionKind(models.TextChoices):
    """From the lightest to the heaviest, in the words members read."""

    WARNING = "warning", "A word of warning"
    SLOW = "slow", "Writing slowly"
    REST = "rest", "A rest from writing"
    ROOM = "room", "A pause from one room"
    GROUP = "group", "A pause from a group"
    SUSPENSION = "suspension", "A pause from the community"


# Heavy ones need two people: one proposes, another makes it active.
HEAVY = (SanctionKind.GROUP, SanctionKind.SUSPENSION)


class SanctionState(models.TextChoices):
    """ACTIVE holds only until `ends_at`, whether or not somebody has written EXPIRED yet."""

    PROPOSED = "proposed", "Proposed"
    ACTIVE = "active", "Active"
    DECLINED = "declined", "Not made active"
    EXPIRED = "expired", "Over"
    LIFTED = "lifted", "Ended early"
    OVERTURNED = "overturned", "Taken back after an appeal"


BEGAN = (
    SanctionState.ACTIVE,
    SanctionState.EXPIRED,
    SanctionState.LIFTED,
    SanctionState.OVERTURNED,
)


class SanctionQuerySet(QuerySet["Sanction"]):
    def holding(self, now: datetime) -> "SanctionQuerySet":
        """Those that bind somebody at this moment."""
        return self.filter(state=SanctionState.ACTIVE, ends_at__gt=now)


class Sanction(models.Model):
    """Something that limits a member for a while. A rule may propose it, only a person begins it.

    policy: the rule it rests on. reason: what the member is told. note: for the team alone.
    """

    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="sanctions")
    clinic = models.ForeignKey("members.Clinic", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=SanctionKind)
    state = models.CharField(max_length=10, choices=SanctionState, default=SanctionState.PROPOSED)
    # Where: a group, or the number of a live room, which moderation knows by number alone.
    group = models.ForeignKey(
        "members.Group", on_delete=models.PROTECT, null=True, related_name="+"
    )
    room_id = models.BigIntegerField(null=True)
    place = models.CharField(max_length=120, blank=True)
    # What it rests on.
    cause_case = models.ForeignKey(
        "moderation.ReviewCase", on_delete=models.PROTECT, null=True, related_name="sanctions"
    )
    cause_decision = models.ForeignKey(
        "moderation.Decision", on_delete=models.PROTECT, null=True, related_name="sanctions"
    )
    policy = models.CharField(max_length=40)
    reason = models.TextField()
    note = models.TextField(blank=True)
    length = models.DurationField()
    # Proposed by a person, or by the named rule.
    proposed_by = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, null=True, related_name="+"
    )
    rule = models.CharField(max_length=40, blank=True)
    proposed_at = models.DateTimeField(default=timezone.now)
    activated_by = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, null=True, related_name="+"
    )
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField(blank=True)

    objects = SanctionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            # No way from a machine's verdict to something that binds: a person began it.
            models.CheckConstraint(
                condition=Q(state__in=("proposed", "declined"))
                | Q(activated_by__isnull=False, starts_at__isnull=False, ends_at__isnull=False),
                name="only_a_person_begins_a_sanction",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("declined", "lifted", "overturned"))
                | Q(ended_by__isnull=False, ended_at__isnull=False),
                name="who_ended_a_sanction_is_known",
            ),
            models.CheckConstraint(
                condition=Q(proposed_by__isnull=False) | ~Q(rule=""),
                name="a_sanction_has_a_proposer",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=("group", "suspension"))
                | Q(activated_by__isnull=True)
                | Q(proposed_by__isnull=True)
                | ~Q(activated_by=F("proposed_by")),
                name="two_people_for_a_heavy_sanction",
            ),
            models.CheckConstraint(
                condition=(~Q(kind="group") | Q(group__isnull=False))
                & (~Q(kind="room") | Q(room_id__isnull=False)),
                name="a_pause_names_its_place",
            ),
            models.CheckConstraint(
                condition=~Q(member=F("activated_by")), name="nobody_sanctions_themselves"
            ),
            models.UniqueConstraint(
                fields=["cause_decision", "rule"],
                condition=~Q(rule=""),
                name="a_rule_proposes_once_per_decision",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["member", "-id"]),
            # Asked whenever somebody writes or enters.
            models.Index(fields=["member", "ends_at"], condition=Q(state="active"), name="binding"),
            models.Index(fields=["clinic", "state", "-id"]),
        ]


class AppealState(models.TextChoices):
    OPEN = "open", "Waiting for an answer"
    UPHELD = "upheld", "It stays as it was"
    OVERTURNED = "overturned", "It was taken back"


class Appeal(models.Model):
    """Somebody asks for another look at a decision about their text, or at a sanction.

    first_by: who decided before; never who answers. Every appeal ends with a stored answer.
    """

    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="appeals")
    clinic = models.ForeignKey("members.Clinic", on_delete=models.PROTECT, related_name="+")
    decision = models.OneToOneField(
        "moderation.Decision", on_delete=models.PROTECT, null=True, related_name="appeal"
    )
    sanction = models.OneToOneField(
        Sanction, on_delete=models.PROTECT, null=True, related_name="appeal"
    )
    first_by = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=AppealState, default=AppealState.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    # When the leads were told that its time was up.
    escalated_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decision__isnull=False, sanction__isnull=True)
                | Q(decision__isnull=True, sanction__isnull=False),
                name="an_appeal_is_about_one_thing",
            ),
            models.CheckConstraint(
                condition=~Q(decided_by=F("first_by")) & ~Q(decided_by=F("member")),
                name="another_person_answers_an_appeal",
            ),
            models.CheckConstraint(
                condition=Q(state="open")
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(answer="")),
                name="an_appeal_ends_with_an_answer",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "due_at"], condition=Q(state="open"), name="appeals_due")
        ]

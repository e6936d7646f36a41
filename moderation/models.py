"""Texts awaiting a judgement, every judgement made, and people at risk.

Two questions, never fused: a ReviewCase asks whether a text may be shown, a RiskCase asks whether
a person is in danger. Neither implies the other, and a RiskCase never takes anything away.
"""

import hashlib
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from community.members.models import Clinic, Group, Member
from moderation.desk_rows import BuddyNote as BuddyNote
from moderation.desk_rows import CaseAnswers as CaseAnswers
from moderation.desk_rows import Exposure as Exposure
from moderation.desk_rows import GroupNeeds as GroupNeeds
from moderation.desk_rows import Habits as Habits
from moderation.desk_rows import Pause as Pause
from moderation.desk_rows import PendingDecision as PendingDecision
from moderation.desk_rows import Remit as Remit
from moderation.desk_rows import SavedView as SavedView
from moderation.desk_rows import Skip as Skip
from moderation.desk_rows import SkipReason as SkipReason
from moderation.desk_rows import Training as Training
from moderation.disclosure_rows import Basis as Basis
from moderation.disclosure_rows import DisclosureRequest as DisclosureRequest
from moderation.disclosure_rows import DisclosureState as DisclosureState
from moderation.duty_rows import Alert as Alert
from moderation.duty_rows import CaseStep as CaseStep
from moderation.duty_rows import Channel as Channel
from moderation.duty_rows import ClockBeat as ClockBeat
from moderation.duty_rows import ClockEvent as ClockEvent
from moderation.duty_rows import DutyShift as DutyShift
from moderation.letter_rows import Letter as Letter
from moderation.quality_rows import Axis as Axis
from moderation.quality_rows import GoldenText as GoldenText
from moderation.quality_rows import Label as Label
from moderation.quality_rows import LabelSource as LabelSource
from moderation.quality_rows import LookState as LookState
from moderation.quality_rows import SecondLook as SecondLook
from moderation.quality_rows import SetState as SetState
from moderation.quality_rows import ShadowRun as ShadowRun
from moderation.quality_rows import ThresholdChange as ThresholdChange
from moderation.quality_rows import ThresholdSet as ThresholdSet
from moderation.report_rows import Report as Report
from moderation.report_rows import ReportReason as ReportReason
from moderation.report_rows import ReportState as ReportState
from moderation.risk_rows import Criterion as Criterion
from moderation.risk_rows import FollowUp as FollowUp
from moderation.sanction_rows import BEGAN as BEGAN
from moderation.sanction_rows import HEAVY as HEAVY
from moderation.sanction_rows import Appeal as Appeal
from moderation.sanction_rows import AppealState as AppealState
from moderation.sanction_rows import Sanction as Sanction
from moderation.sanction_rows import SanctionKind as SanctionKind
from moderation.sanction_rows import SanctionState as SanctionState


class State(models.TextChoices):
    """What others may see of a submission. This is the one truth about visibility."""

    SCREENING = "screening", "being checked"
    VISIBLE = "visible", "published"
    NOTED = "noted", "published with a content note"
    MASKED = "masked", "published with a part hidden"
    HELD = "held", "waiting for a person"
    REMOVED = "removed", "not published"
    WITHDRAWN = "withdrawn", "taken back by its author"
    PURGED = "purged", "erased"


PUBLIC = (State.VISIBLE, State.NOTED, State.MASKED)


class RevisionState(models.TextChoices):
    """Where one wording of a submission stands."""

    SCREENING = "screening", "being checked"
    RELEASED = "released", "published"
    HELD = "held", "waiting for a person"
    REJECTED = "rejected", "not published"
    SUPERSEDED = "superseded", "replaced before it was judged"


class Level(models.IntegerChoices):
    """How urgent, on the scale of the ReachOut triage."""

    GREEN = 0, "Routine"
    AMBER = 1, "Needs attention"
    RED = 2, "At risk"
    CRISIS = 3, "In danger now"


class Submission(models.Model):
    """One piece of content of any kind, as moderation knows it."""

    kind = models.CharField(max_length=40)
    author = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="submissions")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, null=True, related_name="+")
    mode = models.CharField(max_length=10, default="hybrid")
    # The name it stands under, when that is not the author's own; see shown_name.
    byline = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.SCREENING)
    latest = models.ForeignKey("Revision", on_delete=models.PROTECT, null=True, related_name="+")
    shown = models.ForeignKey("Revision", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            # What is public shows a wording; what is not public shows none.
            models.CheckConstraint(
                condition=Q(state__in=PUBLIC, shown__isnull=False)
                | (~Q(state__in=PUBLIC) & Q(shown__isnull=True)),
                name="submission_shows_only_when_public",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["author", "-created_at"])]

    @property
    def is_public(self) -> bool:
        """Others may see it."""
        return self.state in PUBLIC

    @property
    def shown_name(self) -> str:
        """The name under which it stands for other members."""
        return self.byline or self.author.public_name

    @property
    def desk_name(self) -> str:
        """The name the desk reads: behind an alias only a reveal with a reason looks."""
        return self.byline or self.author.name


def digest(title: str, body: str) -> str:
    """SHA-256 of a wording, in hex. It stays when the words are erased."""
    return hashlib.sha256(f"{title}\0{body}".encode("utf-8", "surrogatepass")).hexdigest()


class Revision(models.Model):
    """One wording. It never changes; an edit adds the next. A verdict belongs to a wording."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=RevisionState, default=RevisionState.SCREENING)
    # Spans hidden from others: [[start, end, kind], ...] in code points of `judged_text`.
    masks = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    # The screener's claim: who works on it until when, and how often it was tried.
    claimed_by = models.CharField(max_length=32, blank=True)
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # After this moment a text nobody could judge goes to a person.
    due_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["submission", "number"], name="revision_number_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["id"],
                condition=Q(state="screening"),
                name="revisions_awaiting",
            )
        ]

    @property
    def judged_text(self) -> str:
        """What the screener reads: the title, if any, on its own line before the body."""
        return f"{self.title}\n{self.body}" if self.title else self.body

    @property
    def public_title(self) -> str:
        """The title as others see it, with masked parts replaced."""
        return self._masked(0, len(self.title)) if self.title else ""

    @property
    def public_body(self) -> str:
        """The body as others see it, with masked parts replaced."""
        text = self.judged_text
        return self._masked(len(text) - len(self.body), len(text))

    def _masked(self, start: int, end: int) -> str:
        text, parts, at = self.judged_text, [], start
        for mask_start, mask_end, kind in sorted(self.masks):
            first, last = max(mask_start, at), min(mask_end, end)
            if first < last:
                parts += [text[at:first], f"[{kind} hidden]"]
                at = last
        return "".join([*parts, text[at:end]])


class Moderated(models.Model):
    """A content model that is shown only as its submission allows."""

    submission = models.OneToOneField(
        Submission, on_delete=models.PROTECT, related_name="%(app_label)s_%(class)s"
    )

    class Meta:
        abstract = True


class AppendOnly(models.Model):
    """A row that is written once."""

    class Meta:
        abstract = True


class Screening(AppendOnly):
    """What the machine thought of one wording, and which versions thought it."""

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="screenings")
    outcome = models.CharField(max_length=10)
    level = models.PositiveSmallIntegerField(choices=Level)
    reasons = models.JSONField(default=list)
    spans = models.JSONField(default=list)
    scores = models.JSONField(null=True)
    classifier = models.CharField(max_length=80, blank=True)
    ruleset = models.CharField(max_length=40)
    thresholds = models.CharField(max_length=40)
    normaliser = models.CharField(max_length=40)
    latency_ms = models.FloatField()
    error = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField(default=timezone.now)


class Decision(AppendOnly):
    """One judgement by machine (by=None) or person: what became of a wording, and why."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="decisions")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=10, choices=State)
    by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="decisions")
    policy = models.CharField(max_length=40, blank=True)
    reason = models.TextField(blank=True)
    note = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)


class ReviewState(models.TextChoices):
    OPEN = "open", "Waiting"
    CLAIMED = "claimed", "Being read"
    # Decided, but it can still be taken back; the text is held as before.
    DECIDING = "deciding", "Decided in a moment"
    DECIDED = "decided", "Decided"


class ReviewCase(models.Model):
    """A text that needs a person's judgement. One open case per submission."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="cases")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=ReviewState, default=ReviewState.OPEN)
    level = models.PositiveSmallIntegerField(choices=Level, default=Level.GREEN)
    reasons = models.JSONField(default=list)
    opened_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    # The queue is sorted by this alone; see clocks.serve_by. It never moves to a later moment.
    serve_at = models.DateTimeField()
    # When the next step of its time comes: 50, 80 or 100 per cent; see `ladder`.
    step_at = models.DateTimeField(null=True)
    # Passed on so often, or by name, that a lead should look.
    wants_lead = models.BooleanField(default=False)
    # A claim is a lease. The token grows with every claim; a decision must carry the current one.
    claimed_by = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, related_name="claimed_cases"
    )
    lease_until = models.DateTimeField(null=True)
    token = models.PositiveIntegerField(default=0)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["submission"],
                condition=~Q(state="decided"),
                name="one_open_case_per_submission",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["clinic", "serve_at", "id"],
                condition=~Q(state="decided"),
                name="cases_to_serve",
            ),
            models.Index(
                fields=["step_at"],
                condition=~Q(state="decided") & Q(step_at__isnull=False),
                name="cases_to_step",
            ),
        ]

    def is_free(self, now: datetime) -> bool:
        """Nobody holds it: never claimed, released, or the lease ran out."""
        return self.state == ReviewState.OPEN or (
            self.state == ReviewState.CLAIMED
            and (self.lease_until is None or self.lease_until <= now)
        )


class RiskSource(models.TextChoices):
    FILTER = "filter", "Something they wrote"
    SELF = "self", "They asked for a person"
    PEER = "peer", "Another member is worried"
    MENTOR = "mentor", "Their mentor is worried"
    MODERATOR = "moderator", "The care team"
    QUESTIONNAIRE = "questionnaire", "An answer in a questionnaire"


class RiskState(models.TextChoices):
    RAISED = "raised", "Nobody has answered yet"
    ACKNOWLEDGED = "acknowledged", "Somebody is on it"
    # Judged; what is done about it goes on, with follow-ups, until the last of them.
    PLAN = "plan", "A plan was made with them"
    CLINICAL = "clinical", "Their clinician has taken over"
    EMERGENCY = "emergency", "Emergency help was called"
    # One person finds no danger; for a crisis, another one has to agree.
    STAND_DOWN = "stand_down", "Waits for a second person"
    STOOD_DOWN = "stood_down", "No danger was found; asked again later"
    CLOSED = "closed", "Closed"


# Somebody has judged how the person is, and what is done goes on.
CARED_FOR = (RiskState.PLAN, RiskState.CLINICAL, RiskState.EMERGENCY, RiskState.STOOD_DOWN)


class RiskCase(models.Model):
    """A person who may be in danger. One open case per person; new signals attach to it."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="risk_cases")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(choices=Level)
    state = models.CharField(max_length=12, choices=RiskState, default=RiskState.RAISED)
    raised_at = models.DateTimeField(default=timezone.now)
    # When help was last asked for, or became more urgent: the three clocks run from here.
    asked_at = models.DateTimeField(default=timezone.now)
    acknowledge_due_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    contact_due_at = models.DateTimeField(null=True)
    contacted_at = models.DateTimeField(null=True)
    assess_due_at = models.DateTimeField(null=True)
    assessed_at = models.DateTimeField(null=True)
    owner = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    outcome = models.TextField(blank=True)
    # Who found no danger, while a second person is asked.
    stand_down_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member"],
                condition=~Q(state="closed"),
                name="one_open_risk_case_per_person",
            )
        ]

    def due_of(self, clock: str) -> datetime:
        """When a promise is due: 'acknowledge', 'contact' or 'assess'."""
        due: datetime | None = getattr(self, f"{clock}_due_at")
        return due or self.acknowledge_due_at

    def has_met(self, clock: str) -> bool:
        """The promise is kept."""
        met = {
            "acknowledge": self.acknowledged_at,
            "contact": self.contacted_at,
            "assess": self.assessed_at,
        }
        return self.state == RiskState.CLOSED or met[clock] is not None


class RiskEvent(AppendOnly):
    """One thing that happened in a risk case: a signal, an acknowledgement, a note."""

    case = models.ForeignKey(RiskCase, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=20)
    source = models.CharField(max_length=20, choices=RiskSource, blank=True)
    level = models.PositiveSmallIntegerField(choices=Level)
    submission = models.ForeignKey(
        Submission, on_delete=models.PROTECT, null=True, related_name="risk_events"
    )
    by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    text = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            # The quick look at submission and the screener later may both speak of one text.
            models.UniqueConstraint(
                fields=["case", "submission", "kind", "level"],
                condition=Q(submission__isnull=False),
                name="one_signal_per_text_and_level",
            )
        ]

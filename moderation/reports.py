"""Members say that a text is not right, or that they are worried about who wrote it.

A report puts the text before a person and hides nothing by itself, however many there are. A worry
is about a person and goes the other way, into a risk case. Nobody learns who reported.
"""

from datetime import datetime, timedelta

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from community.members import audit
from community.members.models import Member
from community.members.notices import tell
from moderation import risk
from moderation.actions import open_case
from moderation.content import content_of, kind_of
from moderation.models import (
    Decision,
    Level,
    Report,
    ReportReason,
    ReportState,
    ReviewCase,
    ReviewState,
    Revision,
    RevisionState,
    RiskSource,
    State,
    Submission,
)
from moderation.screening.crisis import needs_help

LEVELS = {
    ReportReason.UNKIND: Level.AMBER,
    ReportReason.HATE: Level.AMBER,
    ReportReason.PRIVATE: Level.AMBER,
    ReportReason.METHOD: Level.RED,
    ReportReason.URGING: Level.RED,
    ReportReason.MEDICINE: Level.AMBER,
    ReportReason.SELLING: Level.GREEN,
    ReportReason.OTHER: Level.AMBER,
}
# When so many people whose reports count speak of one text, it comes sooner.
MANY = 3
DAY = timedelta(days=1)
MOST_A_DAY = 20
# Somebody whose last answered reports were all unfounded is heard, later and less often.
LOOK_BACK = 10
ENOUGH = 3
MOST_A_DAY_LIGHT = 2


class AlreadyGone(Exception):
    """Others do not see the text any more: it was taken down or taken back."""


class TooMany(Exception):
    """The person has reported a lot today. A worry is never too much."""


# --- Doors --------------------------------------------------------------------------------------


def text_for(member: Member, submission_id: int) -> Submission:
    """Somebody else's text that the person may see, or could until it was taken down; or 404."""
    rows = Submission.objects.select_related("author", "shown", "group")
    submission = get_object_or_404(rows, id=submission_id)
    if submission.author_id == member.id or submission.clinic_id != member.clinic_id:
        raise Http404
    try:
        readable = kind_of(submission.kind).readable_by(content_of(submission), member)
    except (KeyError, ObjectDoesNotExist):
        readable = False
    if not readable:
        raise Http404
    return submission


def seen_by(submission: Submission, revision_id: int) -> Revision | None:
    """The wording that somebody had before them, if others could ever see it."""
    rows = submission.revisions.filter(id=revision_id)
    return rows.filter(state__in=(RevisionState.RELEASED, RevisionState.REJECTED)).first()


# --- Reporting ----------------------------------------------------------------------------------


def report(
    reporter: Member, submission: Submission, revision: Revision, reason: ReportReason, text: str
) -> Report:
    """Report a text once; the second time gives the first report. WORRIED raises a risk case.

    revision: the wording the reporter had before them. Raises AlreadyGone or TooMany.
    """
    worried = reason == ReportReason.WORRIED
    known = _known(reporter, submission, worried)
    if known is not None:
        return known
    try:
        if worried:
            return _worry(reporter, submission, revision, text)
        return _report(reporter, submission, revision, reason, text)
    except IntegrityError:
        # The same form twice at once: the other one was first.
        known = _known(reporter, submission, worried)
        if known is None:
            raise
        return known


def _known(reporter: Member, submission: Submission, worried: bool) -> Report | None:
    mine = Report.objects.filter(reporter=reporter, submission=submission)
    return mine.filter(risk_case__isnull=not worried).first()


@transaction.atomic
def _worry(reporter: Member, submission: Submission, revision: Revision, text: str) -> Report:
    """Tell the care team about a person. The text stays as it is; nobody judges it for this."""
    author = submission.author
    # The same lock as other worries take, so that they come one after the other.
    Member.objects.select_for_update(no_key=True).get(id=author.id)
    case = risk.raise_risk(
        author, Level.RED, _source(reporter), submission=submission, by=reporter, text=text
    )
    if text and not case.events.filter(by=reporter, text=text).exists():
        # Somebody else's worry about the same text stands there already; these words are new.
        risk.worry(author, reporter, Level.RED, text)
    made = _new(reporter, submission, revision, ReportReason.WORRIED, text)
    made.risk_case, made.state = case, ReportState.WORRY
    made.save(force_insert=True)
    return made


def _source(reporter: Member) -> RiskSource:
    if reporter.on_care_team:
        return RiskSource.MODERATOR
    return RiskSource.MENTOR if reporter.is_mentor else RiskSource.PEER


@transaction.atomic
def _report(
    reporter: Member, submission: Submission, revision: Revision, reason: ReportReason, text: str
) -> Report:
    # Locked, so that two reports of one person are counted one after the other.
    Member.objects.select_for_update(no_key=True).get(id=reporter.id)
    light = is_light(reporter)
    if _today(reporter, timezone.now()) >= (MOST_A_DAY_LIGHT if light else MOST_A_DAY):
        raise TooMany
    # And the text, so that a decision comes before or after this report and not between.
    locked = Submission.objects.select_for_update(no_key=True).get(id=submission.id)
    if locked.shown_id is None:
        raise AlreadyGone
    made = _new(reporter, locked, revision, reason, text)
    made.save(force_insert=True)
    level = _level(locked, reason, light)
    if needs_help(text) >= Level.RED:
        # Said by them or quoted: whoever reads it should read it soon.
        level = max(level, Level.RED)
    made.case = _case(locked, level, reason)
    made.save(update_fields=["case"])
    audit.record(
        reporter,
        "text.reported",
        made,
        about=locked.author_id,
        revision=revision.id,
        sha256=revision.sha256,
        reason=reason.value,
        case=made.case.id,
    )
    return made


def _new(
    reporter: Member, submission: Submission, revision: Revision, reason: ReportReason, text: str
) -> Report:
    return Report(
        submission=submission,
        revision=revision,
        sha256=revision.sha256,
        clinic_id=submission.clinic_id,
        reporter=reporter,
        reason=reason,
        text=text,
    )


def _today(reporter: Member, now: datetime) -> int:
    mine = Report.objects.filter(reporter=reporter, created_at__gt=now - DAY)
    return mine.exclude(reason=ReportReason.WORRIED).count()


def is_light(reporter: Member) -> bool:
    """Whether all of somebody's lately answered reports, three or more, were unfounded."""
    answered = Report.objects.filter(
        reporter=reporter, state__in=(ReportState.FOUNDED, ReportState.UNFOUNDED)
    )
    last = answered.order_by("-answered_at", "-id").values_list("state", flat=True)[:LOOK_BACK]
    states = list(last)
    return len(states) >= ENOUGH and ReportState.FOUNDED not in states


def _level(submission: Submission, reason: ReportReason, light: bool) -> Level:
    if light:
        return Level.GREEN
    level = LEVELS[reason]
    open_ones = Report.objects.filter(submission=submission, state=ReportState.OPEN)
    heard = sum(not is_light(each.reporter) for each in open_ones.select_related("reporter"))
    return max(level, Level.RED) if heard >= MANY else level


def _case(submission: Submission, level: Level, reason: ReportReason) -> ReviewCase:
    """The open case of a text, or a new one. A report never moves it to an older wording."""
    waiting = (
        ReviewCase.objects.filter(submission=submission)
        .exclude(state=ReviewState.DECIDED)
        .select_related("revision")
        .first()
    )
    revision = waiting.revision if waiting else submission.shown
    if revision is None:
        raise AlreadyGone
    return open_case(submission, revision, level, (f"report.{reason.value}",))


# --- Answering ----------------------------------------------------------------------------------


def answer(case: ReviewCase, decision: Decision) -> None:
    """Say what came of the reports that a decision settles, and tell who made them.

    Call it in the transaction of the decision, which holds the submission. A wording that was
    reported and is still on show, while another was decided, goes before a person by itself.
    """
    waiting = list(
        Report.objects.filter(case=case, state=ReportState.OPEN).select_related(
            "reporter", "submission__shown"
        )
    )
    if not waiting:
        return
    submission = Submission.objects.select_related("shown").get(id=case.submission_id)
    for row in waiting:
        if submission.shown_id == row.revision_id != decision.revision_id:
            row.case = _case(submission, Level(case.level), ReportReason(row.reason))
            row.save(update_fields=["case"])
        else:
            _close(row, _outcome(row, submission, decision), decision)


def _outcome(row: Report, submission: Submission, decision: Decision) -> ReportState:
    shown = decision.outcome not in (State.REMOVED, State.MASKED)
    if not shown or (decision.policy != "fine" and row.revision_id == decision.revision_id):
        return ReportState.FOUNDED
    gone = submission.state in (State.WITHDRAWN, State.PURGED)
    if gone or row.revision_id != decision.revision_id:
        return ReportState.CHANGED
    return ReportState.UNFOUNDED


def _close(row: Report, state: ReportState, decision: Decision) -> None:
    closed = Report.objects.filter(id=row.id, state=ReportState.OPEN).update(
        state=state, decision=decision, answered_at=timezone.now()
    )
    if closed:
        tell(row.reporter, "report", reverse("moderation:what_happened"))


# --- For the care team --------------------------------------------------------------------------


def about_case(case: ReviewCase) -> list[Report]:
    """The reports that belong to a case, oldest first, each with how its maker's earlier ones
    ended: `before`, and `light` when they count less."""
    rows = list(
        Report.objects.filter(case=case).select_related("reporter", "revision").order_by("id")
    )
    answered = Q(reports_made__state__in=(ReportState.FOUNDED, ReportState.UNFOUNDED))
    people: QuerySet[Member] = Member.objects.filter(id__in=[row.reporter_id for row in rows])
    counted = people.annotate(
        answered=Count("reports_made", filter=answered),
        founded=Count("reports_made", filter=Q(reports_made__state=ReportState.FOUNDED)),
    )
    known = {person.id: person for person in counted} if rows else {}
    for row in rows:
        person = known[row.reporter_id]
        row.answered, row.founded = person.answered, person.founded  # type: ignore[attr-defined]
        row.light = person.answered >= ENOUGH and person.founded == 0  # type: ignore[attr-defined]
    return rows

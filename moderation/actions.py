"""The door through which every text goes: submit, revise, withdraw, settle.

`settle` is the one place where a verdict becomes visibility, for machine and person alike.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from community.members import audit
from community.members.live import desk_topic, member_topic, publish_on_commit
from community.members.models import Clinic, Group, Member
from moderation import clocks, labels, risk, sanctions
from moderation.content import Kind, content_of, kind_of
from moderation.models import (
    PUBLIC,
    Decision,
    Level,
    ReviewCase,
    ReviewState,
    Revision,
    RevisionState,
    RiskSource,
    State,
    Submission,
    digest,
)
from moderation.screening import wake
from moderation.screening.crisis import needs_help
from moderation.standing import may_write_now

log = logging.getLogger(__name__)


class AlreadySettled(Exception):
    """Somebody or something judged this wording first, or its author replaced or withdrew it."""


class NotYours(Exception):
    """Only the author may do this."""


@dataclass(frozen=True)
class Submitted:
    """What came of handing in a text: the submission, and whether its author should see help."""

    submission: Submission
    help_needed: bool


@transaction.atomic
def submit(
    kind: Kind,
    author: Member,
    body: str,
    *,
    title: str = "",
    clinic: Clinic | None = None,
    group: Group | None = None,
    mode: str = "hybrid",
    byline: str = "",
) -> Submitted:
    """Store a new text for screening. Call it inside the transaction that stores the content.

    byline: the name it stands under, when that is not the author's own.

    Text that speaks of danger opens a risk case here and now: help waits for no queue.
    Raises standing.Resting or Slowed when the author may not write now; what only the care team
    reads they always may.
    """
    if not kind.to_team:
        may_write_now(author, title, body)
    submission = Submission.objects.create(
        kind=kind.name,
        author=author,
        clinic_id=clinic.id if clinic else author.clinic_id,
        group=group,
        mode=mode,
        byline=byline,
    )
    revision = _add_revision(submission, kind, 1, title, body)
    submission.latest = revision
    submission.save(update_fields=["latest"])
    return Submitted(submission, _quick_look(submission, revision))


@transaction.atomic
def revise(submission: Submission, author: Member, body: str, *, title: str = "") -> Submitted:
    """Hand in a new wording. Others keep seeing the old one until the new one is released.

    Raises NotYours, AlreadySettled when the text was withdrawn, removed or erased, and
    standing.Resting or Slowed when the author may not write now.
    """
    may_write_now(author, title, body)
    locked = Submission.objects.select_for_update(no_key=True).get(id=submission.id)
    if locked.author_id != author.id:
        raise NotYours
    if locked.state in (State.WITHDRAWN, State.PURGED, State.REMOVED):
        raise AlreadySettled
    locked.revisions.filter(state__in=(RevisionState.SCREENING, RevisionState.HELD)).update(
        state=RevisionState.SUPERSEDED
    )
    last = locked.revisions.order_by("-number").values_list("number", flat=True)[0]
    revision = _add_revision(locked, kind_of(locked.kind), last + 1, title, body)
    locked.latest = revision
    locked.save(update_fields=["latest"])
    return Submitted(locked, _quick_look(locked, revision))


@transaction.atomic
def withdraw(submission: Submission, author: Member) -> None:
    """Take a text back. Others see it no more; an open case and any risk case stay as they are.

    Raises NotYours, or AlreadySettled when there is nothing left to take back.
    """
    if submission.author_id != author.id:
        raise NotYours
    seen = Submission.objects.select_for_update(no_key=True).get(id=submission.id).state
    if seen in (State.WITHDRAWN, State.PURGED, State.REMOVED):
        raise AlreadySettled
    Submission.objects.filter(id=submission.id, state=seen).update(
        state=State.WITHDRAWN, shown=None
    )
    submission.refresh_from_db()
    kind_of(submission.kind).removed(content_of(submission))


def _add_revision(
    submission: Submission, kind: Kind, number: int, title: str, body: str
) -> Revision:
    revision = Revision.objects.create(
        submission=submission,
        number=number,
        title=title,
        body=body,
        sha256=digest(title, body),
        due_at=timezone.now() + timedelta(seconds=kind.deadline_s),
    )
    transaction.on_commit(wake.screener)
    return revision


def _quick_look(submission: Submission, revision: Revision) -> bool:
    """Whether the author should see help now; opens the risk case when so. Never raises on text."""
    level = needs_help(revision.judged_text)
    if level < Level.RED:
        return False
    risk.raise_risk(submission.author, level, RiskSource.FILTER, submission=submission)
    return True


@transaction.atomic
def settle(
    revision: Revision,
    outcome: State,
    *,
    seen: RevisionState,
    level: int = Level.GREEN,
    reasons: tuple[str, ...] = (),
    masks: tuple[tuple[int, int, str], ...] = (),
    by: Member | None = None,
    policy: str = "",
    reason: str = "",
    note: str = "",
) -> Decision:
    """Make a judgement about one wording count.

    outcome: VISIBLE, NOTED, MASKED, HELD or REMOVED. seen: the state of the wording that the judge
    looked at; when it has moved since, AlreadySettled is raised and nothing changes.
    by: the person, or None for the machine. reason: what the author is told, in plain words.
    masks: parts hidden from others when the outcome is MASKED; kept for later when it is HELD.
    Locks the submission, then its case: whoever locks both does it in this order. The locks are
    "no key" so that a row pointing at the submission can be written meanwhile without a ring.
    """
    submission = Submission.objects.select_for_update(no_key=True).get(id=revision.submission_id)
    if by is None and outcome != State.HELD and _open_case(submission) is not None:
        # A person is already looking at this text: the machine does not overtake them.
        outcome, reasons = State.HELD, (*reasons, "case.open")
    to_team = kind_of(submission.kind).to_team
    if to_team and by is None:
        outcome = State.VISIBLE
    # A wording that is shown whole hides nothing; a held one keeps what could be hidden.
    kept = masks if outcome in (State.MASKED, State.HELD) else ()
    state, hidden = _revision_state(outcome), [list(mask) for mask in kept]
    if Revision.objects.filter(id=revision.id, state=seen).update(state=state, masks=hidden) != 1:
        raise AlreadySettled
    revision.state, revision.masks = state, hidden
    decision = Decision.objects.create(
        submission=submission,
        revision=revision,
        outcome=outcome,
        by=by,
        policy=policy or ",".join(reasons)[:40],
        reason=reason,
        note=note,
    )
    if not to_team:
        labels.learn(decision)
        sanctions.consider(decision)
    if outcome in PUBLIC:
        _release(submission, revision, outcome)
    elif outcome == State.HELD:
        _hold(submission, revision, level, reasons)
    else:
        _remove(submission, revision)
    _tell_author(submission)
    if by is not None:
        audit.record(
            by,
            "text.decided",
            submission,
            about=submission.author_id,
            decision=decision.id,
            revision=revision.id,
            sha256=revision.sha256,
            outcome=outcome.value,
            policy=decision.policy,
        )
    return decision


def _revision_state(outcome: State) -> RevisionState:
    if outcome in PUBLIC:
        return RevisionState.RELEASED
    return RevisionState.HELD if outcome == State.HELD else RevisionState.REJECTED


def _gone(submission: Submission) -> bool:
    """Its author took it back or it was erased: nobody else may bring it back."""
    return submission.state in (State.WITHDRAWN, State.PURGED)


def _release(submission: Submission, revision: Revision, outcome: State) -> None:
    if _gone(submission):
        return
    if (submission.state, submission.shown_id) == (outcome, revision.id) and not revision.masks:
        # A person looked at what others see already, and it stays: there is nothing to tell.
        return
    first = submission.released_at is None
    submission.state, submission.shown = outcome, revision
    submission.released_at = submission.released_at or timezone.now()
    submission.save(update_fields=["state", "shown", "released_at"])
    kind_of(submission.kind).released(content_of(submission), first=first)


def _hold(submission: Submission, revision: Revision, level: int, reasons: tuple[str, ...]) -> None:
    if submission.shown_id in (None, revision.id) and not _gone(submission):
        was_public = submission.shown_id is not None
        submission.state, submission.shown = State.HELD, None
        submission.save(update_fields=["state", "shown"])
        if was_public:
            kind_of(submission.kind).removed(content_of(submission))
    open_case(submission, revision, level, reasons)
    kind_of(submission.kind).held(content_of(submission))


def _remove(submission: Submission, revision: Revision) -> None:
    if submission.shown_id in (None, revision.id) and not _gone(submission):
        submission.state, submission.shown = State.REMOVED, None
        submission.save(update_fields=["state", "shown"])
        kind_of(submission.kind).removed(content_of(submission))


def _tell_author(submission: Submission) -> None:
    publish_on_commit(
        member_topic(submission.author_id),
        {"t": "review", "submission": submission.id, "state": submission.state},
    )


def _open_case(submission: Submission) -> ReviewCase | None:
    return (
        ReviewCase.objects.select_for_update(no_key=True)
        .filter(submission=submission)
        .exclude(state=ReviewState.DECIDED)
        .first()
    )


def open_case(
    submission: Submission, revision: Revision, level: int, reasons: tuple[str, ...]
) -> ReviewCase:
    """Put a wording before a person: a new case, or the open one moved on to this wording.

    A level may rise by itself, never fall. Call inside a transaction.
    """
    now = timezone.now()
    case = _open_case(submission)
    if case is None:
        due_at = clocks.decide_by(level, now)
        try:
            with transaction.atomic():
                case = ReviewCase.objects.create(
                    submission=submission,
                    revision=revision,
                    clinic_id=submission.clinic_id,
                    level=level,
                    reasons=list(reasons),
                    due_at=due_at,
                    serve_at=clocks.serve_by(level, due_at),
                    step_at=clocks.next_text_step(now, due_at, now),
                )
        except IntegrityError:
            # Another transaction opened it between our look and our insert.
            case = ReviewCase.objects.exclude(state=ReviewState.DECIDED).get(submission=submission)
    if case.revision_id != revision.id or level > case.level or set(reasons) - set(case.reasons):
        case.revision, case.level = revision, max(level, case.level)
        case.due_at = min(case.due_at, clocks.decide_by(case.level, now))
        case.serve_at = min(case.serve_at, clocks.serve_by(case.level, case.due_at))
        case.step_at = clocks.next_text_step(case.opened_at, case.due_at, now)
        case.reasons = list(dict.fromkeys([*case.reasons, *reasons]))
        case.save(update_fields=["revision", "level", "reasons", "due_at", "serve_at", "step_at"])
    publish_on_commit(
        desk_topic(case.clinic_id), {"t": "case", "case": case.id, "state": case.state}
    )
    return case

"""What a moderator has before them when they judge a text. Reads only."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.utils import timezone

from community.members.models import Member
from moderation import spans, wellbeing
from moderation.access import open_risk_case_of
from moderation.content import Line, content_of, kind_of
from moderation.guidelines import Piece, marked, sentence
from moderation.models import (
    Decision,
    Report,
    ReviewCase,
    ReviewState,
    Revision,
    RevisionState,
    RiskCase,
    RiskState,
    Screening,
    State,
    Submission,
)
from moderation.reports import about_case
from moderation.screening import serving

log = logging.getLogger(__name__)

EARLIER = 5
_QUOTE = re.compile(r"\s*>")
# A quoted line shorter than this could be anybody's.
QUOTE_LEAST = 12
QUOTES_MOST = 5
_HEADS = {"model.toxic": "toxic", "model.risk": "ideation"}


@dataclass(frozen=True)
class History:
    """How often an author wrote, and what became of it. Numbers, no texts."""

    texts: int
    published: int
    not_published: int
    waiting: int


@dataclass(frozen=True)
class CaseFile:
    """Everything the case page shows about one text."""

    case: ReviewCase
    kind_label: str
    title: list[Piece]
    body: list[Piece]
    # Where the body begins in the judged text, in code points.
    head: int
    covered: bool
    reasons: list[str]
    weighed: list[str]
    screening: Screening | None
    shown: Revision | None
    context: Sequence[Line]
    context_missing: bool
    history: History
    earlier: list[Decision]
    risk_case: RiskCase | None
    quoted: list[RiskCase]
    claim: str
    found: list[spans.Span]
    reports: list[Report]
    keys: bool


def open_file(case: ReviewCase, moderator: Member) -> CaseFile:
    """The file of a case as the moderator sees it now. Odd content never keeps it shut."""
    revision, submission = case.revision, case.submission
    screening = revision.screenings.order_by("-id").first()
    title, body = _pieces(revision, screening)
    lines, missing = _context(submission)
    shown = submission.shown_id
    other = Revision.objects.get(id=shown) if shown and shown != revision.id else None
    habits = wellbeing.habits_of(moderator)
    decisions = submission.decisions.select_related("by", "revision").order_by("-id")
    return CaseFile(
        case=case,
        kind_label=kind_label(submission.kind),
        title=title,
        body=body,
        head=len(revision.judged_text) - len(revision.body),
        covered=case.level >= habits.cover_from,
        reasons=list(dict.fromkeys(sentence(code) for code in case.reasons)),
        weighed=_weighed(case, revision),
        screening=screening,
        shown=other,
        context=lines,
        context_missing=missing,
        history=history_of(submission.author),
        earlier=list(decisions[:EARLIER]),
        risk_case=open_risk_case_of(submission.author_id),
        quoted=_quoted(submission, revision),
        claim=claim_of(case, moderator, timezone.now()),
        found=found_in(revision, screening),
        # Nobody reads who spoke about their own words.
        reports=[] if submission.author_id == moderator.id else about_case(case),
        keys=habits.keys,
    )


def _quoted(submission: Submission, revision: Revision) -> list[RiskCase]:
    """Open cases of people whose words this text quotes: the reply is judged, they are not lost."""
    said = [line.lstrip()[1:].strip() for line in revision.body.splitlines() if _QUOTE.match(line)]
    lines = [line for line in said if len(line) >= QUOTE_LEAST][:QUOTES_MOST]
    if not lines:
        return []
    words = Q()
    for line in lines:
        words |= Q(body__contains=line)
    authors = (
        Revision.objects.filter(words, submission__clinic_id=submission.clinic_id)
        .filter(submission__group=submission.group, id__lt=revision.id)
        .exclude(submission__author_id=submission.author_id)
        .values("submission__author_id")
    )
    return list(
        RiskCase.objects.filter(member_id__in=authors, clinic_id=submission.clinic_id)
        .exclude(state=RiskState.CLOSED)
        .select_related("member")
        .order_by("id")[:QUOTES_MOST]
    )


def _weighed(case: ReviewCase, revision: Revision) -> list[str]:
    """The words that weighed most, when a model gave a reason; else []."""
    heads = [head for code, head in _HEADS.items() if code in case.reasons]
    if not heads:
        return []
    try:
        found = serving.current().explain(revision.judged_text)
    except Exception as error:
        log.warning("the filter could not explain itself: %s", type(error).__name__)
        return []
    return list(dict.fromkeys(word for head in heads for word, _ in found.get(head, [])))


def claim_of(case: ReviewCase, moderator: Member, now: datetime) -> str:
    """Who holds a case: 'mine', 'theirs', 'free' or 'decided'; 'own' for one's own text, 'deciding'
    for a decision that can still be taken back."""
    if case.state == ReviewState.DECIDED:
        return "decided"
    if case.submission.author_id == moderator.id:
        return "own"
    if case.state == ReviewState.DECIDING:
        return "deciding"
    if case.is_free(now):
        return "free"
    return "mine" if case.claimed_by_id == moderator.id else "theirs"


def kind_label(name: str) -> str:
    """What members call this kind of text; the bare name when its app is not there."""
    try:
        return kind_of(name).label
    except KeyError:
        return name


def history_of(author: Member) -> History:
    """Counts over all texts of an author."""
    public = Q(state__in=(State.VISIBLE, State.NOTED, State.MASKED))
    counts = Submission.objects.filter(author=author).aggregate(
        texts=Count("id"),
        published=Count("id", filter=public),
        not_published=Count("id", filter=Q(state=State.REMOVED)),
        waiting=Count("id", filter=Q(state=State.HELD)),
    )
    return History(**counts)


def found_in(revision: Revision, screening: Screening | None = None) -> list[spans.Span]:
    """The parts of a wording that could be hidden, as the filter found them."""
    screening = screening or revision.screenings.order_by("-id").first()
    stored = revision.masks or (screening.spans if screening is not None else [])
    return spans.sound(stored, revision.judged_text)


def _pieces(revision: Revision, screening: Screening | None) -> tuple[list[Piece], list[Piece]]:
    """The title and the body, each cut at the marked spans."""
    inside = found_in(revision, screening)
    head = len(revision.judged_text) - len(revision.body)
    body = [(max(start - head, 0), max(end - head, 0), kind) for start, end, kind in inside]
    return marked(revision.title, inside), marked(revision.body, body)


def _context(submission: Submission) -> tuple[Sequence[Line], bool]:
    """The lines around a text, and whether they could not be had."""
    try:
        return kind_of(submission.kind).context(content_of(submission)), False
    except Exception as error:
        log.error("no context for submission %s: %s", submission.id, type(error).__name__)
        return (), True


def what_changed(case: ReviewCase, moderator: Member, revision_id: int | None) -> list[str]:
    """Why a decision made from an older page does not count, in plain sentences."""
    now = timezone.now()
    claim = claim_of(case, moderator, now)
    sentences = []
    if claim == "decided":
        last = case.submission.decisions.order_by("-id").first()
        what = State(last.outcome).label if last else "decided"
        sentences.append(f"This text was decided meanwhile: {what}.")
    elif claim == "deciding":
        sentences.append(f"{case.claimed_by} has just decided it and can take that back.")
    elif claim == "theirs":
        sentences.append(f"{case.claimed_by} holds this text now. Your time with it had run out.")
    elif claim == "free":
        sentences.append("Your ten minutes with this text ran out. Take it again to go on.")
    if case.submission.state == State.WITHDRAWN:
        sentences.append("The author took the text back. Nobody else sees it.")
    elif revision_id is not None and case.revision_id != revision_id:
        sentences.append("The author changed the text. The new wording is below.")
    elif case.revision.state == RevisionState.SUPERSEDED:
        sentences.append(
            "The author has just changed the text. The new wording is being checked and comes "
            "here in a moment."
        )
    return sentences

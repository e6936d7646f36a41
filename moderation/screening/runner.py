"""The screener: claims waiting texts, judges them outside any transaction, settles each verdict.

Several processes may run it. A claim is a conditional update with an end; a process that dies in
the middle leaves its texts to the next one. What cannot be judged goes to a person, never out.
"""

import logging
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from community.members.models import Member
from moderation import risk, threshold_sets, together
from moderation.actions import AlreadySettled, settle
from moderation.content import Kind, content_of, kind_of, to_team
from moderation.models import (
    Decision,
    Level,
    Revision,
    RevisionState,
    RiskSource,
    Screening,
    State,
    Submission,
)
from moderation.screening import (
    context,
    language,
    mentions,
    normalise,
    policy,
    reading,
    rules,
    serving,
)
from moderation.screening.classifiers import Classifier
from moderation.screening.signals import Hit, Mode, Outcome, Scores, Trust, Verdict

log = logging.getLogger(__name__)

CLAIM_S = 30
ATTEMPTS = 3
# A claim protects a text from the deadline for this long: who claimed it may have been killed.
GRACE_S = 5
NEWCOMER_TEXTS = 3

# Above this many waiting texts Detoxify is left out, so that nobody waits for it.
BUSY = 150
# A text Detoxify missed is read again while it is younger than this.
AGAIN_WITHIN = timedelta(days=2)
MISSED = "detoxify_missed"


@dataclass(frozen=True)
class Points:
    """What the models said of one text: scores or None, which engine, and what went wrong."""

    scores: Scores | None
    engine: str
    version: str
    error: str = ""


def run_once(score: Classifier | None = None, *, batch: int = 16) -> int:
    """Judge up to `batch` waiting texts. Returns how many were claimed; 0 when none wait.

    score: instead of this process's filter, for tests.
    """
    mine = _claim(batch)
    if not mine:
        return 0
    started = time.perf_counter()
    points = _points(mine, score)
    each_ms = (time.perf_counter() - started) * 1000 / len(mine)
    plain: list[Judged] = []
    for revision, said in zip(mine, points, strict=True):
        try:
            judged = _judged(revision, said, each_ms)
        except Exception as failure:
            _stumble(revision, failure)
            continue
        if judged.is_plain and (not plain or plain[0].kind == judged.kind):
            plain.append(judged)
            continue
        # In the order in which they came: what was said first is seen first.
        _settle_plain(plain)
        plain = []
        _settle_one(judged)
    _settle_plain(plain)
    return len(mine)


def _stumble(revision: Revision, failure: Exception) -> None:
    log.error("revision %s not judged: %s", revision.id, type(failure).__name__)
    _give_back(revision)


def _settle_one(judged: "Judged") -> None:
    try:
        _write_down_and_settle(judged)
    except AlreadySettled:
        log.info("revision %s was settled or replaced meanwhile", judged.revision.id)
    except Exception as failure:
        _stumble(judged.revision, failure)


def _settle_plain(plain: "list[Judged]") -> None:
    """All of them in one transaction; one by one when anything is not as expected."""
    if len(plain) > 1 or (plain and plain[0].kind.window_s):
        try:
            with transaction.atomic():
                Screening.objects.bulk_create(judged.row() for judged in plain)
                together.settle_all(
                    [
                        (one.revision, State(one.verdict.outcome.value), one.verdict.reasons)
                        for one in plain
                    ]
                )
            return
        except Exception as odd:
            log.info("texts are settled one by one: %s", type(odd).__name__)
    for judged in plain:
        _settle_one(judged)


def read_again(limit: int = 16) -> int:
    """Once Detoxify takes part again, read what it missed. Returns how many texts were read.

    Danger that was overlooked opens a risk case now; what should not have been shown is held. What
    a person has decided stays as it is. Its first round lets Detoxify begin to load, so that the
    first text of the day does not find it missing.
    """
    if not serving.expected():
        return 0
    serving.current()
    if serving.state()[0] != "both":
        return 0
    missed = Screening.objects.filter(error=MISSED, at__gte=timezone.now() - AGAIN_WITHIN)
    waiting = (
        Revision.objects.filter(screenings__in=missed, state=RevisionState.RELEASED)
        .exclude(screenings__classifier__startswith="both")
        .select_related("submission__author")
        .distinct()
        .order_by("id")[:limit]
    )
    revisions = list(waiting)
    if not revisions:
        return 0
    for revision, said in zip(revisions, _points(revisions, None), strict=True):
        if said.engine != "both":
            return 0
        try:
            _judge_again(revision, said)
        except AlreadySettled:
            continue
    return len(revisions)


def overdue(limit: int = 100) -> int:
    """Send texts that nobody could judge in time to a person. Returns how many.

    This needs neither rules nor model, only the database, and runs beside the screener.
    """
    now = timezone.now()
    late = Revision.objects.filter(state=RevisionState.SCREENING, due_at__lte=now).filter(
        Q(claimed_until__isnull=True)
        | Q(claimed_until__lte=now)
        | Q(attempts__gte=ATTEMPTS)
        | Q(due_at__lte=now - timedelta(seconds=GRACE_S))
    )
    held = 0
    for revision in late.order_by("id")[:limit]:
        try:
            settle(
                revision,
                State.HELD,
                seen=RevisionState.SCREENING,
                level=Level.AMBER,
                reasons=("unscreened",),
            )
            held += 1
        except AlreadySettled:
            continue
    return held


def _claim(batch: int) -> list[Revision]:
    """Take waiting texts, oldest first. Two screeners may see the same row; one update wins it."""
    now = timezone.now()
    free = Revision.objects.filter(state=RevisionState.SCREENING, attempts__lt=ATTEMPTS).filter(
        Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    )
    ids = list(free.order_by("id").values_list("id", flat=True)[:batch])
    if not ids:
        return []
    token = uuid.uuid4().hex
    free.filter(id__in=ids).update(
        claimed_by=token,
        claimed_until=now + timedelta(seconds=CLAIM_S),
        attempts=F("attempts") + 1,
    )
    return list(
        Revision.objects.filter(claimed_by=token)
        .select_related("submission__author")
        .order_by("id")
    )


def _give_back(revision: Revision) -> None:
    """Let the next round try again, after a moment that grows with the attempts."""
    Revision.objects.filter(id=revision.id, claimed_by=revision.claimed_by).update(
        claimed_until=timezone.now() + timedelta(seconds=revision.attempts)
    )


def _points(revisions: list[Revision], score: Classifier | None) -> list[Points]:
    """What the models say; when they fail, None for each, with the name of what happened."""
    texts = [revision.judged_text for revision in revisions]
    try:
        if score is not None:
            engine, version = score.name, score.version
            said, missed = score.score(texts), False
        else:
            filter_ = serving.current()
            said, engine = filter_.score_read(
                [reading.read(text) for text in texts], quick=filter_.name == "both" and _busy()
            )
            version = filter_.version
            missed = engine == "small" and serving.expected()
        if len(said) != len(texts):
            raise WrongLength
    except Exception as failure:
        return [Points(None, "", "", type(failure).__name__)] * len(texts)
    return [
        Points(one, engine, version, MISSED if missed else "")
        if _sane(one)
        else Points(None, engine, version, "NotANumber")
        for one in said
    ]


def _busy() -> bool:
    """Whether so many texts wait that Detoxify would keep them waiting."""
    waiting = Revision.objects.filter(state=RevisionState.SCREENING)
    return waiting[: BUSY + 1].count() > BUSY


class WrongLength(Exception):
    """A classifier gave more or fewer answers than it was asked."""


def _sane(points: Scores) -> bool:
    """All numbers between 0 and 1; NaN is not."""
    return all(0.0 <= number <= 1.0 for number in (points.toxic, *points.risk))


def _hits(text: str) -> tuple[tuple[Hit, ...], str]:
    try:
        return rules.find(text), ""
    except Exception as failure:
        return (), type(failure).__name__


def trust_of(author: Member) -> Trust:
    """How well we know an author: staff, mentor, somebody with released texts, or a newcomer."""
    if author.is_staff_role:
        return Trust.STAFF
    if author.is_mentor:
        return Trust.TRUSTED
    known = Submission.objects.filter(author=author, released_at__isnull=False)
    # What only the care team reads says nothing about how somebody writes to others.
    known = known.exclude(kind__in=to_team())
    return Trust.MEMBER if known[:NEWCOMER_TEXTS].count() >= NEWCOMER_TEXTS else Trust.NEW


@dataclass(frozen=True)
class Judged:
    """A verdict about one wording, with all that is written down about how it came about."""

    revision: Revision
    points: Points
    verdict: Verdict
    problem: str
    thresholds: policy.Thresholds
    latency_ms: float

    @property
    def kind(self) -> Kind:
        """The kind of content it belongs to."""
        return kind_of(self.revision.submission.kind)

    @property
    def is_plain(self) -> bool:
        """Shown whole, nobody in danger, no part of an edit."""
        shown = self.verdict.outcome in (Outcome.VISIBLE, Outcome.NOTED)
        return shown and self.verdict.risk < Level.RED and self.revision.number == 1

    def row(self) -> Screening:
        """What the machine thought, not stored yet."""
        scores, verdict = self.points.scores, self.verdict
        return Screening(
            revision=self.revision,
            outcome=verdict.outcome,
            level=int(verdict.risk),
            reasons=list(verdict.reasons),
            spans=[[span.start, span.end, span.kind] for span in verdict.spans],
            scores=None if scores is None else {"toxic": scores.toxic, "risk": list(scores.risk)},
            classifier=f"{self.points.engine} {self.points.version}".strip()[:80],
            ruleset=rules.RULESET_VERSION,
            thresholds=self.thresholds.version,
            normaliser=normalise.VERSION,
            latency_ms=self.latency_ms,
            error=self.problem[:80],
        )


def _judged(revision: Revision, points: Points, score_ms: float) -> Judged:
    started = time.perf_counter()
    verdict, problem, thresholds = _verdict(revision, points)
    latency_ms = score_ms + (time.perf_counter() - started) * 1000
    return Judged(revision, points, verdict, problem, thresholds, latency_ms)


def _write_down_and_settle(judged: Judged) -> None:
    # What was thought, and the call for help, stand even when the author replaces the wording at
    # this very moment and the verdict no longer counts.
    if judged.verdict.risk >= Level.RED:
        with transaction.atomic():
            judged.row().save(force_insert=True)
            _call_for_help(judged.revision, judged.verdict)
        _settle(judged.revision, judged.verdict)
        return
    # Nearly every text: one commit instead of two, since a room waits for it.
    replaced = False
    with transaction.atomic():
        judged.row().save(force_insert=True)
        try:
            with transaction.atomic():
                _settle(judged.revision, judged.verdict)
        except AlreadySettled:
            replaced = True
    if replaced:
        raise AlreadySettled


def _judge_again(revision: Revision, points: Points) -> None:
    judged = _judged(revision, points, 0.0)
    verdict = judged.verdict
    decided = Decision.objects.filter(revision=revision, by__isnull=False).exists()
    before = revision.screenings.order_by("-id").values_list("level", flat=True)[0]
    with transaction.atomic():
        judged.row().save(force_insert=True)
        if verdict.risk > before:
            _call_for_help(revision, verdict)
    if verdict.outcome is Outcome.HELD and not decided:
        _settle(revision, verdict, seen=RevisionState.RELEASED)


def _verdict(revision: Revision, points: Points) -> tuple[Verdict, str, policy.Thresholds]:
    """The judgement, what went wrong, and by which thresholds."""
    found, rules_error = _hits(revision.judged_text)
    found = _without_names(revision, found)
    found = (*found, *_around(revision, found))
    author = revision.submission.author
    thresholds = thresholds_for(points.engine, revision.submission.clinic_id)
    verdict = policy.judge(
        found,
        points.scores,
        mode=Mode(revision.submission.mode),
        trust=trust_of(author),
        engine_failed=bool(rules_error),
        thresholds=thresholds,
        known_language=language.known(revision.judged_text),
        concern=_concern(author.id),
        words=len(revision.judged_text.split()),
    )
    return verdict, rules_error or points.error, thresholds


def thresholds_for(engine: str, clinic_id: int) -> policy.Thresholds:
    """The thresholds that belong to an engine's numbers: the clinic's, else the built-in."""
    if engine == serving.main_engine():
        try:
            own = threshold_sets.active(clinic_id)
        except Exception as failure:
            log.error("the clinic's thresholds not read: %s", type(failure).__name__)
            own = None
        if own is not None:
            return own
    return policy.DEFAULTS.get(engine, policy.THRESHOLDS)


def _without_names(revision: Revision, found: tuple[Hit, ...]) -> tuple[Hit, ...]:
    """Without the @names of people who are here. Whoever cannot be looked up stays hidden."""
    text = revision.judged_text
    names = mentions.candidates(text, found)
    if not names:
        return found
    try:
        submission = revision.submission
        here = kind_of(submission.kind).bears(content_of(submission), names)
    except Exception as failure:
        log.error("names in revision %s not looked up: %s", revision.id, type(failure).__name__)
        return found
    return mentions.spared(text, found, here)


def _around(revision: Revision, found: tuple[Hit, ...]) -> list[Hit]:
    """What only the surroundings show. They may be gone or strange: that never stops a verdict."""
    try:
        return context.hits(revision, found)
    except Exception as failure:
        log.error("context of revision %s not read: %s", revision.id, type(failure).__name__)
        return []


def _concern(author_id: int) -> float:
    try:
        return context.concern(author_id, timezone.now())
    except Exception as failure:
        log.error("earlier texts not weighed: %s", type(failure).__name__)
        return 0.0


def _call_for_help(revision: Revision, verdict: Verdict) -> None:
    if verdict.risk >= Level.RED:
        risk.raise_risk(
            revision.submission.author,
            int(verdict.risk),
            RiskSource.FILTER,
            submission=revision.submission,
        )


def _settle(
    revision: Revision, verdict: Verdict, *, seen: RevisionState = RevisionState.SCREENING
) -> None:
    settle(
        revision,
        State(verdict.outcome.value),
        seen=seen,
        level=int(verdict.risk),
        reasons=verdict.reasons,
        masks=tuple((span.start, span.end, span.kind) for span in verdict.spans),
    )

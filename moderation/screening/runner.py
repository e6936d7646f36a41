"""The screener: claims waiting texts, judges them outside any transaction, settles each verdict.

Several processes may run it. A claim is a conditional update with an end; a process that dies in
the middle leaves its texts to the next one. What cannot be judged goes to a person, never out.
"""

import logging
import time
import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from community.members.models import Member
from moderation import risk
from moderation.actions import AlreadySettled, settle
from moderation.models import (
    Level,
    Revision,
    RevisionState,
    RiskSource,
    Screening,
    State,
    Submission,
)
from moderation.screening import normalise, policy, rules
from moderation.screening.classifiers import Classifier, Vocabulary
from moderation.screening.signals import Hit, Mode, Scores, Trust, Verdict

log = logging.getLogger(__name__)

CLAIM_S = 30
ATTEMPTS = 3
# A claim protects a text from the deadline for this long: who claimed it may have been killed.
GRACE_S = 5
NEWCOMER_TEXTS = 3

_classifier: Classifier | None = None


def classifier() -> Classifier:
    """The classifier of this process, made on first use."""
    global _classifier
    if _classifier is None:
        _classifier = Vocabulary()
    return _classifier


def run_once(score: Classifier | None = None, *, batch: int = 16) -> int:
    """Judge up to `batch` waiting texts. Returns how many were claimed; 0 when none wait."""
    mine = _claim(batch)
    if not mine:
        return 0
    engine = score or classifier()
    started = time.perf_counter()
    scores, error = _scores(engine, [revision.judged_text for revision in mine])
    each_ms = (time.perf_counter() - started) * 1000 / len(mine)
    for revision, points in zip(mine, scores, strict=True):
        try:
            _judge(revision, engine, points, error, each_ms)
        except AlreadySettled:
            log.info("revision %s was settled or replaced meanwhile", revision.id)
        except Exception as failure:
            log.error("revision %s not judged: %s", revision.id, type(failure).__name__)
            _give_back(revision)
    return len(mine)


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


def _scores(engine: Classifier, texts: list[str]) -> tuple[list[Scores | None], str]:
    """One score a text; None for all when the engine fails, with the name of what happened."""
    try:
        scores = engine.score(texts)
        if len(scores) != len(texts):
            return [None] * len(texts), "WrongLength"
        sane = [points if _sane(points) else None for points in scores]
    except Exception as failure:
        return [None] * len(texts), type(failure).__name__
    return sane, ""


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
    return Trust.MEMBER if known[:NEWCOMER_TEXTS].count() >= NEWCOMER_TEXTS else Trust.NEW


def _judge(
    revision: Revision, engine: Classifier, points: Scores | None, error: str, score_ms: float
) -> None:
    started = time.perf_counter()
    hits, rules_error = _hits(revision.judged_text)
    verdict = policy.judge(
        hits,
        points,
        mode=Mode(revision.submission.mode),
        trust=trust_of(revision.submission.author),
        engine_failed=bool(rules_error),
    )
    latency_ms = score_ms + (time.perf_counter() - started) * 1000
    problem = rules_error or error or ("" if points is not None else "NotANumber")
    # What was thought, and the call for help, stand even when the author replaces the wording at
    # this very moment and the verdict no longer counts.
    with transaction.atomic():
        Screening.objects.create(
            revision=revision,
            outcome=verdict.outcome,
            level=int(verdict.risk),
            reasons=list(verdict.reasons),
            spans=[[span.start, span.end, span.kind] for span in verdict.spans],
            scores=None if points is None else {"toxic": points.toxic, "risk": list(points.risk)},
            classifier=f"{engine.name} {engine.version}",
            ruleset=rules.RULESET_VERSION,
            thresholds=policy.THRESHOLDS.version,
            normaliser=normalise.VERSION,
            latency_ms=latency_ms,
            error=problem[:80],
        )
        if verdict.risk >= Level.RED:
            risk.raise_risk(
                revision.submission.author,
                int(verdict.risk),
                RiskSource.FILTER,
                submission=revision.submission,
            )
    _settle(revision, verdict)


def _settle(revision: Revision, verdict: Verdict) -> None:
    settle(
        revision,
        State(verdict.outcome.value),
        seen=RevisionState.SCREENING,
        level=int(verdict.risk),
        reasons=verdict.reasons,
        masks=tuple((span.start, span.end, span.kind) for span in verdict.spans),
    )

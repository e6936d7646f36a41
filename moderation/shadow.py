"""Judge the texts of past weeks once more with other cut-offs, and count what would change.

The scores are the stored ones; the rules read the stored wording again. A row counts only when the
cut-offs it was judged by give the stored verdict again: what changed for another reason (other
rules, an erased text) is left out and said so.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from community.members import audit
from community.members.models import Member
from moderation import threshold_sets
from moderation.models import Screening, ShadowRun, Submission, ThresholdSet
from moderation.screening import language, policy, rules, serving
from moderation.screening.policy import DEFAULTS, Thresholds
from moderation.screening.runner import NEWCOMER_TEXTS
from moderation.screening.signals import Hit, Mode, Scores, Trust, Verdict

WEEKS = 4
# The newest rows only: about two seconds of work at 1,800 texts a second.
MOST = 4000


def run(row: ThresholdSet, by: Member) -> ShadowRun:
    """Compare a set with the one in use, over the texts of the last four weeks. Changes nothing
    but the table of results."""
    now = timezone.now()
    since = now - timedelta(weeks=WEEKS)
    in_use = threshold_sets.current(row.clinic_id)
    old = (threshold_sets.thresholds_of(in_use) if in_use else None) or DEFAULTS[
        serving.main_engine()
    ]
    new = threshold_sets.thresholds_of(row)
    if new is None:
        raise threshold_sets.NotAThreshold("checksum")
    screenings = list(
        Screening.objects.filter(revision__submission__clinic_id=row.clinic_id, at__gte=since)
        .select_related("revision__submission__author")
        .order_by("-id")[: MOST + 1]
    )
    cut_off = len(screenings) > MOST
    screenings = screenings[:MOST]
    outcomes: Counter[str] = Counter()
    levels: Counter[str] = Counter()
    known = _versions(row.clinic_id)
    released = _released(screenings)
    for screening in screenings:
        judged_by = known.get(screening.thresholds)
        erased = not screening.revision.judged_text
        if judged_by is None or screening.error or erased:
            continue
        hits = rules.find(screening.revision.judged_text)
        author = screening.revision.submission.author_id
        trust = _trust_then(screening, released[author])
        if not _same(_judge(screening, hits, trust, judged_by), screening):
            continue
        was, now_is = (_judge(screening, hits, trust, at) for at in (old, new))
        outcomes[f"{was.outcome}>{now_is.outcome}"] += 1
        levels[f"{int(was.risk)}>{int(now_is.risk)}"] += 1
    # Only the writing is one transaction: nobody waits while the texts are read.
    with transaction.atomic():
        made = ShadowRun.objects.create(
            set=row,
            against=in_use,
            since=since,
            rows=sum(outcomes.values()),
            left_out=len(screenings) - sum(outcomes.values()),
            cut_off=cut_off,
            outcomes=dict(outcomes),
            levels=dict(levels),
            by=by,
        )
        audit.record(by, "thresholds.tried", row, run=made.id, rows=made.rows)
    return made


def _judge(
    screening: Screening, hits: tuple[Hit, ...], trust: Trust, thresholds: Thresholds
) -> Verdict:
    points = screening.scores
    scores = None if points is None else Scores(points["toxic"], tuple(points["risk"]))
    mode = Mode(screening.revision.submission.mode)
    text = screening.revision.judged_text
    return policy.judge(
        hits,
        scores,
        mode=mode,
        trust=trust,
        thresholds=thresholds,
        known_language=language.known(text),
        words=len(text.split()),
    )


def _same(verdict: Verdict, screening: Screening) -> bool:
    return verdict.outcome == screening.outcome and int(verdict.risk) == screening.level


def _versions(clinic_id: int) -> dict[str, Thresholds]:
    """The cut-offs a row may have been judged by, by the version it names."""
    rows = ThresholdSet.objects.filter(clinic_id=clinic_id, approved_by__isnull=False)
    kept = [found for row in rows if (found := threshold_sets.thresholds_of(row)) is not None]
    return {found.version: found for found in (*DEFAULTS.values(), *kept)}


def _released(screenings: Iterable[Screening]) -> dict[int, list[datetime]]:
    """When each author's texts were first published."""
    authors = {screening.revision.submission.author_id for screening in screenings}
    moments: dict[int, list[datetime]] = defaultdict(list)
    rows = Submission.objects.filter(author__in=authors, released_at__isnull=False)
    for author, at in rows.values_list("author_id", "released_at"):
        if at is not None:
            moments[author].append(at)
    return moments


def _trust_then(screening: Screening, released: list[datetime]) -> Trust:
    """How well the author was known when the text was judged, as runner.trust_of would say."""
    author = screening.revision.submission.author
    if author.is_staff_role:
        return Trust.STAFF
    if author.is_mentor:
        return Trust.TRUSTED
    before = sum(at < screening.at for at in released)
    return Trust.MEMBER if before >= NEWCOMER_TEXTS else Trust.NEW


def table(counts: dict[str, int], order: Iterable[str]) -> list[tuple[str, int, int, int]]:
    """(name, how many with the old set, how many with the new one, how many moved)."""
    lines = []
    for name in order:
        old = sum(n for cell, n in counts.items() if cell.split(">")[0] == name)
        new = sum(n for cell, n in counts.items() if cell.split(">")[1] == name)
        stays = counts.get(f"{name}>{name}", 0)
        lines.append((name, old, new, old + new - 2 * stays))
    return lines

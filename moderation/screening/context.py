"""What stands around a text: the author's last messages, the question it answers, earlier days.

None of this reads scores; it adds findings, each with a code of its own.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from moderation.content import content_of, kind_of
from moderation.models import Level, Revision, Screening
from moderation.screening import rules
from moderation.screening.signals import Axis, Hit, Risk

MOST_EARLIER = 5
HALF_LIFE_DAYS = 2.0
LOOK_BACK = timedelta(days=14)
_ASKED = re.compile(
    r"\b(?:are|do|did|have) you\b.{0,40}\b(?:suicid\w*|kill(?:ing)? yourself|end(?:ing)? (?:it|your life)|"
    r"hurt(?:ing)? yourself|harm(?:ing)? yourself|want(?:ing)? to die|safe)\b",
    re.IGNORECASE,
)
_SAFE_ASKED = re.compile(r"\bsafe\b", re.IGNORECASE)
_YES = re.compile(
    r"^\W*(?:yes|yeah|yep|yea|i am|i do|i have|a bit|sort of|kind of|maybe|tonight|often|all the time|always)\b",
    re.IGNORECASE,
)
_NO = re.compile(
    r"^\W*(?:no|nope|not really|i'?m not|not tonight|don'?t think so)\b", re.IGNORECASE
)


def hits(revision: Revision, own: Sequence[Hit]) -> list[Hit]:
    """Findings that only the surroundings show. At most two queries, none for most kinds."""
    kind = kind_of(revision.submission.kind)
    found: list[Hit] = []
    if kind.window_s:
        found += _split(revision, _level(own), kind.window_s)
    if len(revision.judged_text.split()) <= 8:
        found += _answer(revision)
    return found


def concern(author_id: int, now: datetime) -> float:
    """How much danger the author's texts spoke of lately; each level counts half after two days."""
    rows = Screening.objects.filter(
        Q(revision__submission__author_id=author_id),
        level__gte=Level.AMBER,
        at__gte=now - LOOK_BACK,
    ).values_list("level", "at")
    days = ((level, (now - at).total_seconds() / 86_400) for level, at in rows[:200])
    return float(sum(level * 0.5 ** (age / HALF_LIFE_DAYS) for level, age in days))


def _level(found: Sequence[Hit]) -> Risk:
    return max((hit.level for hit in found if hit.axis is Axis.RISK), default=Risk.GREEN)


def _split(revision: Revision, own: Risk, window_s: float) -> list[Hit]:
    """ "I want" / "to" / "die": the author's messages of the last moments, read as one."""
    submission = revision.submission
    earlier = (
        Revision.objects.filter(
            submission__author_id=submission.author_id,
            submission__kind=submission.kind,
            submission__group=submission.group_id,
            created_at__gte=revision.created_at - timedelta(seconds=window_s),
            id__lt=revision.id,
        )
        .order_by("-id")
        .values_list("title", "body")[:MOST_EARLIER]
    )
    bodies = [body for _, body in reversed(list(earlier))]
    if not bodies:
        return []
    together = " ".join([*bodies, revision.body])
    level = _level(rules.find(together))
    # What the earlier ones said by themselves has been acted on already.
    if level <= own or level <= _level(rules.find(" ".join(bodies))):
        return []
    return [Hit("context.split", Axis.RISK, level)]


def _answer(revision: Revision) -> list[Hit]:
    """ "Yes" is grave when the question was whether somebody thinks of dying."""
    text = revision.judged_text
    yes, no = _YES.search(text), _NO.search(text)
    if not (yes or no):
        return []
    submission = revision.submission
    around = list(kind_of(submission.kind).context(content_of(submission)))
    here = next((at for at, line in enumerate(around) if line.judged), len(around))
    if here == 0 or not _ASKED.search(around[here - 1].text):
        return []
    question = around[here - 1].text
    asked_safe = _SAFE_ASKED.search(question) is not None
    if bool(no) == asked_safe:
        return [Hit("context.answer", Axis.RISK, Risk.RED)]
    return []

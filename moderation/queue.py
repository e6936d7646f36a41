"""The queue of texts: what is offered to whom, in which order, and how somebody looks at it.

Reads only. Every list here starts from `remit.cases_for`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from community.members.models import Member
from moderation.models import (
    Exposure,
    GroupNeeds,
    Level,
    Pause,
    Remit,
    ReviewCase,
    ReviewState,
    SavedView,
    Skip,
)
from moderation.remit import cases_for

# Counting further helps nobody and costs time.
COUNT_MOST = 1000
VIEWS_MOST = 20
# Who did something within this time is taken to be at the desk.
AT_DESK = timedelta(minutes=30)


def waiting(member: Member) -> QuerySet[ReviewCase]:
    """Undecided cases that somebody may judge, the most urgent first, held ones among them.

    The order is one indexed column, so that the first page of 10,000 costs what that of 10 costs.
    """
    rows = cases_for(member).exclude(state=ReviewState.DECIDED)
    return rows.order_by("serve_at", "id")


def offered(member: Member, now: datetime, *, light: bool = False) -> QuerySet[ReviewCase]:
    """Of these, what nobody holds and "next" may give this person.

    What they passed on comes back when nobody else could take it; what asks for a lead goes to
    moderators when there is no lead; both come back when their time is up, so nothing stays
    behind. light: no text about somebody in danger now, for who has read enough of them.
    """
    late = Q(due_at__lte=now)
    passed = Exists(Skip.objects.filter(case=OuterRef("pk"), moderator=member))
    rows = waiting(member).filter(free(now)).filter(~passed | ~somebody_else(member) | late)
    if not member.is_lead:
        lead = Member.objects.filter(clinic_id=member.clinic_id, is_lead=True, is_active=True)
        able = lead.exclude(id=OuterRef("submission__author"))
        rows = rows.filter(Q(wants_lead=False) | ~Exists(able) | late)
    return rows.filter(Q(level__lt=Level.CRISIS) | late) if light else rows


def free(now: datetime) -> Q:
    """Nobody holds it."""
    return Q(state=ReviewState.OPEN) | Q(state=ReviewState.CLAIMED, lease_until__lte=now)


def somebody_else(member: Member) -> Exists:
    """Somebody else on the team who reads everything has not passed this case on."""
    passed = Skip.objects.filter(case=OuterRef(OuterRef("pk")), moderator=OuterRef("pk"))
    others = team_of(member).exclude(id=OuterRef("submission__author"))
    limited = Exists(Remit.objects.filter(moderator=OuterRef("pk")))
    return Exists(others.filter(~Exists(passed)).filter(Q(is_lead=True) | ~limited))


def team_of(member: Member) -> QuerySet[Member]:
    """The others on the care team of the clinic."""
    team = Q(is_moderator=True) | Q(is_lead=True)
    rows = Member.objects.filter(team, clinic_id=member.clinic_id, is_active=True)
    return rows.exclude(id=member.id).order_by("name", "id")


def others_at_desk(member: Member, now: datetime) -> bool:
    """Somebody else reads at the desk at this time and is not on a break."""
    lately = Exposure.objects.filter(moderator=OuterRef("pk"), at__gt=now - AT_DESK)
    resting = Pause.objects.filter(moderator=OuterRef("pk"), ended_at__isnull=True)
    return team_of(member).filter(Exists(lately), ~Exists(resting)).exists()


# --- Ways of looking ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Looking:
    """How somebody looks at the queue. Empty values ask for nothing.

    held: '', 'free', 'mine', 'others', 'lead', 'passed' or 'late'. words: a chosen name, a group,
    or the number of a case.
    """

    level: int | None = None
    kind: str = ""
    group: int | None = None
    language: str = ""
    held: str = ""
    words: str = ""

    @property
    def query(self) -> dict[str, Any]:
        """Only what asks for something; as a saved view stores it."""
        return {name: value for name, value in vars(self).items() if value not in (None, "")}


def seen_by(member: Member, looking: Looking, now: datetime) -> QuerySet[ReviewCase]:
    """The waiting cases that fit, in the order of the queue."""
    rows = waiting(member)
    if looking.level is not None:
        rows = rows.filter(level=looking.level)
    if looking.kind:
        rows = rows.filter(submission__kind=looking.kind)
    if looking.group is not None:
        rows = rows.filter(submission__group=looking.group)
    if looking.language:
        speaking = GroupNeeds.objects.filter(language=looking.language)
        rows = rows.filter(submission__group__in=speaking.values("group"))
    if looking.words:
        rows = rows.filter(_named(looking.words))
    return _held(rows, member, looking.held, now)


def _named(words: str) -> Q:
    # A name leads to nothing that was written under an alias.
    named = Q(submission__author__name__icontains=words, submission__byline="")
    named |= Q(submission__byline__icontains=words)
    named |= Q(submission__group__name__icontains=words)
    return named | Q(id=int(words)) if words.isdecimal() and len(words) < 18 else named


def _held(
    rows: QuerySet[ReviewCase], member: Member, held: str, now: datetime
) -> QuerySet[ReviewCase]:
    if held == "free":
        return rows.filter(free(now))
    if held == "mine":
        return rows.filter(claimed_by=member).exclude(free(now))
    if held == "others":
        return rows.filter(claimed_by__isnull=False).exclude(Q(claimed_by=member) | free(now))
    if held == "lead":
        return rows.filter(wants_lead=True)
    if held == "passed":
        return rows.filter(Exists(Skip.objects.filter(case=OuterRef("pk"), moderator=member)))
    return rows.filter(due_at__lte=now) if held == "late" else rows


def count(rows: QuerySet[ReviewCase]) -> int:
    """How many there are, up to COUNT_MOST + 1."""
    return rows.order_by()[: COUNT_MOST + 1].count()


def with_people(rows: QuerySet[ReviewCase], member: Member) -> QuerySet[ReviewCase]:
    """Rows with what a line of the list shows, and `passed` when the person passed it on."""
    passed = Exists(Skip.objects.filter(case=OuterRef("pk"), moderator=member))
    return rows.select_related("submission__author", "submission__group", "claimed_by").annotate(
        passed=passed
    )


# --- Saved views --------------------------------------------------------------------------------


class TooManyViews(Exception):
    """Somebody keeps VIEWS_MOST views already."""


def views_of(member: Member) -> list[SavedView]:
    """Somebody's own views, by name."""
    return list(SavedView.objects.filter(moderator=member).order_by("name", "id"))


def keep_view(member: Member, name: str, looking: Looking) -> SavedView:
    """Keep a way of looking under a name; the same name again means the new one."""
    mine = SavedView.objects.filter(moderator=member)
    if not mine.filter(name=name).exists() and mine.count() >= VIEWS_MOST:
        raise TooManyViews
    made, _ = SavedView.objects.update_or_create(
        moderator=member, name=name, defaults={"query": looking.query}
    )
    return made


def drop_view(member: Member, view_id: int) -> bool:
    """Forget a view of one's own. False when there was none."""
    return bool(SavedView.objects.filter(moderator=member, id=view_id).delete()[0])

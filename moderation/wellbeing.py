"""Looking after those who read: how much it was, when a break is due, kind words, how it ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from community.members.models import Member
from moderation.models import (
    BuddyNote,
    Decision,
    Exposure,
    Habits,
    Level,
    Pause,
    ReviewCase,
    RiskCase,
    RiskState,
)
from moderation.queue import team_of

# A shift is at most this long.
SHIFT = timedelta(hours=12)
# Who takes up work again within this time was not resting.
NO_BREAK = timedelta(minutes=5)
OUTCOMES_FOR = timedelta(days=28)


def habits_of(member: Member) -> Habits:
    """How somebody likes their desk; the defaults, unsaved, when they never said."""
    return Habits.objects.filter(moderator=member).first() or Habits(moderator=member)


def set_habits(member: Member, *, keys: bool, cover_from: int, heavy_most: int) -> None:
    """Keep how somebody likes their desk."""
    wanted = {"keys": keys, "cover_from": cover_from, "heavy_most": heavy_most}
    Habits.objects.update_or_create(moderator=member, defaults=wanted)


# --- How much it was ----------------------------------------------------------------------------


def began(case: ReviewCase, moderator: Member) -> None:
    """Somebody took a text to read. Call it in the transaction of the claim."""
    Exposure.objects.create(moderator=moderator, case=case, level=case.level)


def ended(case: ReviewCase, moderator: Member) -> None:
    """They are done with it. Call it in the transaction that says so."""
    mine = Exposure.objects.filter(case=case, moderator=moderator, until__isnull=True)
    mine.update(until=timezone.now())


@dataclass(frozen=True)
class Load:
    """What somebody has read in this shift. heavy: grave ones since the last break."""

    read: int
    grave: int
    heavy: int
    most: int
    on_break_since: datetime | None

    @property
    def break_due(self) -> bool:
        """A break is proposed."""
        return self.on_break_since is None and self.heavy >= self.most


def load_of(member: Member, now: datetime, habits: Habits | None = None) -> Load:
    """Counts of the shift. A text given back and taken again counts once."""
    habits = habits or habits_of(member)
    since = now - SHIFT
    pause = Pause.objects.filter(moderator=member, began_at__gt=since).order_by("-began_at").first()
    rows = Exposure.objects.filter(moderator=member, at__gt=since)
    seen = set(rows.values_list("case_id", "level", "at"))
    rested = _rested(pause, since)
    grave = {case for case, level, _ in seen if level >= Level.RED}
    heavy = {case for case, level, at in seen if level >= Level.RED and at > rested}
    return Load(
        read=len({case for case, _, _ in seen}),
        grave=len(grave),
        heavy=len(heavy),
        most=habits.heavy_most,
        on_break_since=pause.began_at if pause is not None and pause.ended_at is None else None,
    )


def _rested(pause: Pause | None, since: datetime) -> datetime:
    if pause is None:
        return since
    over = pause.ended_at or timezone.now()
    return over if over - pause.began_at >= NO_BREAK else since


def wants_break(member: Member, now: datetime) -> bool:
    """They have read so many grave texts that a break is proposed."""
    return load_of(member, now).break_due


def is_resting(member: Member) -> bool:
    """They are on a break."""
    return Pause.objects.filter(moderator=member, ended_at__isnull=True).exists()


def rest(member: Member) -> None:
    """Begin a break. Twice is once."""
    try:
        with transaction.atomic():
            Pause.objects.create(moderator=member)
    except IntegrityError:
        return


def come_back(member: Member) -> None:
    """End the break."""
    Pause.objects.filter(moderator=member, ended_at__isnull=True).update(ended_at=timezone.now())


# --- Kind words ---------------------------------------------------------------------------------


class NoColleague(Exception):
    """Not somebody else on the care team of the clinic."""


def write_note(author: Member, to_id: int, text: str) -> BuddyNote:
    """Leave a few words for a colleague. Raises NoColleague."""
    to = team_of(author).filter(id=to_id).first()
    if to is None:
        raise NoColleague
    return BuddyNote.objects.create(author=author, to=to, text=text)


def notes_to(member: Member) -> QuerySet[BuddyNote]:
    """What colleagues wrote to somebody, newest first."""
    return BuddyNote.objects.filter(to=member).select_related("author").order_by("-id")


def mark_read(member: Member) -> None:
    """They have seen their notes."""
    notes_to(member).filter(read_at__isnull=True).update(read_at=timezone.now())


# --- How it ended -------------------------------------------------------------------------------


def outcomes_for(member: Member, now: datetime) -> QuerySet[RiskCase]:
    """Closed cases about people whose grave texts somebody decided, newest first.

    Who helped learns how it went on. Within the clinic, and not for ever.
    """
    decided = Decision.objects.filter(by=member, at__gt=now - OUTCOMES_FOR)
    rows = RiskCase.objects.filter(
        clinic_id=member.clinic_id, state=RiskState.CLOSED, closed_at__gt=now - OUTCOMES_FOR
    )
    mine = rows.filter(events__submission__in=decided.values("submission"))
    return mine.select_related("member").distinct().order_by("-closed_at", "-id")

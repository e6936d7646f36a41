"""What binds somebody at this moment: where they may enter, whether they may write.

The clock decides together with the row, so nobody stays bound because a background loop is late.
Reads only, but for the lock that makes two texts of a slowed person come one after the other.
"""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from community.members.models import Member
from moderation.models import Level, Report, Revision, RiskEvent, Sanction, SanctionKind
from moderation.screening.crisis import needs_help

# Somebody who writes slowly writes one text in this time, wherever it is.
SLOW_EVERY = timedelta(minutes=10)
STOPS_WRITING = (SanctionKind.REST, SanctionKind.SUSPENSION)


def when(moment: datetime) -> str:
    """A moment in the time zone of the site: '14:05', or '3 May, 14:05' on another day."""
    local = timezone.localtime(moment)
    clock = f"{local:%H:%M}"
    return clock if local.date() == timezone.localdate() else f"{local.day} {local:%B}, {clock}"


class NotNow(Exception):
    """The person may not write before `until`. `words` says so, kindly and without a reason."""

    code = ""

    def __init__(self, until: datetime) -> None:
        super().__init__(self.code)
        self.until = until

    @property
    def words(self) -> str:
        """A sentence for the box in which the text still stands."""
        raise NotImplementedError


class Resting(NotNow):
    """The person has a rest from writing."""

    code = "resting"

    @property
    def words(self) -> str:
        return (
            f"You have a rest from writing until {when(self.until)}. Your text is still here. "
            "“What happened” on your home page tells you why."
        )


class Slowed(NotNow):
    """The person writes slowly, and wrote something a moment ago."""

    code = "slowed"

    @property
    def words(self) -> str:
        return (
            f"You write slowly for a while. Your text is still here; you can send it from "
            f"{when(self.until)}. “What happened” on your home page tells you why."
        )


def may_write_now(author: Member, *texts: str) -> None:
    """Raise Resting or Slowed when the author is bound. Call it in the transaction that stores.

    A call for help is never slowed. What rests is not stored either way; see `unsent.heard`.
    """
    now = timezone.now()
    binding = Sanction.objects.holding(now).filter(
        member=author, kind__in=(*STOPS_WRITING, SanctionKind.SLOW)
    )
    rows = list(binding.order_by("-ends_at"))
    if resting := [row for row in rows if row.kind in STOPS_WRITING]:
        raise Resting(resting[0].ends_at or now)
    if rows and needs_help("\n".join(texts)) < Level.RED:
        _wait_for_turn(rows[0], author, now)


def _wait_for_turn(sanction: Sanction, author: Member, now: datetime) -> None:
    # Two texts at once: the second waits here and then sees the first.
    Sanction.objects.select_for_update(no_key=True).get(id=sanction.id)
    mine = Revision.objects.filter(submission__author=author, created_at__gt=now - SLOW_EVERY)
    last = mine.order_by("-created_at").values_list("created_at", flat=True).first()
    if last is not None:
        raise Slowed(min(last + SLOW_EVERY, sanction.ends_at or now))


def notice_for(member: Member) -> str:
    """What somebody should know before they write: a sentence, or "" when nothing binds them."""
    now = timezone.now()
    kinds = (*STOPS_WRITING, SanctionKind.SLOW)
    rows = list(Sanction.objects.holding(now).filter(member=member, kind__in=kinds))
    rows.sort(key=lambda row: (row.kind in STOPS_WRITING, row.ends_at))
    if not rows:
        return ""
    until = when(rows[-1].ends_at or now)
    if rows[-1].kind in STOPS_WRITING:
        return f"You have a rest from writing until {until}."
    return f"You write slowly until {until}: one text every ten minutes."


def shut_groups(member: Member) -> Exists:
    """For filtering groups: those the person may not enter now."""
    here = Q(kind=SanctionKind.GROUP, group=OuterRef("pk"))
    return _shut(member, here)


def shut_rooms(member: Member) -> Exists:
    """For filtering live rooms: those the person may not enter now, private ones as well."""
    here = Q(kind=SanctionKind.ROOM, room_id=OuterRef("pk"))
    return _shut(member, here)


def _shut(member: Member, here: Q) -> Exists:
    holding = Sanction.objects.holding(timezone.now()).filter(member=member)
    return Exists(holding.filter(Q(kind=SanctionKind.SUSPENSION) | here))


def speaks_of_danger(submission_id: int) -> bool:
    """An open case about a person at risk rests on this text: it is never held against them."""
    signals = RiskEvent.objects.filter(submission=submission_id, kind="signal")
    worries = Report.objects.filter(submission=submission_id, risk_case__isnull=False)
    return (
        signals.exclude(case__state="closed").exists()
        or worries.exclude(risk_case__state="closed").exists()
    )

"""Letters between a member and the care team: private, never held back, always read by somebody."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet
from django.urls import reverse
from django.utils import timezone

from community.members import audit
from community.members.live import desk_topic, publish_on_commit
from community.members.models import Member
from community.members.notices import tell
from moderation import clocks, duty, risk
from moderation.access import open_risk_case_of
from moderation.actions import submit
from moderation.content import kind_of
from moderation.letter_rows import KIND
from moderation.models import Letter, Level, RiskState, Submission, digest
from moderation.remit import correspondents_of, may_correspond
from moderation.screening.crisis import needs_help

# So many letters stand on the page; older ones are on the pages before.
ROWS = 60
BATCH = 100


@dataclass(frozen=True)
class Written:
    """A letter to the team, and whether its writer should see help now."""

    letter: Letter
    help_needed: bool


@dataclass(frozen=True)
class Waiting:
    """Somebody's unread letters: whose, how many, since when, read by when, how urgent."""

    member_id: int
    name: str
    count: int
    since: datetime
    due_at: datetime
    level: int


def conversation_of(member: Member, before: int | None = None) -> list[Letter]:
    """The latest letters of a conversation, or those before one, the oldest of them first."""
    rows = Letter.objects.filter(member=member)
    if before is not None:
        rows = rows.filter(id__lt=before)
    rows = rows.select_related("by", "event", "submission__latest", "about__latest", "read_by")
    return list(rows.order_by("-id")[:ROWS])[::-1]


def unread() -> QuerySet[Letter]:
    """Letters to the team that nobody has read."""
    return Letter.objects.filter(to_team=True, read_at__isnull=True)


def waiting_for(moderator: Member) -> list[Waiting]:
    """Whose letters wait for somebody, those to be read soonest first. One query."""
    rows = unread().filter(member__in=correspondents_of(moderator))
    grouped = rows.values("member_id", "member__name").annotate(
        count=Count("id"), since=Min("at"), due=Min("due_at"), worst=Max("level")
    )
    return [
        Waiting(
            row["member_id"],
            row["member__name"],
            row["count"],
            row["since"],
            row["due"],
            row["worst"],
        )
        for row in grouped.order_by("due", "member_id")[:BATCH]
    ]


@transaction.atomic
def answer(member: Member, text: str, about: Submission | None = None) -> Written:
    """Write to the care team. Sent twice in a row, it is one letter.

    Nothing stops it: neither a rest from writing nor what the filter finds. Words of danger open a
    risk case, or ring the duty again where somebody had answered already.
    """
    Member.objects.select_for_update(no_key=True).get(id=member.id)
    danger = needs_help(text)
    now = timezone.now()
    same = Letter.objects.filter(member=member, to_team=True, at__gt=now - risk.TWICE)
    said = same.filter(submission__latest__sha256=digest("", text)).first()
    if said is not None:
        return Written(said, danger >= Level.RED)
    case = open_risk_case_of(member.id)
    submitted = submit(kind_of(KIND), member, text)
    level = max(danger, case.level if case is not None else 0)
    letter = Letter.objects.create(
        member=member,
        by=member,
        to_team=True,
        submission=submitted.submission,
        about=about,
        level=level,
        at=now,
        due_at=clocks.read_by(level, now),
    )
    if submitted.help_needed:
        risk.ring_again(member)
    _tell_team(letter)
    audit.record(member, "letter.sent", letter, about=member, level=level)
    return Written(letter, submitted.help_needed)


def _tell_team(letter: Letter) -> None:
    """The one who looks after the person, else who is on duty; never nobody."""
    member = letter.member
    publish_on_commit(desk_topic(member.clinic_id), {"t": "letter", "level": letter.level})
    case = open_risk_case_of(member.id)
    owner = case.owner if case is not None and case.state != RiskState.RAISED else None
    wanted = [owner] if owner is not None and owner.is_active else []
    url = reverse("moderation:letters_of", args=[member.id])
    for person in _able(member, wanted) or _able(member, duty.called(member.clinic_id, 0)):
        tell(person, "letter", url)


def _able(member: Member, people: list[Member]) -> list[Member]:
    return [person for person in people if may_correspond(person, member.id)]


def hurry(letter: Letter, level: int) -> None:
    """The filter read it as more urgent than it looked: it is due sooner, if nobody has read it."""
    rows = Letter.objects.filter(id=letter.id, read_at__isnull=True, level__lt=level)
    due_at = min(letter.due_at or letter.at, clocks.read_by(level, letter.at))
    if rows.update(level=level, due_at=due_at):
        event = {"t": "letter", "level": level}
        publish_on_commit(desk_topic(letter.member.clinic_id), event)


@transaction.atomic
def write(
    member: Member, by: Member, text: str, *, about: Submission | None = None, heard: int = 0
) -> Letter:
    """Write to a member in the care team's name; inside their open risk case when there is one.

    heard: the last letter that stood on the page: up to it, all of theirs count as read.
    """
    case = open_risk_case_of(member.id)
    if case is not None:
        event = risk.write(case, by, text)
        letter = Letter.objects.get(event=event)
    else:
        letter = _write(member, by, text)
    if about is not None:
        Letter.objects.filter(id=letter.id).update(about=about)
    mark_read(member, by, heard)
    return letter


def _write(member: Member, by: Member, text: str) -> Letter:
    Member.objects.select_for_update(no_key=True).get(id=member.id)
    now = timezone.now()
    mine = Letter.objects.filter(member=member, by=by, to_team=False, text=text)
    if (said := mine.filter(at__gt=now - risk.TWICE).first()) is not None:
        return said
    letter = Letter.objects.create(member=member, by=by, to_team=False, text=text, at=now)
    tell(member, "message", reverse("moderation:my_letters"))
    audit.record(by, "letter.written", letter, about=member)
    return letter


@transaction.atomic
def mark_read(member: Member, by: Member, up_to: int) -> int:
    """Somebody on the team has read a member's letters, up to this one. Returns how many."""
    count = risk.hear(member.id, by, up_to)
    if count:
        publish_on_commit(desk_topic(member.clinic_id), {"t": "letter"})
    return count


def seen_by_member(member: Member) -> None:
    """The member has the team's letters on their screen."""
    mine = Letter.objects.filter(member=member, to_team=False, read_at__isnull=True)
    mine.update(read_at=timezone.now())


def call_late() -> int:
    """Tell the leads, and who is on duty, of letters nobody has read in time. Returns how many."""
    late = unread().filter(due_at__lte=timezone.now(), told_at__isnull=True)
    rows = late.select_related("member").order_by("due_at", "id")[:BATCH]
    return sum(_call_late(letter) for letter in rows)


@transaction.atomic
def _call_late(letter: Letter) -> int:
    # Two processes may come here at once; one update finds it untold.
    rows = unread().filter(id=letter.id, told_at__isnull=True)
    if rows.update(told_at=timezone.now()) != 1:
        return 0
    member = letter.member
    url = reverse("moderation:letters_of", args=[member.id])
    wanted = duty.called(member.clinic_id, 80)
    for person in _able(member, wanted) or _able(member, list(duty.team_of(member.clinic_id))):
        tell(person, "letter_late", url)
    publish_on_commit(desk_topic(member.clinic_id), {"t": "letter"})
    audit.record(None, "letter.late", letter, about=member, level=letter.level)
    return 1

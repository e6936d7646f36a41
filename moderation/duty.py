"""The roster: who on the care team is there now, who backs them up, and calling them.

Whoever builds on it: `now_of(clinic_id)` says who is there, until when, and who is next;
`is_staffed` answers yes or no; `{% load duty_words %}{% duty_line %}` says it at a place to write.
"""

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from community.members import audit
from community.members.live import desk_topic, publish_on_commit
from community.members.models import Clinic, Member
from moderation.models import Alert, Channel, DutyShift, Level, RiskCase, RiskState

# A shift at most; longer ones are two people's.
SHIFT_MOST = timedelta(hours=24)
WEEKS_MOST = 26
# Shifts that are looked at to answer "who is next?".
AHEAD = 40
WEBHOOK_S = 5.0


class NotOnTheTeam(Exception):
    """Only somebody of the clinic's care team can be put on duty."""


class NotYourDuty(Exception):
    """Moderators change their own times; leads change everybody's."""


class OddTimes(ValueError):
    """A duty ends after it starts, is at most 24 hours long, and is not over yet."""


@dataclass(frozen=True)
class Duty:
    """Who is there at one moment.

    on, backup: people on the care team. until: when the unbroken cover ends, when somebody is on.
    next_at: when the next one comes, when nobody is on; None when nothing is planned. zone: the
    clinic's.
    """

    on: tuple[Member, ...] = ()
    backup: tuple[Member, ...] = ()
    until: datetime | None = None
    next_at: datetime | None = None
    zone: str = "UTC"

    @property
    def staffed(self) -> bool:
        """Somebody is on duty."""
        return bool(self.on)


# --- Who is there -------------------------------------------------------------------------------


def _shifts(clinic_id: int) -> QuerySet[DutyShift]:
    """Shifts of people who still are on the care team."""
    team = Q(member__is_moderator=True) | Q(member__is_lead=True)
    return DutyShift.objects.filter(team, clinic_id=clinic_id, member__is_active=True)


def now_of(clinic_id: int, now: datetime | None = None) -> Duty:
    """Who is on duty in a clinic at a moment (default: now). One query."""
    at = now or timezone.now()
    rows = list(
        _shifts(clinic_id)
        .filter(ends_at__gt=at)
        .select_related("member", "clinic")
        .order_by("starts_at", "id")[:AHEAD]
    )
    if not rows:
        return Duty()
    running = [row for row in rows if row.starts_at <= at]
    first = [row for row in rows if not row.backup]
    return Duty(
        on=_people(row for row in running if not row.backup),
        backup=_people(row for row in running if row.backup),
        until=_covered_until(first, at),
        next_at=next((row.starts_at for row in first if row.starts_at > at), None),
        zone=rows[0].clinic.time_zone,
    )


def _people(rows: Iterable[DutyShift]) -> tuple[Member, ...]:
    return tuple({row.member_id: row.member for row in rows}.values())


def _covered_until(rows: Sequence[DutyShift], at: datetime) -> datetime | None:
    """When the cover that holds at a moment ends. rows: by their start."""
    end = None
    for row in rows:
        if row.starts_at <= (end or at):
            end = max(end or at, row.ends_at)
    return end


def is_staffed(clinic_id: int, now: datetime | None = None) -> bool:
    """Somebody is on duty. One query."""
    at = now or timezone.now()
    return _shifts(clinic_id).filter(backup=False, starts_at__lte=at, ends_at__gt=at).exists()


def is_on(member: Member, now: datetime | None = None) -> bool:
    """This person is on duty themselves. One query."""
    at = now or timezone.now()
    mine = _shifts(member.clinic_id).filter(member=member, backup=False)
    return mine.filter(starts_at__lte=at, ends_at__gt=at).exists()


# --- The roster ---------------------------------------------------------------------------------


def team_of(clinic_id: int) -> QuerySet[Member]:
    """Everybody on the care team of a clinic."""
    team = Q(is_moderator=True) | Q(is_lead=True)
    return Member.objects.filter(team, clinic_id=clinic_id, is_active=True).order_by("name", "id")


def roster_of(clinic_id: int, now: datetime, days: int = 14) -> list[DutyShift]:
    """What is planned from now on, in order."""
    rows = _shifts(clinic_id).filter(ends_at__gt=now, starts_at__lt=now + timedelta(days=days))
    return list(rows.select_related("member").order_by("starts_at", "backup", "id")[:200])


def gaps_of(clinic_id: int, now: datetime, days: int = 7) -> list[tuple[datetime, datetime]]:
    """The times within the next days in which nobody is on duty."""
    end = now + timedelta(days=days)
    rows = _shifts(clinic_id).filter(backup=False, ends_at__gt=now, starts_at__lt=end)
    gaps, covered = [], now
    for start, stop in rows.order_by("starts_at").values_list("starts_at", "ends_at"):
        if start > covered:
            gaps.append((covered, start))
        covered = max(covered, stop)
    return [*gaps, (covered, end)] if covered < end else gaps


def moment(clinic: Clinic, on: date, at: time) -> datetime:
    """A time on the clinic's wall as a moment. Of an hour that comes twice, the first; a time that
    the clocks leap over becomes the one an hour later."""
    zone = ZoneInfo(clinic.time_zone)
    wall = datetime.combine(on, at, tzinfo=zone)
    return wall.astimezone(ZoneInfo("UTC"))


@transaction.atomic
def plan(
    by: Member,
    member: Member,
    on: date,
    start: time,
    end: time,
    *,
    backup: bool = False,
    weeks: int = 1,
) -> list[DutyShift]:
    """Put somebody on duty on a day, and on the same day of the following weeks.

    start, end: on the clinic's wall; an end that is not after the start is on the next day. The
    same times hold when the clocks change. Raises NotOnTheTeam, NotYourDuty, OddTimes.
    """
    _may_plan(by, member)
    made = []
    for week in range(min(max(weeks, 1), WEEKS_MOST)):
        day = on + timedelta(weeks=week)
        last = day if end > start else day + timedelta(days=1)
        begins, ends = moment(by.clinic, day, start), moment(by.clinic, last, end)
        made.append(_shift(by, member, begins, ends, backup=backup))
    audit.record(by, "duty.planned", made[0], about=member, count=len(made))
    return made


@transaction.atomic
def begin_now(member: Member, hours: int) -> DutyShift:
    """'I am here now.' Twice is once, until the later hour. Raises NotOnTheTeam, OddTimes."""
    _may_plan(member, member)
    # Locked, so that two windows pressed at once make one duty.
    Member.objects.select_for_update(no_key=True).get(id=member.id)
    now = timezone.now()
    ends = now + timedelta(hours=hours)
    running = DutyShift.objects.filter(
        member=member, backup=False, starts_at__lte=now, ends_at__gt=now
    ).order_by("-ends_at")
    made = running.first()
    if made is None:
        made = _shift(member, member, now, ends, backup=False)
    elif made.ends_at < ends:
        made.ends_at = min(ends, made.starts_at + SHIFT_MOST)
        made.save(update_fields=["ends_at"])
    audit.record(member, "duty.begun", made, about=member)
    _tell(member.clinic_id)
    return made


@transaction.atomic
def end_now(member: Member) -> int:
    """'I am leaving.' Ends what runs now; what is planned for later stays. Returns how many."""
    now = timezone.now()
    running = DutyShift.objects.filter(member=member, starts_at__lt=now, ends_at__gt=now)
    ended = running.update(ends_at=now)
    if ended:
        audit.record(member, "duty.ended", about=member, count=ended)
        _tell(member.clinic_id)
    return ended


@transaction.atomic
def drop(by: Member, shift: DutyShift) -> None:
    """Take a duty off the roster; one that runs ends now. Raises NotYourDuty."""
    if by.id != shift.member_id and not by.is_lead:
        raise NotYourDuty
    now = timezone.now()
    rows = DutyShift.objects.filter(id=shift.id)
    if not rows.filter(starts_at__lt=now, ends_at__gt=now).update(ends_at=now):
        rows.filter(starts_at__gte=now).delete()
    audit.record(by, "duty.dropped", about=shift.member_id, shift=shift.id)
    _tell(shift.clinic_id)


def _may_plan(by: Member, member: Member) -> None:
    team = member.on_care_team and member.is_active and member.clinic_id == by.clinic_id
    if not team:
        raise NotOnTheTeam
    if by.id != member.id and not by.is_lead:
        raise NotYourDuty


def _shift(
    by: Member, member: Member, begins: datetime, ends: datetime, *, backup: bool
) -> DutyShift:
    if not begins < ends <= begins + SHIFT_MOST + timedelta(hours=1) or ends <= timezone.now():
        raise OddTimes
    made, _ = DutyShift.objects.update_or_create(
        member=member,
        starts_at=begins,
        backup=backup,
        defaults={"clinic_id": by.clinic_id, "ends_at": ends, "made_by": by},
    )
    return made


def _tell(clinic_id: int) -> None:
    publish_on_commit(desk_topic(clinic_id), {"t": "duty"})


# --- Calling somebody ---------------------------------------------------------------------------


@transaction.atomic
def page(case: RiskCase, *, clock: str = "acknowledge", step: int = 0) -> int:
    """Call those who must look at a person at risk now. Returns how many calls were made.

    step: how much of the promised time has gone by, in per cent. 0: who is on duty; from 50 the
    backup as well, from 80 the leads, from 100 the whole team. Where one of these is empty, the
    next are called. The on-call addresses and the webhook are called each time. The same step twice
    calls once. Call it in the transaction that is its reason; the outbox sends after commit.
    """
    due_at = case.due_of(clock)
    made = 0
    for channel, to in _calls(case, step):
        try:
            with transaction.atomic():
                alert = Alert.objects.create(
                    case=case, clock=clock, step=step, due_at=due_at, channel=channel, to=to
                )
        except IntegrityError:
            # Another process made it, or this one before it was started again.
            continue
        send_alert.enqueue(alert.id)
        made += 1
    return made


def _calls(case: RiskCase, step: int) -> list[tuple[Channel, Member | None]]:
    calls: list[tuple[Channel, Member | None]] = [
        (Channel.MAIL, person) for person in called(case.clinic_id, step) if person != case.member
    ]
    if settings.PAGE_MAIL:
        calls.append((Channel.ON_CALL, None))
    if settings.PAGE_WEBHOOK_URL:
        calls.append((Channel.WEBHOOK, None))
    return calls


def called(clinic_id: int, step: int) -> list[Member]:
    """Who is called at a step of the ladder; never nobody, while there is a team."""
    duty, team = now_of(clinic_id), list(team_of(clinic_id))
    leads = [person for person in team if person.is_lead]
    wanted = list(duty.on)
    if step >= 50 or not wanted:
        wanted += duty.backup
    if step >= 80 or not wanted:
        wanted += leads
    if step >= 100 or not wanted:
        wanted += team
    return list({person.id: person for person in wanted}.values())


@task(queue_name="mail")
def send_alert(alert_id: int) -> None:
    """Send one call, unless somebody has answered meanwhile."""
    alert = Alert.objects.select_related("case", "to").get(id=alert_id)
    if alert.sent_at is not None or not _still_needed(alert):
        return
    if alert.channel == Channel.WEBHOOK:
        _post(alert)
    else:
        _mail(alert)
    Alert.objects.filter(id=alert.id).update(sent_at=timezone.now())


def _still_needed(alert: Alert) -> bool:
    """Nobody has met the promise yet, and it has not been replaced by an earlier one."""
    case = alert.case
    if case.state == RiskState.CLOSED or case.due_of(alert.clock) != alert.due_at:
        return False
    return not case.has_met(alert.clock)


def _mail(alert: Alert) -> None:
    to = [alert.to.email] if alert.to is not None else list(settings.PAGE_MAIL)
    at = timezone.localtime(alert.due_at, ZoneInfo(alert.case.clinic.time_zone))
    lines = [
        "Somebody needs the care team now.",
        "",
        f"Please open the care desk: {settings.SITE_URL}{reverse('moderation:queue')}",
        f"Promised by: {at:%H:%M} ({alert.case.clinic.time_zone}).",
    ]
    if alert.step >= 100:
        lines.append("That time is over. Everybody on the team is called until somebody answers.")
    else:
        lines.append("You are called again, and others with you, until somebody answers.")
    EmailMessage(
        subject=f"{settings.SITE_NAME}: the care desk needs somebody now",
        body="\n".join(lines),
        to=to,
        headers={"Auto-Submitted": "auto-generated", "X-Priority": "1"},
    ).send()


def message_of(alert: Alert) -> dict[str, Any]:
    """What the webhook gets: numbers, times and the desk's address; nothing about the person."""
    return {
        "event": "care_desk_needs_somebody",
        "id": alert.id,
        "level": Level(alert.case.level).name.lower(),
        "clock": alert.clock,
        "step_percent": alert.step,
        "due_at": alert.due_at.isoformat(),
        "called_at": alert.at.isoformat(),
        "desk": settings.SITE_URL + reverse("moderation:queue"),
    }


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The webhook's address is the one that was set, and no other."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _post(alert: Alert) -> None:
    """POST the call as JSON, signed when a key is set. Raises OSError unless it is taken (2xx)."""
    body = json.dumps(message_of(alert), separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "hearth"}
    if settings.PAGE_WEBHOOK_KEY:
        mac = hmac.new(settings.PAGE_WEBHOOK_KEY.encode(), body, hashlib.sha256).hexdigest()
        headers["X-Signature-SHA256"] = mac
    if urlsplit(settings.PAGE_WEBHOOK_URL).scheme not in {"http", "https"}:
        raise ValueError("PAGE_WEBHOOK_URL")
    request = urllib.request.Request(settings.PAGE_WEBHOOK_URL, body, headers)  # noqa: S310
    opener = urllib.request.build_opener(_NoRedirect)
    with opener.open(request, timeout=WEBHOOK_S):
        pass

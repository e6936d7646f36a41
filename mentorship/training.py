"""What keeps a mentor a mentor: trainings that run out, supervision that comes round, and a check
of how the work goes.

Supervision: every two weeks in the first four months, then monthly. Peer workers' wellbeing dips
about four months in (BMC Psychiatry 2022, s12888-022-03999-9).
"""

from calendar import monthrange
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from community.members import audit, notices, vault
from community.members.models import Clinic, Member
from mentorship.models import (
    MentorProfile,
    MentorState,
    Pair,
    PairState,
    Supervision,
    SupervisionKind,
    TrainingModule,
    TrainingRecord,
    WorkCheck,
    today_of,
)

OFTEN = timedelta(days=14)
LATER = timedelta(days=30)
DENSE_MONTHS = 4
# Days before the end of a training at which the mentor and the supervisor are told.
WARN_DAYS = (60, 30, 7, 0)
MUCH = 2
NEVER = date(1, 1, 1)


class InFuture(Exception):
    """The day is still to come."""


class NotAllowed(Exception):
    """This change of state does not follow from the state seen."""


def months_later(day: date, months: int) -> date:
    """The same day so many months on, or the last day of that month."""
    number = day.month - 1 + months
    year, month = day.year + number // 12, number % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


# --- Trainings ----------------------------------------------------------------------------------


@transaction.atomic
def add_module(by: Member, title: str, hours: int, valid_months: int) -> TrainingModule:
    """A training that every mentor of the clinic needs from now on."""
    module = TrainingModule.objects.create(
        clinic_id=by.clinic_id, title=title, hours=hours, valid_months=valid_months
    )
    audit.record(by, "training.added", module)
    _recount_clinic(by.clinic_id)
    return module


@transaction.atomic
def retire_module(module: TrainingModule, by: Member) -> bool:
    """Nobody needs it any more. False when it was so before."""
    rows = TrainingModule.objects.filter(id=module.id, retired_at__isnull=True)
    if rows.update(retired_at=timezone.now()) != 1:
        return False
    audit.record(by, "training.retired", module)
    _recount_clinic(module.clinic_id)
    return True


@transaction.atomic
def record(member: Member, module: TrainingModule, done_on: date, by: Member) -> TrainingRecord:
    """Somebody completed a module; it counts to the end of its last day. Raises InFuture."""
    if done_on > today_of(by.clinic):
        raise InFuture
    until = months_later(done_on, module.valid_months) if module.valid_months else None
    made, _ = TrainingRecord.objects.get_or_create(
        member=member,
        module=module,
        done_on=done_on,
        defaults={"valid_until": until, "recorded_by": by},
    )
    recount(member)
    audit.record(by, "training.recorded", made, about=member.id)
    return made


def latest(member: Member) -> dict[int, TrainingRecord]:
    """The record that counts longest, by module."""
    rows = TrainingRecord.objects.filter(member=member).order_by("done_on", "id")
    return {row.module_id: row for row in rows}


def required(clinic_id: int) -> list[TrainingModule]:
    """What every mentor needs, by title."""
    rows = TrainingModule.objects.filter(clinic_id=clinic_id, retired_at__isnull=True)
    return list(rows.order_by("title"))


def missing(member: Member, today: date) -> list[TrainingModule]:
    """Required modules that were never done, or ran out before today."""
    done = latest(member)
    return [
        module
        for module in required(member.clinic_id)
        if (row := done.get(module.id)) is None
        or (row.valid_until is not None and row.valid_until < today)
    ]


def certified_until(member: Member) -> date | None:
    """The first day on which a required training ends; NEVER when one is missing, None for good."""
    done = latest(member)
    ends = []
    for module in required(member.clinic_id):
        row = done.get(module.id)
        ends.append(NEVER if row is None else row.valid_until or date.max)
    return None if not ends or min(ends) == date.max else min(ends)


def recount(member: Member) -> None:
    """Keep on the profile what the records say, so that a question to the database sees it."""
    MentorProfile.objects.filter(member=member).update(certified_until=certified_until(member))


def _recount_clinic(clinic_id: int) -> None:
    for member in Member.objects.filter(clinic_id=clinic_id, mentor_profile__isnull=False):
        recount(member)


def warn() -> int:
    """The periodic job: tell mentor and supervisor before a training ends, once at each of
    WARN_DAYS. Returns how many were told about."""
    told = 0
    for clinic in Clinic.objects.order_by("id"):
        today = today_of(clinic)
        ending = TrainingRecord.objects.filter(
            member__clinic=clinic,
            member__is_active=True,
            member__mentor_profile__isnull=False,
            module__retired_at__isnull=True,
            valid_until__lte=today + timedelta(days=max(WARN_DAYS)),
            valid_until__gte=today - timedelta(days=7),
        )
        for row in ending.select_related("member__mentor_profile__supervisor").order_by("id"):
            told += _warn(row, today)
    return told


@transaction.atomic
def _warn(row: TrainingRecord, today: date) -> bool:
    left = max(0, (row.valid_until - today).days) if row.valid_until else 0
    due = min(days for days in WARN_DAYS if left <= days)
    if row.warned_days is not None and row.warned_days <= due:
        return False
    newer = TrainingRecord.objects.filter(
        member=row.member_id, module=row.module_id, done_on__gt=row.done_on
    )
    if newer.exists():
        return False
    seen = TrainingRecord.objects.filter(id=row.id, warned_days=row.warned_days)
    if seen.update(warned_days=due) != 1:
        return False
    notices.tell(row.member, "training", reverse("mentorship:index"))
    profile = row.member.mentor_profile
    if profile.supervisor is not None:
        notices.tell(
            profile.supervisor, "training", reverse("mentorship:mentor", args=[profile.id])
        )
    return True


# --- Supervision --------------------------------------------------------------------------------


def next_due(began_on: date, held_on: date) -> date:
    """When the talk after this one is due. Both are days at the clinic."""
    dense = held_on < months_later(began_on, DENSE_MONTHS)
    return held_on + (OFTEN if dense else LATER)


@transaction.atomic
def supervise(
    profile: MentorProfile, by: Member, on: date, kind: SupervisionKind, note: str, key: UUID
) -> Supervision:
    """Write down a talk; the next one is due from it. The same form twice is one talk.

    Raises InFuture.
    """
    today = today_of(by.clinic)
    if on > today:
        raise InFuture
    made, new = Supervision.objects.get_or_create(
        by=by,
        key=key,
        defaults={
            "member_id": profile.member_id,
            "on": on,
            "kind": kind,
            "note_sealed": vault.seal(note) if note else "",
        },
    )
    if new:
        last = Supervision.objects.filter(member=profile.member_id).order_by("-on").first()
        began = profile.began_on or (last.on if last else today)
        due = next_due(began, last.on if last else today)
        MentorProfile.objects.filter(id=profile.id).update(supervision_due_on=due)
        audit.record(by, "mentor.supervised", profile, about=profile.member_id)
    return made


# --- How the work goes --------------------------------------------------------------------------


@transaction.atomic
def check_in(profile: MentorProfile, level: int) -> WorkCheck:
    """A mentor says how the work goes, 1 (far too much) to 5 (very well).

    At 1 or 2 no new person is entrusted to them until they say otherwise, and the supervisor is
    told. Nobody whom they go with notices.
    """
    made = WorkCheck.objects.create(member_id=profile.member_id, level=level)
    much = level <= MUCH
    MentorProfile.objects.filter(id=profile.id).update(much=much)
    if much and profile.supervisor is not None:
        url = reverse("mentorship:mentor", args=[profile.id])
        notices.tell(profile.supervisor, "mentor_much", url)
    return made


# What may follow on what, and who may do it: the mentor themselves, or the care team.
MOVES: dict[tuple[str, str], str] = {
    (MentorState.TRIAL, MentorState.ACTIVE): "team",
    (MentorState.TRIAL, MentorState.PAUSED): "both",
    (MentorState.ACTIVE, MentorState.PAUSED): "both",
    (MentorState.PAUSED, MentorState.ACTIVE): "both",
    (MentorState.TRIAL, MentorState.RETIRED): "both",
    (MentorState.ACTIVE, MentorState.RETIRED): "both",
    (MentorState.PAUSED, MentorState.RETIRED): "both",
}


@transaction.atomic
def move(profile: MentorProfile, to: MentorState, by: Member) -> None:
    """Pause, go on, stop, or end the first time. Pairs that go on stay. Raises NotAllowed.

    The first time ends with a talk about it: without one it does not.
    """
    who = MOVES.get((profile.state, to), "")
    allowed = who == "both" and (by.id == profile.member_id or by.on_care_team)
    allowed |= who == "team" and by.on_care_team
    if not allowed:
        raise NotAllowed
    talked = Supervision.objects.filter(member=profile.member_id).exists()
    if profile.state == MentorState.TRIAL and to == MentorState.ACTIVE and not talked:
        raise NotAllowed
    if to == MentorState.RETIRED and _going(profile).exists():
        raise NotAllowed
    rows = MentorProfile.objects.filter(id=profile.id, state=profile.state)
    if rows.update(state=to) != 1:
        raise NotAllowed
    audit.record(by, "mentor.state", profile, about=profile.member_id, to=str(to))


def _going(profile: MentorProfile) -> Any:
    return Pair.objects.filter(mentor=profile.member_id).exclude(state=PairState.ENDED)


@transaction.atomic
def arrange(profile: MentorProfile, by: Member, max_pairs: int, supervisor: Member | None) -> None:
    """How many people at most, and who supervises. A smaller number ends no pair."""
    MentorProfile.objects.filter(id=profile.id).update(max_pairs=max_pairs, supervisor=supervisor)
    audit.record(by, "mentor.arranged", profile, about=profile.member_id, places=max_pairs)


def erase(member: Member) -> int:
    """Blank the notes about a person. Returns how many."""
    rows = Supervision.objects.filter(member=member).exclude(note_sealed="")
    return rows.update(note_sealed="")

"""Groups and cohorts: making them, changing their dates, closing them, letting people in."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from community.members import audit, batches, belonging
from community.members.models import Clinic, Group, Member, Membership


class NameTaken(Exception):
    """Another group of the clinic bears this name."""


def start_of(day: date | None, clinic: Clinic) -> datetime | None:
    """The first moment of a day at the clinic; None for no day."""
    return None if day is None else datetime.combine(day, time(0), ZoneInfo(clinic.time_zone))


def end_of(day: date | None, clinic: Clinic) -> datetime | None:
    """The moment at which a day at the clinic is over; None for no day."""
    return None if day is None else start_of(day + timedelta(days=1), clinic)


def last_day(until: datetime | None, clinic: Clinic) -> date | None:
    """The last day that lies before `until`, as `end_of` takes it; None for no end."""
    if until is None:
        return None
    return (until - timedelta(microseconds=1)).astimezone(ZoneInfo(clinic.time_zone)).date()


def of_clinic(clinic: Clinic | int) -> QuerySet[Group]:
    """Every group of a clinic, closed ones too, each with `people`: how many belong to it now."""
    now = Membership.objects.current().filter(group=OuterRef("pk")).order_by().values("group")
    counted = Subquery(now.annotate(count=Count("pk")).values("count"))
    return Group.objects.filter(clinic=clinic).annotate(people=Coalesce(counted, 0))


def make(
    by: Member, *, name: str, purpose: str, opens_at: datetime | None, open_until: datetime | None
) -> Group:
    """A new group of the person's clinic. Raises NameTaken."""
    try:
        with transaction.atomic():
            group = Group.objects.create(
                clinic_id=by.clinic_id,
                name=name,
                purpose=purpose,
                opens_at=opens_at,
                open_until=open_until,
            )
            audit.record(by, "group.made", group)
    except IntegrityError:
        raise NameTaken from None
    return group


def change(
    group: Group,
    by: Member,
    *,
    name: str,
    purpose: str,
    opens_at: datetime | None,
    open_until: datetime | None,
) -> None:
    """Change what a group is called, is for, and from when until when it is open. NameTaken.

    Who was in it until it ran out is in it again when it is given more time.
    """
    values = {"name": name, "purpose": purpose, "opens_at": opens_at, "open_until": open_until}
    try:
        with transaction.atomic():
            old = Group.objects.select_for_update(no_key=True).get(id=group.id).open_until
            Group.objects.filter(id=group.id).update(**values)
            if old is not None and (open_until is None or open_until > timezone.now()):
                _bring_back(group, old)
            people = Membership.objects.filter(group=group, ended_at__isnull=True)
            for number in people.values_list("member", flat=True):
                belonging.look_again(number)
            audit.record(by, "group.changed", group)
    except IntegrityError:
        raise NameTaken from None


def _bring_back(group: Group, ran_out_at: datetime) -> None:
    there = Membership.objects.filter(group=group, ended_at__isnull=True).values("member")
    over = Membership.objects.filter(group=group, ended_at=ran_out_at).exclude(member__in=there)
    over.exclude(valid_until=F("ended_at")).update(ended_at=None)


@transaction.atomic
def close(group: Group, by: Member) -> bool:
    """Close a group for good: nobody reads in it, its open links are void. False if it was.

    What was written stays kept, for those who answer for it.
    """
    now = timezone.now()
    if not Group.objects.filter(id=group.id, closed_at__isnull=True).update(closed_at=now):
        return False
    rows = Membership.objects.filter(group=group, ended_at__isnull=True)
    people = list(rows.values_list("member", flat=True))
    rows.update(ended_at=now)
    for number in people:
        belonging.lose(number, group.pk)
    batches.revoke_group(group, by)
    audit.record(by, "group.closed", group, people=len(people))
    return True


@transaction.atomic
def add(
    group: Group,
    person: Member,
    by: Member,
    *,
    starts_at: datetime | None = None,
    until: datetime | None = None,
) -> Membership:
    """Let somebody with an account belong to a group. Doing it twice does no harm."""
    row = belonging.enter(group, person, starts_at=starts_at, until=until)
    belonging.look_again(person.pk)
    audit.record(by, "membership.added", row, about=person)
    return row


def person_called(clinic: Clinic, word: str) -> Member | None:
    """Somebody of the clinic by chosen name or address, in any case; the care team is not asked."""
    people = Member.objects.filter(clinic=clinic, is_active=True)
    return people.filter(name__iexact=word).first() or people.filter(email__iexact=word).first()

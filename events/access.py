"""Doors to workshops and to one's place."""

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone

from community.members.models import Member
from events.models import (
    Event,
    Host,
    News,
    Occurrence,
    Registration,
    RegistrationState,
    SignUpFor,
)
from events.tokens import registration_of


def coming() -> QuerySet[Occurrence]:
    """Public dates that are still to come, the next first."""
    return (
        Occurrence.objects.filter(
            event__published_at__isnull=False,
            cancelled_at__isnull=True,
            starts_at__gt=timezone.now(),
        )
        .select_related("event")
        .order_by("starts_at", "id")
    )


def event_for(slug: str) -> Event:
    """A published workshop with its coming `dates` and the people `introduced`, or 404."""
    dates = Prefetch("occurrences", queryset=coming().select_related("event"), to_attr="dates")
    people = Prefetch("hosts", queryset=Host.objects.exclude(about=""), to_attr="introduced")
    return get_object_or_404(
        Event.objects.public().select_related("clinic").prefetch_related(dates, people), slug=slug
    )


def course_for(slug: str) -> Event:
    """A published workshop that can be had as a whole course, or 404."""
    rows = Event.objects.public().exclude(sign_up_for=SignUpFor.DATES)
    return get_object_or_404(rows.select_related("clinic"), slug=slug)


def for_feeds() -> QuerySet[Occurrence]:
    """Public dates to come, also those called off: calendars must learn of that."""
    rows = Occurrence.objects.filter(
        event__published_at__isnull=False, starts_at__gt=timezone.now()
    )
    return rows.select_related("event").order_by("starts_at", "id")


def occurrence_for(occurrence_id: int) -> Occurrence:
    """A published date, past or not, or 404."""
    return get_object_or_404(
        Occurrence.objects.filter(event__in=Event.objects.public()).select_related("event__clinic"),
        id=occurrence_id,
    )


def place_for(token: str) -> Registration:
    """Whose link it is, or 404."""
    registration = registration_of(token)
    if registration is None:
        raise Http404
    return registration


def news_for(registration: Registration) -> list[News]:
    """What organisers told the people of a date: for who has a seat, or had one until it was
    called off."""
    if registration.state not in (RegistrationState.CONFIRMED, RegistrationState.REMOVED):
        return []
    return list(registration.occurrence.news.order_by("-at"))


def own_events(member: Member) -> QuerySet[Event]:
    """Workshops of their clinic that this person made or runs."""
    if not member.is_staff_role:
        return Event.objects.none()
    runs = Host.objects.filter(event=OuterRef("id"), member=member)
    rows = Event.objects.filter(clinic=member.clinic_id)
    return rows.filter(Q(created_by=member) | Exists(runs))


def own_event_for(member: Member, event_id: int) -> Event:
    """A workshop that this person runs, or 404."""
    return get_object_or_404(own_events(member).select_related("clinic"), id=event_id)


def own_date_for(member: Member, occurrence_id: int) -> Occurrence:
    """A date of a workshop that this person runs, or 404."""
    rows = Occurrence.objects.filter(event__in=own_events(member))
    return get_object_or_404(rows.select_related("event"), id=occurrence_id)

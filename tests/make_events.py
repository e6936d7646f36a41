"""Builders of workshops and places."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from community.members.models import Member
from events.models import Event, Occurrence, Registration, RegistrationState


def workshop(
    by: Member, seats: int = 2, slug: str = "sleep", days: int = 9, **more: Any
) -> Occurrence:
    """A published workshop with one date in the coming days. more: fields of the workshop."""
    event = Event.objects.create(
        clinic=by.clinic,
        slug=slug,
        title="Sleeping again",
        about="About nights.",
        place="Lantern Hall",
        published_at=timezone.now(),
        created_by=by,
        **more,
    )
    starts = timezone.now() + timedelta(days=days)
    return Occurrence.objects.create(
        event=event,
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
        capacity=seats,
        ceiling=seats,
    )


def place(occurrence: Occurrence, name: str = "Wren", *, email: str = "") -> Registration:
    """A confirmed seat, counted. email: an invented address when not given."""
    number = occurrence.registrations.count() + 1
    occurrence.taken += 1
    occurrence.next_no = number + 1
    occurrence.save()
    return Registration.objects.create(
        occurrence=occurrence,
        no=number,
        name=name,
        email=email or f"{name.lower()}@visitors.example",
        state=RegistrationState.CONFIRMED,
        verified=True,
    )

"""What organisers do with a date: more or fewer seats, calling it off. One transaction each."""

from django.db import transaction
from django.utils import timezone

from events import letters, seats, waiting
from events.actions import end
from events.models import LIVE, RegistrationState


@transaction.atomic
def resize(
    occurrence_id: int, capacity: int, access_capacity: int, online_capacity: int | None = None
) -> None:
    """Set how many seats there are. Fewer than are taken cancels nobody; more are passed on."""
    occurrence, now = waiting.lock(occurrence_id)
    seats.resize(occurrence, capacity, access_capacity, online_capacity)
    waiting.promote(occurrence, now)


@transaction.atomic
def cancel_date(occurrence_id: int) -> bool:
    """Call a date off and write to everybody who had or awaited a place. False when it was so."""
    occurrence, now = waiting.lock(occurrence_id)
    if occurrence.cancelled_at is not None or occurrence.starts_at <= now:
        return False
    occurrence.cancelled_at = timezone.now()
    occurrence.save(update_fields=["cancelled_at"])
    for registration in list(occurrence.registrations.filter(state__in=LIVE).order_by("no")):
        verified = registration.verified
        seats.give_back(occurrence, registration)
        end(registration, RegistrationState.REMOVED, now)
        if verified:
            letters.enqueue("called_off", registration)
    return True

"""Reminders: a week, three days and three hours before. Each is sent once, whatever happens.

A place counts how many of them are behind it, and only a conditional update moves that count: two
workers, a restart or another time of the date never send one twice. What was missed because nobody
worked is not made up for; the nearest one alone is sent.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from events import letters
from events.models import Registration, RegistrationState

# (how long before, kind of letter), the farthest first. The number of a stage is its place here.
STAGES = (
    (timedelta(days=7), "remind_7d"),
    (timedelta(days=3), "remind_3d"),
    (timedelta(hours=3), "remind_3h"),
)
BATCH = 200


def send_due() -> int:
    """Put the reminders that are due into the outbox. Returns how many."""
    now, sent = timezone.now(), 0
    for stage in range(len(STAGES), 0, -1):
        lead, kind = STAGES[stage - 1]
        due = Registration.objects.filter(
            state=RegistrationState.CONFIRMED,
            reminders=True,
            reminded__lt=stage,
            occurrence__cancelled_at__isnull=True,
            occurrence__starts_at__gt=now,
            occurrence__starts_at__lte=now + lead,
        ).select_related("occurrence__event")
        for registration in due.order_by("occurrence__starts_at", "id")[:BATCH]:
            sent += _remind(registration, stage, kind)
    return sent


def _remind(registration: Registration, stage: int, kind: str) -> int:
    """One reminder, unless somebody else was quicker. 1 when it was put into the outbox."""
    moment = registration.occurrence.starts_at - STAGES[stage - 1][0]
    seen = Registration.objects.filter(
        id=registration.id,
        state=RegistrationState.CONFIRMED,
        reminders=True,
        reminded=registration.reminded,
    )
    with transaction.atomic():
        if not seen.update(reminded=stage):
            return 0
        if registration.confirmed_at is not None and registration.confirmed_at > moment:
            # They signed up when this moment was over, and have just had a letter.
            return 0
        letters.enqueue(kind, registration)
    return 1


def stop(registration: Registration) -> None:
    """No reminders for this sign-up any more. Twice does no harm; the place stays."""
    rows = Registration.objects.filter(id=registration.id)
    if registration.bundle is not None:
        rows = Registration.objects.filter(bundle=registration.bundle)
    rows.update(reminders=False)

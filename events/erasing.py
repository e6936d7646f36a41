"""Forgetting who came: needs a week after a date, names and addresses after the event's own days.

The rows stay, without a word about anybody, so that counts stay true.
"""

from datetime import timedelta

from django.utils import timezone

from events.models import Event, News, Occurrence, Registration
from events.needs import KEPT_AFTER


def erase_due() -> int:
    """Forget what is due. Returns how many places lost something; safe to run at any time."""
    now = timezone.now()
    past = Occurrence.objects.filter(ends_at__lte=now - KEPT_AFTER)
    needs = Registration.objects.filter(occurrence__in=past).exclude(needs_sealed="")
    count = needs.update(needs_sealed="")
    days = Event.objects.order_by("keep_days").values_list("keep_days", flat=True).distinct()
    for keep_days in list(days):
        gone = Occurrence.objects.filter(
            event__keep_days=keep_days, ends_at__lte=now - timedelta(days=keep_days)
        )
        rows = Registration.objects.filter(occurrence__in=gone, erased_at__isnull=True)
        count += rows.update(name="", email="", erased_at=now)
        News.objects.filter(occurrence__in=gone).delete()
    return count

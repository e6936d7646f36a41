"""An invented roster, so that somebody is always on duty in the demo."""

from datetime import timedelta

from django.utils import timezone

from community.members.models import Member
from moderation.models import DutyShift

AHEAD = timedelta(days=28)
HALF_DAY = timedelta(hours=12)


def plan_ahead(first: Member, second: Member) -> None:
    """Let two people take turns by half days for four weeks, each the other's backup.

    Doing it again plans on from where the roster ends.
    """
    now = timezone.now()
    mine = DutyShift.objects.filter(clinic_id=first.clinic_id, backup=False)
    last = mine.order_by("-ends_at").values_list("ends_at", flat=True).first()
    start = max(last or now, now)
    turn = mine.count() % 2
    while start < now + AHEAD:
        on, backup = (first, second) if turn == 0 else (second, first)
        for person, is_backup in ((on, False), (backup, True)):
            DutyShift.objects.get_or_create(
                member=person,
                starts_at=start,
                backup=is_backup,
                defaults={
                    "clinic_id": first.clinic_id,
                    "ends_at": start + HALF_DAY,
                    "made_by": second,
                },
            )
        start, turn = start + HALF_DAY, 1 - turn

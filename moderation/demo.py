"""An invented roster, so that somebody is always on duty in the demo, and a few letters."""

from datetime import timedelta

from django.utils import timezone

from community.members.models import Member
from moderation import letters
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


def seed(moderator: Member, patient: Member) -> None:
    """The beginning of a conversation between a patient and the care team; the last letter waits."""
    letters.write(patient, moderator, "Welcome. You can write here about anything, at any hour.")
    first = letters.answer(patient, "Thank you. I did not know that somebody reads this.")
    letters.mark_read(patient, moderator, first.letter.id)
    letters.write(patient, moderator, "Somebody always does. How is the room with the teapots?")
    letters.answer(patient, "Loud, and lovely. Is it all right to only listen there?")

"""What of the rooms belongs to one person: for the copy they take, and what goes when they go."""

from django.utils import timezone

from community.chat.models import Hand, ReadMark, RulesAccepted, Seat
from community.members.belongings import at
from community.members.models import Member
from community.members.own_copies import Thing


def copy_of(member: Member) -> list[Thing]:
    """Their places in private rooms, hands they raised. What they said is in moderation's part."""
    seats = Seat.objects.filter(member=member).select_related("room").order_by("id")
    found: list[Thing] = [
        {"A private room": row.room.name, "Your place ended": at(row.ended_at)} for row in seats
    ]
    hands = Hand.objects.filter(member=member).select_related("room").order_by("id")
    found += [{"You raised your hand in": r.room.name, "When": at(r.raised_at)} for r in hands]
    rules = RulesAccepted.objects.filter(member=member)
    return [*found, *({"You said yes to the rules of rooms": at(row.at)} for row in rules)]


def erase(member: Member) -> int:
    """Give up their seats and forget what was theirs alone. No text is among it."""
    now = timezone.now()
    Seat.objects.filter(member=member, ended_at=None).update(ended_at=now)
    Hand.objects.filter(member=member, lowered_at=None).update(lowered_at=now)
    ReadMark.objects.filter(member=member).delete()
    RulesAccepted.objects.filter(member=member).delete()
    return 0

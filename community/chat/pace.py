"""How fast one may write: a person over all their tabs and processes, and a whole room.

A call for help is asked about none of this (answers.slowed, views.say): it is never slowed.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from community.members import turns
from community.members.models import Member

# (seconds, messages): at most so many within so long
PERSON = ((5, 5), (60, 40))
NEWCOMER = ((5, 1), (60, 10))
NEW_FOR = timedelta(hours=24)
# A room in which more is said than anybody can read, or many newcomers write at once, is slowed
# for everybody but the people who hold it.
ROOM = ((10, 60),)
RAID = ((60, 20),)


@dataclass(frozen=True)
class TooFast:
    """Not now. code: what the client is told; wait_ms: until when; words: for the person."""

    code: str
    wait_ms: int
    words: str


QUICK = "That was quick. It can be sent again in a moment."
BUSY = "Very much is being said here right now. It can be sent again in a moment."


def too_fast(member: Member, room_id: int) -> TooFast | None:
    """Count one message. None when it may be sent now."""
    new = is_new(member)
    wait = turns.wait_ms(f"say.{member.id}", NEWCOMER if new else PERSON)
    if wait:
        return TooFast("rate_limited", wait, QUICK)
    if member.is_staff_role or member.is_mentor:
        return None
    wait = turns.wait_ms(f"room.{room_id}", ROOM)
    if new:
        wait = max(wait, turns.wait_ms(f"raid.{room_id}", RAID))
    return TooFast("room_busy", wait, BUSY) if wait else None


def wait_ms(member: Member, room_id: int) -> int:
    """`too_fast` for pages: 0 when it may be sent now, else milliseconds until it may."""
    slow = too_fast(member, room_id)
    return slow.wait_ms if slow else 0


def is_new(member: Member) -> bool:
    """They joined less than a day ago, and are neither of the team nor invented for the demo."""
    young = member.joined_at > timezone.now() - NEW_FOR
    return young and not (member.is_staff_role or member.is_mentor or member.is_demo)

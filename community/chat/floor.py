"""May this person say something here now? One function answers, and refuses by name.

`say` asks inside the transaction that stores. A call for help waits for no slow mode, no turn and
no rules; where it still cannot be shown, `unsent` brings help to its author and tells the care
team.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from community.chat.floor_rows import (
    Facilitator,
    Hand,
    OpeningHours,
    Quiet,
    RulesAccepted,
    Watch,
)
from community.chat.hours import Rule, in_words, slots
from community.chat.models import ChatMessage, Posting, Room
from community.members.models import Member
from moderation.models import Level
from moderation.screening.crisis import needs_help
from moderation.standing import NotNow

KEPT = "Your text is still here."


class NotOnFloor(NotNow):
    """The person may not say something in this room now. until: when to try again, if known."""

    sentence = ""

    def __init__(self, until: datetime | None = None, when: str = "") -> None:
        super().__init__(until or timezone.now())
        self.when = when

    @property
    def words(self) -> str:
        return f"{self.sentence.format(when=self.when)} {KEPT}"

    @property
    def retry_ms(self) -> int:
        """Milliseconds until it is worth another try by itself; 0 for not by itself."""
        return 0


class RoomClosed(NotOnFloor):
    """The room can be read, but nobody may write."""

    code = "room_closed"
    sentence = "This room is for reading only right now."


class OutsideHours(NotOnFloor):
    """The room is not open at this time."""

    code = "outside_hours"

    @property
    def words(self) -> str:
        opens = f" It opens again {self.when}." if self.when else ""
        return f"This room is closed now.{opens} {KEPT}"


class NobodyHere(NotOnFloor):
    """The room is open only while somebody looks after it, and nobody does."""

    code = "nobody_here"
    sentence = (
        "Nobody from the team is in this room just now, so it rests until somebody is here again."
    )


class RulesFirst(NotOnFloor):
    """The person has not said yes to the house rules yet."""

    code = "rules_first"
    sentence = "Before you write here the first time, please say yes to the house rules."


class MadeQuiet(NotOnFloor):
    """The person has a quiet time in this room."""

    code = "quiet"
    sentence = (
        "You have a quiet time in this room until {when}. You can read along, and a person from "
        "the care team is there for you all the same."
    )


class NotYourTurn(NotOnFloor):
    """People speak in turn."""

    code = "not_your_turn"
    sentence = "People speak in turn right now. Raise your hand, and the room comes to you."


class Slowly(NotOnFloor):
    """The room goes slowly, and the person said something a moment ago."""

    code = "slow_mode"
    sentence = "This room goes slowly, so that everybody can follow. You can send it in {when}."

    @property
    def retry_ms(self) -> int:
        left = (self.until - timezone.now()) / timedelta(milliseconds=1)
        return max(1, int(left) + 1)


# --- The room -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Floor:
    """How a room stands at a moment. why: '' when open, else 'reading', 'hours' or 'nobody'.

    opens_at: the next opening, when it is known. closes_at: the end of this one, when there is one.
    """

    why: str
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    opens: str = ""
    closes: str = ""
    hosts: int = 0

    @property
    def is_open(self) -> bool:
        """Members may write, each within what binds them."""
        return not self.why


def zone_of(room: Room) -> ZoneInfo:
    """The clock of the room's clinic. The room's group and clinic must have been read."""
    return ZoneInfo(room.group.clinic.time_zone if room.group else "UTC")


def floors_of(rooms: Sequence[Room], now: datetime) -> dict[int, Floor]:
    """How each of the rooms stands, by its id. Two queries, however many rooms."""
    rules: dict[int, list[Rule]] = {}
    for row in OpeningHours.objects.filter(room__in=rooms):
        rules.setdefault(row.room_id, []).append(Rule(row.weekday, row.opens, row.closes))
    hosts: dict[int, int] = {}
    here = Watch.objects.filter(
        room__in=rooms, ended_at__isnull=True, until__gt=now, member__is_active=True
    )
    for room_id in here.values_list("room_id", flat=True):
        hosts[room_id] = hosts.get(room_id, 0) + 1
    return {
        room.id: _floor(room, rules.get(room.id, []), hosts.get(room.id, 0), now) for room in rooms
    }


def floor_of(room: Room, now: datetime) -> Floor:
    """How one room stands."""
    return floors_of([room], now)[room.id]


def _floor(room: Room, rules: list[Rule], hosts: int, now: datetime) -> Floor:
    opens_at = closes_at = None
    outside = False
    if rules:
        zone = zone_of(room)
        coming = slots(rules, zone, now)
        if coming and coming[0].opens_at <= now:
            closes_at = coming[0].closes_at
        else:
            outside = True
            opens_at = coming[0].opens_at if coming else None
    why = ""
    if room.posting == Posting.CLOSED:
        why = "reading"
    elif outside:
        why = "hours"
    elif room.needs_host and not hosts:
        why = "nobody"
    return Floor(
        why,
        opens_at,
        closes_at,
        in_words(opens_at, zone_of(room), now) if opens_at else "",
        in_words(closes_at, zone_of(room), now) if closes_at else "",
        hosts,
    )


def holds(member: Member, room: Room) -> bool:
    """Whether the person looks after the room: the clinic's care team, or a facilitator of it.

    A private room belongs to the people in it. The room's group must have been read.
    """
    if room.group is None:
        return False
    if member.on_care_team:
        return member.clinic_id == room.group.clinic_id
    return Facilitator.objects.filter(room=room, member=member).exists()


# --- The person ---------------------------------------------------------------------------------


def may_speak(member: Member, room: Room, body: str) -> None:
    """Raise the NotOnFloor that stops the person from saying these words here now.

    Call it inside the transaction that stores, with the room's group and clinic read. An open room
    without any of this asks the database three times.
    """
    now = timezone.now()
    if _is_free(member, room, now) or needs_help(body) >= Level.RED:
        return
    if room.asks_rules and not has_accepted(member):
        raise RulesFirst
    if room.takes_turns and not speaks(member, room):
        raise NotYourTurn
    if room.slow_s:
        _go_slowly(member, room, now)


def may_reword(member: Member, room: Room) -> None:
    """Raise the NotOnFloor that stops the person from changing their own words in this room now.

    A correction needs no turn and is not slowed.
    """
    _is_free(member, room, timezone.now())


def _is_free(member: Member, room: Room, now: datetime) -> bool:
    """Whether nothing binds the person. Raises what binds even a call for help."""
    floor = floor_of(room, now)
    if floor.why == "reading":
        raise RoomClosed
    # The next question of the database is asked only where the answer matters.
    bound = floor.why or room.asks_rules or room.takes_turns or room.slow_s
    quiet = quiet_until(member, room, now)
    if not (bound or quiet) or holds(member, room):
        return True
    if floor.why == "hours":
        raise OutsideHours(floor.opens_at, floor.opens)
    if floor.why == "nobody":
        raise NobodyHere
    if quiet is not None:
        raise MadeQuiet(quiet, quiet_words(member, room, now))
    return False


def has_accepted(member: Member) -> bool:
    """The person said yes to the house rules of live rooms."""
    return RulesAccepted.objects.filter(member=member).exists()


def speaks(member: Member, room: Room) -> bool:
    """The room came to the person's raised hand."""
    return Hand.objects.filter(
        room=room, member=member, given_at__isnull=False, lowered_at__isnull=True
    ).exists()


def quiet_until(member: Member, room: Room, now: datetime) -> datetime | None:
    """The end of the person's quiet time in the room, or None."""
    rows = Quiet.objects.filter(room=room, member=member, until__gt=now).order_by("-until")
    return rows.values_list("until", flat=True).first()


def quiet_words(member: Member, room: Room, now: datetime) -> str:
    """Until when the person has a quiet time in the room, by the clinic's clock; '' for none."""
    until = quiet_until(member, room, now)
    return in_words(until, zone_of(room), now) if until else ""


def _go_slowly(member: Member, room: Room, now: datetime) -> None:
    # Two at once from two tabs: the second waits here and then sees the first.
    Member.objects.select_for_update(no_key=True).get(id=member.id)
    since = now - timedelta(seconds=room.slow_s)
    mine = ChatMessage.objects.filter(room=room, author=member, sent_at__gt=since)
    last = mine.order_by("-id").values_list("sent_at", flat=True).first()
    if last is not None:
        until = last + timedelta(seconds=room.slow_s)
        seconds = max(1, round((until - now).total_seconds()))
        raise Slowly(until, f"{seconds} second{'' if seconds == 1 else 's'}")

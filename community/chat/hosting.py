"""What those who hold a room do, and what members answer to it: hands, rounds, rules, leaving.

Each change is told to open pages by a `mode` event of the log; they then look again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from community.chat.actions import append
from community.chat.floor_rows import (
    Facilitator,
    Hand,
    OpeningHours,
    Quiet,
    ReadMark,
    RoomNote,
    RulesAccepted,
    Watch,
)
from community.chat.models import ChatMessage, EventKind, Posting, Room, Round
from community.members import audit
from community.members.models import Member
from moderation.access import open_risk_case_of
from moderation.actions import AlreadySettled, settle
from moderation.models import PUBLIC, RevisionState, State, Submission

WATCH = timedelta(hours=2)
QUIET_MINUTES = (5, 15, 60)
SLOW_MOST_S = 3600


class NotForThem(Exception):
    """No quiet time can be set for this person now. The reason is not told: it may be a matter
    between them and the care team."""


class Meanwhile(Exception):
    """Somebody was first: the hand is down, or somebody else speaks."""


@dataclass(frozen=True)
class Manner:
    """How people write in a room."""

    posting: Posting
    slow_s: int
    takes_turns: bool
    needs_host: bool
    asks_rules: bool


def _told(room: Room) -> None:
    posting = Room.objects.values_list("posting", flat=True).get(id=room.id)
    append(room.id, EventKind.MODE, data={"posting": posting})


# --- Being there --------------------------------------------------------------------------------


@transaction.atomic
def come(room: Room, member: Member) -> Watch:
    """ "I am here": the person looks after the room for two hours from now, or until they go."""
    now = timezone.now()
    Room.objects.select_for_update(no_key=True).get(id=room.id)
    watch, _ = Watch.objects.update_or_create(
        room=room, member=member, ended_at=None, defaults={"until": now + WATCH}
    )
    _told(room)
    return watch


@transaction.atomic
def go(room: Room, member: Member) -> bool:
    """The person looks after the room no longer. False when they did not."""
    open_watches = Watch.objects.filter(room=room, member=member, ended_at=None)
    if not open_watches.update(ended_at=timezone.now()):
        return False
    _told(room)
    return True


# --- How people write ---------------------------------------------------------------------------


@transaction.atomic
def change_manner(room: Room, by: Member, manner: Manner) -> None:
    """Change how people write in the room."""
    Room.objects.filter(id=room.id).update(
        posting=manner.posting,
        slow_s=manner.slow_s,
        takes_turns=manner.takes_turns,
        needs_host=manner.needs_host,
        asks_rules=manner.asks_rules,
    )
    if not manner.takes_turns:
        Hand.objects.filter(room=room, lowered_at=None).update(lowered_at=timezone.now())
    _told(room)
    audit.record(by, "room.manner", room, posting=manner.posting.value, slow=manner.slow_s)


@transaction.atomic
def plan(room: Room, by: Member, agenda: str) -> None:
    """Put an agenda beside the talk, an item a line. For the care team alone."""
    Room.objects.filter(id=room.id).update(agenda=agenda)
    _told(room)
    audit.record(by, "room.agenda", room)


@transaction.atomic
def share(room: Room, by: Member, people: Iterable[Member]) -> None:
    """Let exactly these people hold the room beside the care team."""
    wanted = {person.id for person in people}
    Facilitator.objects.filter(room=room).exclude(member__in=wanted).delete()
    Watch.objects.filter(
        room=room, ended_at=None, member__in=Member.objects.filter(is_mentor=True)
    ).exclude(member__in=wanted).update(ended_at=timezone.now())
    for member_id in wanted:
        Facilitator.objects.get_or_create(room=room, member_id=member_id)
    _told(room)
    audit.record(by, "room.facilitators", room, people=sorted(wanted))


@transaction.atomic
def add_hours(room: Room, weekday: int, opens: time, closes: time) -> bool:
    """Open the room at these times every week. False when it is so already."""
    _, made = OpeningHours.objects.get_or_create(
        room=room, weekday=weekday, opens=opens, defaults={"closes": closes}
    )
    if made:
        _told(room)
    return made


@transaction.atomic
def drop_hours(room: Room, hours_id: int) -> bool:
    """Take one of the times back. A room without any is open at all times."""
    gone, _ = OpeningHours.objects.filter(room=room, id=hours_id).delete()
    if gone:
        _told(room)
    return bool(gone)


@transaction.atomic
def go_round(room: Room, kind: Round) -> None:
    """Begin a welcome or closing round, or end it."""
    if Room.objects.filter(id=room.id).exclude(round=kind).update(round=kind):
        _told(room)


# --- Hands --------------------------------------------------------------------------------------


@transaction.atomic
def raise_hand(room: Room, member: Member) -> Hand:
    """Raise one's hand; it stays up when it was."""
    try:
        with transaction.atomic():
            hand = Hand.objects.create(room=room, member=member)
    except IntegrityError:
        return Hand.objects.get(room=room, member=member, lowered_at=None)
    _told(room)
    return hand


@transaction.atomic
def lower_hand(room: Room, member: Member) -> bool:
    """Lower one's hand, or end one's turn. False when it was down."""
    up = Hand.objects.filter(room=room, member=member, lowered_at=None)
    if not up.update(lowered_at=timezone.now()):
        return False
    _told(room)
    return True


@transaction.atomic
def call_on(room: Room, hand_id: int) -> None:
    """Give the room to a raised hand; whoever spoke before has had their turn.

    Raises Meanwhile when the hand is down, or somebody else was called in the same moment.
    """
    now = timezone.now()
    Room.objects.select_for_update(no_key=True).get(id=room.id)
    up = Hand.objects.filter(room=room, lowered_at=None)
    up.filter(given_at__isnull=False).exclude(id=hand_id).update(lowered_at=now)
    if not up.filter(id=hand_id, given_at=None).update(given_at=now):
        raise Meanwhile
    _told(room)


# --- Keeping it safe ----------------------------------------------------------------------------


@transaction.atomic
def make_quiet(room: Room, about: Member, by: Member, minutes: int) -> Quiet:
    """Let somebody read and not write in this room for some minutes. Raises NotForThem.

    Never for a person at risk: being in danger takes nothing away from anybody.
    """
    if about.is_staff_role or about.id == by.id or open_risk_case_of(about.id) is not None:
        raise NotForThem
    until = timezone.now() + timedelta(minutes=minutes)
    quiet = Quiet.objects.create(room=room, member=about, by=by, until=until)
    _told(room)
    audit.record(by, "room.quiet", room, about=about, minutes=minutes)
    return quiet


@transaction.atomic
def take_out(message: ChatMessage, by: Member) -> None:
    """Take a message off everybody's screen now. A moderator then decides, and gives a reason.

    Raises AlreadySettled when others do not see it.
    """
    submission = Submission.objects.select_related("shown").get(id=message.submission_id)
    if submission.state not in PUBLIC or submission.shown is None:
        raise AlreadySettled
    settle(
        submission.shown,
        State.HELD,
        seen=RevisionState.RELEASED,
        reasons=("host.took_out",),
    )
    audit.record(by, "room.took_out", message, about=message.author_id)


def note(room: Room, by: Member, text: str) -> RoomNote:
    """Leave a note for the others who hold the room."""
    return RoomNote.objects.create(room=room, by=by, text=text)


# --- Members ------------------------------------------------------------------------------------


def accept_rules(member: Member) -> None:
    """Say yes to the house rules, once for all rooms."""
    RulesAccepted.objects.get_or_create(member=member)


@transaction.atomic
def read_up_to(room_id: int, member: Member, seq: int) -> None:
    """Remember for the person alone how far they have read. It never moves back."""
    mark, _ = ReadMark.objects.get_or_create(room_id=room_id, member=member)
    top = Room.objects.values_list("last_seq", flat=True).get(id=room_id)
    ReadMark.objects.filter(id=mark.id, seq__lt=min(seq, top)).update(seq=min(seq, top))


def leave(room: Room, member: Member, seq: int) -> None:
    """Leave without a word to anybody: one's hand goes down, one's place is remembered."""
    lower_hand(room, member)
    read_up_to(room.id, member, seq)

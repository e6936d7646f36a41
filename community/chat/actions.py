"""Everything that changes a room: say, take back, open a private room, append to the log."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from community.chat import broadcast
from community.chat.access import may_enter
from community.chat.floor import RoomClosed as RoomClosed
from community.chat.floor import floors_of, may_reword, may_speak
from community.chat.models import (
    ChatMessage,
    EventKind,
    Posting,
    Quiet,
    Room,
    RoomEvent,
    RulesAccepted,
    Seat,
)
from community.members.live import member_topic, publish_on_commit
from community.members.models import Group, Member, Membership
from moderation import actions as moderation
from moderation import together
from moderation.content import kind_of
from moderation.models import Level, State
from moderation.screening.crisis import needs_help
from moderation.unsent import ROOM, heard


class NotInRoom(Exception):
    """The room is not there for this person: unknown, left, or theirs no more."""


class CidConflict(Exception):
    """The client used one name for two different messages."""


@dataclass(frozen=True)
class Said:
    """What came of saying something.

    status: where the message stands, in the words of the protocol. help_needed: its author should
    see help now. again: it was stored before, by the same cid.
    """

    message: ChatMessage
    status: str
    help_needed: bool
    again: bool


def say(member: Member, room_id: int, body: str, cid: str) -> Said:
    """Store a message for screening. Once stored, the same cid returns the same message for good.

    Raises NotInRoom, CidConflict, a NotOnFloor of `floor`, and moderation's Resting and Slowed.
    A text that is not stored may be a call for help all the same: see `unsent`.
    """
    known = _known(member, room_id, body, cid)
    if known is not None:
        return known
    try:
        return _say(member, room_id, body, cid)
    except IntegrityError:
        # The same message came over another connection between our look and our insert.
        known = _known(member, room_id, body, cid)
        if known is None:
            raise
        return known


@transaction.atomic
def _say(member: Member, room_id: int, body: str, cid: str) -> Said:
    # Doors are asked inside the transaction that stores: what was queued before a suspension and
    # is handled after it does not land.
    person = Member.objects.filter(id=member.id, is_active=True).first()
    if person is None or not may_enter(person, room_id):
        raise NotInRoom
    room = Room.objects.select_related("group__clinic").get(id=room_id)
    may_speak(person, room, body)
    mode = "pre" if room.posting == Posting.MODERATED else room.mode
    handed_in = moderation.submit(
        kind_of(ChatMessage.KIND), person, body, group=room.group, mode=mode
    )
    message = ChatMessage.objects.create(
        submission=handed_in.submission, room=room, author=person, cid=cid
    )
    status = broadcast.status_of(handed_in.submission.state)
    return Said(message, status, handed_in.help_needed, again=False)


@dataclass(frozen=True)
class Line:
    """Something somebody wants to say: what `say` takes."""

    member: Member
    room_id: int
    body: str
    cid: str


def say_together(lines: Sequence[Line]) -> list[Said | None]:
    """`say` for many, in one transaction: None for each that must be said by itself.

    By itself is said whatever is not plain: by somebody of the team or whom a sanction or a quiet
    time binds, in a private room or one that is closed, slow or taken in turns, a call for help,
    or what was said before. So this refuses nobody. Eleven queries, however many lines.
    Raises what the database raises; then nothing was stored.
    """
    with transaction.atomic():
        rooms = _plain_rooms({line.room_id for line in lines})
        people = _plain_people({line.member.id for line in lines}, rooms)
        names = {(line.member.id, line.cid) for line in lines}
        # Twice the same in one go: the second is answered when the first is stored.
        first = {(line.member.id, line.cid): at for at, line in reversed([*enumerate(lines)])}
        said_before = ChatMessage.objects.filter(
            author__in={who for who, _ in names}, cid__in={cid for _, cid in names}
        )
        known = set(said_before.values_list("author_id", "cid"))
        plain = [
            at
            for at, line in enumerate(lines)
            if (line.member.id, line.room_id) in people
            and first[line.member.id, line.cid] == at
            and (line.member.id, line.cid) not in known
            and not calls_for_help(line.body)
        ]
        said: list[Said | None] = [None] * len(lines)
        for at, message in zip(plain, _store([lines[at] for at in plain], rooms), strict=True):
            said[at] = Said(message, State.SCREENING.value, help_needed=False, again=False)
    return said


def _plain_rooms(room_ids: Collection[int]) -> dict[int, Room]:
    """Those of the rooms in which nothing but the door stands before a word."""
    rooms = Room.objects.filter(id__in=room_ids, group__isnull=False, posting=Posting.OPEN)
    found = list(
        rooms.filter(takes_turns=False, slow_s=0).select_related("group__clinic").order_by("id")
    )
    floors = floors_of(found, timezone.now())
    return {room.id: room for room in found if floors[room.id].is_open}


def _plain_people(member_ids: Collection[int], rooms: dict[int, Room]) -> set[tuple[int, int]]:
    """(person, room) for active members of the rooms' groups who may write there as they like."""
    free = together.unbound(member_ids)
    here = Membership.objects.current().filter(
        member__in=free,
        member__is_active=True,
        member__is_moderator=False,
        member__is_lead=False,
        member__is_administrator=False,
        group__in={room.group_id for room in rooms.values()},
    )
    groups = set(here.values_list("member_id", "group_id"))
    now = timezone.now()
    quiet = set(
        Quiet.objects.filter(room__in=rooms, member__in=free, until__gt=now).values_list(
            "member_id", "room_id"
        )
    )
    yes = set()
    if any(room.asks_rules for room in rooms.values()):
        yes = set(RulesAccepted.objects.filter(member__in=free).values_list("member_id", flat=True))
    return {
        (member_id, room.id)
        for room in rooms.values()
        for member_id in free
        if (member_id, room.group_id) in groups
        and (member_id, room.id) not in quiet
        and (member_id in yes or not room.asks_rules)
    }


def _store(lines: Sequence[Line], rooms: dict[int, Room]) -> list[ChatMessage]:
    if not lines:
        return []
    texts = [
        together.Text(line.member, line.body, rooms[line.room_id].group, rooms[line.room_id].mode)
        for line in lines
    ]
    submissions = together.submit_all(kind_of(ChatMessage.KIND), texts)
    return ChatMessage.objects.bulk_create(
        ChatMessage(submission=submission, room_id=line.room_id, author=line.member, cid=line.cid)
        for submission, line in zip(submissions, lines, strict=True)
    )


def _known(member: Member, room_id: int, body: str, cid: str) -> Said | None:
    message = (
        ChatMessage.objects.filter(author=member, cid=cid).select_related("submission").first()
    )
    if message is None:
        return None
    first = message.submission.revisions.order_by("number").first()
    if message.room_id != room_id or first is None or first.body != body:
        raise CidConflict
    # The first answer was perhaps never seen, so help is offered again.
    status = broadcast.status_of(message.submission.state)
    return Said(message, status, calls_for_help(body), again=True)


def calls_for_help(body: str) -> bool:
    """Whether the author of these words should see help now. Never raises."""
    return needs_help(body) >= Level.RED


def unsent(member: Member, body: str) -> bool:
    """Look at a text that could not be stored. True when its author should see help now.

    The care team is told that somebody may be in danger; the words are not kept. Never raises.
    """
    return heard(member, body, ROOM)


@transaction.atomic
def rephrase(message: ChatMessage, member: Member, body: str) -> bool:
    """Hand in a new wording of one's own message. True when its author should see help now.

    Others see the old wording until the new one was read. Raises what `say` raises for a room in
    which the person may not write now, and moderation's NotYours and AlreadySettled.
    """
    if not may_enter(member, message.room_id):
        raise NotInRoom
    room = Room.objects.select_related("group__clinic").get(id=message.room_id)
    may_reword(member, room)
    return moderation.revise(message.submission, member, body).help_needed


def take_back(message: ChatMessage, member: Member) -> None:
    """Take back one's own message. Raises moderation's NotYours and AlreadySettled."""
    moderation.withdraw(message.submission, member)


def append(
    room_id: int,
    kind: EventKind,
    message: ChatMessage | None = None,
    data: dict[str, Any] | None = None,
) -> RoomEvent:
    """Give the next place of the room's log to an event, and tell all sockets after commit.

    Call it inside the deciding transaction. The update locks the room's row, so places are dense
    and in the order of the commits.
    """
    Room.objects.filter(id=room_id).update(last_seq=F("last_seq") + 1)
    seq = Room.objects.values_list("last_seq", flat=True).get(id=room_id)
    event = RoomEvent.objects.create(
        room_id=room_id, seq=seq, kind=kind, message=message, data=data or {}
    )
    broadcast.happened(event)
    return event


def append_first(submission_ids: Collection[int]) -> list[ChatMessage]:
    """`append` for messages that were just released for the first time, in their order.

    Four queries for the messages of one room. Call it inside the deciding transaction.
    """
    said = ChatMessage.objects.filter(submission__in=submission_ids).order_by("room", "submission")
    messages = list(said.select_related("author", "submission__shown"))
    for room_id, in_room in groupby(messages, key=lambda message: message.room_id):
        _append_in(room_id, list(in_room))
    return messages


def _append_in(room_id: int, messages: list[ChatMessage]) -> None:
    count = len(messages)
    Room.objects.filter(id=room_id).update(last_seq=F("last_seq") + count)
    top = Room.objects.values_list("last_seq", flat=True).get(id=room_id)
    events = RoomEvent.objects.bulk_create(
        RoomEvent(room_id=room_id, seq=seq, kind=EventKind.MSG, message=message)
        for seq, message in enumerate(messages, top - count + 1)
    )
    broadcast.happened_together(room_id, [broadcast.frame_of(event) for event in events])


@transaction.atomic
def open_room(group: Group, name: str, purpose: str = "", mode: str = "hybrid") -> Room:
    """A room for everybody in a group."""
    return Room.objects.create(group=group, name=name, purpose=purpose, mode=mode)


@transaction.atomic
def open_private_room(name: str, members: Iterable[Member]) -> Room:
    """A room with a seat for each of the named people and nobody else."""
    room = Room.objects.create(group=None, name=name)
    Seat.objects.bulk_create(Seat(room=room, member=member) for member in members)
    return room


@transaction.atomic
def change_posting(room: Room, posting: Posting) -> bool:
    """Change how one may write; everybody in the room is told. False when it was so before."""
    changed = Room.objects.filter(id=room.id).exclude(posting=posting).update(posting=posting)
    if changed:
        append(room.id, EventKind.MODE, data={"posting": posting.value})
    return bool(changed)


@transaction.atomic
def close_private_room(room: Room) -> None:
    """End all seats and close the room; open sockets are asked to look again."""
    change_posting(room, Posting.CLOSED)
    for seat in Seat.objects.filter(room=room, ended_at__isnull=True):
        Seat.objects.filter(id=seat.id, ended_at__isnull=True).update(ended_at=timezone.now())
        publish_on_commit(member_topic(seat.member_id), {"t": "ctl", "op": "refresh"})

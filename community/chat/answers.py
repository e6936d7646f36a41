"""What the socket of live rooms answers to a frame. All of it runs in a thread."""

import logging
from collections.abc import Sequence

from django.http import Http404
from django.utils import timezone

from community.chat import actions, broadcast, pace
from community.chat.access import may_enter, own_message_for
from community.chat.broadcast import Frame
from community.chat.floor import NotOnFloor
from community.chat.frames import History, Remove, Send
from community.members.blocks import hidden_ids
from community.members.models import Member
from moderation.actions import AlreadySettled
from moderation.standing import NotNow

log = logging.getLogger(__name__)

HELP: Frame = {"t": "help"}
INTERNAL_RETRY_MS = 2000


def nack(cid: str, code: str, *, retry_ms: int = 0, message: str = "") -> Frame:
    """A message was not stored. retry_ms: when the same frame may be tried again, 0 for never."""
    extra: Frame = {"retry_ms": retry_ms} if retry_ms else {}
    words = {"message": message} if message else {}
    return {"t": "nack", "cid": cid, "code": code, **extra, **words}


def err(code: str, ref: int | None) -> Frame:
    """A frame was not allowed."""
    return {"t": "err", "code": code, **({} if ref is None else {"ref": ref})}


def slowed(member: Member, asked: Send) -> list[Frame]:
    """Count a message; the answer when it comes too fast, else nothing."""
    # Nobody is slowed down while calling for help.
    calling = actions.calls_for_help(asked.body)
    if not calling and (slow := pace.too_fast(member, asked.room)):
        return [nack(asked.cid, slow.code, retry_ms=slow.wait_ms, message=slow.words)]
    return []


def say_together(asked: Sequence[tuple[Member, Send]]) -> list[list[Frame] | None]:
    """Store messages in one transaction; an answer to each, or None: then ask `say` for it.

    The answers follow the commit.
    """
    answered: list[list[Frame] | None] = [slowed(member, one) or None for member, one in asked]
    open_ = [at for at, answer in enumerate(answered) if answer is None]
    lines = [
        actions.Line(asked[at][0], asked[at][1].room, asked[at][1].body, asked[at][1].cid)
        for at in open_
    ]
    try:
        said = actions.say_together(lines) if lines else []
    except Exception as error:
        # By themselves those are stored that can be, and each of the others hears why not.
        log.warning("messages are stored one by one: %s", type(error).__name__)
        return answered
    for at, one in zip(open_, said, strict=True):
        answered[at] = None if one is None else acked(asked[at][1], one)
    return answered


def say(member: Member, asked: Send) -> list[Frame]:
    """Store a message that was counted. The answer follows the commit."""
    try:
        said = actions.say(member, asked.room, asked.body, asked.cid)
    except actions.NotInRoom:
        return not_stored(member, asked.body, nack(asked.cid, "not_member"))
    except NotNow as bound:
        # Slow mode is waited out by the client itself; for the rest its author tries again.
        retry_ms = bound.retry_ms if isinstance(bound, NotOnFloor) else 0
        answer = nack(asked.cid, bound.code, retry_ms=retry_ms, message=bound.words)
        # Where nobody knows until when, `until` is the moment of the refusal, and nothing is said.
        left_ms = int((bound.until - timezone.now()).total_seconds() * 1000)
        if not retry_ms and left_ms > 0:
            answer["until_ms"] = left_ms
        return not_stored(member, asked.body, answer)
    except actions.CidConflict:
        return not_stored(member, asked.body, nack(asked.cid, "cid_conflict"))
    except Exception as error:
        log.error("a message could not be stored: %s", type(error).__name__)
        answer = nack(asked.cid, "internal", retry_ms=INTERNAL_RETRY_MS)
        return not_stored(member, asked.body, answer)
    return acked(asked, said)


def acked(asked: Send, said: actions.Said) -> list[Frame]:
    """The message is stored."""
    ack: Frame = {"t": "ack", "cid": asked.cid, "room": asked.room, "mid": said.message.id}
    ack["status"] = said.status
    if said.again:
        ack["dup"] = True
        ack |= _place_of(said)
    return [ack, HELP] if said.help_needed else [ack]


def _place_of(said: actions.Said) -> Frame:
    """Where a message that was said before stands in the log, when it does."""
    seq = said.message.events.order_by("seq").values_list("seq", flat=True).first()
    return {} if seq is None else {"seq": seq}


def not_stored(member: Member, body: str, answer: Frame) -> list[Frame]:
    """A text that was not taken may be a call for help all the same."""
    return [answer, HELP] if actions.unsent(member, body) else [answer]


def take_back(member: Member, asked: Remove) -> list[Frame]:
    """Take back one's own message."""
    try:
        actions.take_back(own_message_for(member, asked.room, asked.mid), member)
    except Http404:
        return [err("not_yours", asked.ref)]
    except AlreadySettled:
        return [err("too_late", asked.ref)]
    return []


def history(member: Member, asked: History) -> list[Frame]:
    """What came before a place of the log."""
    if not may_enter(member, asked.room):
        return [err("not_member", asked.ref)]
    events = broadcast.newest(asked.room, asked.limit, asked.before)
    events = broadcast.veiled(events, hidden_ids(member))
    more = bool(events) and events[0]["seq"] > 1
    answer: Frame = {"t": "history", "ref": asked.ref, "room": asked.room}
    return [{**answer, "events": events, "more": more}]

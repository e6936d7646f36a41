"""What a client may send, as docs/protocol.md states it, cleaned and typed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from community.members.sockets import FRAME_BYTES, BadFrame
from community.members.words import clean_text

BODY_MOST = 2000
ROOMS_MOST = 32
HISTORY_MOST = 50
_BIG = 2**62
# What `welcome` tells the client.
LIMITS = {"body": BODY_MOST, "frame": FRAME_BYTES, "rooms": ROOMS_MOST, "sends": [5, 5000]}


@dataclass(frozen=True)
class Join:
    """Enter a room, from a known place of its log on. epoch '' and since 0: from the newest."""

    room: int
    epoch: str
    since: int
    ref: int | None


@dataclass(frozen=True)
class Hello:
    """The first frame: which rooms the page shows."""

    rooms: tuple[Join, ...]
    v: int = 1


@dataclass(frozen=True)
class Leave:
    room: int


@dataclass(frozen=True)
class Send:
    """Say something. cid: the client's own name for it, the same when it is sent again."""

    room: int
    cid: str
    body: str


@dataclass(frozen=True)
class Remove:
    """Take back one's own message."""

    room: int
    mid: int
    ref: int | None


@dataclass(frozen=True)
class History:
    """Ask for what came before a place of the log."""

    room: int
    before: int
    limit: int
    ref: int | None


Frame = Hello | Join | Leave | Send | Remove | History


class BadBody(Exception):
    """The text of a message cannot be taken; `message` says why, kindly. cid names it."""

    def __init__(self, cid: str, body: str, message: str) -> None:
        super().__init__(message)
        self.cid, self.body, self.message = cid, body, message


def parse(content: dict[str, Any]) -> Frame:
    """The typed frame. Raises BadFrame for what is not understood, BadBody for unusable text.

    content: a JSON object whose `t` is a string.
    """
    reader = READERS.get(content["t"])
    if reader is None:
        raise BadFrame("unknown_type", _ref(content))
    return reader(content)


def _ref(content: dict[str, Any]) -> int | None:
    ref = content.get("ref")
    return ref if type(ref) is int and abs(ref) < _BIG else None


def _number(content: dict[str, Any], name: str, default: int | None = None) -> int:
    value = content.get(name, default)
    if type(value) is not int or not 0 <= value < _BIG:
        raise BadFrame("bad_frame", _ref(content))
    return value


def _word(content: dict[str, Any], name: str, most: int, default: str | None = None) -> str:
    value = content.get(name, default)
    if not isinstance(value, str) or len(value) > most:
        raise BadFrame("bad_frame", _ref(content))
    if not (value.isascii() and value.isprintable()):
        raise BadFrame("bad_frame", _ref(content))
    return value


def _hello(content: dict[str, Any]) -> Hello:
    rooms = content.get("rooms", [])
    if not isinstance(rooms, list) or len(rooms) > ROOMS_MOST:
        raise BadFrame("bad_frame")
    if not all(isinstance(room, dict) for room in rooms):
        raise BadFrame("bad_frame")
    return Hello(tuple(_join(room) for room in rooms), _number(content, "v", 1))


def _join(content: dict[str, Any]) -> Join:
    return Join(
        _number(content, "room"),
        _word(content, "epoch", 12, ""),
        _number(content, "since", 0),
        _ref(content),
    )


def _send(content: dict[str, Any]) -> Send:
    room, cid = _number(content, "room"), _word(content, "cid", 40)
    if not cid:
        raise BadFrame("bad_frame")
    body = content.get("body")
    if not isinstance(body, str):
        raise BadFrame("bad_frame")
    try:
        return Send(room, cid, clean_text(body, BODY_MOST))
    except ValidationError as problem:
        raise BadBody(cid, body, problem.messages[0]) from None


def _history(content: dict[str, Any]) -> History:
    limit = max(1, min(_number(content, "limit", HISTORY_MOST), HISTORY_MOST))
    return History(_number(content, "room"), _number(content, "before"), limit, _ref(content))


READERS: dict[str, Callable[[dict[str, Any]], Frame]] = {
    "hello": _hello,
    "join": _join,
    "leave": lambda content: Leave(_number(content, "room")),
    "send": _send,
    "remove": lambda content: Remove(
        _number(content, "room"), _number(content, "mid"), _ref(content)
    ),
    "history": _history,
}

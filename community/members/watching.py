"""Which live topics a page may watch. The app that owns a kind of topic registers its door."""

from collections.abc import Callable

from community.members.models import Member

Door = Callable[[Member, int], bool]

_doors: dict[str, Door] = {}


def register(kind: str, door: Door) -> None:
    """Let pages watch topics "<kind>.<id>" where door(member, id) says yes."""
    _doors[kind] = door


def may_watch(member: Member, topic: str) -> bool:
    """Whether the person may watch the topic. False for anything unknown."""
    kind, _, number = topic.partition(".")
    door = _doors.get(kind)
    if door is None or not number.isascii() or not number.isdigit() or len(number) > 18:
        return False
    return door(member, int(number))

"""Blocks: two people who do not meet any more. Mutual, silent, for as long as one of them wants.

Neither sees what the other writes, in any place; the other is never told. A block hides and does
nothing else: texts are still read by the filter, a call for help is still heard, reports and
worries still reach the care team, and the team itself cannot be blocked.

For lists: `rows.filter(~hidden_from(member, "author"))`. For frames and other things that are no
query: `hidden_ids(member)`. For contact between two people: `are_apart(one, other)`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from community.members.live import member_topic, publish_on_commit

if TYPE_CHECKING:
    from community.members.models import Member

Knows = Callable[["Member", "Member"], bool]

_acquaintances: list[Knows] = []


class CannotBlock(Exception):
    """Oneself, or somebody of the care team, who must be able to reach everybody."""


class Block(models.Model):
    """One person does not want to meet another. It hides them from each other."""

    blocker = models.ForeignKey("members.Member", on_delete=models.CASCADE, related_name="blocks")
    blocked = models.ForeignKey(
        "members.Member", on_delete=models.CASCADE, related_name="blocked_by"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="one_block_per_pair"),
            models.CheckConstraint(condition=~Q(blocker=F("blocked")), name="nobody_blocks_self"),
        ]


def register_acquaintance(knows: Knows) -> None:
    """Let an app above say that two people know each other without sharing a group.

    knows(one, other) is asked before somebody may block somebody else.
    """
    if knows not in _acquaintances:
        _acquaintances.append(knows)


def know_each_other(one: "Member", other: "Member") -> bool:
    """Whether an app above says that the two know each other."""
    return any(knows(one, other) for knows in _acquaintances)


@transaction.atomic
def block(member: "Member", other: "Member") -> bool:
    """Let the two not meet any more. False when it was so already. Raises CannotBlock."""
    if member.pk == other.pk or member.is_staff_role or other.is_staff_role:
        raise CannotBlock
    _, new = Block.objects.get_or_create(blocker=member, blocked=other)
    if new:
        _tell(member.pk, other.pk)
    return new


@transaction.atomic
def unblock(member: "Member", other_id: int) -> bool:
    """Take one's own block back. False when there was none.

    The two meet again unless the other has blocked as well, which is not told.
    """
    gone, _ = Block.objects.filter(blocker=member, blocked=other_id).delete()
    if gone:
        _tell(member.pk, other_id)
    return bool(gone)


def _tell(*member_ids: int) -> None:
    """Open sockets of both look again at whom they hide. It never reaches a browser."""
    for number in member_ids:
        publish_on_commit(member_topic(number), {"t": "ctl", "op": "blocks"})


def _holding(member: "Member") -> models.QuerySet[Block]:
    """Blocks from either side that count now: one with somebody of the care team is void."""
    if member.is_staff_role:
        return Block.objects.none()
    staff = {
        f"{side}__is_{role}": False
        for side in ("blocker", "blocked")
        for role in ("moderator", "lead", "administrator")
    }
    return Block.objects.filter(**staff)


def hidden_from(member: "Member", path: str = "author") -> Exists:
    """For filtering rows: whether the person at `path` and the member do not meet.

    path: from the row to a Member, such as "author" or "post__author"; "pk" for members themselves.
    """
    pair = Q(blocker=member, blocked=OuterRef(path)) | Q(blocked=member, blocker=OuterRef(path))
    return Exists(_holding(member).filter(pair))


def hidden_ids(member: "Member") -> frozenset[int]:
    """Numbers of everybody the member does not meet, in one query."""
    mine = _holding(member).filter(Q(blocker=member) | Q(blocked=member))
    pairs = mine.values_list("blocker_id", "blocked_id")
    return frozenset(number for pair in pairs for number in pair if number != member.pk)


def are_apart(one: "Member", other: "Member") -> bool:
    """Whether the two do not meet, whoever wanted it."""
    if other.is_staff_role:
        return False
    pair = Q(blocker=one, blocked=other) | Q(blocker=other, blocked=one)
    return _holding(one).filter(pair).exists()

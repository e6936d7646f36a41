"""What belongs to one reader alone: how far they read, what they keep, write, follow and choose."""

import json
import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from community.members import vault
from community.members.blocks import hidden_from
from community.members.models import Member


class ReadMark(models.Model):
    """How far somebody has read a thread."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    thread = models.ForeignKey("forums.Thread", on_delete=models.CASCADE, related_name="read_marks")
    seq = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "thread"], name="one_mark_per_thread")
        ]


class BoardRead(models.Model):
    """Somebody put everything on a board aside as read, up to a move of the board."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    board = models.ForeignKey("forums.Board", on_delete=models.CASCADE, related_name="+")
    move = models.PositiveBigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "board"], name="one_board_mark")
        ]


class Draft(models.Model):
    """A text its author has not sent. Nobody else sees it, the care team included.

    place: "reply.<thread>", "start.<board>" or "edit.<post>". revision: grows with every save, so
    that an older window cannot overwrite a newer text; a text kept beside another one has a "+"
    behind its place. sealed: the words and what goes with them. key: that of its form, so that it
    is sent once. send_at: when it goes out by itself, or None.
    """

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="drafts")
    place = models.CharField(max_length=40)
    revision = models.PositiveIntegerField(default=1)
    key = models.UUIDField(default=uuid.uuid4)
    sealed = models.TextField()
    updated_at = models.DateTimeField(default=timezone.now)
    send_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member", "place"],
                condition=Q(send_at__isnull=True),
                name="one_draft_per_place",
            ),
            models.UniqueConstraint(
                fields=["member", "key"],
                condition=Q(send_at__isnull=False),
                name="one_text_waits_per_form",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["send_at"], condition=Q(send_at__isnull=False), name="drafts_to_send"
            ),
            models.Index(fields=["updated_at"]),
        ]

    @property
    def words(self) -> dict[str, Any]:
        """title, body, alias, topics, quote. Raises vault.Tampered."""
        found: dict[str, Any] = json.loads(vault.unseal(self.sealed))
        return found


class Bookmark(models.Model):
    """A post somebody keeps for themselves."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    post = models.ForeignKey("forums.Post", on_delete=models.CASCADE, related_name="bookmarks")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "post"], name="one_bookmark_per_post")
        ]


class Level(models.TextChoices):
    """How somebody hears of new posts."""

    OFF = "off", "Nothing"
    SITE = "site", "A note here"
    DIGEST = "digest", "Only in the digest"


class Subscription(models.Model):
    """Somebody follows a thread or a whole board."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    thread = models.ForeignKey(
        "forums.Thread", on_delete=models.CASCADE, null=True, related_name="subscriptions"
    )
    board = models.ForeignKey(
        "forums.Board", on_delete=models.CASCADE, null=True, related_name="subscriptions"
    )
    level = models.CharField(max_length=6, choices=Level, default=Level.SITE)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "thread"], name="one_subscription_a_thread"),
            models.UniqueConstraint(fields=["member", "board"], name="one_subscription_a_board"),
            models.CheckConstraint(
                condition=Q(thread__isnull=True) ^ Q(board__isnull=True),
                name="subscription_to_one_thing",
            ),
        ]


class Habits(models.Model):
    """What somebody chose for themselves: until when their posts wait before they go out."""

    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="+")
    hold_until = models.DateTimeField(null=True)


class AliasBlock(models.Model):
    """Somebody does not want to meet whoever writes under an alias, in its thread.

    The row names the alias, so that it says no more than its maker knew.
    """

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    alias = models.ForeignKey("forums.Alias", on_delete=models.CASCADE, related_name="blocks")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "alias"], name="one_block_per_alias")
        ]


def unmet(member: Member, path: str = "", author: str = "author") -> Q:
    """For filtering rows: the post at `path` is by a name that the member does not meet.

    path: "" for posts, "quoted__" and the like for rows that lead to one; author: from the row to
    who wrote it, when it is nearer than through the path. Nobody is hidden from the care team.
    """
    if member.is_staff_role:
        return Q(pk__in=[])
    by_name = Q(hidden_from(member, author), **{f"{path}alias__isnull": True})
    mine = AliasBlock.objects.filter(member=member, alias=OuterRef(f"{path}alias"))
    theirs = AliasBlock.objects.filter(
        member=OuterRef(author), alias__member=member, alias__thread=OuterRef(f"{path}thread")
    )
    return by_name | Q(Exists(mine)) | Q(Exists(theirs))

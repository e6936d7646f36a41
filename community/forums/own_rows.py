"""What belongs to one reader alone: how far they read, what they keep, write, follow and choose."""

import json
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from community.members import vault
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
    that an older window cannot overwrite a newer text. sealed: the words and what goes with them.
    send_at: when it goes out by itself, or None.
    """

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="drafts")
    place = models.CharField(max_length=40)
    revision = models.PositiveIntegerField(default=1)
    sealed = models.TextField()
    updated_at = models.DateTimeField(default=timezone.now)
    send_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member", "place"],
                condition=Q(send_at__isnull=True),
                name="one_draft_per_place",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["send_at"], condition=Q(send_at__isnull=False), name="drafts_to_send"
            ),
            models.Index(fields=["updated_at"]),
        ]

    @property
    def words(self) -> dict[str, Any]:
        """title, body, alias, topics, quotes, key. Raises vault.Tampered."""
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
    """What somebody chose for themselves: topics shown at once, topics left out, texts held."""

    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="+")
    shown_topics = models.PositiveIntegerField(default=0)
    hidden_topics = models.PositiveIntegerField(default=0)
    hold_until = models.DateTimeField(null=True)

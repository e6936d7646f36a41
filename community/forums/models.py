"""Boards, threads and posts. What others may see of a post is its submission's business alone."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from community.members.access import reachable_groups
from community.members.models import Group, Member
from moderation.models import Moderated, State


class BoardQuerySet(QuerySet["Board"]):
    def readable_by(self, member: Member) -> "BoardQuerySet":
        """Boards of the groups the person may read; boards for staff only by the care team."""
        boards = self.filter(group__in=reachable_groups(member))
        return boards if member.on_care_team else boards.filter(staff_only=False)


class Board(models.Model):
    """A shelf of threads that belongs to a group."""

    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="boards")
    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=200, blank=True)
    mode = models.CharField(max_length=10, default="hybrid")
    staff_only = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = BoardQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "name"], name="board_name_once_per_group")
        ]


class ThreadQuerySet(QuerySet["Thread"]):
    def readable_by(self, member: Member) -> "ThreadQuerySet":
        """Threads in readable boards whose first post was published, and one's own."""
        shelves = Board.objects.readable_by(member)
        return self.filter(Q(last_pub_seq__gt=0) | Q(author=member), board__in=shelves)


class Thread(models.Model):
    """A conversation. Its title is the title of its first post, judged together with it."""

    board = models.ForeignKey(Board, on_delete=models.PROTECT, related_name="threads")
    author = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="threads")
    opening = models.OneToOneField(
        "Post", on_delete=models.PROTECT, null=True, related_name="opens"
    )
    # Places are given at publication, so that a post released late is unread for everybody.
    last_pub_seq = models.PositiveIntegerField(default=0)
    last_pub_at = models.DateTimeField(default=timezone.now)
    locked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ThreadQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["board", "-last_pub_at", "-id"])]


class PostQuerySet(QuerySet["Post"]):
    def visible_to(self, member: Member) -> "PostQuerySet":
        """What was published (removed ones too, as tombstones), and one's own."""
        return self.filter(Q(pub_seq__isnull=False) | Q(author=member))

    def with_texts(self) -> "PostQuerySet":
        """Everything a page needs of each post, in the same query."""
        return self.select_related("author", "submission__shown", "submission__latest")


class Post(Moderated):
    """One contribution to a thread."""

    KIND = "forums.post"

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="posts")
    author = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="posts")
    pub_seq = models.PositiveIntegerField(null=True)
    # The form's own key: the same form sent twice makes one post.
    key = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = PostQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["thread", "pub_seq"], name="one_post_per_place"),
            models.UniqueConstraint(fields=["author", "key"], name="one_post_per_form"),
        ]

    @property
    def is_public(self) -> bool:
        """Others may read it now."""
        return self.submission.is_public

    @property
    def is_tombstone(self) -> bool:
        """It was published once and is gone for others."""
        return self.pub_seq is not None and not self.submission.is_public

    @property
    def edit_waits(self) -> bool:
        """Others read an earlier wording; the newest is not released."""
        submission = self.submission
        return submission.is_public and submission.latest_id != submission.shown_id

    @property
    def can_change(self) -> bool:
        """Its author may still edit or take it back."""
        return self.submission.state not in (State.REMOVED, State.WITHDRAWN, State.PURGED)


class ReadMark(models.Model):
    """How far somebody has read a thread."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="read_marks")
    seq = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "thread"], name="one_mark_per_thread")
        ]


def unread_by(member: Member) -> Any:
    """For annotating threads: whether the person has not read the newest place."""
    read = ReadMark.objects.filter(
        member=member, thread=OuterRef("pk"), seq__gte=OuterRef("last_pub_seq")
    )
    return ~Exists(read)

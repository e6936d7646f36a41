"""Boards, threads and posts. What others may see of a post is its submission's business alone."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from community.forums.care_rows import AliasReveal as AliasReveal
from community.forums.care_rows import FollowUp as FollowUp
from community.forums.own_rows import AliasBlock as AliasBlock
from community.forums.own_rows import BoardRead as BoardRead
from community.forums.own_rows import Bookmark as Bookmark
from community.forums.own_rows import Draft as Draft
from community.forums.own_rows import Habits as Habits
from community.forums.own_rows import Level as Level
from community.forums.own_rows import ReadMark as ReadMark
from community.forums.own_rows import Subscription as Subscription
from community.forums.own_rows import unmet as unmet
from community.forums.topics import DARK, Wishes, words_of
from community.members.access import reachable_groups
from community.members.models import Group, Member, Membership
from moderation.models import PUBLIC, Moderated, State


class Right(models.TextChoices):
    """What a grant lets people do on a board."""

    READ = "can_read", "read"
    POST = "can_post", "answer"
    START = "can_start", "start threads"


class BoardQuerySet(QuerySet["Board"]):
    def readable_by(self, member: Member) -> "BoardQuerySet":
        """Boards the person may read. Everything about forums is asked through this."""
        return self.open_to(member, Right.READ)

    def open_to(self, member: Member, right: Right) -> "BoardQuerySet":
        """Boards on which the person has a right. Without a grant there is none.

        The care team has every right on the boards of its clinic; on a board for staff nobody else
        has any, whatever a grant says.
        """
        groups = reachable_groups(member).order_by().values("id")
        if member.is_active and member.on_care_team:
            return self.filter(group__in=groups)
        roles = ["", *(role.value for role in member.roles)]
        grant = {"board": OuterRef("pk"), "group__in": groups, "role__in": roles, right.value: True}
        return self.filter(Exists(Grant.objects.filter(**grant)), staff_only=False)


class Board(models.Model):
    """A shelf of threads that belongs to a group."""

    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="boards")
    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=200, blank=True)
    mode = models.CharField(max_length=10, default="hybrid")
    staff_only = models.BooleanField(default=False)
    # Counts what moved, so that the order of threads does not hang on a clock.
    moves = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    objects = BoardQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "name"], name="board_name_once_per_group")
        ]


class Grant(models.Model):
    """What the members of a group may do on a board. role: only those who hold it; "" everybody."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="grants")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, blank=True)
    can_read = models.BooleanField(default=True)
    can_post = models.BooleanField(default=True)
    can_start = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["board", "group", "role"], name="one_grant_per_role"),
            models.CheckConstraint(
                condition=Q(can_read=True) | Q(can_post=False, can_start=False),
                name="grant_writes_only_where_it_reads",
            ),
        ]


class ThreadQuerySet(QuerySet["Thread"]):
    def readable_by(self, member: Member) -> "ThreadQuerySet":
        """Threads in readable boards whose first post was published, and one's own."""
        shelves = Board.objects.readable_by(member)
        mine = Q(last_pub_seq__gt=0) | Q(author=member)
        return self.filter(mine, ~unmet(member, "opening__", "author"), board__in=shelves)

    def wanted_by(self, member: Member, wishes: Wishes) -> "ThreadQuerySet":
        """Without threads about what the person leaves out; one's own stay."""
        if not wishes.left_out:
            return self
        kept = Q(about_unwanted=0)
        if wishes.left_out & DARK:
            kept &= ~Q(opening__submission__state=State.NOTED)
        rows = self.annotate(about_unwanted=F("topics").bitand(wishes.left_out))
        return rows.filter(kept | Q(author=member))

    def with_reader(self, member: Member) -> "ThreadQuerySet":
        """With how far the person has read, whether they wrote here, and how they follow it."""
        marks = ReadMark.objects.filter(member=member, thread=OuterRef("pk"))
        follows = Subscription.objects.filter(member=member, thread=OuterRef("pk"))
        return self.annotate(
            mark=Subquery(marks.values("seq")[:1]),
            wrote=Exists(Post.objects.filter(thread=OuterRef("pk"), author=member)),
            level=Subquery(follows.values("level")[:1]),
            hold_until=Subquery(Habits.objects.filter(member=member).values("hold_until")[:1]),
        )


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
    # The board's move at which it was last written in.
    move = models.PositiveBigIntegerField(default=0)
    # Topics of the first post; see topics.
    topics = models.PositiveIntegerField(default=0)
    # Published, and nobody else has answered since.
    unanswered_since = models.DateTimeField(null=True)
    locked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ThreadQuerySet.as_manager()

    # Set by with_reader.
    mark: int | None
    wrote: bool
    level: str | None
    hold_until: datetime | None

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["board", "-move", "-id"]),
            models.Index(
                fields=["unanswered_since"],
                condition=Q(unanswered_since__isnull=False),
                name="threads_unanswered",
            ),
        ]

    @property
    def warned_of(self) -> int:
        """The topics its first post is warned of."""
        return self.topics | (self.opening.warned_of if self.opening else 0)

    @property
    def about(self) -> str:
        """The same in words."""
        return words_of(self.topics) or (self.opening.about if self.opening else "")


class Alias(models.Model):
    """The name somebody writes under in one thread. Drawn by lot: two threads share nothing."""

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="aliases")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=40)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["thread", "member"], name="one_alias_per_thread"),
            models.UniqueConstraint(fields=["thread", "label"], name="one_bearer_per_alias"),
        ]


class PostQuerySet(QuerySet["Post"]):
    def visible_to(self, member: Member) -> "PostQuerySet":
        """What was published (removed ones too, as tombstones), and one's own."""
        mine = Q(pub_seq__isnull=False) | Q(author=member)
        return self.filter(mine, ~unmet(member))

    def readable_by(self, member: Member) -> "PostQuerySet":
        """Posts whose words the person may read now, wherever they stand."""
        # Asked of each post's own thread: as a list of threads it would be made of all of them.
        threads = Exists(Thread.objects.readable_by(member).filter(pk=OuterRef("thread")))
        public = Q(pub_seq__isnull=False, submission__state__in=PUBLIC)
        return self.filter(threads, public, ~unmet(member))

    def wanted_by(self, member: Member, wishes: Wishes) -> "PostQuerySet":
        """Without posts about what the person leaves out; one's own stay."""
        if not wishes.left_out:
            return self
        kept = Q(about_unwanted=0, thread_unwanted=0)
        if wishes.left_out & DARK:
            kept &= ~Q(submission__state=State.NOTED)
            kept &= ~Q(thread__opening__submission__state=State.NOTED)
        rows = self.annotate(
            about_unwanted=F("topics").bitand(wishes.left_out),
            thread_unwanted=F("thread__topics").bitand(wishes.left_out),
        )
        return rows.filter(kept | Q(author=member))

    def with_reader(self, member: Member) -> "PostQuerySet":
        """With whether the person keeps the post (`kept`)."""
        return self.annotate(
            kept=Exists(Bookmark.objects.filter(post=OuterRef("pk"), member=member))
        )

    def with_texts(self) -> "PostQuerySet":
        """Everything a page needs of each post, in the same query."""
        return self.select_related("author", "alias", "submission__shown", "submission__latest")


class Post(Moderated):
    """One contribution to a thread."""

    KIND = "forums.post"

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="posts")
    author = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="posts")
    alias = models.ForeignKey(Alias, on_delete=models.PROTECT, null=True, related_name="posts")
    pub_seq = models.PositiveIntegerField(null=True)
    topics = models.PositiveIntegerField(default=0)
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

    @property
    def warned_of(self) -> int:
        """The topics it is warned of: its author's, and what the filter noted."""
        return self.topics | (DARK if self.submission.state == State.NOTED else 0)

    @property
    def about(self) -> str:
        """The same in words; "" for nothing."""
        noted = "very dark thoughts" if self.submission.state == State.NOTED else ""
        return words_of(self.topics) or noted

    @property
    def name(self) -> str:
        """Under which name others see it."""
        return self.alias.label if self.alias else self.author.public_name

    @property
    def role(self) -> str:
        """The role others see: '' behind an alias, for a role tells who it may be."""
        return "" if self.alias_id else self.author.public_role


class Quote(models.Model):
    """One post quotes another. The words are taken from the quoted post when a page is made."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="quotes")
    quoted = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="quoted_in")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["post", "quoted"], name="one_quote_per_pair")
        ]


class Mention(models.Model):
    """Somebody was named in a published post, and was told once."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="mentions")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["post", "member"], name="one_mention_per_post")
        ]


class Warmth(models.TextChoices):
    """What one can give a post. All of it is kind; nothing of it is counted in public."""

    WITH = "with", "With you"
    THANKS = "thanks", "Thank you"
    HELPED = "helped", "This helped me"


class Reaction(models.Model):
    """Somebody gave a post something kind."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="reactions")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=6, choices=Warmth)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["post", "member", "kind"], name="one_of_each_warmth"),
            models.CheckConstraint(
                condition=Q(kind__in=["with", "thanks", "helped"]), name="only_kind_reactions"
            ),
        ]


class SearchText(models.Model):
    """The public words of a post, for searching. Gone in the transaction that hides the post.

    scope: "b<board>". The index over it is FTS5 or a tsvector; migration 0003 makes it.
    """

    post = models.OneToOneField(Post, on_delete=models.CASCADE, primary_key=True, related_name="+")
    title = models.TextField(blank=True)
    body = models.TextField()
    scope = models.CharField(max_length=24)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["scope", "-post"])]


def unread_by(member: Member) -> Any:
    """For annotating threads: whether there is a place the person has not read.

    What was written before they joined, or put aside with the whole board, is not new to them.
    """
    read = ReadMark.objects.filter(
        member=member, thread=OuterRef("pk"), seq__gte=OuterRef("last_pub_seq")
    )
    aside = BoardRead.objects.filter(
        member=member, board=OuterRef("board"), move__gte=OuterRef("move")
    )
    later = Membership.objects.filter(
        member=member,
        group=OuterRef("board__group"),
        ended_at__isnull=True,
        started_at__gt=OuterRef("last_pub_at"),
    )
    return Q(last_pub_seq__gt=0) & ~Exists(read) & ~Exists(aside) & ~Exists(later)

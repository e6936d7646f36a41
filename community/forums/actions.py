"""Everything that changes a forum: open a thread, reply, edit, withdraw, react, keep, follow."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction

from community.forums.aliases import alias_for
from community.forums.models import (
    Alias,
    Board,
    BoardRead,
    Bookmark,
    Grant,
    Level,
    Post,
    Quote,
    Reaction,
    ReadMark,
    Right,
    Subscription,
    Thread,
    Warmth,
)
from community.members.models import Group, Member
from moderation import actions as moderation
from moderation.content import kind_of
from moderation.unsent import FORUM, heard

QUOTES_MOST = 3


class ThreadLocked(Exception):
    """The thread takes no more posts."""


class MayNotWrite(Exception):
    """The person may read here and not write."""


@dataclass(frozen=True)
class Extras:
    """What goes with a text. alias: under a name of this thread alone; topics: see topics;
    quotes: numbers of posts of the same thread, those that cannot be read are left out."""

    alias: bool = False
    topics: int = 0
    quotes: Sequence[int] = ()


@dataclass(frozen=True)
class Written:
    """What came of writing: the post, and whether its author should see help now."""

    post: Post
    help_needed: bool


@transaction.atomic
def open_board(
    group: Group, name: str, purpose: str = "", *, mode: str = "hybrid", staff_only: bool = False
) -> Board:
    """A new board for a group: its members read, answer and start; nobody does on a staff board."""
    board = Board.objects.create(
        group=group, name=name, purpose=purpose, mode=mode, staff_only=staff_only
    )
    if not staff_only:
        Grant.objects.create(board=board, group=group)
    return board


def open_thread(
    board: Board,
    author: Member,
    title: str,
    body: str,
    key: UUID,
    extras: Extras = Extras(),
) -> Written:
    """Start a thread with its first post. The same key again returns the first result.

    Raises MayNotWrite.
    """
    known = _known(author, key)
    return known or _once(
        author, key, lambda: _open_thread(board, author, title, body, key, extras)
    )


@transaction.atomic
def _open_thread(
    board: Board, author: Member, title: str, body: str, key: UUID, extras: Extras
) -> Written:
    if not Board.objects.open_to(author, Right.START).filter(id=board.id).exists():
        raise MayNotWrite
    thread = Thread.objects.create(board=board, author=author, topics=extras.topics)
    move_up(thread)
    written = _store(thread, author, body, key, extras, title=title)
    thread.opening = written.post
    thread.save(update_fields=["opening"])
    return written


def reply(
    thread: Thread,
    author: Member,
    body: str,
    key: UUID,
    extras: Extras = Extras(),
) -> Written:
    """Add a post to a thread. The same key again returns the first result.

    Raises ThreadLocked or MayNotWrite.
    """
    known = _known(author, key)
    return known or _once(author, key, lambda: _reply(thread, author, body, key, extras))


@transaction.atomic
def _reply(thread: Thread, author: Member, body: str, key: UUID, extras: Extras) -> Written:
    if not Thread.objects.select_for_update().filter(id=thread.id, locked_at=None).exists():
        raise ThreadLocked
    if not Board.objects.open_to(author, Right.POST).filter(id=thread.board_id).exists():
        raise MayNotWrite
    return _store(thread, author, body, key, extras)


def _store(
    thread: Thread, author: Member, body: str, key: UUID, extras: Extras, title: str = ""
) -> Written:
    alias = _alias(thread, author, extras)
    handed_in = moderation.submit(
        kind_of(Post.KIND),
        author,
        body,
        title=title,
        group=thread.board.group,
        mode=thread.board.mode,
        byline=alias.label if alias else "",
    )
    post = Post.objects.create(
        submission=handed_in.submission,
        thread=thread,
        author=author,
        alias=alias,
        topics=extras.topics,
        key=key,
    )
    quoted = Post.objects.readable_by(author).filter(thread=thread, id__in=extras.quotes)
    Quote.objects.bulk_create(Quote(post=post, quoted=one) for one in quoted[:QUOTES_MOST])
    Subscription.objects.get_or_create(member=author, thread=thread)
    return Written(post, handed_in.help_needed)


def _alias(thread: Thread, author: Member, extras: Extras) -> Alias | None:
    """Who wrote under an alias in a thread goes on so: a change of name would give them away."""
    if author.is_staff_role:
        return None
    earlier = Post.objects.filter(thread=thread, author=author).select_related("alias").first()
    if earlier is not None:
        return earlier.alias
    return alias_for(thread, author) if extras.alias else None


def move_up(thread: Thread) -> None:
    """Put a thread on top of its board. Call inside a transaction."""
    board = Board.objects.select_for_update(no_key=True).get(id=thread.board_id)
    thread.move = board.moves + 1
    Board.objects.filter(id=board.id).update(moves=thread.move)
    Thread.objects.filter(id=thread.id).update(move=thread.move)


def _known(author: Member, key: UUID) -> Written | None:
    post = Post.objects.filter(author=author, key=key).first()
    return Written(post, help_needed=False) if post else None


def _once(author: Member, key: UUID, write: Callable[[], Written]) -> Written:
    """Two requests with one key may both find nothing known; the second to store loses kindly."""
    try:
        return write()
    except IntegrityError:
        known = _known(author, key)
        if known is None:
            raise
        return known


def edit(post: Post, author: Member, body: str, title: str = "") -> Written:
    """Hand in a new wording; the old one stays on show until the new one is released.

    Raises moderation's NotYours and AlreadySettled. The same wording again changes nothing.
    """
    latest = post.submission.latest
    if latest is not None and (latest.title, latest.body) == (title, body):
        return Written(post, help_needed=False)
    handed_in = moderation.revise(post.submission, author, body, title=title)
    return Written(post, handed_in.help_needed)


def withdraw(post: Post, author: Member) -> None:
    """Take a post back. Raises moderation's NotYours and AlreadySettled."""
    moderation.withdraw(post.submission, author)


@transaction.atomic
def warn(post: Post, topics: int) -> None:
    """Set the topics a post is warned of; those of a first post count for its thread as well."""
    Post.objects.filter(id=post.id).update(topics=topics)
    Thread.objects.filter(opening=post.id).update(topics=topics)


def unsent(author: Member, text: str) -> bool:
    """Look at a text that was not stored. True when its author should see help now. Never raises.

    The care team is told that somebody may be in danger; the words are not kept.
    """
    return heard(author, text, FORUM)


def react(post: Post, member: Member, kind: Warmth) -> bool:
    """Give a post something kind, or take it back. True when it is there now."""
    mine = Reaction.objects.filter(post=post, member=member, kind=kind)
    if mine.delete()[0]:
        return False
    Reaction.objects.get_or_create(post=post, member=member, kind=kind)
    return True


def keep(post: Post, member: Member) -> bool:
    """Keep a post for oneself, or no longer. True when it is kept now."""
    if Bookmark.objects.filter(post=post, member=member).delete()[0]:
        return False
    Bookmark.objects.get_or_create(post=post, member=member)
    return True


def follow(thread: Thread, member: Member, level: Level) -> None:
    """Choose how one hears of new posts in a thread."""
    Subscription.objects.update_or_create(member=member, thread=thread, defaults={"level": level})


def mark_read(thread: Thread, member: Member, seq: int) -> None:
    """Remember how far somebody has read. The mark moves forward only."""
    marks = ReadMark.objects.filter(member=member, thread=thread)
    if marks.filter(seq__lt=seq).update(seq=seq) or marks.exists():
        return
    try:
        with transaction.atomic():
            ReadMark.objects.create(member=member, thread=thread, seq=seq)
    except IntegrityError:
        marks.filter(seq__lt=seq).update(seq=seq)


def mark_board_read(board: Board, member: Member) -> None:
    """Put everything on a board aside as read. What is published from now on is new again."""
    BoardRead.objects.update_or_create(member=member, board=board, defaults={"move": board.moves})

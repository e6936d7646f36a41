"""Everything that changes a forum: open a thread, reply, edit, withdraw, react, keep, follow."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from django.db import IntegrityError, transaction

from community.forums.aliases import alias_for
from community.forums.models import (
    Alias,
    Board,
    BoardRead,
    Bookmark,
    Draft,
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
from moderation.models import Revision, digest
from moderation.unsent import FORUM, heard

QUOTES_MOST = 3
KEYS_MOST = 20


class ThreadLocked(Exception):
    """The thread takes no more posts."""


class MayNotWrite(Exception):
    """The person may read here and not write."""


@dataclass(frozen=True)
class Extras:
    """What goes with a text. alias: under a name of this thread alone; topics: see topics;
    quotes: numbers of posts of the same thread, those that cannot be read are left out;
    place, revision: of the draft it was written in, which goes with it."""

    alias: bool = False
    topics: int = 0
    quotes: Sequence[int] = ()
    place: str = ""
    revision: int = 0


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
    """Start a thread with its first post. The same form again returns the first result.

    Raises MayNotWrite.
    """
    return _once(
        author,
        key,
        digest(title, body),
        lambda free: _open_thread(board, author, title, body, free, extras),
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
    """Add a post to a thread. The same form again returns the first result.

    Raises ThreadLocked or MayNotWrite.
    """
    return _once(
        author, key, digest("", body), lambda free: _reply(thread, author, body, free, extras)
    )


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
    _settle_draft(author, key, extras)
    quoted = Post.objects.readable_by(author).filter(thread=thread, id__in=extras.quotes)
    Quote.objects.bulk_create(Quote(post=post, quoted=one) for one in quoted[:QUOTES_MOST])
    Subscription.objects.get_or_create(member=author, thread=thread)
    return Written(post, handed_in.help_needed)


def _settle_draft(author: Member, key: UUID, extras: Extras) -> None:
    """The draft of a sent text goes, unless another window has written on in it: that one stays."""
    mine = Draft.objects.filter(member=author, send_at=None)
    mine.filter(place=extras.place, revision=extras.revision).delete()
    for draft in mine.filter(key=key):
        mine.filter(id=draft.id).update(key=uuid4())


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


def _once(author: Member, key: UUID, words: str, write: Callable[[UUID], Written]) -> Written:
    """Write under the form's key; what was written under it before is the answer to the same words.

    Other words under a used key, from a second window or after going back, are another post: they
    get a key that follows from both, so that sending them twice makes one as well.
    words: their digest.
    """
    for _ in range(KEYS_MOST):
        post = Post.objects.filter(author=author, key=key).first()
        if post is None:
            try:
                return write(key)
            except IntegrityError:
                # Two requests with one key may both find nothing; the second to store looks again.
                if not Post.objects.filter(author=author, key=key).exists():
                    raise
                continue
        first = Revision.objects.get(submission=post.submission_id, number=1)
        if first.sha256 == words:
            return Written(post, help_needed=False)
        key = uuid5(key, words)
    raise AssertionError("unreachable")


@transaction.atomic
def edit(
    post: Post, author: Member, body: str, title: str = "", extras: Extras = Extras()
) -> Written:
    """Hand in a new wording; the old one stays on show until the new one is released.

    Of extras only the draft counts.

    Raises moderation's NotYours and AlreadySettled. The same wording again changes nothing.
    """
    Draft.objects.filter(
        member=author, place=extras.place, revision=extras.revision, send_at=None
    ).delete()
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

"""Everything that changes a forum: open a thread, reply, edit, withdraw, mark as read."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction

from community.forums.models import Board, Post, ReadMark, Thread
from community.members.models import Member
from moderation import actions as moderation
from moderation.content import kind_of
from moderation.unsent import FORUM, heard


class ThreadLocked(Exception):
    """The thread takes no more posts."""


@dataclass(frozen=True)
class Written:
    """What came of writing: the post, and whether its author should see help now."""

    post: Post
    help_needed: bool


def open_thread(board: Board, author: Member, title: str, body: str, key: UUID) -> Written:
    """Start a thread with its first post. The same key again returns the first result."""
    known = _known(author, key)
    return known or _once(author, key, lambda: _open_thread(board, author, title, body, key))


@transaction.atomic
def _open_thread(board: Board, author: Member, title: str, body: str, key: UUID) -> Written:
    thread = Thread.objects.create(board=board, author=author)
    written = _store(thread, author, body, key, title=title)
    thread.opening = written.post
    thread.save(update_fields=["opening"])
    return written


def reply(thread: Thread, author: Member, body: str, key: UUID) -> Written:
    """Add a post to a thread. Raises ThreadLocked. The same key again returns the first result."""
    known = _known(author, key)
    return known or _once(author, key, lambda: _reply(thread, author, body, key))


@transaction.atomic
def _reply(thread: Thread, author: Member, body: str, key: UUID) -> Written:
    if not Thread.objects.select_for_update().filter(id=thread.id, locked_at=None).exists():
        raise ThreadLocked
    return _store(thread, author, body, key)


def _store(thread: Thread, author: Member, body: str, key: UUID, title: str = "") -> Written:
    handed_in = moderation.submit(
        kind_of(Post.KIND),
        author,
        body,
        title=title,
        group=thread.board.group,
        mode=thread.board.mode,
    )
    post = Post.objects.create(
        submission=handed_in.submission, thread=thread, author=author, key=key
    )
    return Written(post, handed_in.help_needed)


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


def unsent(author: Member, text: str) -> bool:
    """Look at a text that was not stored. True when its author should see help now. Never raises.

    The care team is told that somebody may be in danger; the words are not kept.
    """
    return heard(author, text, FORUM)


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

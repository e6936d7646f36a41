"""Builders of boards, threads and posts."""

import uuid

from community.forums import actions, drafts
from community.forums.models import Board, Draft, Post, Thread
from community.members.models import Group, Member
from moderation.screening import runner


def board(group: Group, name: str = "Everyday", mode: str = "hybrid", **extra: bool) -> Board:
    return actions.open_board(group, name, mode=mode, **extra)


def opening(
    board: Board, author: Member, title: str = "A quiet day", body: str = "I read a book."
) -> Post:
    """A thread's first post, stored and not yet screened."""
    return actions.open_thread(board, author, title, body, uuid.uuid4()).post


def draft(author: Member, thread: Thread, body: str = "Not finished yet") -> Draft:
    """A text the author has begun in a thread."""
    place = drafts.place_of("reply", thread.id)
    drafts.save(author, place, uuid.uuid4(), drafts.Words(body=body), 0)
    return Draft.objects.get(member=author, place=place, send_at=None)


def published(board: Board, author: Member, *bodies: str, title: str = "A quiet day") -> Post:
    """The first post of a released thread with one post per body."""
    first = opening(board, author, title, bodies[0] if bodies else "I read a book.")
    for body in bodies[1:]:
        actions.reply(first.thread, author, body, uuid.uuid4())
    while runner.run_once():
        pass
    first.refresh_from_db()
    return first

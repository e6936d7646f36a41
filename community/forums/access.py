"""Doors to boards, threads and posts. "Not there" and "not yours" are the same 404."""

from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404

from community.forums.models import Board, Post, Thread
from community.members.models import Member


def board_for(member: Member, board_id: int) -> Board:
    """A board the person may read, or 404."""
    return get_object_or_404(Board.objects.readable_by(member).select_related("group"), id=board_id)


def thread_for(member: Member, thread_id: int) -> Thread:
    """A thread the person may read, with board, group and title, or 404."""
    threads = Thread.objects.readable_by(member).select_related(
        "board__group",
        "author",
        "opening__submission__shown",
        "opening__submission__latest",
    )
    return get_object_or_404(threads, id=thread_id)


def own_post_for(member: Member, post_id: int) -> Post:
    """One's own post in a thread one may still read, or 404."""
    posts = Post.objects.with_texts().select_related("thread__board__group")
    reachable = Thread.objects.readable_by(member)
    return get_object_or_404(posts.filter(author=member, thread__in=reachable), id=post_id)


def may_watch_thread(member: Member, thread_id: int) -> bool:
    """Whether a page may follow a thread live."""
    return Thread.objects.readable_by(member).filter(id=thread_id).exists()


def has_published(path: str) -> Exists:
    """For filtering rows: the person at `path` has published a post at some time."""
    return Exists(Post.objects.filter(author=OuterRef(path), pub_seq__isnull=False))

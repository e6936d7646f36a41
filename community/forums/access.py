"""Doors to boards, threads and posts. "Not there" and "not yours" are the same 404."""

from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404

from community.forums.models import Alias, Board, Draft, FollowUp, Post, Thread
from community.members.models import Member


def board_for(member: Member, board_id: int) -> Board:
    """A board the person may read, or 404."""
    return get_object_or_404(Board.objects.readable_by(member).select_related("group"), id=board_id)


def thread_for(member: Member, thread_id: int) -> Thread:
    """A thread the person may read, with board, group and title, or 404."""
    threads = (
        Thread.objects.readable_by(member)
        .with_reader(member)
        .select_related(
            "board__group",
            "author",
            "opening__alias",
            "opening__submission__shown",
            "opening__submission__latest",
        )
    )
    return get_object_or_404(threads, id=thread_id)


def own_post_for(member: Member, post_id: int) -> Post:
    """One's own post in a thread one may still read, or 404."""
    posts = Post.objects.with_texts().select_related("thread__board__group")
    reachable = Thread.objects.readable_by(member)
    return get_object_or_404(posts.filter(author=member, thread__in=reachable), id=post_id)


def post_for(member: Member, post_id: int) -> Post:
    """A post whose words the person may read now, or 404."""
    posts = Post.objects.readable_by(member).select_related("thread", "submission")
    return get_object_or_404(posts, id=post_id)


def alias_of(member: Member, post_id: int) -> Alias:
    """The alias over a post in a thread the member of the care team may read, or 404."""
    posts = Post.objects.filter(alias__isnull=False, thread__in=Thread.objects.readable_by(member))
    return get_object_or_404(posts.select_related("alias__member"), id=post_id).alias  # type: ignore[return-value]


def stranger_for(member: Member, post_id: int) -> Post:
    """A post that somebody else wrote under an alias, with the alias, or 404."""
    posts = Post.objects.readable_by(member).filter(alias__isnull=False).exclude(author=member)
    return get_object_or_404(posts.select_related("alias", "thread"), id=post_id)


def draft_for(member: Member, draft_id: int) -> Draft:
    """One's own draft, or 404. Nobody else's is there, for nobody."""
    return get_object_or_404(Draft, id=draft_id, member=member)


def may_write_at(member: Member, kind: str, number: int) -> None:
    """404 where the person could not even open the page on which they write."""
    if kind == "reply":
        get_object_or_404(Thread.objects.readable_by(member).only("id"), id=number)
    elif kind == "start":
        get_object_or_404(Board.objects.readable_by(member).only("id"), id=number)
    else:
        own_post_for(member, number)


def follow_up_for(member: Member, follow_up_id: int) -> FollowUp:
    """An open follow-up in a thread the member of the care team may read, or 404."""
    threads = Thread.objects.readable_by(member).values("id")
    return get_object_or_404(FollowUp, id=follow_up_id, closed_at=None, thread__in=threads)


def history_for(member: Member, post_id: int) -> Post:
    """A post whose earlier wordings the person may see: one's own, or for the care team; or 404."""
    posts = Post.objects.with_texts().filter(thread__in=Thread.objects.readable_by(member))
    mine = posts if member.on_care_team else posts.filter(author=member)
    return get_object_or_404(mine, id=post_id)


def may_watch_thread(member: Member, thread_id: int) -> bool:
    """Whether a page may follow a thread live."""
    return Thread.objects.readable_by(member).filter(id=thread_id).exists()


def has_published(path: str) -> Exists:
    """For filtering rows: the person at `path` has published a post at some time."""
    return Exists(Post.objects.filter(author=OuterRef(path), pub_seq__isnull=False))

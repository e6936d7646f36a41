"""How threads and posts are put before one reader: what stands around them, what stays closed.

What a reader does not want to meet unprepared is not in the page at all; an address asks for it.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from community.forums.models import Post, Quote, Reaction, Thread, Warmth, unmet
from community.forums.topics import OPEN, Wishes
from community.members.blocks import hidden_from
from community.members.models import Member

OPENED_MOST = 50


def title_for(thread: Thread, reader: Member, wishes: Wishes, *, opened: bool = False) -> str:
    """A thread's title as the reader may see it, and wants to.

    thread: with the wordings of its first post. opened: the reader asked for the first post.
    """
    submission = thread.opening.submission if thread.opening else None
    if submission is None:
        return "…"
    mine = thread.author_id == reader.id
    if submission.shown is None:
        return submission.latest.title if mine and submission.latest else "(taken down)"
    if not mine and not opened and wishes.way(thread.warned_of) != OPEN:
        return closed_title(thread)
    return submission.shown.public_title


def closed_title(thread: Thread) -> str:
    """What stands for a title whose words wait until somebody asks for them."""
    return f"A thread about {thread.about}"


def opened_in(query: QueryDict) -> frozenset[int]:
    """The posts that the reader asked to see, by the address: ?open=12&open=15."""
    asked = [one for one in query.getlist("open") if one.isascii() and one.isdigit()]
    return frozenset(int(one) for one in asked[:OPENED_MOST] if len(one) < 18)


def opening_url(query: QueryDict, post: Post) -> str:
    """The address of the same page with one more post open."""
    kept = [(key, value) for key in ("after", "open") for value in query.getlist(key)]
    return f"?{urlencode([*kept, ('open', post.id)])}#post-{post.id}"


def dress(
    posts: list[Post], here: Thread, member: Member, wishes: Wishes, query: QueryDict
) -> None:
    """Give each post what stands around it for this reader: quotes, warmth, whether it is open.

    posts: with_texts and with_reader.
    """
    ids = [post.id for post in posts]
    quotes: dict[int, list[Post]] = {}
    met = Quote.objects.filter(~unmet(member, "quoted__", "quoted__author"), post__in=ids)
    rows = met.select_related("quoted__author", "quoted__alias", "quoted__submission__shown")
    for row in rows.order_by("id"):
        quotes.setdefault(row.post_id, []).append(row.quoted)
    given: dict[int, list[tuple[int, str]]] = {}
    for post_id, by, kind in Reaction.objects.filter(
        ~hidden_from(member, "member"), post__in=ids
    ).values_list("post", "member", "kind"):
        given.setdefault(post_id, []).append((by, kind))
    opened = opened_in(query)
    for post in posts:
        around = given.get(post.id, [])
        mine = {kind for by, kind in around if by == member.id}
        page: Any = post
        page.way = _way(post, member, wishes, opened)
        page.opening_url = opening_url(query, post) if page.way != OPEN else ""
        page.quoted_posts = quotes.get(post.id, [])
        _fold(page.quoted_posts, member, wishes)
        page.warmths = [(kind.value, kind.label, kind.value in mine) for kind in Warmth]
        page.helped_asker = (here.author_id, "helped") in around
        # Only its author learns that somebody was kind, and nobody learns who.
        page.received = (
            [label for kind, label in Warmth.choices if any(k == kind for _, k in around)]
            if post.author_id == member.id
            else []
        )


def _way(post: Post, member: Member, wishes: Wishes, opened: frozenset[int] = frozenset()) -> str:
    if post.author_id == member.id or post.id in opened:
        return OPEN
    return wishes.way(post.warned_of)


def _fold(quoted: Iterable[Any], member: Member, wishes: Wishes) -> None:
    """A quote never opens with the post it stands in: it is opened where it was written."""
    for post in quoted:
        post.way = _way(post, member, wishes)

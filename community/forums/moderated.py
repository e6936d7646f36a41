"""How posts react to a judgement."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from community.forums import broadcast, follow_ups, news, search
from community.forums.access import may_watch_thread
from community.forums.actions import move_up
from community.forums.models import Post, ReadMark, Thread
from community.members.models import Member, Notice
from moderation.content import Kind, Line

AROUND = 5


class ForumPosts(Kind):
    """Posts get their place in the thread when they are first released."""

    name = Post.KIND
    label = "forum post"
    model = Post
    deadline_s = 30.0

    def released(self, content: Post, *, first: bool) -> None:
        if content.pub_seq is None:
            # Two releases in one thread at once: the row lock gives each its own place.
            thread = Thread.objects.select_for_update().get(id=content.thread_id)
            seq = thread.last_pub_seq + 1
            Thread.objects.filter(id=thread.id).update(
                last_pub_seq=F("last_pub_seq") + 1, last_pub_at=timezone.now()
            )
            Post.objects.filter(id=content.id).update(pub_seq=seq)
            content.pub_seq = seq
            move_up(thread)
            # One's own new post is not news to oneself.
            ReadMark.objects.filter(member=content.author_id, thread=thread, seq=seq - 1).update(
                seq=seq
            )
            news.published(content, self.url(content))
            follow_ups.post_published(content)
        search.index(content)
        news.mentioned(content, self.url(content))
        broadcast.post_changed(content)

    def removed(self, content: Post) -> None:
        search.index(content)
        follow_ups.post_gone(content)
        # A note that leads to nothing is a note too many.
        Notice.objects.filter(url=self.url(content), read_at__isnull=True).delete()
        broadcast.post_changed(content)

    def url(self, content: Post) -> str:
        return f"{reverse('forums:thread', args=[content.thread_id])}#post-{content.id}"

    def readable_by(self, content: Post, member: Member) -> bool:
        return content.pub_seq is not None and may_watch_thread(member, content.thread_id)

    def bears(self, content: Post, names: Collection[str]) -> set[str]:
        return news.here(content, set(names))

    def context(self, content: Post) -> Sequence[Line]:
        posts = content.thread.posts.with_texts()
        before = list(posts.filter(id__lt=content.id).order_by("-id")[:AROUND])[::-1]
        after = list(posts.filter(id__gt=content.id).order_by("id")[:AROUND])
        mine = posts.get(id=content.id)
        return [
            *(line(post) for post in before if post.is_public),
            line(mine, judged=True),
            *(line(post) for post in after if post.is_public),
        ]


def line(post: Post, *, judged: bool = False) -> Line:
    """A post as the moderator sees it among its neighbours."""
    revision = post.submission.latest if judged else post.submission.shown
    text: Any = revision.judged_text if revision else ""
    return Line(post.submission.desk_name, post.created_at, text, judged)


FORUM_POSTS = ForumPosts()

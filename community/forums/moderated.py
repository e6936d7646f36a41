"""How posts react to a judgement."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from community.forums import broadcast
from community.forums.access import may_watch_thread
from community.forums.models import Post, Thread
from community.members import notices
from community.members.models import Member
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
            if thread.author_id != content.author_id:
                notices.tell(thread.author, "reply", self.url(content))
        broadcast.post_changed(content)

    def removed(self, content: Post) -> None:
        broadcast.post_changed(content)

    def url(self, content: Post) -> str:
        return f"{reverse('forums:thread', args=[content.thread_id])}#post-{content.id}"

    def readable_by(self, content: Post, member: Member) -> bool:
        return content.pub_seq is not None and may_watch_thread(member, content.thread_id)

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
    return Line(post.author.name, post.created_at, text, judged)


FORUM_POSTS = ForumPosts()

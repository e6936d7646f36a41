"""What goes to open forum pages, after commit: that something moved, never what it says."""

from community.forums.models import Post
from community.members.live import publish_on_commit


def thread_topic(thread_id: int) -> str:
    """Events for everybody who has the thread open."""
    return f"thread.{thread_id}"


def post_changed(post: Post) -> None:
    """A post appeared, changed or went. The page asks the server what it may see of it."""
    publish_on_commit(
        thread_topic(post.thread_id),
        {"t": "thread", "thread": post.thread_id, "post": post.id, "seq": post.pub_seq or 0},
    )

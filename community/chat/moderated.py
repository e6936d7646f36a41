"""How messages react to a judgement: they take their place in the room's log when released."""

from collections.abc import Sequence

from django.urls import reverse

from community.chat import broadcast
from community.chat.actions import append
from community.chat.models import ChatMessage, EventKind
from community.members.live import member_topic, publish_on_commit
from moderation.content import Kind, Line

AROUND = 8


class ChatMessages(Kind):
    """Messages in live rooms. Nothing is ever inserted into the past of a room."""

    name = ChatMessage.KIND
    label = "chat message"
    model = ChatMessage
    deadline_s = 2.0

    def released(self, content: ChatMessage, *, first: bool) -> None:
        said = content.events.order_by("-seq").values_list("kind", flat=True).first()
        if said is None:
            kind = EventKind.MSG
        else:
            kind = EventKind.RESTORE if said == EventKind.REMOVE else EventKind.EDIT
        broadcast.happened(append(content.room_id, kind, content))
        self._tell(content, "published")

    def held(self, content: ChatMessage) -> None:
        self._tell(content, "held")

    def removed(self, content: ChatMessage) -> None:
        said = content.events.order_by("-seq").values_list("kind", flat=True).first()
        if said is not None and said != EventKind.REMOVE:
            broadcast.happened(append(content.room_id, EventKind.REMOVE, content))
        content.submission.refresh_from_db(fields=["state"])
        self._tell(content, "withdrawn" if content.submission.state == "withdrawn" else "rejected")

    def _tell(self, content: ChatMessage, status: str) -> None:
        """The author's own sockets learn what became of it, by the client's own name."""
        event = {"t": "review", "room": content.room_id, "cid": content.cid, "status": status}
        publish_on_commit(
            member_topic(content.author_id), {**event, "submission": content.submission_id}
        )

    def url(self, content: ChatMessage) -> str:
        return reverse("chat:room", args=[content.room_id])

    def context(self, content: ChatMessage) -> Sequence[Line]:
        near = content.room.messages.select_related("author", "submission__shown")
        before = list(near.filter(id__lt=content.id).order_by("-id")[:AROUND])[::-1]
        after = list(near.filter(id__gt=content.id).order_by("id")[:AROUND])
        latest = content.submission.latest
        mine = Line(
            content.author.name, content.sent_at, latest.judged_text if latest else "", judged=True
        )
        return [*_shown(before), mine, *_shown(after)]


def _shown(messages: Sequence[ChatMessage]) -> list[Line]:
    return [
        Line(message.author.name, message.sent_at, message.submission.shown.public_body)
        for message in messages
        if message.submission.shown is not None
    ]


CHAT_MESSAGES = ChatMessages()

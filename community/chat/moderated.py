"""How messages react to a judgement: they take their place in the room's log when released."""

from collections.abc import Collection, Sequence

from django.db.models.functions import Lower
from django.urls import reverse

from community.chat.access import may_enter
from community.chat.actions import append, append_first
from community.chat.broadcast import status_of
from community.chat.models import ChatMessage, EventKind
from community.members.live import member_topic, publish_on_commit
from community.members.models import Member
from moderation.content import Kind, Line, Place
from moderation.models import PUBLIC, State

AROUND = 8


class ChatMessages(Kind):
    """Messages in live rooms. Nothing is ever inserted into the past of a room."""

    name = ChatMessage.KIND
    label = "chat message"
    model = ChatMessage
    deadline_s = 2.0
    window_s = 120.0

    def released(self, content: ChatMessage, *, first: bool) -> None:
        append(content.room_id, _NEXT[_last_event(content)], content)
        self._tell(content, "published")

    def released_together(self, submission_ids: Sequence[int]) -> None:
        for message in append_first(submission_ids):
            self._tell(message, "published")

    def held(self, content: ChatMessage) -> None:
        self._tell(content, "held")

    def removed(self, content: ChatMessage) -> None:
        if _last_event(content) not in (None, EventKind.REMOVE):
            append(content.room_id, EventKind.REMOVE, content)
        state = content.submission.state
        # Held again after it was public: `held` is told as well and says the rest.
        if state != State.HELD:
            self._tell(content, status_of(state))

    def _tell(self, content: ChatMessage, status: str) -> None:
        """The author's own sockets learn what became of it, by the client's own name."""
        event = {"t": "review", "room": content.room_id, "cid": content.cid, "status": status}
        publish_on_commit(
            member_topic(content.author_id), {**event, "submission": content.submission_id}
        )

    def url(self, content: ChatMessage) -> str:
        return reverse("chat:room", args=[content.room_id])

    def readable_by(self, content: ChatMessage, member: Member) -> bool:
        return _last_event(content) is not None and may_enter(member, content.room_id)

    def place(self, content: ChatMessage) -> Place:
        return Place(content.room_id, content.room.name)

    def bears(self, content: ChatMessage, names: Collection[str]) -> set[str]:
        """Who said something in this room that all could read; the care team has no names."""
        spoke = ChatMessage.objects.filter(room=content.room_id, submission__state__in=PUBLIC)
        people = Member.objects.annotate(low=Lower("name")).filter(
            id__in=spoke.values("author"), low__in=names, is_moderator=False, is_lead=False
        )
        return set(people.values_list("low", flat=True)) | ({"care team"} & set(names))

    def context(self, content: ChatMessage) -> Sequence[Line]:
        near = content.room.messages.select_related("author", "submission__shown")
        before = list(near.filter(id__lt=content.id).order_by("-id")[:AROUND])[::-1]
        after = list(near.filter(id__gt=content.id).order_by("id")[:AROUND])
        latest = content.submission.latest
        mine = Line(
            content.author.name, content.sent_at, latest.judged_text if latest else "", judged=True
        )
        return [*_shown(before), mine, *_shown(after)]


# What a release is in the log, by what the log last said of the message.
_NEXT = {
    None: EventKind.MSG,
    EventKind.REMOVE: EventKind.RESTORE,
    EventKind.MSG: EventKind.EDIT,
    EventKind.EDIT: EventKind.EDIT,
    EventKind.RESTORE: EventKind.EDIT,
}


def _last_event(message: ChatMessage) -> EventKind | None:
    kind = message.events.order_by("-seq").values_list("kind", flat=True).first()
    return None if kind is None else EventKind(kind)


def _shown(messages: Sequence[ChatMessage]) -> list[Line]:
    return [
        Line(message.author.name, message.sent_at, message.submission.shown.public_body)
        for message in messages
        if message.submission.shown is not None
    ]


CHAT_MESSAGES = ChatMessages()

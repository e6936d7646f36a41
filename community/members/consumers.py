"""The socket of the ordinary pages: tells one person that something of theirs moved."""

from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from community.members.live import Event
from community.members.models import Member
from community.members.sockets import TRY_AGAIN, BadFrame, GuardedConsumer, in_thread
from community.members.watching import may_watch

MOST_TOPICS = 4


class NoticesConsumer(GuardedConsumer):
    """Sends `notice`, `review` and `help` events of the signed-in person.

    A page may also watch the topic it shows with {"t":"watch","topic":"thread.7"}; whether it may
    is asked of the app that owns the topic, now and at each later look.
    """

    tabs_most = 32

    def __init__(self) -> None:
        super().__init__()
        self._watched: set[str] = set()

    def refusal(self, member: Member, session: SessionBase) -> int:
        allowed = all(may_watch(member, topic) for topic in self._watched)
        return 0 if allowed else TRY_AGAIN

    def heard(self, event: Event) -> None:
        self.push(event)

    async def frame(self, content: dict[str, Any]) -> None:
        if content["t"] == "hello":
            return
        topic = content.get("topic")
        if content["t"] != "watch" or not isinstance(topic, str):
            raise BadFrame("unknown_type")
        if topic in self._watched or len(self._watched) >= MOST_TOPICS:
            return
        if not await in_thread(may_watch, self.member, topic):
            raise BadFrame("not_there")
        self._watched.add(topic)
        await self.listen(topic, self._on_watched)

    def _on_watched(self, event: Event) -> None:
        self.push(event)

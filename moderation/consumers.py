"""The desk's socket: tells an open desk that something moved. Ids only; the page fetches it."""

from django.contrib.sessions.backends.base import SessionBase

from community.members.live import Event, desk_topic
from community.members.models import Member
from community.members.sessions import WITHDRAWN
from community.members.sockets import GuardedConsumer


class DeskConsumer(GuardedConsumer):
    """For moderators and leads with a second factor in this session, for as long as they are so."""

    def refusal(self, member: Member, session: SessionBase) -> int:
        return 0 if member.on_care_team else WITHDRAWN

    async def opened(self) -> None:
        await self.listen(desk_topic(self.member.clinic_id), self._on_desk_event)
        await super().opened()

    def _on_desk_event(self, event: Event) -> None:
        if event.get("t") in ("case", "risk", "sanction", "appeal", "letter"):
            known = ("t", "case", "state", "level")
            self.push({key: event[key] for key in known if key in event})

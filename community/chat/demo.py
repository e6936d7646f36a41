"""An invented conversation for the demo's rooms, through the real actions."""

import uuid
from datetime import timedelta

from django.utils import timezone

from community.chat import actions
from community.chat.models import ChatMessage, Room, RoomEvent
from community.members.models import Group, Member
from moderation.screening import runner

TALK = [
    "Good evening, everybody. How is the weather inside today?",
    "Cloudy with a bit of light at the edges. And yours?",
    "I made tea and then forgot it twice. So: medium.",
    "Third tea is the one that counts.",
    "It is good to hear from you all. No hurry here, and reading along is fine too.",
]


def seed(group: Group, people: list[Member]) -> None:
    """One open room for a group with a short talk. Idempotent by the group."""
    if Room.objects.filter(group=group).exists() or not people:
        return
    room = actions.open_room(group, "Evening room", "An open hour. Sit down, talk or just listen.")
    begun = timezone.now() - timedelta(hours=2)
    speakers = sorted(people, key=lambda person: not person.is_mentor)
    for turn, text in enumerate(TALK):
        said = actions.say(speakers[turn % len(speakers)], room.id, text, str(uuid.uuid4()))
        while runner.run_once():
            pass
        at = begun + timedelta(minutes=2 * turn)
        ChatMessage.objects.filter(id=said.message.id).update(sent_at=at)
        RoomEvent.objects.filter(message=said.message).update(at=at)

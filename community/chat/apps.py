from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "community.chat"
    label = "chat"

    def ready(self) -> None:
        from community.chat import belongings
        from community.chat.moderated import CHAT_MESSAGES
        from community.members import erasure, own_copies
        from moderation import content

        content.register(CHAT_MESSAGES)
        own_copies.register("Rooms", belongings.copy_of)
        erasure.register(belongings.erase)

from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "community.chat"
    label = "chat"

    def ready(self) -> None:
        from community.chat.moderated import CHAT_MESSAGES
        from moderation import content

        content.register(CHAT_MESSAGES)

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "moderation"

    def ready(self) -> None:
        from community.members import erasure
        from moderation.erasure import blank_texts

        erasure.register(blank_texts)

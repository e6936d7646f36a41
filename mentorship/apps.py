from django.apps import AppConfig


class MentorshipConfig(AppConfig):
    name = "mentorship"

    def ready(self) -> None:
        from mentorship.access import are_paired
        from moderation.access import register_tie

        register_tie(are_paired)

from django.apps import AppConfig


class MentorshipConfig(AppConfig):
    name = "mentorship"

    def ready(self) -> None:
        from community.members.blocks import register_acquaintance
        from community.members.erasure import register as register_eraser
        from mentorship.access import are_paired, pairs_with
        from mentorship.becoming import erase
        from moderation.access import register_tie
        from moderation.remit import register_conflict

        register_eraser(erase)
        register_acquaintance(are_paired)
        register_tie(are_paired)
        register_conflict(pairs_with)

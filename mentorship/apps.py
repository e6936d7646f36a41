from django.apps import AppConfig


class MentorshipConfig(AppConfig):
    name = "mentorship"

    def ready(self) -> None:
        from community.members import erasure, own_copies
        from community.members.blocks import register_acquaintance
        from mentorship import becoming, belongings
        from mentorship.access import are_paired, pairs_with
        from moderation.access import register_tie
        from moderation.remit import register_conflict

        erasure.register(becoming.erase)
        register_acquaintance(are_paired)
        own_copies.register("Mentoring", belongings.copy_of)
        erasure.register(belongings.erase)
        register_tie(are_paired)
        register_conflict(pairs_with)

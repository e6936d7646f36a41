from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "moderation"

    def ready(self) -> None:
        from community.members import erasure, own_copies
        from community.members.access import register_bar
        from community.members.sessions import register_leaving
        from moderation import belongings, content
        from moderation.erasure import blank_care, blank_letters, blank_reports, blank_texts
        from moderation.moderated import LettersToTeam
        from moderation.review import release_all
        from moderation.standing import shut_groups

        erasure.register(blank_texts, shared=True)
        erasure.register(blank_reports)
        erasure.register(blank_letters)
        content.register(LettersToTeam())
        erasure.register(blank_care)
        register_bar(shut_groups)
        register_leaving(release_all)
        own_copies.register("What you wrote", belongings.texts)
        own_copies.register("What the care team wrote to you", belongings.letters)
        own_copies.register("Reports, measures and second looks", belongings.said_to_us)
        own_copies.register("Who looked at who you are", belongings.looks)

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "moderation"

    def ready(self) -> None:
        from community.members import erasure
        from community.members.access import register_bar
        from community.members.sessions import register_leaving
        from moderation import content
        from moderation.erasure import blank_care, blank_letters, blank_reports, blank_texts
        from moderation.moderated import LettersToTeam
        from moderation.review import release_all
        from moderation.standing import shut_groups

        erasure.register(blank_texts)
        erasure.register(blank_reports)
        erasure.register(blank_letters)
        content.register(LettersToTeam())
        erasure.register(blank_care)
        register_bar(shut_groups)
        register_leaving(release_all)

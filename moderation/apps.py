from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "moderation"

    def ready(self) -> None:
        from community.members import erasure
        from community.members.access import register_bar
        from community.members.sessions import register_leaving
        from moderation.erasure import blank_care, blank_reports, blank_texts
        from moderation.review import release_all
        from moderation.standing import shut_groups

        erasure.register(blank_texts)
        erasure.register(blank_reports)
        erasure.register(blank_care)
        register_bar(shut_groups)
        register_leaving(release_all)

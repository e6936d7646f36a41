from django.apps import AppConfig


class ForumsConfig(AppConfig):
    name = "community.forums"
    label = "forums"

    def ready(self) -> None:
        from community.forums.access import may_watch_thread
        from community.forums.moderated import FORUM_POSTS
        from community.members import watching
        from moderation import content

        content.register(FORUM_POSTS)
        watching.register("thread", may_watch_thread)

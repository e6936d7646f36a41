from django.apps import AppConfig


class ForumsConfig(AppConfig):
    name = "community.forums"
    label = "forums"

    def ready(self) -> None:
        from community.forums.access import has_published, may_watch_thread
        from community.forums.moderated import FORUM_POSTS
        from community.members import batches, watching
        from moderation import content

        batches.register_first_words(has_published)
        content.register(FORUM_POSTS)
        watching.register("thread", may_watch_thread)

from django.apps import AppConfig


class ForumsConfig(AppConfig):
    name = "community.forums"
    label = "forums"

    def ready(self) -> None:
        from community.forums import belongings, news
        from community.forums.access import has_published, may_watch_thread
        from community.forums.moderated import FORUM_POSTS
        from community.members import batches, digests, erasure, own_copies, watching
        from moderation import content

        batches.register_first_words(has_published)
        content.register(FORUM_POSTS)
        watching.register("thread", may_watch_thread)
        own_copies.register("Forums", belongings.copy_of)
        erasure.register(belongings.erase)
        digests.register(
            "conversation you follow has something new",
            "conversations you follow have something new",
            lambda member: news.news_for(member).threads,
        )

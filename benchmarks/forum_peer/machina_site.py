"""A django-machina site on rows of ours, timed in its own process and environment.

python machina_site.py OUR_SQLITE FOLDER: prints one line of JSON, name -> [median wall, p95 wall,
p95 processor] in ms. It knows nothing of our code; `forums.py` starts it.
"""

import json
import random
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

TIMES = 60
WARM = 5
PERMISSIONS = ["can_see_forum", "can_read_forum", "can_start_new_topics", "can_reply_to_topics"]
PERMISSIONS += ["can_post_without_approval"]

# Their tables from ours. They keep each text twice, as written and rendered.
POUR = """
ATTACH %s AS ours;
INSERT INTO auth_user (id, username, password, email, first_name, last_name, is_superuser, is_staff,
  is_active, date_joined) SELECT id, name, '!', email, '', '', 0, 0, 1, joined_at
  FROM ours.members_member;
INSERT INTO forum_forum (id, created, updated, name, slug, type, direct_posts_count,
  direct_topics_count, link_redirects, link_redirects_count, display_sub_forum_list, lft, rght,
  tree_id, level) SELECT id, created_at, created_at, name, 'b' || id, 0, 0, 0, 0, 0, 1, 1, 2, id, 0
  FROM ours.forums_board;
INSERT INTO forum_conversation_topic (id, created, updated, subject, slug, type, status, approved,
  posts_count, views_count, last_post_on, forum_id, poster_id, first_post_id)
  SELECT t.id, t.created_at, t.last_pub_at, r.title, 't' || t.id, 0, 0, 1, t.last_pub_seq, 0,
  t.last_pub_at, t.board_id, t.author_id, t.opening_id FROM ours.forums_thread t
  JOIN ours.forums_post p ON p.id = t.opening_id
  JOIN ours.moderation_submission s ON s.id = p.submission_id
  JOIN ours.moderation_revision r ON r.id = s.latest_id;
INSERT INTO forum_conversation_post (id, created, updated, subject, content, _content_rendered,
  approved, enable_signature, updates_count, poster_id, topic_id)
  SELECT p.id, p.created_at, p.created_at, 'Re', r.body, '<p>' || r.body || '</p>', 1, 0, 0,
  p.author_id, p.thread_id FROM ours.forums_post p
  JOIN ours.moderation_submission s ON s.id = p.submission_id
  JOIN ours.moderation_revision r ON r.id = s.latest_id WHERE p.pub_seq IS NOT NULL;
UPDATE forum_conversation_topic SET last_post_id = (SELECT MAX(id) FROM forum_conversation_post
  WHERE topic_id = forum_conversation_topic.id);
ANALYZE;
"""


def configure(folder: Path) -> None:
    from django.conf import settings
    from machina import MACHINA_MAIN_STATIC_DIR, MACHINA_MAIN_TEMPLATE_DIR

    apps = ["forum", "forum_conversation", "forum_conversation.forum_attachments"]
    apps += ["forum_conversation.forum_polls", "forum_feeds", "forum_moderation", "forum_search"]
    apps += ["forum_tracking", "forum_member", "forum_permission"]
    contrib = ["admin", "auth", "contenttypes", "sessions", "messages", "staticfiles"]
    middleware = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "machina.apps.forum_permission.middleware.ForumPermissionMiddleware",
    ]
    processors = ["django.template.context_processors.request"]
    processors += ["django.contrib.auth.context_processors.auth"]
    processors += ["django.contrib.messages.context_processors.messages"]
    processors += ["machina.core.context_processors.metadata"]
    cache = "django.core.cache.backends.locmem.LocMemCache"
    settings.configure(
        SECRET_KEY="only for measuring",  # noqa: S106
        ALLOWED_HOSTS=["testserver"],
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "machina.sqlite3"}
        },
        INSTALLED_APPS=[
            *(f"django.contrib.{name}" for name in contrib),
            *("mptt", "haystack", "widget_tweaks", "machina"),
            *(f"machina.apps.{name}" for name in apps),
        ],
        MIDDLEWARE=middleware,
        ROOT_URLCONF="machina_urls",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [MACHINA_MAIN_TEMPLATE_DIR],
                "OPTIONS": {
                    "context_processors": processors,
                    "loaders": [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                },
            }
        ],
        STATIC_URL="static/",
        STATICFILES_DIRS=[MACHINA_MAIN_STATIC_DIR],
        MEDIA_ROOT=str(folder),
        CACHES={"default": {"BACKEND": cache}, "machina_attachments": {"BACKEND": cache}},
        HAYSTACK_CONNECTIONS={
            "default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}
        },
        MACHINA_DEFAULT_AUTHENTICATED_USER_FORUM_PERMISSIONS=PERMISSIONS,
        MACHINA_TOPIC_POSTS_NUMBER_PER_PAGE=25,
        MACHINA_FORUM_TOPICS_NUMBER_PER_PAGE=25,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    )
    import django

    django.setup()
    from django.urls import include, path

    urls: Any = ModuleType("machina_urls")
    urls.urlpatterns = [path("forum/", include("machina.urls"))]
    sys.modules["machina_urls"] = urls


def pour(rows: Path) -> None:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    connection.ensure_connection()
    raw = connection.connection
    raw.execute("PRAGMA foreign_keys=OFF")
    raw.execute("PRAGMA journal_mode=WAL")
    for statement in POUR.replace("%s", f"'{rows}'").split(";"):
        if statement.strip():
            raw.execute(statement)
    raw.commit()


def measure(urls: list[str]) -> list[float]:
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client()
    client.force_login(get_user_model().objects.order_by("id")[0])
    wall, cpu = [], []
    for n in range(-WARM, TIMES):
        url = urls[n % len(urls)]
        began, worked = time.perf_counter(), time.process_time()
        answer = client.get(url)
        if n >= 0:
            wall.append((time.perf_counter() - began) * 1000)
            cpu.append((time.process_time() - worked) * 1000)
        assert answer.status_code == 200, (answer.status_code, url)
    wall.sort()
    cpu.sort()
    late = int(0.95 * TIMES)
    return [wall[TIMES // 2], wall[late], cpu[late]]


def main() -> None:
    rows, folder = Path(sys.argv[1]), Path(sys.argv[2])
    configure(folder)
    pour(rows)
    from machina.apps.forum_conversation.models import Topic

    chance = random.Random(7)

    def place(topic: Any) -> str:
        forum = topic.forum_id
        return f"/forum/forum/b{forum}-{forum}/topic/t{topic.id}-{topic.id}/"

    topics = Topic.objects.order_by("-posts_count")
    longest = topics[0]
    some = [topics[chance.randrange(1, topics.count())] for _ in range(TIMES)]
    page = min(2_000, longest.posts_count // 25)
    boards = sorted({topic.forum_id for topic in some})
    first = longest.forum_id
    last = Topic.objects.filter(forum=first).count() // 25
    found = {
        "list": measure([f"/forum/forum/b{number}-{number}/" for number in boards]),
        "thread": measure([place(topic) for topic in some]),
        "thread page, page 1": measure([place(longest)]),
        f"thread page, page {page:,}": measure([f"{place(longest)}?page={page}"]),
        "list page, page 1": measure([f"/forum/forum/b{first}-{first}/"]),
        f"list page, page {last:,}": measure([f"/forum/forum/b{first}-{first}/?page={last}"]),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()

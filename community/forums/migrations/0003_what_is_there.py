"""Boards from before grants keep their readers; threads get their order; public words are found."""

from django.db import migrations

PUBLIC = ("visible", "noted", "masked")


def fill(apps, schema_editor):
    model = {
        name: apps.get_model("forums", name)
        for name in ("Board", "Grant", "Thread", "Post", "SearchText")
    }
    for board in model["Board"].objects.all():
        if not board.staff_only:
            model["Grant"].objects.get_or_create(board=board, group_id=board.group_id, role="")
        threads = model["Thread"].objects.filter(board=board).order_by("last_pub_at", "id")
        for move, thread_id in enumerate(threads.values_list("id", flat=True), start=1):
            model["Thread"].objects.filter(id=thread_id).update(move=move)
        model["Board"].objects.filter(id=board.id).update(moves=threads.count())
    posts = model["Post"].objects.filter(submission__state__in=PUBLIC, pub_seq__isnull=False)
    for post in posts.select_related("submission__shown", "thread").iterator(500):
        shown = post.submission.shown
        # Hidden parts are put in at the next release; until then such a post is not found.
        if not shown.masks:
            model["SearchText"].objects.update_or_create(
                post_id=post.id,
                defaults={
                    "title": shown.title,
                    "body": shown.body,
                    "scope": f"b{post.thread.board_id}",
                },
            )


class Migration(migrations.Migration):
    dependencies = [("forums", "0002_spaces_drafts_aliases")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

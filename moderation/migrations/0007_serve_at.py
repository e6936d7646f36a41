"""Give every case its place in the queue, and let nobody change the answers of a decision."""

from datetime import timedelta

from django.db import migrations

from community.members.append_only import protect, unprotect

# As moderation.clocks had it when this was written: minutes by level.
HEAD_START_MIN = {0: 0, 1: 48, 2: 60, 3: 10 * 365 * 24 * 60}
WRITTEN_ONCE = {"moderation_caseanswers": ()}


def give_places(apps, schema_editor):
    cases = apps.get_model("moderation", "ReviewCase").objects
    for case in cases.filter(serve_at__isnull=True).only("due_at", "level").iterator():
        serve_at = case.due_at - timedelta(minutes=HEAD_START_MIN[case.level])
        cases.filter(pk=case.pk).update(serve_at=serve_at)


def guard(apps, schema_editor):
    for table, columns in WRITTEN_ONCE.items():
        protect(schema_editor.connection, table, columns)


def unguard(apps, schema_editor):
    for table in WRITTEN_ONCE:
        unprotect(schema_editor.connection, table)


class Migration(migrations.Migration):
    dependencies = [("moderation", "0006_desk")]

    operations = [
        migrations.RunPython(give_places, migrations.RunPython.noop),
        migrations.RunPython(guard, unguard),
    ]

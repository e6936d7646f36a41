"""Let nobody change or delete the steps of a promise: a breach stays a breach."""

from django.db import migrations

from community.members.append_only import protect, unprotect

WRITTEN_ONCE = {"moderation_clockevent": ()}


def guard(apps, schema_editor):
    for table, columns in WRITTEN_ONCE.items():
        protect(schema_editor.connection, table, columns)


def unguard(apps, schema_editor):
    for table in WRITTEN_ONCE:
        unprotect(schema_editor.connection, table)


class Migration(migrations.Migration):
    dependencies = [("moderation", "0009_duty")]

    operations = [migrations.RunPython(guard, unguard)]

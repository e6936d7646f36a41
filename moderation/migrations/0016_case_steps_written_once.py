"""Let nobody change or delete the steps of a text's time; and start the clocks of texts that wait."""

from django.db import migrations
from django.db.models import F

from community.members.append_only import protect, unprotect

WRITTEN_ONCE = {"moderation_casestep": ()}


def guard(apps, schema_editor):
    for table, columns in WRITTEN_ONCE.items():
        protect(schema_editor.connection, table, columns)
    cases = apps.get_model("moderation", "ReviewCase").objects
    cases.exclude(state="decided").filter(step_at=None).update(step_at=F("due_at"))


def unguard(apps, schema_editor):
    for table in WRITTEN_ONCE:
        unprotect(schema_editor.connection, table)


class Migration(migrations.Migration):
    dependencies = [("moderation", "0015_case_steps")]

    operations = [migrations.RunPython(guard, unguard)]

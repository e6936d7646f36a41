"""Triggers that let nobody change or delete a judgement or an event about a person at risk.

Columns with words (reason, note, text) may be blanked: erasing a person does that. On SQLite a
later migration that makes one of these tables anew drops its triggers; call `protect` again there.
A test notices.
"""

from django.db import migrations

from community.members.append_only import protect, unprotect

WRITTEN_ONCE = {
    "moderation_decision": ["submission_id", "revision_id", "outcome", "by_id", "policy", "at"],
    "moderation_riskevent": ["case_id", "kind", "source", "level", "submission_id", "by_id", "at"],
    "moderation_screening": ["revision_id", "outcome", "level", "scores", "thresholds", "at"],
}


def guard(apps, schema_editor):
    for table, columns in WRITTEN_ONCE.items():
        protect(schema_editor.connection, table, columns)


def unguard(apps, schema_editor):
    for table in WRITTEN_ONCE:
        unprotect(schema_editor.connection, table)


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0002_disclosure"),
        ("members", "0002_audit"),
    ]

    operations = [migrations.RunPython(guard, unguard)]

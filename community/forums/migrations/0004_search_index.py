"""The index over SearchText: FTS5 kept by triggers on SQLite, a generated tsvector on PostgreSQL.

On SQLite a later migration that makes forums_searchtext anew drops its triggers; run `up` again then.
"""

from django.db import migrations

SQLITE = [
    (
        "CREATE VIRTUAL TABLE forums_words USING fts5(title, body, scope, content='forums_searchtext',"
        " content_rowid='post_id', tokenize='porter unicode61 remove_diacritics 2')"
    ),
    (
        "CREATE TRIGGER forums_words_added AFTER INSERT ON forums_searchtext BEGIN"
        " INSERT INTO forums_words(rowid, title, body, scope)"
        " VALUES (new.post_id, new.title, new.body, new.scope); END"
    ),
    (
        "CREATE TRIGGER forums_words_gone AFTER DELETE ON forums_searchtext BEGIN"
        " INSERT INTO forums_words(forums_words, rowid, title, body, scope)"
        " VALUES ('delete', old.post_id, old.title, old.body, old.scope); END"
    ),
    (
        "CREATE TRIGGER forums_words_changed AFTER UPDATE ON forums_searchtext BEGIN"
        " INSERT INTO forums_words(forums_words, rowid, title, body, scope)"
        " VALUES ('delete', old.post_id, old.title, old.body, old.scope);"
        " INSERT INTO forums_words(rowid, title, body, scope)"
        " VALUES (new.post_id, new.title, new.body, new.scope); END"
    ),
    "INSERT INTO forums_words(forums_words) VALUES ('rebuild')",
]
POSTGRES = [
    (
        "ALTER TABLE forums_searchtext ADD COLUMN words tsvector GENERATED ALWAYS AS ("
        "setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', body), 'B')"
        ") STORED"
    ),
    "CREATE INDEX forums_searchtext_words ON forums_searchtext USING gin (words)",
]
SQLITE_DOWN = [
    *(f"DROP TRIGGER IF EXISTS forums_words_{name}" for name in ("added", "gone", "changed")),
    "DROP TABLE IF EXISTS forums_words",
]
POSTGRES_DOWN = ["ALTER TABLE forums_searchtext DROP COLUMN words"]


def run(schema_editor, sqlite, postgres):
    for statement in postgres if schema_editor.connection.vendor == "postgresql" else sqlite:
        schema_editor.execute(statement)


def up(apps, schema_editor):
    run(schema_editor, SQLITE, POSTGRES)


def down(apps, schema_editor):
    run(schema_editor, SQLITE_DOWN, POSTGRES_DOWN)


class Migration(migrations.Migration):
    dependencies = [("forums", "0003_what_is_there")]

    operations = [migrations.RunPython(up, down)]

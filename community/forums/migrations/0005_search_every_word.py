"""PostgreSQL finds what FTS5 finds: every word, by Porter's stems, without accents.

Its English dictionary drops "not", "no" and "I", and its parser keeps addresses and numbers with
signs whole. So the words are cut at every sign first, and stemmed by the algorithm that FTS5 uses.
"""

from django.db import migrations

# Whatever is no letter and no digit, as far as people type it. PostgreSQL's classes of signs hang on
# the locale of the database; numbers of characters do not.
SIGNS = r"[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u2010-\u206f\u3000-\u3003]"
TOKENS = (
    "asciiword, word, numword, asciihword, hword, numhword, hword_asciipart, hword_part,"
    " hword_numpart, int, uint, float, sfloat, version, email, host, url, url_path, file, protocol"
)
POSTGRES = [
    "CREATE TEXT SEARCH DICTIONARY hearth_porter (TEMPLATE = snowball, LANGUAGE = porter)",
    "CREATE TEXT SEARCH CONFIGURATION hearth (PARSER = default)",
    f"ALTER TEXT SEARCH CONFIGURATION hearth ADD MAPPING FOR {TOKENS} WITH hearth_porter",
    (
        "CREATE FUNCTION hearth_words(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE"
        " AS $$ SELECT regexp_replace(regexp_replace(normalize($1, NFD),"
        rf" '[\u0300-\u036f]', '', 'g'), '{SIGNS}', ' ', 'g') $$"
    ),
    "ALTER TABLE forums_searchtext DROP COLUMN words",
    (
        "ALTER TABLE forums_searchtext ADD COLUMN words tsvector GENERATED ALWAYS AS ("
        "setweight(to_tsvector('hearth', hearth_words(title)), 'A') ||"
        " setweight(to_tsvector('hearth', hearth_words(body)), 'B')) STORED"
    ),
    "CREATE INDEX forums_searchtext_words ON forums_searchtext USING gin (words)",
]
POSTGRES_DOWN = [
    "ALTER TABLE forums_searchtext DROP COLUMN words",
    "DROP FUNCTION hearth_words(text)",
    "DROP TEXT SEARCH CONFIGURATION hearth",
    "DROP TEXT SEARCH DICTIONARY hearth_porter",
    (
        "ALTER TABLE forums_searchtext ADD COLUMN words tsvector GENERATED ALWAYS AS ("
        "setweight(to_tsvector('english', title), 'A') ||"
        " setweight(to_tsvector('english', body), 'B')) STORED"
    ),
    "CREATE INDEX forums_searchtext_words ON forums_searchtext USING gin (words)",
]


def run(schema_editor, statements):
    if schema_editor.connection.vendor == "postgresql":
        for statement in statements:
            schema_editor.execute(statement)


def up(apps, schema_editor):
    run(schema_editor, POSTGRES)


def down(apps, schema_editor):
    run(schema_editor, POSTGRES_DOWN)


class Migration(migrations.Migration):
    dependencies = [("forums", "0004_search_index")]

    operations = [migrations.RunPython(up, down)]

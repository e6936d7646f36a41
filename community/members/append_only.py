"""Database triggers that refuse to change or delete rows, for SQLite and PostgreSQL.

They stop mistakes and anybody who has the application's way to the database alone. Who owns the
database can drop them; that is what the seals and the exported heads are for.
"""

from collections.abc import Sequence
from typing import Any

REFUSED = "these rows are written once"

_FUNCTION = f"""
CREATE OR REPLACE FUNCTION written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""


def protect(connection: Any, table: str, columns: Sequence[str] = ()) -> None:
    """Refuse DELETE, and UPDATE of the given columns (of any, when none is given).

    On PostgreSQL also TRUNCATE. Doing it twice does no harm.
    """
    unprotect(connection, table)
    quote = connection.ops.quote_name
    of = f" OF {', '.join(map(quote, columns))}" if columns else ""
    events = {"update": f"UPDATE{of}", "delete": "DELETE"}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_FUNCTION)
            for name, event in events.items():
                cursor.execute(
                    f"CREATE TRIGGER {_name(table, name)} BEFORE {event} ON {quote(table)} "
                    "FOR EACH ROW EXECUTE FUNCTION written_once()"
                )
            cursor.execute(
                f"CREATE TRIGGER {_name(table, 'truncate')} BEFORE TRUNCATE ON {quote(table)} "
                "FOR EACH STATEMENT EXECUTE FUNCTION written_once()"
            )
        else:
            for name, event in events.items():
                cursor.execute(
                    f"CREATE TRIGGER {_name(table, name)} BEFORE {event} ON {quote(table)} "
                    f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
                )


def unprotect(connection: Any, table: str) -> None:
    """Take the triggers away again: for a migration backwards, and for tests."""
    on = f" ON {connection.ops.quote_name(table)}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in ("update", "delete", "truncate"):
            cursor.execute(f"DROP TRIGGER IF EXISTS {_name(table, name)}{on}")


def is_protected(connection: Any, table: str) -> bool:
    """Whether the triggers of a table are there and switched on."""
    if connection.vendor == "postgresql":
        wanted, sql = (
            3,
            (
                "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled <> 'D' "
                "AND tgname LIKE 'written\\_once\\_%%'"
            ),
        )
    else:
        wanted, sql = (
            2,
            (
                "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s "
                "AND name LIKE 'written_once_%%'"
            ),
        )
    with connection.cursor() as cursor:
        cursor.execute(sql, [table])
        return bool(cursor.fetchone()[0] == wanted)


def _name(table: str, event: str) -> str:
    return f"written_once_{table}_{event}"

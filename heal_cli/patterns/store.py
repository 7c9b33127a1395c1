"""The tables in schema `heal` that hold what was learned: made where the role may, read where it may."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any, Final, TypeAlias

import psycopg
from psycopg import errors, sql

from heal_cli.errors import WriteError

Connection: TypeAlias = psycopg.Connection[Any]

SCHEMA: Final = "heal"
PATTERNS: Final = sql.Identifier(SCHEMA, "patterns")
TRIALS: Final = sql.Identifier(SCHEMA, "pattern_trials")
EVENTS: Final = sql.Identifier(SCHEMA, "pattern_events")
MATCHES: Final = sql.Identifier(SCHEMA, "match_trials")
DUELS: Final = sql.Identifier(SCHEMA, "pattern_duels")

_COLUMNS: Final[Mapping[str, str]] = {
    "patterns": "id kind confidence definition enabled created_at",
    "pattern_trials": "pattern run shape success recorded_at",
    "pattern_events": "number pattern state reason run at",
    "pattern_duels": "incumbent rival run shape incumbent_ok rival_ok",
    "match_trials": "run shape target tier name type_fit value_fit margin confidence success recorded_at",
}
"""What `sql/` makes: by these a table of heal's is told from one of somebody else's."""

TABLES: Final = frozenset(_COLUMNS)
_LOCK: Final = 0x6865616C_70617474  # 'healpatt': two runs at once must not both create the tables


def ddl() -> str:
    """The SQL that makes schema and tables where they are missing; runs in any transaction."""
    folder = resources.files(__package__) / "sql"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name
    )
    return "\n".join(file.read_text("utf-8") for file in files)


def ensure(conn: Connection) -> bool:
    """True when lessons can be recorded; the tables are made where missing, if the role may.

    The caller's transaction, if there is one, is left usable whatever the server says.

    Raises:
        WriteError: One of that name is somebody else's.
    """
    if may_record(conn):
        return True
    _require_own(conn)
    try:
        with conn.transaction():
            conn.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
            conn.execute(sql.SQL(ddl()))
    except (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction):
        return False
    return may_record(conn)


def may_read(conn: Connection) -> bool:
    """True when every table is there and the role may read it."""
    return _has_rights(conn, "select")


def require_open(conn: Connection) -> None:
    """Keep what the role may not read from being taken for an empty record.

    Raises:
        WriteError: Something is there that it may not read, or that is not heal's.
    """
    _require_own(conn)
    query = (
        "select exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = %s and c.relname = any (%s))"
    )
    (is_there,) = conn.execute(query, (SCHEMA, list(TABLES))).fetchone() or (False,)
    if is_there and not may_read(conn):
        raise WriteError(
            "The role may not read what schema heal knows of patterns",
            hint="Ask its owner for USAGE on schema heal and SELECT on its tables; or run as the owner: heal init",
        )


def may_record(conn: Connection) -> bool:
    """True when the role may also add to every table."""
    return _has_rights(conn, "select") and _has_rights(conn, "insert")


def may_change(conn: Connection) -> bool:
    """True when the role may also change what is recorded: an undo turns trials into failures."""
    return may_record(conn) and _has_rights(conn, "update")


def _has_rights(conn: Connection, right: str) -> bool:
    """True when the tables are there, heal's own, and the role holds the right on all of them and on their schema."""
    query = (
        "select c.relname, has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, %s) "
        "from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = %s and c.relname = any (%s)"
    )
    rights = dict(conn.execute(query, (right, SCHEMA, list(TABLES))).fetchall())
    return len(rights) == len(TABLES) and all(rights.values()) and _not_own(conn) is None


def _require_own(conn: Connection) -> None:
    """Return unless a table of such a name is somebody else's.

    Raises:
        WriteError: With what to type.
    """
    if (found := _not_own(conn)) is not None:
        table, column = found
        raise WriteError(
            f"heal.{table} is not what heal makes under that name: it has no column {column!r}",
            hint="heal keeps what it learns in a schema of that name; rename yours:"
            f" ALTER TABLE heal.{table} RENAME TO ...",
        )


def _not_own(conn: Connection) -> tuple[str, str] | None:
    """A table of such a name that is there without a column of heal's, and that column."""
    query = (
        "select c.relname, array(select attname::text from pg_catalog.pg_attribute where attrelid = c.oid) "
        "from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = %s and c.relname = any (%s) order by 1"
    )
    for table, columns in conn.execute(query, (SCHEMA, list(TABLES))).fetchall():
        for column in _COLUMNS[table].split():
            if column not in columns:
                return table, column
    return None

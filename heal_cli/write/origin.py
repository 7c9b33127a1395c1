"""Whether the ledger's transaction ids are those of this database; those that a dump brought name other rows, or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import psycopg

from heal_cli.errors import WriteError

_XIDS: Final = 2**32

_OLDEST: Final = 4_000_000_000
"""Transactions after which an xmin may soon name another one: 2^32 less a margin."""

_LINES: Final = (
    "SELECT coalesce(bool_or(xmin::text::int8 = xact::text::numeric % 4294967296), false),"
    " (array_agg(database ORDER BY made_at DESC NULLS LAST))[1] FROM heal.origin"
)
_DATABASE: Final = (
    "SELECT oid::text, pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')"
    " FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()"
)
_MAY_WRITE: Final = (
    "SELECT pg_catalog.current_setting('transaction_read_only') = 'off'"
    " AND pg_catalog.has_table_privilege('heal.origin', 'INSERT')"
    " AND pg_catalog.has_table_privilege('heal.load_sources', 'UPDATE')"
)


def note_origin(cursor: psycopg.Cursor, lock: int) -> None:
    """Let the ledger of a database that came out of a dump begin anew, where the role may write there.

    What it says of transactions before holds no longer. In another database the tables have other OIDs, too: those
    of its sources are forgotten, or a file loaded into one table could pass for one loaded into another.

    Args:
        cursor: In a transaction, but in no savepoint of it: there the line would have another xmin.
        lock: The advisory lock under which one session at a time does this.
    """
    is_true, before = _newest(cursor)
    if is_true and before is not None:
        return
    here = _database(cursor)
    if (is_true and here is None) or not _may_write(cursor):
        return
    cursor.execute("SELECT pg_catalog.pg_advisory_xact_lock(%s)", (lock,))
    is_true, before = _newest(cursor)
    if not is_true and None not in (before, here) and before != here:
        cursor.execute("UPDATE heal.load_sources SET table_oid = 0")
    if not is_true or before is None:
        cursor.execute("INSERT INTO heal.origin (database) VALUES (%s)", (here,))


def check_identity(cursor: psycopg.Cursor, run: str, marks: Sequence[tuple[int, str | None]]) -> None:
    """The xmin of each mark still names the transaction that wrote the rows.

    Args:
        marks: xmin of a line of the ledger, and its transaction as the line says it, at most a little older.

    Raises:
        WriteError: One does not: a dump was restored since, or 2^32 transactions have gone by.
    """
    cursor.execute(
        "SELECT min(xact::text::numeric) FILTER (WHERE xmin::text::int8 = xact::text::numeric % 4294967296),"
        # Past every transaction that may be seen.
        " pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::numeric FROM heal.origin"
    )
    first, now = cursor.fetchone() or (None, 0)
    if any(xact is None for _, xact in marks):
        why = "it was loaded before heal kept what undo needs"
    elif first is None or any(
        not first <= int(xact or 0) <= _writer(xmin, xact) < now for xmin, xact in marks
    ):
        why = "the database was restored from a dump, after which nothing tells its rows from others"
    elif any(now - int(xact or 0) > _OLDEST for _, xact in marks):
        why = "it is so many transactions ago that its rows cannot be told from others"
    else:
        return
    raise WriteError(f"Run {run} cannot be undone: {why}", hint="Delete its rows by what is in them")


def _writer(xmin: int, xact: str | None) -> int:
    """The transaction of an xmin, counted as xact is: the first of that number since."""
    return int(xact or 0) + (xmin - int(xact or 0)) % _XIDS


def _may_write(cursor: psycopg.Cursor) -> bool:
    cursor.execute(_MAY_WRITE)
    return cursor.fetchone() == (True,)


def _newest(cursor: psycopg.Cursor) -> tuple[bool, str | None]:
    """Whether a line of heal.origin is true, and the database that the newest is of."""
    cursor.execute(_LINES)
    is_true, database = cursor.fetchone() or (False, None)
    return is_true, database


def _database(cursor: psycopg.Cursor) -> str | None:
    """Which database this is, wherever it is reached; None where the role may not know."""
    cursor.execute(_DATABASE)
    oid, may_read = cursor.fetchone() or ("", False)
    if not may_read:
        return None
    cursor.execute("SELECT system_identifier::text FROM pg_catalog.pg_control_system()")
    (system,) = cursor.fetchone() or ("",)
    return f"{system}/{oid}"

"""`--mode replace`: all rows of a table out of it, in the transaction that brings the new ones."""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg import sql

from heal_cli.errors import WriteError
from heal_cli.model import TableSchema
from heal_cli.write.images import Images, rows_of
from heal_cli.write.references import silent_references

_INSTEAD: Final = "Use --mode upsert, which keeps the rows that others refer to"


def lock_alone(cursor: psycopg.Cursor, table: TableSchema) -> None:
    """Keep other writers off the table until the transaction ends; readers see the old rows.

    Raises:
        WriteError: Its rows cannot be replaced.
    """
    if table.kind not in "rp":
        raise WriteError(f"--mode replace empties tables, and {table.qualified} is none")
    if table.row_security:
        raise WriteError(
            f"--mode replace cannot empty {table.qualified}: its policies may hide rows from this role",
            hint="Load as its owner, or as a role with BYPASSRLS",
        )
    cursor.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(rows_of(table)))


def empty_table(cursor: psycopg.Cursor, table: TableSchema, *, run: str | None) -> int:
    """Delete all rows; how many there were.

    Args:
        run: Whose restore point they go to, None to keep none.

    Raises:
        WriteError: Rows of other tables refer to them, or some cannot be deleted.
    """
    target = rows_of(table)
    for found in silent_references(cursor, table.oid, target, own=sql.SQL("false")):
        raise WriteError(
            f"{table.qualified} was not replaced: {found.told} to its rows, and"
            f" {found.constraint} would delete or change them in silence",
            hint=_INSTEAD,
        )
    delete = sql.SQL("DELETE FROM {} AS t").format(target)
    if run is not None:
        former = sql.SQL("{} RETURNING t.xmin, (t.*)::text").format(delete)
        delete = Images(run, table.oid, ()).keeping(former)
    try:
        cursor.execute(delete)
    except (psycopg.errors.ForeignKeyViolation, psycopg.errors.RestrictViolation) as error:
        raise WriteError(
            f"{table.qualified} was not replaced: {error.diag.message_detail or error.diag.message_primary}",
            sqlstate=error.sqlstate,
            hint=_INSTEAD,
        ) from error
    deleted = cursor.rowcount
    cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(target))
    (left,) = cursor.fetchone() or (0,)
    if left:
        raise WriteError(f"{table.qualified} was not replaced: triggers or rules keep {left:,} of its rows")
    return deleted

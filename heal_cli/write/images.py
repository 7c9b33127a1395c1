"""Restore points: what rows were before a run changed or deleted them, kept in the same statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from psycopg import sql

from heal_cli.model import TableSchema
from heal_cli.write.connection import table_name

COLUMNS_NOW: Final = sql.SQL(
    "(SELECT pg_catalog.string_agg(attname || ' ' || pg_catalog.format_type(atttypid, atttypmod), ', ' ORDER BY attnum)"
    " FROM pg_catalog.pg_attribute WHERE attrelid = {} AND attnum > 0 AND NOT attisdropped)"
)
"""What the text of a row is read by; a restore point keeps it."""

_BEFORE: Final = sql.SQL("WITH before (xmin_before, image) AS ({}), point AS ({})")
_KEEP: Final = sql.SQL(
    "INSERT INTO heal.restore_images (point, before_xmin, image)"
    " SELECT (SELECT point FROM point), xmin_before, image FROM before"
)


class Images:
    """The restore points of one run and table.

    Args:
        oid: Of the table.
        key: Columns that undo finds rows by; none where all rows of the table are kept, or deleted ones.
        change: What an undo does to the rows, update or delete; None: the mode of the run says it.
    """

    def __init__(self, run: str, oid: int, key: Sequence[str], change: str | None = None) -> None:
        self._point = sql.SQL(
            "INSERT INTO heal.restore_points (run, key, columns, change)"
            " VALUES ({}::uuid, {}::text[], {}, {}) RETURNING point"
        ).format(
            sql.Literal(run),
            sql.Literal(list(key)),
            COLUMNS_NOW.format(sql.Literal(oid)),
            sql.Literal(change),
        )

    def keeping(self, rows: sql.Composed) -> sql.Composed:
        """One statement that does what `rows` does, and keeps what it returns; its command tag counts them.

        Args:
            rows: Gives xmin and the row as text, which every type reads again.
        """
        return sql.SQL("{} {}").format(_BEFORE.format(rows, self._point), _KEEP)

    def counting(self, rows: sql.Composed) -> sql.Composed:
        """The same, and gives each xmin as text with how many rows had it."""
        return sql.SQL(
            "{}, kept AS ({}) SELECT xmin_before::text, count(*) FROM before GROUP BY xmin_before"
        ).format(_BEFORE.format(rows, self._point), _KEEP)


def rows_of(table: TableSchema) -> sql.Composed:
    """For FROM: the rows that a load writes, none of inheritance children."""
    only = sql.SQL("" if table.kind == "p" else "ONLY ")
    return sql.SQL("{}{}").format(only, table_name(table.schema, table.name))

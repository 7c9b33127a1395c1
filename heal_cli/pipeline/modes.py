"""What `--mode` asks of a plan: an insert has to fill a row, a change only to find one."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from heal_cli.model import Column, TableSchema, WriteOptions

_STAYS: Final = "NULL"
"""Stands for a column's own value in the place of a default: what a row leaves out is not touched."""


def as_written(table: TableSchema, options: WriteOptions) -> TableSchema:
    """The table as a plan for this mode sees it: an update or delete needs values of the key alone.

    The key may be an identity column: it finds rows, and is not written.
    """
    if options.mode not in ("update", "delete"):
        return table
    primary = next((c.columns for c in table.constraints if c.kind == "p"), ())
    key = options.key or primary
    columns = (_needed(column) if column.name in key else _optional(column) for column in table.columns)
    return replace(table, columns=tuple(columns))


def _needed(column: Column) -> Column:
    return column if column.generated else replace(column, default=None, identity="", nullable=False)


def _optional(column: Column) -> Column:
    return column if column.generated else replace(column, default=column.default or _STAYS)

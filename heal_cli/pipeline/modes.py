"""What `--mode` asks of a plan: an insert has to fill a row, a change only to find one."""

from __future__ import annotations

from dataclasses import replace

from heal_cli.model import STAYS, Column, TableSchema, WriteOptions


def as_written(table: TableSchema, options: WriteOptions) -> TableSchema:
    """The table as a plan for this mode sees it: what a row leaves out of a change is not touched.

    An update or delete needs values of the key alone. The key may be an identity column: it finds rows, and
    is not written. An upsert may have to fill a row.
    """
    if options.mode not in ("update", "delete"):
        if options.conflicts != "update":
            return table
        return replace(table, columns=tuple(_optional(c) if c.nullable else c for c in table.columns))
    primary = next((c.columns for c in table.constraints if c.kind == "p"), ())
    key = options.key or primary
    columns = (_needed(column) if column.name in key else _optional(column) for column in table.columns)
    return replace(table, columns=tuple(columns))


def _needed(column: Column) -> Column:
    return column if column.generated else replace(column, default=None, identity="", nullable=False)


def _optional(column: Column) -> Column:
    return column if column.generated else replace(column, default=column.default or STAYS)

"""What `--mode` asks of a plan: an insert has to fill a row, a change only to find one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial

from heal_cli.model import STAYS, Column, MatchOptions, TableSchema, WriteOptions


def as_written(table: TableSchema, options: WriteOptions, match: MatchOptions) -> TableSchema:
    """The table as a plan for this mode sees it: what a row leaves out of a change is not touched.

    An update or delete needs values of the key alone. The key may be an identity column: it finds rows, and
    is not written. An upsert may have to fill a row, and no row is told by a key that the server makes.
    """
    if options.conflicts != "update":
        return table
    primary = next((c.columns for c in table.constraints if c.kind == "p"), ())
    key = options.key or primary
    given = {"", "d", "a"} if match.override_identity else {"", "d"}
    by_mode: dict[str, Callable[[Column, bool], Column]] = {
        "update": _changed,
        "delete": _changed,
        "upsert": partial(_upserted, given=given),
    }
    as_written = by_mode.get(options.mode, _inserted)
    return replace(table, columns=tuple(as_written(column, column.name in key) for column in table.columns))


def _changed(column: Column, is_key: bool) -> Column:
    return _needed(column) if is_key else _optional(column)


def _upserted(column: Column, is_key: bool, *, given: Collection[str]) -> Column:
    """`given`: kinds of identity that the source gives values."""
    if not is_key:
        return _inserted(column, is_key)
    return replace(column, default=None, identity="" if column.identity in given else column.identity)


def _inserted(column: Column, is_key: bool) -> Column:
    return _optional(column) if column.nullable else column


def _needed(column: Column) -> Column:
    return column if column.generated else replace(column, default=None, identity="", nullable=False)


def _optional(column: Column) -> Column:
    return column if column.generated else replace(column, default=column.default or STAYS)

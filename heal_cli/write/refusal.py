"""What the server said about a row -> a reject."""

from __future__ import annotations

import re
from typing import Final

import polars as pl
import psycopg

from heal_cli.model import REJECTS, ROW, TableSchema
from heal_cli.write.sqlstate import describe, reason_of

_LINE: Final = re.compile(r"^COPY .*?, line (\d+)", re.MULTILINE)
_COLUMN: Final = re.compile(r"^COPY .*?, line \d+, column (.+?)(?:: |$)", re.MULTILINE)


_VALUE_CODES: Final = frozenset({"42601", "42602", "42703", "42704", "42725", "42883", "42P01", "XX000"})
"""What tsquery, jsonpath, ltree, the reg* types and an old hstore say of a text that is none of theirs."""


def is_verdict_on_value(error: psycopg.Error) -> bool:
    """A type's input function refused a text, with a code that elsewhere tells of a wrong statement.

    Such an error points at no place of the statement, and no function of the database is on the way to it.
    """
    if error.sqlstate not in _VALUE_CODES or error.diag.statement_position is not None:
        return False
    context = error.diag.context or ""
    return not context or _COLUMN.match(context) is not None


def failed_line(error: psycopg.Error) -> int | None:
    """1-based line of the COPY that the server stopped at; None where it does not know.

    Faults found at the end of the statement (foreign keys, AFTER triggers) have no line.
    """
    found = _LINE.search(error.diag.context or "")
    return int(found[1]) if found else None


def reject_row(error: psycopg.Error, row: pl.DataFrame, table: TableSchema) -> pl.DataFrame:
    """REJECTS for a lone row that the server refused with this error."""
    column = _column_of(error, table)
    value = row[column][0] if column in row.columns else None
    return pl.DataFrame(
        {
            ROW: [row[ROW][0]],
            "reason": [reason_of(error)],
            "sqlstate": [error.sqlstate],
            "constraint": [error.diag.constraint_name],
            "column": [column],
            "value": [None if value is None else str(value)],
            "attempts": [[describe(error)]],
        },
        schema=REJECTS,
    )


def skipped_row(row: pl.DataFrame) -> pl.DataFrame:
    """REJECTS for a lone row that the server took and did not keep: a trigger returned NULL."""
    return row.select(
        ROW,
        reason=pl.lit("trigger_skipped"),
        sqlstate=pl.lit(None, pl.String),
        constraint=pl.lit(None, pl.String),
        column=pl.lit(None, pl.String),
        value=pl.lit(None, pl.String),
        attempts=pl.lit(pl.Series([["A trigger of the table returned NULL for this row"]])).first(),
    ).match_to_schema(REJECTS)


def _column_of(error: psycopg.Error, table: TableSchema) -> str | None:
    """The column at fault: as the server names it, as COPY was reading it, or the constraint's only one."""
    if error.diag.column_name:
        return error.diag.column_name
    if found := _COLUMN.search(error.diag.context or ""):
        return found[1]
    for constraint in table.constraints:
        if constraint.name == error.diag.constraint_name and constraint.columns:
            return ", ".join(constraint.columns)
    return None

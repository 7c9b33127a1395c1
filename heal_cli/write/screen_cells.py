"""Faults of single rows: missing values, texts that are too long or no value of their type, checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import polars as pl
import psycopg
from psycopg import sql

from heal_cli.model import ROW, TableSchema
from heal_cli.write.facts import Check, Facts
from heal_cli.write.sqlstate import REASONS, Fault, fault_of
from heal_cli.write.stage import STAGED, TEXT_BASES, Stage

FAULTS: Final = pl.Schema(
    {
        ROW: pl.Int64(),
        "reason": pl.String(),
        "sqlstate": pl.String(),
        "constraint": pl.String(),
        "column": pl.String(),
        "said": pl.String(),
    }
)
"""One violated constraint of one row; a row may have several, and the server's first stands first."""


def to_faults(
    rows: Sequence[tuple[int, str]] | pl.DataFrame,
    sqlstate: str,
    *,
    constraint: str | None = None,
    columns: Sequence[str] = (),
    reason: str | None = None,
) -> pl.DataFrame:
    """FAULTS of one kind for (row number, what is wrong)."""
    schema = {ROW: pl.Int64, "said": pl.String}
    frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(rows, schema=schema, orient="row")
    return frame.select(
        ROW,
        reason=pl.lit(reason or REASONS.get(sqlstate, "refused_by_server")),
        sqlstate=pl.lit(sqlstate),
        constraint=pl.lit(constraint, pl.String),
        column=pl.lit(", ".join(columns) or None, pl.String),
        said="said",
    ).match_to_schema(FAULTS)


def ask(cursor: psycopg.Cursor, query: sql.Composed) -> list[Any] | None:
    """The rows of a query, or None where it cannot answer: no right to read, or a value that is an error."""
    try:
        with cursor.connection.transaction():
            return cursor.execute(query).fetchall()
    except psycopg.Error as error:
        if cursor.connection.broken or fault_of(error) not in {Fault.ROW, Fault.PLAN}:
            raise
        return None


def missing_values(rows: pl.DataFrame, table: TableSchema) -> Iterator[pl.DataFrame]:
    """FAULTS of NOT NULL columns, domains' NOT NULL among them."""
    for column in table.columns:
        if column.nullable or column.generated:
            continue
        if column.name in rows.columns:
            empty = rows.filter(pl.col(column.name).is_null())
        elif column.is_required and not table.mending_triggers:
            empty = rows
        else:
            continue
        if empty.height:
            said = pl.lit(f"{column.name} is NOT NULL")
            yield to_faults(empty.select(ROW, said=said), "23502", columns=[column.name])


def long_texts(rows: pl.DataFrame, table: TableSchema) -> Iterator[pl.DataFrame]:
    """FAULTS of texts over the length of their column; blanks past it are cut by the server."""
    for name in rows.columns:
        if name == ROW or table.column(name).type.base not in TEXT_BASES:
            continue
        length = table.column(name).type.length
        if length is None:
            continue
        too_long = rows.filter(pl.col(name).str.slice(length).str.strip_chars_end(" ") != "")
        if too_long.height:
            type_ = table.column(name).type.name
            said = pl.format("{} characters do not fit {}", pl.col(name).str.len_chars(), pl.lit(type_))
            yield to_faults(too_long.select(ROW, said=said), "22001", columns=[name])


def bad_texts(
    cursor: psycopg.Cursor, stage: Stage, table: TableSchema, facts: Facts
) -> tuple[list[pl.DataFrame], frozenset[str]]:
    """FAULTS of texts that are no value of their type, and the columns whose type cannot say so softly."""
    found: list[pl.DataFrame] = []
    unsafe = set()
    for name in stage.names:
        if name not in stage.as_text or table.column(name).type.base in TEXT_BASES:
            continue
        column, type_ = sql.Identifier("s", name), sql.Literal(facts.columns[name].full)
        refused = ask(
            cursor,
            sql.SQL(
                "SELECT s.{row}, i.message, i.sql_error_code FROM {staged} AS s"
                " CROSS JOIN LATERAL pg_catalog.pg_input_error_info({column}, {type_}) AS i"
                " WHERE {column} IS NOT NULL AND NOT pg_catalog.pg_input_is_valid({column}, {type_})"
            ).format(row=sql.Identifier(ROW), staged=STAGED, column=column, type_=type_),
        )
        if refused is None:
            unsafe.add(name)
            continue
        schema = {ROW: pl.Int64, "said": pl.String, "code": pl.String}
        frame = pl.DataFrame(refused, schema=schema, orient="row")
        for (code,), rows in frame.partition_by("code", as_dict=True).items():
            found.append(to_faults(rows, str(code), columns=[name]))
    return found, frozenset(unsafe)


def domain_checks(
    cursor: psycopg.Cursor, stage: Stage, facts: Facts, *, soft: bool, unsafe: frozenset[str]
) -> Iterator[pl.DataFrame]:
    """FAULTS of values that their column's domain refuses."""
    for name in stage.names:
        value = stage.value(name, soft=soft and name not in unsafe)
        # VALUE is an ordinary name outside of a domain.
        source = sql.SQL("(SELECT s.{row}, {value} AS value FROM {staged} AS s) AS heal_row").format(
            row=sql.Identifier(ROW), value=value, staged=STAGED
        )
        for check in facts.columns[name].checks:
            yield from _failed(cursor, source, check, [name], what="Domain check")


def table_checks(
    cursor: psycopg.Cursor, relation: sql.Composable, table: TableSchema, facts: Facts
) -> Iterator[pl.DataFrame]:
    """FAULTS of generated columns, of the table's checks, and of partition bounds."""
    for column in table.columns:
        if column.generated and not column.nullable:
            name = sql.Identifier(column.name).as_string(cursor)
            check = Check(None, f"{name} IS NOT NULL", f"{column.name} is NOT NULL")
            yield from _failed(cursor, relation, check, [column.name], what="Generated", sqlstate="23502")
    for constraint in sorted(table.constraints, key=lambda constraint: constraint.name):
        if constraint.kind == "c" and constraint.expression:
            check = Check(constraint.name, constraint.expression, constraint.definition)
            yield from _failed(cursor, relation, check, constraint.columns, what="Violates")
    for bound in facts.bounds:
        yield from _failed(cursor, relation, bound, (), what="Misses")


def _failed(
    cursor: psycopg.Cursor,
    source: sql.Composable,
    check: Check,
    columns: Sequence[str],
    *,
    what: str,
    sqlstate: str = "23514",
) -> Iterator[pl.DataFrame]:
    refused = ask(
        cursor,
        sql.SQL("SELECT heal_row.{} FROM {} WHERE ({}) IS FALSE").format(
            sql.Identifier(ROW), source, sql.SQL(check.expression)
        ),
    )
    if refused:
        rows = pl.DataFrame(refused, schema={ROW: pl.Int64}, orient="row")
        said = pl.lit(f"{what} {check.name or ''}: {check.definition}".replace(" :", ":"))
        yield to_faults(rows.with_columns(said=said), sqlstate, constraint=check.name, columns=columns)

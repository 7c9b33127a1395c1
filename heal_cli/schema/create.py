"""`--create`: a table made to hold what a source brings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

import polars as pl
import psycopg
from psycopg import errors, sql

from heal_cli.errors import SchemaError
from heal_cli.model import ROW, column_names
from heal_cli.schema.infer import infer_types
from heal_cli.schema.names import parse_name
from heal_cli.schema.nearest import nearest

MAX_COLUMNS: Final = 1600
"""MaxHeapAttributeNumber."""


class AddedColumns(NamedTuple):
    """Columns that a table was given."""

    statement: str
    pairs: tuple[tuple[str, str], ...]  # source and its column


def create_table(
    conn: psycopg.Connection[Any], table: str, frame: pl.DataFrame, *, key: Sequence[str] = ()
) -> str:
    """Make a table for a source and return the SQL that made it.

    Args:
        table: 'table' or 'schema.table' as typed; unquoted parts are folded to lower case, as SQL does.
        frame: The source's columns: text to infer types from, or typed columns to keep the types of.
        key: Columns of the primary key, by the source's names or the table's.

    Raises:
        SchemaError: The table is there already, the role may not make it, or no table can be made of this.
    """
    statement = plan_table(table, frame, key=key).as_string(conn)
    try:
        with conn.transaction():
            conn.execute(statement.encode(), prepare=False)
    except (errors.DuplicateTable, errors.UniqueViolation) as exc:
        raise SchemaError(
            f"Table {table!r} exists already", hint="Leave --create out to load into it"
        ) from exc
    except errors.InvalidSchemaName as exc:
        raise SchemaError(
            f"Table {table!r} cannot be made: {exc.diag.message_primary}", hint="Make the schema first"
        ) from exc
    except errors.InsufficientPrivilege as exc:
        raise SchemaError(
            f"Table {table!r} cannot be made: {exc.diag.message_primary}",
            hint="Ask for CREATE on the schema, or name a schema of your own with --table SCHEMA.TABLE",
        ) from exc
    return statement


def drop_if_empty(conn: psycopg.Connection[Any], schema: str, table: str) -> bool:
    """Take a table back that was made for a load which failed; False if rows are in it, or somebody uses it."""
    name = sql.Identifier(schema, table)
    try:
        with conn.transaction():
            # The server may still be rolling back what the load's own connections had open.
            conn.execute("SET LOCAL lock_timeout = '2s'")
            conn.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(name))
            (has_rows,) = conn.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(name)).fetchone() or (
                True,
            )
            if has_rows:
                return False
            conn.execute(sql.SQL("DROP TABLE {}").format(name))
    except (errors.LockNotAvailable, errors.UndefinedTable, errors.DependentObjectsStillExist):
        return False
    return True


def add_columns(
    conn: psycopg.Connection[Any], schema: str, table: str, frame: pl.DataFrame, *, taken: Collection[str]
) -> AddedColumns:
    """Add a nullable column to the table for each column of the frame.

    Adding a nullable column without a default takes an ACCESS EXCLUSIVE lock for a moment and rewrites nothing.

    Args:
        taken: Names of the table's columns. One that another load has added since is shared with it.

    Raises:
        SchemaError: The role does not own the table, or it cannot take more columns.
    """
    names = column_names(frame.columns, taken=taken)
    adding = sql.SQL(", ").join(
        sql.SQL("ADD COLUMN IF NOT EXISTS {} {}").format(sql.Identifier(name), sql.SQL(type_name))
        for name, type_name in zip(names, infer_types(frame), strict=True)
    )
    statement = sql.SQL("ALTER TABLE {} {}").format(sql.Identifier(schema, table), adding)
    try:
        with conn.transaction():
            conn.execute(statement)
    except psycopg.ProgrammingError as exc:
        raise SchemaError(
            f"Table {schema}.{table} cannot be given the columns {', '.join(names)}: {exc.diag.message_primary}",
            hint="Keep their values aside with --unknown-columns rescue",
        ) from exc
    return AddedColumns(statement.as_string(conn), tuple(zip(frame.columns, names, strict=True)))


def plan_table(table: str, frame: pl.DataFrame, *, key: Sequence[str] = ()) -> sql.Composed:
    """The CREATE TABLE for a source, one line a column; see `create_table`."""
    sources = [name for name in frame.columns if name != ROW]
    if not sources:
        raise SchemaError(f"Table {table!r} cannot be made: the source has no columns")
    if len(sources) > MAX_COLUMNS:
        raise SchemaError(
            f"Table {table!r} cannot be made: the source has {len(sources)} columns, PostgreSQL takes {MAX_COLUMNS}"
        )
    names = column_names(sources)
    types = infer_types(frame.select(sources))
    lines = [
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(type_name))
        for name, type_name in zip(names, types, strict=True)
    ]
    if key:
        keys = [_key_column(column, sources, names) for column in key]
        lines.append(sql.SQL("PRIMARY KEY ({})").format(sql.SQL(", ").join(map(sql.Identifier, keys))))
    return sql.SQL("CREATE TABLE {} (\n    {}\n)").format(_target(table), sql.SQL(",\n    ").join(lines))


def _target(table: str) -> sql.Identifier:
    """The table as SQL names it.

    Raises:
        SchemaError: It has dots that part no schema and table, and no quotes that say they are meant.
    """
    typed = parse_name(table)
    if typed.schema is None and "." in typed.name and not typed.name_is_quoted:
        raise SchemaError(
            f"Table {table!r} is not made: its dots part no schema and table",
            hint=f"Name it SCHEMA.TABLE, or in double quotes if the dots are meant: '\"{typed.name}\"'",
        )
    name = typed.name if typed.name_is_quoted else typed.name.lower()
    if typed.schema is None:
        return sql.Identifier(name)
    return sql.Identifier(typed.schema if typed.schema_is_quoted else typed.schema.lower(), name)


def _key_column(column: str, sources: Sequence[str], names: Sequence[str]) -> str:
    if column in names:
        return column
    if column in sources:
        return names[sources.index(column)]
    near = ", ".join(f"{name!r} ({likeness:.2f})" for name, likeness in nearest(column, sources))
    raise SchemaError(
        f"Key column {column!r} is not in the source" + (f"; nearest is {near}" if near else ""),
        hint="Name columns of the source with --key",
    )

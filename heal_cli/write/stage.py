"""Rows in a temporary table, and SQL for the rows as they would stand in the target."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import polars as pl
import psycopg
from psycopg import sql

from heal_cli.model import ROW, Column, PgType, TableSchema
from heal_cli.write.copy import send
from heal_cli.write.encode import Format, choose_encoding
from heal_cli.write.facts import Facts

STAGED: Final = sql.Identifier("pg_temp", "heal_staged")

IN_ORDER: Final = sql.SQL("ORDER BY s.ctid")
"""Rows of the temporary table, as `s`, as they came: nothing in it was ever changed."""

_ROW_TYPE: Final = PgType(20, "bigint", "int8", "b")

TEXT_BASES: Final = frozenset({"text", "varchar", "bpchar"})
"""Types that take every string; only a modifier can refuse one."""

_TYPED_STRINGS: Final = frozenset({"uuid", "bytea"})
"""Travel as text in a form that cannot fail: the encoder has made bytes of it."""

_CONSTANT: Final = re.compile(r"[^(]*|(?i:now\(\))")
"""Defaults that have the same value for every row; one that calls another function may be volatile."""


@contextmanager
def catalog_path(connection: psycopg.Connection) -> Iterator[None]:
    """A savepoint where names mean what the catalog's expressions mean; all of it is rolled back."""
    with connection.transaction(force_rollback=True):
        connection.execute(
            "SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),"
            # Sorting one batch by a key must not go to disk.
            " pg_catalog.set_config('work_mem', '64MB', true), pg_catalog.set_config('jit', 'off', true)"
        )
        yield


class Stage:
    """The staged form of frames with one set of columns.

    Args:
        names: Those of the frame's columns that are staged.
        is_numbered: Beside their row numbers: one column more than the widest tables leave room for.
    """

    def __init__(
        self,
        table: TableSchema,
        facts: Facts,
        schema: pl.Schema,
        names: Sequence[str],
        *,
        is_numbered: bool = True,
    ) -> None:
        self._table = table
        self._facts = facts
        self.names = tuple(names)
        self._row = (ROW,) if is_numbered else ()
        self.as_text = frozenset(
            name for name in self.names if is_staged_as_text(table.column(name), schema[name])
        )
        self.format: Format | None = None
        """What the last rows were sent as."""

    def fill(self, cursor: psycopg.Cursor, rows: pl.DataFrame) -> None:
        """Make the temporary table and copy the rows into it."""
        types = [*((ROW, "bigint") for _ in self._row), *((n, self._staged_type(n)) for n in self.names)]
        columns = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(type_)) for name, type_ in types]
        cursor.execute(
            sql.SQL("CREATE TEMP TABLE heal_staged ({}) ON COMMIT DROP").format(sql.SQL(", ").join(columns))
        )
        sent = [*(_ROW_TYPE for _ in self._row), *map(self._wire_type, self.names)]
        encoding = choose_encoding(rows.select(*self._row, *self.names), sent)
        self.format = encoding.format
        statement = sql.SQL("COPY {} FROM STDIN WITH ({})").format(STAGED, sql.SQL(encoding.options))
        send(cursor, statement, encoding)

    def value(self, name: str, *, soft: bool) -> sql.Composed:
        """The staged value as it would stand in the table.

        Args:
            soft: Text that the type refuses is NULL in place of an error (server >= 16).
        """
        facts, type_ = self._facts.columns[name], self._table.column(name).type
        staged = sql.Identifier("s", name)
        if name in self.as_text and type_.base not in TEXT_BASES:
            cast = sql.SQL("{}::{}").format(staged, sql.SQL(facts.full))
            if not soft:
                return cast
            return sql.SQL("CASE WHEN pg_catalog.pg_input_is_valid({}, {}) THEN {} END").format(
                staged, sql.Literal(facts.full), cast
            )
        # A Decimal has the digits of its numeric(p, s) already.
        if (facts.has_modifier or type_.base == "bpchar") and type_.base != "numeric":
            return sql.SQL("{}::{}").format(staged, sql.SQL(facts.full))
        return sql.Composed([staged])

    def relation(self, *, soft: bool, unsafe: frozenset[str] = frozenset()) -> sql.Composed:
        """A subquery `heal_row`: the row number and every column whose value is known before the server writes it.

        A constraint over any other column makes its query fail, and so leaves it to the server.

        Args:
            unsafe: Columns whose type has no soft errors.
        """
        values = [
            sql.SQL("{} AS {}").format(
                self.value(name, soft=soft and name not in unsafe), sql.Identifier(name)
            )
            for name in self.names
        ]
        for column in self._table.columns:
            if column.name in self.names or column.generated:
                continue
            if (default := self._default(column)) is not None:
                values.append(sql.SQL("{} AS {}").format(default, sql.Identifier(column.name)))
        inner = sql.SQL("SELECT {} FROM {} AS s").format(
            sql.SQL(", ").join([sql.Identifier("s", ROW), *values]), STAGED
        )
        generated = [
            sql.SQL("{} AS {}").format(sql.SQL(facts.generated), sql.Identifier(facts.name))
            for facts in self._facts.columns.values()
            if facts.generated
        ]
        if not generated:
            return sql.SQL("({}) AS heal_row").format(inner)
        return sql.SQL("(SELECT heal_row.*, {} FROM ({}) AS heal_row) AS heal_row").format(
            sql.SQL(", ").join(generated), inner
        )

    def _default(self, column: Column) -> sql.Composed | None:
        full = sql.SQL(self._facts.columns[column.name].full)
        if column.default is None:
            return None if column.identity else sql.SQL("NULL::{}").format(full)
        if _CONSTANT.fullmatch(column.default) is None:
            return None
        return sql.SQL("({})::{}").format(sql.SQL(column.default), full)

    def _staged_type(self, name: str) -> str:
        return "text" if name in self.as_text else self._facts.columns[name].base

    def _wire_type(self, name: str) -> PgType:
        type_ = self._table.column(name).type
        return replace(type_, base="text", kind="b") if name in self.as_text else type_


def is_staged_as_text(column: Column, dtype: pl.DataType) -> bool:
    """The value travels as text that the type may refuse; it is cast once it is there."""
    return dtype == pl.String and column.type.base not in _TYPED_STRINGS


def may_refuse(column: Column, dtype: pl.DataType) -> bool:
    """The type may refuse a text that travels to it."""
    return is_staged_as_text(column, dtype) and column.type.base not in TEXT_BASES

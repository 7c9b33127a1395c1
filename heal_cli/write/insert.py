"""Rows into the target by INSERT: where COPY is refused or miscounts, and to update rows that are there."""

from __future__ import annotations

from typing import Final

import polars as pl
import psycopg
from psycopg import sql

from heal_cli.model import ROW, TableSchema
from heal_cli.write.conflict import Conflict
from heal_cli.write.connection import table_name
from heal_cli.write.copy import column_list
from heal_cli.write.encode import Format
from heal_cli.write.facts import Facts, Unique
from heal_cli.write.stage import IN_ORDER, STAGED, Stage

_COMMA: Final = sql.SQL(", ")


def needs_insert(table: TableSchema) -> bool:
    """COPY FROM is refused where policies apply to the role, and on views without an INSTEAD OF trigger.

    Where there is one, COPY counts the rows that it swallows as taken; INSERT does not.
    """
    return table.row_security or table.kind == "v"


class Inserter:
    """Writes frames of one table by one INSERT each, from a temporary table where the role may make one."""

    def __init__(self, table: TableSchema, facts: Facts, conflict: Conflict) -> None:
        self._table = table
        self._facts = facts
        self._conflict = conflict
        self._stage: Stage | None = None

    @property
    def format(self) -> Format | None:
        """What the last frame was staged as."""
        return self._stage.format if self._stage else None

    def copy(self, cursor: psycopg.Cursor, rows: pl.DataFrame) -> int:
        """Rows the server says it took (the command tag), rows it updated among them.

        Raises:
            psycopg.Error: As the server said it.
        """
        stage = self._stage = Stage(
            self._table, self._facts, rows.schema, rows.drop(ROW).columns, is_numbered=False
        )
        if not self._facts.can_stage:
            self._insert_values(cursor, stage, rows)
            return cursor.rowcount
        stage.fill(cursor, rows)
        values = _COMMA.join(
            [self._base_value(stage, name, sql.Identifier("s", name)) for name in stage.names]
        )
        source = sql.SQL("SELECT {} FROM {} AS s {}").format(values, STAGED, IN_ORDER)
        cursor.execute(self._statement(stage, source))
        taken = cursor.rowcount
        cursor.execute(sql.SQL("DROP TABLE {}").format(STAGED))
        return taken

    def _insert_values(self, cursor: psycopg.Cursor, stage: Stage, rows: pl.DataFrame) -> None:
        """One array of text for each column: the statement stays as short as the table is wide."""
        columns = [sql.SQL("pg_catalog.unnest(%s::pg_catalog.text[])")] * len(stage.names)
        names = [sql.Identifier(f"c{at}") for at in range(len(columns))]
        values = [
            sql.SQL("v.{}::{}").format(name, sql.SQL(self._facts.columns[column].base))
            for name, column in zip(names, stage.names, strict=True)
        ]
        source = sql.SQL("SELECT {} FROM ROWS FROM ({}) AS v({})").format(
            _COMMA.join(values), _COMMA.join(columns), _COMMA.join(names)
        )
        texts = [rows[name].cast(pl.String).to_list() for name in stage.names]
        cursor.execute(self._statement(stage, source), texts)

    def _base_value(self, stage: Stage, name: str, value: sql.Composable) -> sql.Composable:
        """Cast to the base type alone: the assignment checks modifiers and domains, a cast would cut to fit."""
        if name not in stage.as_text:
            return value
        return sql.SQL("{}::{}").format(value, sql.SQL(self._facts.columns[name].base))

    def _statement(self, stage: Stage, source: sql.Composable) -> sql.Composed:
        table = self._table
        # COPY writes the identity values it is given; so does this.
        given = any(table.column(name).identity == "a" for name in stage.names)
        return sql.SQL("INSERT INTO {} ({}) {}{}{}").format(
            table_name(table.schema, table.name),
            column_list(stage.names),
            sql.SQL("OVERRIDING SYSTEM VALUE " if given else ""),
            source,
            self._on_conflict(stage),
        )

    def _on_conflict(self, stage: Stage) -> sql.Composable:
        if self._conflict.mode != "update":
            return sql.SQL("")
        (arbiter,) = self._conflict.arbiters
        fixed = {*arbiter.columns, *(c.name for c in self._table.columns if c.identity == "a")}
        changed = [name for name in stage.names if name not in fixed] or list(arbiter.columns[:1])
        update = [sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name)) for name in changed]
        return sql.SQL(" ON CONFLICT {} DO UPDATE SET {}").format(_arbiter(arbiter), _COMMA.join(update))


def _arbiter(unique: Unique) -> sql.Composed:
    if unique.constraint:
        return sql.SQL("ON CONSTRAINT {}").format(sql.Identifier(unique.constraint))
    return sql.SQL("({})").format(column_list(unique.columns))

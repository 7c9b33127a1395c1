"""Rows of a table changed by key: `--mode upsert|update|delete`, with what they were before as a restore point."""

from __future__ import annotations

from typing import Final, Literal

import polars as pl
import psycopg
from psycopg import sql

from heal_cli.errors import WriteError
from heal_cli.model import ROW, TableSchema
from heal_cli.write.connection import table_name
from heal_cli.write.copy import column_list
from heal_cli.write.facts import Facts, Unique
from heal_cli.write.stage import STAGED, Stage

_COMMA: Final = sql.SQL(", ")
_AND: Final = sql.SQL(" AND ")

COLUMNS_NOW: Final = sql.SQL(
    "(SELECT pg_catalog.string_agg(attname || ' ' || pg_catalog.format_type(atttypid, atttypmod), ', ' ORDER BY attnum)"
    " FROM pg_catalog.pg_attribute WHERE attrelid = {} AND attnum > 0 AND NOT attisdropped)"
)
"""What the text of a row is read by; a restore point keeps it."""


class Changer:
    """Changes the rows of one table that have the keys of the frames; `copy` has the shape of Copier's."""

    def __init__(
        self,
        table: TableSchema,
        facts: Facts,
        key: Unique,
        mode: Literal["upsert", "update", "delete"],
        *,
        run: str | None,
    ) -> None:
        """`run`: whose restore points these are, None to keep none.

        Raises:
            WriteError: The relation or the role's rights do not allow it.
        """
        if table.kind not in "rp":
            raise WriteError(f"--mode {mode} changes rows of tables, and {table.qualified} is none")
        if not facts.can_stage:
            raise WriteError(f"--mode {mode} needs the right to make temporary tables (TEMP on the database)")
        self._table, self._facts, self._key, self._mode, self._run = table, facts, key, mode, run
        only = sql.SQL("" if table.kind == "p" else "ONLY ")
        self.kept = 0
        """Rows in the restore point of the last `copy`."""
        self._target = sql.SQL("{}{}").format(only, table_name(table.schema, table.name))

    def copy(self, cursor: psycopg.Cursor, rows: pl.DataFrame) -> int:
        """Rows that were changed or inserted; fewer than came where some found no row of their key.

        Raises:
            psycopg.Error: As the server said it.
        """
        missing = [name for name in self._key.columns if name not in rows.columns]
        if missing:
            raise WriteError(
                f"--mode {self._mode} needs column {missing[0]!r} of the key, and nothing in the source matches it",
                hint=f"Name it with --map SOURCE={missing[0]}",
            )
        stage = Stage(self._table, self._facts, rows.schema, rows.drop(ROW).columns)
        stage.fill(cursor, rows)
        self.kept = self._keep(cursor, stage) if self._run is not None else 0
        if self._mode == "delete":
            cursor.execute(
                sql.SQL("DELETE FROM {} AS t USING {} AS s WHERE {}").format(
                    self._target, STAGED, self._match(stage)
                )
            )
            taken = cursor.rowcount
        else:
            cursor.execute(self._update(stage))
            taken = cursor.rowcount
            if self._mode == "upsert":
                cursor.execute(self._insert(stage))
                taken += cursor.rowcount
        cursor.execute(sql.SQL("DROP TABLE {}").format(STAGED))
        return taken

    def _keep(self, cursor: psycopg.Cursor, stage: Stage) -> int:
        """Lock the rows that will change, and keep them as text, which every type reads again; how many."""
        cursor.execute(
            sql.SQL(
                "INSERT INTO heal.restore_points (run, key, columns, before_xmins, images)"
                " SELECT {run}::uuid, {key}::text[], {columns}, array_agg(x), array_agg(image) FROM"
                " (SELECT t.xmin::text AS x, (t.*)::text AS image FROM {target} AS t, {staged} AS s"
                " WHERE {match} FOR UPDATE OF t) AS before HAVING count(*) > 0"
                " RETURNING cardinality(images)"
            ).format(
                run=sql.Literal(self._run),
                key=sql.Literal(list(self._key.columns)),
                columns=COLUMNS_NOW.format(sql.Literal(self._table.oid)),
                target=self._target,
                staged=STAGED,
                match=self._match(stage),
            )
        )
        (kept,) = cursor.fetchone() or (0,)
        return int(kept)

    def _match(self, stage: Stage) -> sql.Composed:
        """`t` is the row of the table that has the key of `s`."""
        return _AND.join(
            sql.SQL("t.{} {} {}").format(
                sql.Identifier(name), sql.SQL(key.operator or "="), self._value(stage, name)
            )
            for name, key in zip(self._key.columns, self._key.keys, strict=True)
        )

    def _value(self, stage: Stage, name: str) -> sql.Composed:
        """Cast to the base type alone: the assignment checks modifiers and domains, a cast would cut to fit."""
        if name not in stage.as_text:
            return sql.Composed([sql.Identifier("s", name)])
        return sql.SQL("{}::{}").format(sql.Identifier("s", name), sql.SQL(self._facts.columns[name].base))

    def _update(self, stage: Stage) -> sql.Composed:
        given = [name for name in stage.names if self._table.column(name).identity != "a"]
        changed = [name for name in given if name not in self._key.columns]
        sets = [
            sql.SQL("{} = {}").format(sql.Identifier(name), self._value(stage, name)) for name in changed
        ] or [
            sql.SQL("{0} = t.{0}").format(sql.Identifier(name))
            for name in (given or [c.name for c in self._table.columns if not c.identity])[:1]
        ]
        return sql.SQL("UPDATE {} AS t SET {} FROM {} AS s WHERE {}").format(
            self._target, _COMMA.join(sets), STAGED, self._match(stage)
        )

    def _insert(self, stage: Stage) -> sql.Composed:
        always = any(self._table.column(name).identity == "a" for name in stage.names)
        return sql.SQL(
            "INSERT INTO {table} ({columns}) {overriding}SELECT {values} FROM {staged} AS s"
            " WHERE NOT EXISTS (SELECT FROM {target} AS t WHERE {match}) ORDER BY s.{row}"
        ).format(
            table=table_name(self._table.schema, self._table.name),
            columns=column_list(stage.names),
            overriding=sql.SQL("OVERRIDING SYSTEM VALUE " if always else ""),
            values=_COMMA.join(self._value(stage, name) for name in stage.names),
            staged=STAGED,
            target=self._target,
            match=self._match(stage),
            row=sql.Identifier(ROW),
        )

"""Rows of a table changed by key: `--mode upsert|update|delete`, with what they were before as a restore point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl
import psycopg
from psycopg import sql

from heal_cli.errors import WriteError
from heal_cli.model import ROW, TableSchema
from heal_cli.write.connection import table_name
from heal_cli.write.copy import column_list
from heal_cli.write.encode import Format
from heal_cli.write.facts import Facts, Unique
from heal_cli.write.images import Images, rows_of
from heal_cli.write.references import lost_references, silent_references
from heal_cli.write.stage import IN_ORDER, STAGED, Stage

_COMMA: Final = sql.SQL(", ")
_AND: Final = sql.SQL(" AND ")

_RETURNS_OLD: Final = 180000
"""Server version from which UPDATE returns what rows were."""

_OLD_ROW: Final = sql.SQL("RETURNING WITH (OLD AS heal_old) heal_old.xmin, (heal_old.*)::text")


class Changer:
    """Changes the rows of one table that have the keys of the frames; `copy` has the shape of Copier's."""

    def __init__(
        self,
        table: TableSchema,
        facts: Facts,
        key: Unique,
        mode: str,
        *,
        run: str | None,
    ) -> None:
        """`mode`: upsert, update or delete; `run`: whose restore points these are, None to keep none.

        Raises:
            WriteError: The relation or the role's rights do not allow it.
        """
        if table.kind not in "rp":
            raise WriteError(f"--mode {mode} changes rows of tables, and {table.qualified} is none")
        if not facts.can_stage:
            raise WriteError(f"--mode {mode} needs the right to make temporary tables (TEMP on the database)")
        if made := [name for name in key.columns if table.column(name).generated]:
            raise WriteError(
                f"--mode {mode} finds rows by {made[0]!r}, which the server makes of other columns of"
                f" {table.qualified}, and a source gives it no value",
                hint="Name another unique key with --key",
            )
        self._table, self._facts, self._key, self._mode = table, facts, key, mode
        self._images = None if run is None else Images(run, table.oid, key.columns)
        self._target = rows_of(table)
        self.changed = 0
        """Rows of the table that the last `copy` updated or deleted."""
        self._stage: Stage | None = None

    @property
    def format(self) -> Format | None:
        """What the last frame was staged as."""
        return self._stage.format if self._stage else None

    def copy(self, cursor: psycopg.Cursor, rows: pl.DataFrame) -> int:
        """Rows that were changed or inserted; fewer than came where some found no row of their key.

        Raises:
            psycopg.Error: As the server said it.
        """
        self._check_key(rows.columns)
        stage = self._stage = Stage(
            self._table, self._facts, rows.schema, rows.drop(ROW).columns, is_numbered=False
        )
        stage.fill(cursor, rows)
        if self._images is not None:
            if self._mode == "delete":
                self._check_references(cursor, stage)
            else:
                self._check_lost(cursor, stage)
        self.changed = self._change(cursor, stage)
        taken = self.changed
        if self._mode == "upsert":
            cursor.execute(self._insert(stage))
            taken += cursor.rowcount
        cursor.execute(sql.SQL("DROP TABLE {}").format(STAGED))
        return taken

    def _check_key(self, given: Sequence[str]) -> None:
        missing = next((name for name in self._key.columns if name not in given), None)
        if missing is None:
            return
        if self._table.column(missing).identity == "a":
            raise WriteError(
                f"--mode {self._mode} finds rows by {missing!r}, which is GENERATED ALWAYS AS IDENTITY and takes no"
                " values unasked",
                hint="Take those of the source with --override-identity",
            )
        raise WriteError(
            f"--mode {self._mode} needs column {missing!r} of the key, and nothing in the source matches it",
            hint=f"Name it with --map SOURCE={missing}",
        )

    def _check_references(self, cursor: psycopg.Cursor, stage: Stage) -> None:
        """No foreign key deletes or changes rows that no restore point keeps.

        Raises:
            WriteError: It would.
        """
        given = sql.SQL("EXISTS (SELECT FROM {} AS s WHERE {})")
        going = given.format(STAGED, self._match(stage))
        staying = sql.SQL("NOT {}").format(given.format(STAGED, self._match(stage, "c")))
        for found in silent_references(cursor, self._table.oid, self._target, going=going, own=staying):
            raise WriteError(
                f"{found.told} to rows that --mode delete takes out of"
                f" {self._table.qualified}, and {found.constraint} would delete or change them, which no restore"
                " point keeps",
                hint=f"Look after those rows of {found.table} first, or say --no-restore if no undo is needed",
            )

    def _check_lost(self, cursor: psycopg.Cursor, stage: Stage) -> None:
        """No foreign key sets columns to NULL or a default, which no restore point keeps.

        Raises:
            WriteError: It would.
        """
        for found in lost_references(
            cursor,
            self._table.oid,
            self._target,
            values={name: self._value(stage, name) for name in self._changed_columns(stage)},
            source=sql.SQL("{} AS s").format(STAGED),
            match=self._match(stage),
        ):
            raise WriteError(
                f"{found.told} to rows that --mode {self._mode} changes in"
                f" {self._table.qualified}, and {found.constraint} would take the reference from them, which no"
                " restore point keeps",
                hint=f"Look after those rows of {found.table} first, or say --no-restore if no undo is needed",
            )

    @property
    def kept(self) -> int:
        """Rows in the restore point of the last `copy`."""
        return self.changed if self._images else 0

    def _change(self, cursor: psycopg.Cursor, stage: Stage) -> int:
        """Update or delete the rows that are there; how many."""
        if self._mode == "delete":
            change, former = self._delete(stage), sql.SQL("RETURNING t.xmin, (t.*)::text")
        else:
            change, former = self._update(stage), _OLD_ROW
        if self._images is None:
            cursor.execute(change)
            return cursor.rowcount
        if self._mode == "delete" or cursor.connection.info.server_version >= _RETURNS_OLD:
            cursor.execute(self._images.keeping(sql.SQL("{} {}").format(change, former)))
            return cursor.rowcount
        cursor.execute(self._images.keeping(self._rows_before(stage)))
        # Where triggers keep rows as they are, fewer change than are kept, and the savepoint is rolled back.
        cursor.execute(change)
        return cursor.rowcount

    def _rows_before(self, stage: Stage) -> sql.Composed:
        """The rows that will change, locked; what a server says that returns no former rows of an update."""
        return sql.SQL("SELECT t.xmin, (t.*)::text FROM {} AS t, {} AS s WHERE {} FOR UPDATE OF t").format(
            self._target, STAGED, self._match(stage)
        )

    def _delete(self, stage: Stage) -> sql.Composed:
        return sql.SQL("DELETE FROM {} AS t USING {} AS s WHERE {}").format(
            self._target, STAGED, self._match(stage)
        )

    def _match(self, stage: Stage, row: str = "t") -> sql.Composed:
        """The row of the table, called so, has the key of `s`."""
        return _AND.join(
            sql.SQL("{} {} {}").format(
                sql.Identifier(row, name), sql.SQL(key.operator or "="), self._value(stage, name)
            )
            for name, key in zip(self._key.columns, self._key.keys, strict=True)
        )

    def _value(self, stage: Stage, name: str) -> sql.Composed:
        """Cast to the base type alone: the assignment checks modifiers and domains, a cast would cut to fit."""
        if name not in stage.as_text:
            return sql.Composed([sql.Identifier("s", name)])
        return sql.SQL("{}::{}").format(sql.Identifier("s", name), sql.SQL(self._facts.columns[name].base))

    def _update(self, stage: Stage) -> sql.Composed:
        given = self._given(stage)
        sets = [
            sql.SQL("{} = {}").format(sql.Identifier(name), self._value(stage, name))
            for name in self._changed_columns(stage)
        ] or [
            sql.SQL("{0} = t.{0}").format(sql.Identifier(name))
            for name in (given or [c.name for c in self._table.columns if not c.identity])[:1]
        ]
        return sql.SQL("UPDATE {} AS t SET {} FROM {} AS s WHERE {}").format(
            self._target, _COMMA.join(sets), STAGED, self._match(stage)
        )

    def _given(self, stage: Stage) -> list[str]:
        return [name for name in stage.names if self._table.column(name).identity != "a"]

    def _changed_columns(self, stage: Stage) -> list[str]:
        return [name for name in self._given(stage) if name not in self._key.columns]

    def _insert(self, stage: Stage) -> sql.Composed:
        always = any(self._table.column(name).identity == "a" for name in stage.names)
        return sql.SQL(
            "INSERT INTO {table} ({columns}) {overriding}SELECT {values} FROM {staged} AS s"
            " WHERE NOT EXISTS (SELECT FROM {target} AS t WHERE {match}) {in_order}"
        ).format(
            table=table_name(self._table.schema, self._table.name),
            columns=column_list(stage.names),
            overriding=sql.SQL("OVERRIDING SYSTEM VALUE " if always else ""),
            values=_COMMA.join(self._value(stage, name) for name in stage.names),
            staged=STAGED,
            target=self._target,
            match=self._match(stage),
            in_order=IN_ORDER,
        )

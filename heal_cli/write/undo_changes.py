"""Rows that were updated or deleted, back to what they were: from the restore points of a run or an undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import psycopg
from psycopg import sql

from heal_cli.errors import WriteError
from heal_cli.wording import counted
from heal_cli.write.images import COLUMNS_NOW, Images
from heal_cli.write.references import lost_references
from heal_cli.write.undo_table import UndoTable, written_by

_COMMA: Final = sql.SQL(", ")
_AND: Final = sql.SQL(" AND ")
_SHOWN: Final = 5


class Restorer:
    """The restore points of one run, first image of each key first.

    First `plan_update` or `plan_insert`, then `bring_rest`, then `bring_back` for those that others own, then
    `check`: what is brought back in one savepoint has one xmin.

    Args:
        xmins: Of all that the run has in the table now.
        former: Other xmins that its rows had before.
        change: Of an undo, its points of this kind alone: update or delete.
    """

    def __init__(
        self,
        cursor: psycopg.Cursor,
        run: str,
        table: UndoTable,
        xmins: Sequence[str],
        *,
        former: Sequence[str] = (),
        change: str | None = None,
    ) -> None:
        self._cursor, self._run, self._table, self._xmins = cursor, run, table, list(xmins)
        self._points = sql.SQL("run = {} AND change IS NOT DISTINCT FROM {}::text").format(
            sql.Literal(run), sql.Literal(change)
        )
        self._stage_name = f"heal_{change or 'before'}"
        self.staged = sql.Identifier("pg_temp", self._stage_name)
        """For FROM: before_xmin, the same as a number `writer`, and image of each row to bring back."""
        # A prune waits, or what it has deleted is missed now: never between two looks at them.
        cursor.execute(sql.SQL("SELECT FROM heal.restore_points WHERE {} FOR UPDATE").format(self._points))
        cursor.execute(
            sql.SQL(
                "SELECT min(key), min(columns) FILTER (WHERE columns <> {}), (SELECT count(*) FROM heal.restore_images"
                " WHERE point IN (SELECT point FROM heal.restore_points WHERE {points}))"
                " FROM heal.restore_points WHERE {points}"
            ).format(COLUMNS_NOW.format(sql.Literal(table.oid)), points=self._points)
        )
        key, columns, self.images = cursor.fetchone() or (None, None, 0)
        self.key: list[str] = key or []
        """Columns that rows are found by."""
        if columns is not None:
            raise WriteError(
                f"Run {run} cannot be undone: columns of the table have changed since",
                hint=f"Make them for it what they were: {columns}",
            )
        self.rows = self._stage([*xmins, *former]) if self.images else 0
        """Rows to bring back: those that were there before the run."""
        cursor.execute(
            "SELECT attname::text, attidentity <> 'a' FROM pg_catalog.pg_attribute WHERE attrelid = %s"
            " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            (table.oid,),
        )
        found = cursor.fetchall()
        self._columns = [name for name, _ in found]
        self._settable = [name for name, can_set in found if can_set]
        self._statement = sql.Composed([])
        self._touch: sql.Composed | None = None
        self._restored = 0

    def _stage(self, made: list[str]) -> int:
        """The first image of each key that the run had not made itself; how many there are.

        Raises:
            WriteError: Others changed a row between two changes by the run.
        """
        images = sql.SQL(
            "SELECT point, before_xmin, image::{} AS image FROM heal.restore_points"
            " JOIN heal.restore_images USING (point) WHERE {}"
        ).format(self._table.identifier, self._points)
        keys = self._keys(sql.SQL("(image)"))
        firsts = sql.SQL(
            "SELECT DISTINCT ON ({keys}) before_xmin, image FROM ({images}) AS i ORDER BY {keys}, point"
        ).format(keys=keys, images=images)
        self._cursor.execute(
            sql.SQL(
                "CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT before_xmin, before_xmin::text::int8 AS writer,"
                " image FROM ({}) AS firsts WHERE before_xmin <> ALL({}::xid[])"
            ).format(sql.Identifier(self._stage_name), firsts if self.key else images, sql.Literal(made))
        )
        rows = self._cursor.rowcount
        self._cursor.execute(
            sql.SQL(
                "SELECT count(*) FROM heal.restore_points JOIN heal.restore_images USING (point)"
                " WHERE {} AND before_xmin <> ALL({}::xid[])"
            ).format(self._points, sql.Literal(made))
        )
        if self._cursor.fetchone() != (rows,):
            raise WriteError(
                f"Run {self._run} was not undone: others changed rows between two changes by this run"
            )
        return rows

    def plan_update(self, images: Images | None) -> None:
        """Rows that are there as the run left them are to get what they had before.

        Args:
            images: Keeps what they are until then.

        Raises:
            WriteError: Some are not as the run left them.
        """
        names = [name for name in self._settable if name not in self.key] or self._settable[:1]
        unchanged = sql.SQL("{} AND {}").format(written_by("t", self._xmins), self._match())
        self._cursor.execute(
            sql.SQL("SELECT concat_ws(', ', {}) FROM {} AS b WHERE NOT EXISTS"
                    " (SELECT FROM {} AS t WHERE {}) LIMIT {}").format(
                self._keys(sql.SQL("(b.image)")), self.staged,
                self._table.rows, unchanged, sql.Literal(_SHOWN + 1))
        )  # fmt: skip
        self._refuse_changed([key for (key,) in self._cursor.fetchall()], "were changed or deleted since")
        values = {name: sql.SQL("(b.image).{}").format(sql.Identifier(name)) for name in names}
        sets = _COMMA.join(
            sql.SQL("{} = {}").format(sql.Identifier(name), value) for name, value in values.items()
        )
        source = sql.SQL("{} AS b").format(self.staged)
        for found in lost_references(
            self._cursor, self._table.oid, self._table.rows, values=values, source=source, match=unchanged
        ):
            raise WriteError(
                f"Run {self._run} was not undone: {found.told} to its rows, and"
                f" {found.constraint} would take the reference from them in silence",
                hint=f"Look after those rows of {found.table} first",
            )
        if images is not None:
            self._cursor.execute(
                images.keeping(
                    sql.SQL("SELECT t.xmin, (t.*)::text FROM {} AS t, {} AS b WHERE {}").format(
                        self._table.rows, self.staged, unchanged
                    )
                )
            )
        self._statement = sql.SQL("UPDATE {} AS t SET {} FROM {} AS b WHERE {}").format(
            self._table.rows, sets, self.staged, unchanged
        )

    def plan_insert(self) -> None:
        """Deleted rows are to be put back.

        Raises:
            WriteError: Rows with their keys are there again.
        """
        if self.key:
            self._refuse_new_owners()
        columns = [sql.Identifier(name) for name in self._columns]
        values = [sql.SQL("(b.image).{}").format(name) for name in columns]
        # An INSERT takes no ONLY; rows go where they came from.
        self._statement = sql.SQL(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} AS b WHERE true"
        ).format(self._table.identifier, _COMMA.join(columns), _COMMA.join(values), self.staged)

    def bring_rest(self, owned: Sequence[str]) -> None:
        """Bring back what none of these xmins had written.

        Rows that refer to each other have to come back in one statement: there it brings all of them.
        """
        if owned:  # an xid has no order to be indexed by
            self._cursor.execute(sql.SQL("CREATE INDEX ON {} (writer)").format(self.staged))
            self._cursor.execute(sql.SQL("ANALYZE {}").format(self.staged))
        if owned and self._table.refers_to_itself(self._cursor):
            self._cursor.execute(self._statement)
            self._touch = self._touching()
        else:
            others = sql.SQL("{} AND b.writer <> ALL({}::int8[])")
            self._cursor.execute(others.format(self._statement, sql.Literal([int(xmin) for xmin in owned])))
        self._restored += self._cursor.rowcount

    def bring_back(self, xmin: str) -> None:
        """Bring back what this xmin had written; what is back already gets the xmin of this savepoint."""
        one = sql.SQL("{} AND b.writer = {}")
        if self._touch is None:
            self._cursor.execute(one.format(self._statement, sql.Literal(int(xmin))))
            self._restored += self._cursor.rowcount
            return
        self._cursor.execute(one.format(self._touch, sql.Literal(int(xmin))))
        touched = self._cursor.rowcount
        self._cursor.execute(
            sql.SQL("SELECT count(*) FROM {} AS b WHERE b.writer = {}").format(
                self.staged, sql.Literal(int(xmin))
            )
        )
        (expected,) = self._cursor.fetchone() or (0,)
        self._check_count(touched, expected)

    def _touching(self) -> sql.Composed:
        """Writes rows again as they are. Of equal rows without a key nobody knows which was whose: too many are counted."""
        name = sql.Identifier(next(iter(self._settable), self._columns[0]))
        same = self._match() if self.key else sql.SQL("(t.*)::text = (b.image)::text")
        return sql.SQL("UPDATE {} AS t SET {name} = t.{name} FROM {} AS b WHERE {}").format(
            self._table.rows, self.staged, same, name=name
        )

    def check(self) -> None:
        """What came back is what was there, whatever triggers did to it.

        Raises:
            WriteError: They changed it, or kept some.
        """
        self._check_count(self._restored, self.rows)
        self._cursor.execute(
            "SELECT string_agg(DISTINCT tgname, ', ') FROM pg_catalog.pg_trigger WHERE (tgrelid = %(oid)s OR tgrelid IN"
            " (SELECT relid FROM pg_catalog.pg_partition_tree(%(oid)s::oid::regclass))) AND NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 20 <> 0",  # INSERT or UPDATE
            {"oid": self._table.oid},
        )
        (triggers,) = self._cursor.fetchone() or (None,)
        if triggers is None:
            return
        there = sql.SQL("SELECT (t.*)::text FROM {} AS t").format(self._table.rows)
        differs = (
            sql.SQL("SELECT FROM {} AS b WHERE (b.image)::text NOT IN ({} WHERE {})").format(
                self.staged, there, self._match()
            )
            if self.key
            else sql.SQL("SELECT (image)::text FROM {} EXCEPT ALL {}").format(self.staged, there)
        )
        self._cursor.execute(sql.SQL("SELECT count(*) FROM ({}) AS changed").format(differs))
        (changed,) = self._cursor.fetchone() or (0,)
        if changed:
            raise WriteError(
                f"Run {self._run} was not undone: triggers ({triggers}) change {changed:,} of the rows as they come"
                " back",
                hint="Switch them off meanwhile: ALTER TABLE ... DISABLE TRIGGER ...",
            )

    def _refuse_new_owners(self) -> None:
        self._cursor.execute(
            sql.SQL("SELECT concat_ws(', ', {}) FROM {} AS b JOIN {} AS t ON {} LIMIT {}").format(
                *(self._keys(sql.SQL("t")), self.staged),
                *(self._table.rows, self._match(), sql.Literal(_SHOWN + 1)),
            )
        )
        self._refuse_changed([key for (key,) in self._cursor.fetchall()], "are there again")

    def _keys(self, row: sql.Composable) -> sql.Composed:
        return _COMMA.join(sql.SQL("{}.{}").format(row, sql.Identifier(name)) for name in self.key)

    def _match(self) -> sql.Composed:
        return _AND.join(sql.SQL("t.{0} = (b.image).{0}").format(sql.Identifier(name)) for name in self.key)

    def _refuse_changed(self, keys: list[str], what: str) -> None:
        if not keys:
            return
        more = " and more" if len(keys) > _SHOWN else ""
        shown = ", ".join(map(repr, keys[:_SHOWN]))
        raise WriteError(
            f"Run {self._run} was not undone: rows with key ({', '.join(self.key)}) {shown}{more} {what}"
        )

    def _check_count(self, restored: int, expected: int) -> None:
        if restored != expected:
            raise WriteError(
                f"Run {self._run} was not undone: triggers or others kept {counted(abs(expected - restored), 'row')}"
                " from being restored"
            )

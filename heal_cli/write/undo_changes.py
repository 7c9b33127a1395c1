"""Rows that a run updated or deleted, back to what they were: from its restore points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import psycopg
from psycopg import sql

from heal_cli.errors import WriteError
from heal_cli.write.images import COLUMNS_NOW

_COMMA: Final = sql.SQL(", ")
_AND: Final = sql.SQL(" AND ")
_SHOWN: Final = 5


class Restorer:
    """The restore points of one run, first image of each key first.

    Args:
        target: The table, for FROM.
        row_type: The table's name, as a type.
        xmins: Of all that the run wrote.
    """

    def __init__(
        self,
        cursor: psycopg.Cursor,
        run: str,
        *,
        oid: int,
        target: sql.Composable,
        row_type: sql.Composable,
        xmins: Sequence[str],
    ) -> None:
        self._cursor, self._run, self._target, self._xmins = cursor, run, target, list(xmins)
        self._oid = oid
        cursor.execute(
            sql.SQL(
                "SELECT min(key), bool_and(columns = {}), (SELECT count(*) FROM heal.restore_images"
                " WHERE point IN (SELECT point FROM heal.restore_points WHERE run = %(run)s))"
                " FROM heal.restore_points WHERE run = %(run)s"
            ).format(COLUMNS_NOW.format(sql.Literal(oid))),
            {"run": run},
        )
        key, is_same, self.images = cursor.fetchone() or (None, None, 0)
        self._key: list[str] = key or []
        if is_same is False:
            raise WriteError(f"Run {run} cannot be undone: columns of the table have changed since")
        self.rows = self._stage(row_type) if self.images else 0
        """Rows to bring back: those that were there before the run."""
        cursor.execute(
            "SELECT attname::text, attidentity <> 'a' FROM pg_catalog.pg_attribute WHERE attrelid = %s"
            " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            (oid,),
        )
        found = cursor.fetchall()
        self._columns = [name for name, _ in found]
        self._settable = [name for name, can_set in found if can_set]

    def _stage(self, row_type: sql.Composable) -> int:
        """The first image of each key that the run had not made itself; how many there are.

        Raises:
            WriteError: Others changed a row between two changes by the run.
        """
        images = sql.SQL(
            "SELECT point, before_xmin, image::{} AS image FROM heal.restore_points"
            " JOIN heal.restore_images USING (point) WHERE run = {}::uuid"
        ).format(row_type, sql.Literal(self._run))
        keys = _COMMA.join(sql.SQL("(image).{}").format(sql.Identifier(name)) for name in self._key)
        firsts = sql.SQL(
            "SELECT DISTINCT ON ({keys}) before_xmin, image FROM ({images}) AS i ORDER BY {keys}, point"
        ).format(keys=keys, images=images)
        self._cursor.execute(
            sql.SQL(
                "CREATE TEMP TABLE heal_before ON COMMIT DROP AS SELECT before_xmin, before_xmin::text::int8 AS writer,"
                " image FROM ({}) AS firsts"
                " WHERE before_xmin <> ALL({}::xid[])"
            ).format(firsts if self._key else images, sql.Literal(self._xmins))
        )
        rows = self._cursor.rowcount
        self._cursor.execute(
            "SELECT count(*) FROM heal.restore_points JOIN heal.restore_images USING (point)"
            " WHERE run = %s AND before_xmin <> ALL(%s::xid[])",
            (self._run, self._xmins),
        )
        if self._cursor.fetchone() != (rows,):
            raise WriteError(
                f"Run {self._run} was not undone: others changed rows between two changes by this run"
            )
        return rows

    def restore_updated(self) -> None:
        """Give rows that are there as the run left them what they had before.

        Raises:
            WriteError: Some are not as the run left them.
        """
        if not self.rows:
            return
        names = [name for name in self._settable if name not in self._key] or self._settable[:1]
        sets = _COMMA.join(sql.SQL("{0} = (b.image).{0}").format(sql.Identifier(name)) for name in names)
        unchanged = sql.SQL("t.xmin = ANY({}::xid[]) AND {}").format(sql.Literal(self._xmins), self._match())
        self._cursor.execute(
            sql.SQL("SELECT concat_ws(', ', {}) FROM pg_temp.heal_before AS b WHERE NOT EXISTS"
                    " (SELECT FROM {} AS t WHERE {}) LIMIT {}").format(
                _COMMA.join(sql.SQL("(b.image).{}").format(sql.Identifier(name)) for name in self._key),
                self._target, unchanged, sql.Literal(_SHOWN + 1))
        )  # fmt: skip
        self._refuse_changed([key for (key,) in self._cursor.fetchall()], "were changed or deleted since")
        self._restore(
            sql.SQL("UPDATE {} AS t SET {} FROM pg_temp.heal_before AS b WHERE {}").format(
                self._target, sets, unchanged
            )
        )

    def restore_deleted(self) -> None:
        """Put deleted rows back.

        Raises:
            WriteError: Rows with their keys are there again.
        """
        if not self.rows:
            return
        if self._key:
            self._refuse_new_owners()
        columns = [sql.Identifier(name) for name in self._columns]
        values = [sql.SQL("(b.image).{}").format(name) for name in columns]
        # An INSERT takes no ONLY; rows go where they came from.
        name = sql.SQL(self._target.as_string(self._cursor).removeprefix("ONLY "))
        self._restore(
            sql.SQL(
                "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM pg_temp.heal_before AS b WHERE true"
            ).format(name, _COMMA.join(columns), _COMMA.join(values))
        )

    def _restore(self, statement: sql.Composed) -> None:
        """Bring rows back; those of an earlier run in a savepoint, whose xmin marks them as its own again.

        Args:
            statement: Restores all of `heal_before`, and may be narrowed by a condition.
        """
        restored = 0
        owners = self._owners()
        if owners:  # an xid has no order to be indexed by
            self._cursor.execute("CREATE INDEX ON pg_temp.heal_before (writer)")
            self._cursor.execute("ANALYZE pg_temp.heal_before")
        for xmin, run, was in owners:
            with self._cursor.connection.transaction():
                self._cursor.execute(
                    sql.SQL("{} AND b.writer = {}").format(statement, sql.Literal(int(xmin)))
                )
                restored += self._cursor.rowcount
                self._cursor.execute(
                    "INSERT INTO heal.moved_rows (run, was) VALUES (%s, %s::text::xid)", (run, was)
                )
        others = sql.SQL("{} AND b.writer <> ALL({}::int8[])")
        self._cursor.execute(others.format(statement, sql.Literal([int(xmin) for xmin, _, _ in owners])))
        self._check_count(restored + self._cursor.rowcount)
        self._check_images()

    def _check_images(self) -> None:
        """What came back is what was there, whatever triggers did to it.

        Raises:
            WriteError: They changed it.
        """
        self._cursor.execute(
            "SELECT string_agg(DISTINCT tgname, ', ') FROM pg_catalog.pg_trigger WHERE (tgrelid = %(oid)s OR tgrelid IN"
            " (SELECT relid FROM pg_catalog.pg_partition_tree(%(oid)s::oid::regclass))) AND NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 20 <> 0",  # INSERT or UPDATE
            {"oid": self._oid},
        )
        (triggers,) = self._cursor.fetchone() or (None,)
        if triggers is None:
            return
        there = sql.SQL("SELECT (t.*)::text FROM {} AS t").format(self._target)
        differs = (
            sql.SQL("SELECT FROM pg_temp.heal_before AS b WHERE (b.image)::text NOT IN ({} WHERE {})").format(
                there, self._match()
            )
            if self._key
            else sql.SQL("SELECT (image)::text FROM pg_temp.heal_before EXCEPT ALL {}").format(there)
        )
        self._cursor.execute(sql.SQL("SELECT count(*) FROM ({}) AS changed").format(differs))
        (changed,) = self._cursor.fetchone() or (0,)
        if changed:
            raise WriteError(
                f"Run {self._run} was not undone: triggers ({triggers}) change {changed:,} of the rows as they come"
                " back",
                hint="Switch them off meanwhile: ALTER TABLE ... DISABLE TRIGGER ...",
            )

    def _owners(self) -> list[tuple[str, str, str]]:
        """xmin, run and its piece's xmin of all rows to bring back that runs in the ledger had written."""
        # Rows that refer to each other come back in one statement, in no order.
        self._cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE contype = 'f'"
            " AND (conrelid, confrelid) = (%(oid)s, %(oid)s))",
            {"oid": self._oid},
        )
        if self._cursor.fetchone() == (True,):
            return []
        self._cursor.execute(
            "WITH there AS MATERIALIZED (SELECT DISTINCT before_xmin FROM pg_temp.heal_before),"
            " written AS (SELECT b.xmin AS x, b.run, b.xmin AS was, source FROM heal.load_batches AS b WHERE loaded > 0"
            " UNION ALL SELECT r.xmin, r.run, r.xmin, source FROM heal.load_retries AS r)"
            " SELECT x::text, written.run::text, was::text FROM written JOIN there ON x = before_xmin"
            " JOIN heal.load_sources USING (source) WHERE table_oid = %(oid)s"
            " UNION SELECT m.xmin::text, m.run::text, m.was::text FROM heal.moved_rows AS m JOIN there"
            " ON m.xmin = before_xmin",
            {"oid": self._oid},
        )
        return [(str(xmin), str(run), str(was)) for xmin, run, was in self._cursor.fetchall()]

    def _refuse_new_owners(self) -> None:
        self._cursor.execute(
            sql.SQL(
                "SELECT concat_ws(', ', {}) FROM pg_temp.heal_before AS b JOIN {} AS t ON {} LIMIT {}"
            ).format(
                _COMMA.join(sql.SQL("t.{}").format(sql.Identifier(name)) for name in self._key),
                *(self._target, self._match(), sql.Literal(_SHOWN + 1)),
            )
        )
        self._refuse_changed([key for (key,) in self._cursor.fetchall()], "are there again")

    def _match(self) -> sql.Composed:
        return _AND.join(sql.SQL("t.{0} = (b.image).{0}").format(sql.Identifier(name)) for name in self._key)

    def _refuse_changed(self, keys: list[str], what: str) -> None:
        if not keys:
            return
        more = " and more" if len(keys) > _SHOWN else ""
        shown = ", ".join(map(repr, keys[:_SHOWN]))
        raise WriteError(
            f"Run {self._run} was not undone: rows with key ({', '.join(self._key)}) {shown}{more} {what}"
        )

    def _check_count(self, restored: int) -> None:
        if restored != self.rows:
            raise WriteError(
                f"Run {self._run} was not undone: triggers or others kept {self.rows - restored:,} rows"
                " from being restored"
            )

"""`--max-change`: how many rows of the table a run may change or delete."""

from __future__ import annotations

from fractions import Fraction

import psycopg
from psycopg import sql

from heal_cli.errors import BudgetExceeded
from heal_cli.model import TableSchema, WriteOptions
from heal_cli.wording import counted
from heal_cli.write.images import rows_of

_FORMER = sql.Identifier("pg_temp", "heal_former")


class ChangeGuard:
    """Refuses the transaction that would take a run past its `--max-change`.

    Args:
        run: As the ledger knows it; None where there is none, or it is not written.
    """

    def __init__(self, table: TableSchema, options: WriteOptions, run: str | None) -> None:
        self._table, self._options, self._run = table, options, run
        self._target = rows_of(table)
        self._allowed: int | None = None
        self._committed = 0

    @property
    def is_off(self) -> bool:
        """There is no limit."""
        return self._options.max_change is None

    def look(self, cursor: psycopg.Cursor) -> None:
        """See how many rows there are, before the first of them changes."""
        limit = self._options.max_change
        if limit is None or self._allowed is not None:
            return
        if not limit.endswith("%"):
            self._allowed = int(limit)
            return
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(self._target))
        (rows,) = cursor.fetchone() or (0,)
        self._allowed = int(rows * Fraction(limit[:-1]) / 100)  # a float makes 56 of 0.57 % of 10,000

    def remember(self, cursor: psycopg.Cursor) -> None:
        """Keep what the table holds until the transaction ends: of a replacement only what is another row counts."""
        if self.is_off:
            return
        cursor.execute(
            sql.SQL(
                "CREATE TEMP TABLE heal_former ON COMMIT DROP AS SELECT (t.*)::text AS image FROM {} AS t"
            ).format(self._target)
        )

    def check(self, cursor: psycopg.Cursor, source: int, changed: int) -> None:
        """Refuse to commit more than is allowed, with what earlier runs changed by the same source.

        Args:
            changed: Rows that this transaction changed or deleted.

        Raises:
            BudgetExceeded: The transaction would change too many.
        """
        if self.is_off:
            return
        total = self._committed + changed
        if self._run is not None:
            cursor.execute(
                "SELECT coalesce(sum(changed), 0)::int8 FROM heal.load_batches WHERE run = %s OR source = %s",
                (self._run, source),
            )
            (total,) = cursor.fetchone() or (0,)
        self._require(total)

    def check_replaced(self, cursor: psycopg.Cursor) -> None:
        """The same for a table with other rows: those count that are in it no more as they were.

        Raises:
            BudgetExceeded: They are too many.
        """
        if self.is_off or self._allowed is None:
            return
        cursor.execute(
            sql.SQL(
                "SELECT count(*) FROM (SELECT image FROM {} EXCEPT ALL SELECT (t.*)::text FROM {} AS t) AS gone"
            ).format(_FORMER, self._target)
        )
        (gone,) = cursor.fetchone() or (0,)
        self._require(gone)

    def note_committed(self, changed: int) -> None:
        """Count what is committed, where no ledger does."""
        self._committed += changed

    def _require(self, changed: int) -> None:
        if self._allowed is None or changed <= self._allowed:
            return
        raise BudgetExceeded(
            f"{counted(changed, 'row')} of {self._table.qualified} would be changed, more than --max-change"
            f" {self._options.max_change} allows ({self._allowed:,})",
            hint=f"{self._committed:,} were changed before; they come back with: heal undo {self._run}"
            if self._committed and not self._options.is_one_transaction
            else "This run has changed nothing; allow more if that is meant",
        )

"""How rows get into one table, and who is to blame where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl
import psycopg

from heal_cli.errors import WriteError
from heal_cli.model import ROW, TableSchema, WriteOptions
from heal_cli.write.change import Changer
from heal_cli.write.conflict import Conflict, choose_conflict
from heal_cli.write.copy import Copier
from heal_cli.write.encode import row_at
from heal_cli.write.facts import Facts, read_facts
from heal_cli.write.insert import Inserter, needs_insert
from heal_cli.write.probe import refused_suspects
from heal_cli.write.refusal import failed_line, is_verdict_on_value, reject_row, skipped_row
from heal_cli.write.screen import Screen
from heal_cli.write.screen_change import ChangeScreen, no_such_row
from heal_cli.write.sequence import in_sequence
from heal_cli.write.sqlstate import Fault, fault_of
from heal_cli.write.stage import catalog_path
from heal_cli.write.work import Segment

HANDFUL: Final = 8
"""Rows that are sooner tried one by one than screened."""

MOST_SCREENS: Final = 3
"""Screens of the same rows: other writers may have committed what was not there to be seen."""


class Loader:
    """Writes, screens and judges rows of one table; `prepare` comes first, inside a transaction."""

    def __init__(self, table: TableSchema, options: WriteOptions, run: str | None) -> None:
        """`run`: as the ledger knows it, None where there is no ledger."""
        self._table = table
        self._options = options
        self._run = run
        self._copier: Copier | Inserter | Changer = Copier(table)
        self._conflict = Conflict("reject", ())
        self._facts: Facts | None = None
        self._has_faults = options.conflicts != "reject"
        self._has_deferrable = any(c.deferrable for c in table.constraints) or any(
            t.is_constraint for t in table.triggers
        )
        self._has_gatekeepers = table.row_security or table.kind == "v" or bool(table.triggers)
        # Row triggers before the write may mend a row; a policy may refuse the row that would win.
        self.is_decisive = not table.row_security and not table.mending_triggers

    def prepare(self, connection: psycopg.Connection) -> None:
        """Choose between COPY and INSERT.

        Raises:
            WriteError: `--on-conflict` needs a unique constraint to tell duplicates by, or a right to update.
        """
        if self._facts is not None:
            return
        update = self._options.conflicts == "update"
        if self._options.conflicts == "reject" and not needs_insert(self._table):
            return
        facts = self._read_facts(connection)
        self._conflict = choose_conflict(self._options, facts.uniques, self._table.qualified)
        if (mode := self._options.mode) not in ("insert", "replace"):
            kept = self._run if self._options.restore and not self._options.dry_run else None
            self._copier = Changer(self._table, facts, self._conflict.arbiters[0], mode, run=kept)
            return
        if update:
            self._check_update_right(connection)
        if update or needs_insert(self._table):
            self._copier = Inserter(self._table, facts, self._conflict)

    def in_sequence(self, cursor: psycopg.Cursor, parts: Sequence[pl.DataFrame]) -> Sequence[pl.DataFrame]:
        """The parts of a batch in the order to write them in: of two changes of one row the later counts."""
        if self._conflict.mode != "update":
            return parts
        screen = Screen(self._table, self._read_facts(cursor.connection), self._conflict, self._run)
        (key,) = self._conflict.arbiters
        return in_sequence(parts, self._table, key, lambda rows: screen.groups_of(cursor, rows, key))

    @property
    def _needs_row(self) -> bool:
        """A row of the batch does nothing unless the table has one of its key."""
        return self._options.mode in ("update", "delete")

    def load(self, cursor: psycopg.Cursor, rows: pl.DataFrame) -> int:
        """Rows that the server took; every constraint on them has been checked."""
        taken = self._copier.copy(cursor, rows)
        if self._has_deferrable:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        return taken

    @property
    def changed(self) -> int:
        """Rows of the table that the last `load` updated or deleted."""
        return self._copier.changed if isinstance(self._copier, Changer) else 0

    @property
    def kept(self) -> int:
        """Rows that the last `load` changed, and kept in a restore point."""
        return self._copier.kept if isinstance(self._copier, Changer) else 0

    def expects_faults(self, rows: pl.DataFrame, screens: int) -> bool:
        """The rows are better screened before they are tried: those before them had faults."""
        return self._has_faults and screens == 0 and self.may_screen(rows, screens)

    def may_screen(self, rows: pl.DataFrame, screens: int) -> bool:
        """Screening them is worth it, and may still find something."""
        if self._facts is not None and not self._facts.can_stage:
            return False
        # INSERT ... ON CONFLICT DO UPDATE takes no two rows of one key.
        fewest = 1 if self._options.conflicts == "update" else HANDFUL
        return screens < MOST_SCREENS and (rows.height > fewest or self._needs_row)

    def screen(self, cursor: psycopg.Cursor, segment: Segment) -> Segment:
        """The same rows, with those known that constraints refuse."""
        facts = self._read_facts(cursor.connection)
        rows = segment.loadable
        screen = ChangeScreen if self._needs_row else Screen
        found = (
            screen(self._table, facts, self._conflict, self._run).find(cursor, rows)
            if facts.can_stage
            else None
        )
        if found is not None and found.height and not self.is_decisive and not self._needs_row:
            refused = refused_suspects(
                cursor.connection,
                rows,
                found,
                load=lambda tried: self.load(cursor, tried),
                verdict=self.verdict,
                fault_of=self.fault_of,
            )
            found = self._conflict.ignored(refused)
        if self._options.conflicts == "reject":
            self._has_faults = found is not None and found.height > 0
        if found is None or found.is_empty():
            return segment._replace(screens=segment.screens + 1)
        return segment.knowing(found)._replace(screens=segment.screens + 1)

    def may_explain(self, refused: pl.DataFrame | None) -> bool:
        """Whether `explain` may have something to add, by what is known without asking the server."""
        if refused is None or refused.is_empty() or not self.is_decisive or self._needs_row:
            return False
        facts = self._facts
        if facts is None:
            return True
        return facts.can_stage and Screen(self._table, facts, self._conflict, self._run).stages(refused)

    def explain(self, cursor: psycopg.Cursor, rejects: pl.DataFrame, refused: pl.DataFrame) -> pl.DataFrame:
        """The same REJECTS, with what else the table would refuse of those rows among their attempts."""
        facts = self._read_facts(cursor.connection)
        if not facts.can_stage:
            return rejects
        said = Screen(self._table, facts, self._conflict, self._run).also_wrong(cursor, refused)
        if said is None:
            return rejects
        attempts = pl.concat_list("attempts", pl.col("more").fill_null(pl.lit([], pl.List(pl.String))))
        return (
            rejects.join(said, on=ROW, how="left", maintain_order="left")
            .with_columns(attempts=attempts)
            .drop("more")
        )

    def verdict(self, error: psycopg.Error | None, rows: pl.DataFrame) -> tuple[int, pl.DataFrame] | None:
        """Place and REJECTS of the row that the server refused; None where nobody knows which it is.

        Args:
            error: None when the server said nothing and kept fewer rows: a trigger returned NULL.
        """
        place = self._refused_place(error, rows)
        if place is None:
            return None
        row = rows.slice(place, 1)
        if error is None and self._needs_row and not self._has_gatekeepers:
            return place, no_such_row(row, self._conflict.arbiters[0])
        reject = reject_row(error, row, self._table) if error else skipped_row(row)
        return place, self._conflict.ignored(reject)

    def _refused_place(self, error: psycopg.Error | None, rows: pl.DataFrame) -> int | None:
        if rows.height == 1:
            return 0
        line = failed_line(error) if error else None
        sent_as = self._copier.format
        return None if line is None or sent_as is None else row_at(line, rows.drop(ROW), sent_as)

    def fault_of(self, error: psycopg.Error) -> Fault:
        """Who is to blame, as far as this table is concerned."""
        if is_verdict_on_value(error):
            return Fault.ROW
        # Elsewhere a missing right is nothing that a row could mend: on a sequence, a function, to UPDATE.
        return fault_of(error, may_insert=self._table.can_insert and self._has_gatekeepers)

    def _check_update_right(self, connection: psycopg.Connection) -> None:
        """With policies on the table, a missing right would look like a verdict on every row."""
        query = "SELECT pg_catalog.has_any_column_privilege(%s::pg_catalog.oid, 'UPDATE'), current_user::text"
        may, role = connection.execute(query, (self._table.oid,)).fetchone() or (False, "")
        if not may:
            raise WriteError(
                f"Role {role!r} may not update {self._table.qualified}, as --on-conflict update does",
                hint=f'Ask its owner for GRANT UPDATE ON {self._table.qualified} TO "{role}"',
            )

    def _read_facts(self, connection: psycopg.Connection) -> Facts:
        if self._facts is None:
            with catalog_path(connection):
                self._facts = read_facts(connection, self._table.oid)
        return self._facts

"""As much of a batch as one transaction holds: each savepoint leaves rows that stand, and accounts for them.

Where the server refuses rows, they are screened: the bad ones are found by queries, and the others are
sent again. What no query explains is cut down until the bad rows stand alone.
"""

from __future__ import annotations

from typing import Final

import psycopg

from heal_cli.model import Spans
from heal_cli.write.loader import Loader
from heal_cli.write.page import Page, Settled
from heal_cli.write.sqlstate import Fault
from heal_cli.write.target import BatchRef
from heal_cli.write.work import Segment, Work

MAX_SAVEPOINTS: Final = 60
"""Subtransactions of one transaction; past 64 the server's cache overflows and every snapshot pays."""


class Savepoints:
    """Fills transactions with rows.

    Args:
        is_whole_run: The transaction goes on behind the batch (`--atomic`, `--dry-run`, `--mode replace`).
    """

    def __init__(self, loader: Loader, page: Page, *, is_whole_run: bool) -> None:
        self._loader = loader
        self._page = page
        self._is_whole_run = is_whole_run
        self._emptied = self._kept_emptied = 0
        self.changed = 0
        """Rows of the table that the last transaction updated or deleted."""

    def note_emptied(self, rows: int, *, kept: bool) -> None:
        """Rows of the table were deleted to be replaced: the next piece accounts for them.

        Args:
            kept: They are in its restore point.
        """
        self._emptied, self._kept_emptied = rows, rows if kept else 0

    def fill(self, cursor: psycopg.Cursor, trial: Work, ref: BatchRef) -> None:
        """Write rows of `trial` until it is done, or the transaction full."""
        savepoints = self.changed = 0
        while trial.pending and savepoints < MAX_SAVEPOINTS and not trial.is_full:
            self._try_rows(cursor, trial, ref)
            savepoints += 1
        if not trial.is_done:
            self._account(cursor, trial, ref, pending=trial.left)

    def _try_rows(self, cursor: psycopg.Cursor, trial: Work, ref: BatchRef) -> None:
        """Write the next rows in a savepoint; on a row's fault, find out which rows are to blame."""
        segment = trial.take()
        rows = segment.loadable
        if rows.is_empty():
            trial.settle(segment)
            return
        if self._loader.expects_faults(rows, segment.screens):
            trial.put_back(self._loader.screen(cursor, segment))
            return
        cursor.execute("SAVEPOINT heal_rows")
        error: psycopg.Error | None = None
        try:
            taken = self._loader.load(cursor, rows)
        except psycopg.Error as refusal:
            if cursor.connection.broken or self._loader.fault_of(refusal) is not Fault.ROW:
                raise
            error = refusal
        if error is None and taken == rows.height:
            trial.settle(segment)
            self._account(cursor, trial, ref, kept=self._loader.kept, changed=self._loader.changed)
            cursor.execute("RELEASE SAVEPOINT heal_rows")
            return
        cursor.execute("ROLLBACK TO SAVEPOINT heal_rows")
        if self._loader.may_screen(rows, segment.screens):
            screened = self._loader.screen(cursor, segment)
            if screened.known is not segment.known:
                trial.put_back(screened)
                return
            segment = screened
        self._cut_down(trial, segment, error)

    def _cut_down(self, trial: Work, segment: Segment, error: psycopg.Error | None) -> None:
        """Name the refused row, or halve where it is not known.

        Args:
            error: None when the server said nothing and kept fewer rows: a trigger returned NULL.
        """
        verdict = self._loader.verdict(error, segment.loadable)
        if verdict is None:
            trial.split(segment)
        else:
            trial.isolate(segment, verdict[1])

    def _account(
        self,
        cursor: psycopg.Cursor,
        trial: Work,
        ref: BatchRef,
        *,
        pending: Spans | None = None,
        kept: int = 0,
        changed: int = 0,
    ) -> None:
        """Account for all that was settled since the last piece.

        Args:
            pending: Of the last piece of a transaction: the rows that are left to later ones.
            kept: Rows in the restore point of this savepoint.
            changed: Rows of the table that it updated or deleted.
        """
        rows = trial.close_piece()
        self.changed += changed
        is_last = trial.is_done or pending is not None
        settled = Settled(
            rows,
            pending=trial.left_out if trial.is_done else pending,
            ends_with=trial.loaded_together if is_last and not self._is_whole_run else None,
            kept=kept + self._kept_emptied,
            changed=changed + self._emptied,
        )
        self._emptied = self._kept_emptied = 0
        self._page.add(cursor, trial, ref, settled)

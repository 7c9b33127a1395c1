"""One healed batch -> committed rows, rejects and ledger pieces, whatever the server does.

A batch is usually one transaction with one savepoint: lock, version check, COPY, ledger piece,
commit. Where the server refuses rows, the batch is screened: the bad rows are found by queries, and
the others are sent again. What no query explains is cut down until the bad rows stand alone; each
savepoint that holds carries its own ledger piece, and after `MAX_SAVEPOINTS` the rest goes on in a
new transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import psycopg

from heal_cli.errors import DatabaseUnavailable, SchemaChanged, WriteError
from heal_cli.model import Healed, Spans, Written
from heal_cli.write.attempts import Attempts
from heal_cli.write.audit import audit_whole_run, failed_since
from heal_cli.write.connection import begin, connect
from heal_cli.write.guard import ChangeGuard
from heal_cli.write.ledger import Piece, add_piece, lock_batch
from heal_cli.write.loader import Loader
from heal_cli.write.lock import TableLock
from heal_cli.write.patience import Pace, retrying
from heal_cli.write.replace import empty_table, lock_alone
from heal_cli.write.sqlstate import Fault, fault_of, to_heal_error
from heal_cli.write.target import BatchRef, Record, Target
from heal_cli.write.watch import cut_after, longest_s
from heal_cli.write.work import Segment, Work

MAX_SAVEPOINTS: Final = 60
"""Subtransactions of one transaction; past 64 the server's cache overflows and every snapshot pays."""


class Writer:
    """Writes batches over one connection, opened when first needed.

    Args:
        connection: One whose open transaction the rows are to be written in; None for one of its own.
    """

    def __init__(
        self,
        target: Target,
        attempts: Attempts | None = None,
        connection: psycopg.Connection | None = None,
    ) -> None:
        self._target = target
        self._lock = TableLock(target.table, target.version_of)
        self._loader = Loader(target.table, target.options, target.run if target.has_ledger else None)
        self._connection = connection
        self._attempts = attempts or Attempts()
        kept = target.run if target.has_ledger and not target.options.dry_run else None
        self._guard = ChangeGuard(target.table, target.options, kept)
        self._images_run = kept if target.options.restore else None
        self._changed = 0  # rows of the table, in this transaction
        self._emptied = 0  # rows that the next piece accounts for
        self.replaced: int | None = None
        """Rows that were in the table; None: they are still."""
        self._pace = Pace(target.options.timeout_s)
        self.has_failed_attempts = False
        """Lines of attempts that never committed may stand in the rejects file."""

    @property
    def _keeps_open(self) -> bool:
        """One transaction for the whole run (`--atomic`, `--dry-run`, `--mode replace`)."""
        return self._target.options.is_one_transaction

    @property
    def _longest_s(self) -> float | None:
        return longest_s(self._target.options, server_version=self._target.table.server_version)

    def open(self) -> psycopg.Connection:
        """The connection of an `--atomic` or `--dry-run` run, in its one transaction.

        Raises:
            SchemaChanged: The table is not the one the plan was made for.
        """
        connection = self._connect()
        with connection.cursor() as cursor:
            self._begin(cursor)
        return connection

    @property
    def is_connected(self) -> bool:
        """The connection of the last batch stands."""
        return self._connection is not None and not (self._connection.closed or self._connection.broken)

    def close(self) -> None:
        """Give the connection back; what is not committed is rolled back by the server."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def finish(self, check: Callable[[psycopg.Connection], None]) -> None:
        """End the transaction of an `--atomic` (commit) or `--dry-run` (roll back) run.

        Args:
            check: Looks at what is about to be committed, and raises if it is not to be.
        """
        if self._connection is None or not self._keeps_open:
            return
        try:
            if self.replaced is not None:
                with self._connection.cursor() as cursor:
                    self._guard.check_replaced(cursor)
            if self._target.options.dry_run:
                self._connection.rollback()
                return
            check(self._connection)
            if self._target.has_ledger:
                with self._connection.cursor() as cursor:
                    audit_whole_run(cursor, self._target.run, self._target.options.recorded_mode)
            self._connection.commit()
        except psycopg.Error as error:
            if self._connection.broken and not self._target.has_ledger:
                raise _in_doubt("the rows of this run") from error
            raise to_heal_error(error, "committing the whole run") from error

    def write(self, healed: Healed, ref: BatchRef, record: Record) -> Written:
        """Commit every row that fits, name every row that does not.

        Args:
            healed: Its rejects, too, are recorded with this batch.
            record: Called before each commit with what that transaction leaves behind.

        Returns:
            What this call committed, and how many rows another run had settled before.

        Raises:
            SchemaChanged: The table is not the one the plan was made for; what is committed stays.
            DatabaseUnavailable: The world failed, past the retries; the ledger knows what is done.
            WriteError: The server refused something that is no row's fault.
        """
        work = Work.of(self._explained(healed), ref.left_out)
        try:
            while not work.is_done:
                work = self._advance(work, ref, record)
        except SchemaChanged as error:
            error.written = work.written()
            raise
        except DatabaseUnavailable as error:
            error.written = work.written()
            raise
        except psycopg.Error as error:
            where = f"writing rows {ref.chunk.first_row} to {ref.chunk.last_row}"
            failure = to_heal_error(error, f"{where} of {ref.source_name} to {self._target.table.qualified}")
            if isinstance(failure, DatabaseUnavailable):
                failure.written = work.written()
            raise failure from error
        return work.written()

    def _explained(self, healed: Healed) -> Healed:
        """The same batch, whose rejects also say which constraints they violate."""
        if healed.refused is None or healed.refused.is_empty() or not self._loader.is_decisive:
            return healed
        try:
            connection = self._connect()
            with cut_after(connection, self._longest_s), connection.cursor() as cursor:
                self._begin(cursor)
                rejects = self._loader.explain(cursor, healed.rejects, healed.refused)
            if not self._keeps_open:
                connection.rollback()
        except (psycopg.Error, DatabaseUnavailable):
            # They are rejects without it, and whether the server can be reached is the writing's concern.
            if self._keeps_open:
                raise
            self.close()
            return healed
        return healed._replace(rejects=rejects)

    def _begin(self, cursor: psycopg.Cursor) -> None:
        """A transaction on the table that the plan was made for; that of the run goes on."""
        connection = cursor.connection
        if not (self._keeps_open and connection.info.transaction_status):
            begin(cursor, self._target.options, server_version=self._target.table.server_version)
            is_replaced = self._target.options.mode == "replace"
            if is_replaced:
                lock_alone(cursor, self._target.table)
            self._lock.take(cursor)
            self._guard.look(cursor)
            if is_replaced:
                self._empty(cursor)
        self._loader.prepare(connection)

    def _empty(self, cursor: psycopg.Cursor) -> None:
        self._guard.remember(cursor)
        self.replaced = self._emptied = empty_table(cursor, self._target.table, run=self._images_run)

    def _advance(self, work: Work, ref: BatchRef, record: Record) -> Work:
        """Commit the next transaction's worth of the batch, past passing faults."""
        doubtful: Work | None = None
        for attempt in retrying(self._target.options):
            with attempt:
                clock = time.monotonic()
                trial = work.next_attempt(self._next_attempt(ref), self._pace.most_rows)
                self._pace.begin()
                connection = self._connect()
                try:
                    with cut_after(connection, self._longest_s):
                        settled = self._fill(connection, trial, doubtful, ref)
                        if settled is not trial:
                            connection.rollback()
                            return settled
                        record(trial.fresh_rejects(work), trial.fresh_rows(work), trial.attempt)
                        doubtful = trial
                        self._commit(connection)
                        self._pace.note_committed()
                        self._guard.note_committed(self._changed)
                        if not self._target.has_ledger:
                            self._attempts.note_committed(ref.source_name, ref.chunk.index, trial.attempt)
                except psycopg.Error as error:
                    is_doubtful = doubtful is trial and connection.closed
                    self._note_failed(clock, trial, error, is_doubtful=is_doubtful)
                    self._after_error(error, connection, work, trial, doubtful)
                    if connection.closed and fault_of(error) in {Fault.ROW, Fault.PLAN}:
                        # The server's last words: whom they blame can only be settled over a new connection.
                        raise psycopg.OperationalError("the connection was lost") from error
                    raise
                except BaseException:
                    self.close()
                    raise
                return trial
        raise AssertionError("tenacity re-raises the last error")

    def _note_failed(self, clock: float, trial: Work, error: psycopg.Error, *, is_doubtful: bool) -> None:
        self.has_failed_attempts = True
        if self._target.has_ledger and not self._keeps_open:
            outcome = "in doubt" if is_doubtful else "failed"
            kind = self._target.options.recorded_mode
            failed = failed_since(clock, kind, trial.loaded_together, error.sqlstate, outcome=outcome)
            self._attempts.note_failed(failed)

    def _next_attempt(self, ref: BatchRef) -> int:
        return self._attempts.begin(ref.source_name, ref.chunk.index)

    def _after_error(
        self,
        error: psycopg.Error,
        connection: psycopg.Connection,
        work: Work,
        trial: Work,
        doubtful: Work | None,
    ) -> None:
        """Make ready for the next try: a usable connection or none, and a smaller transaction after a time limit."""
        if connection.broken or connection.closed:
            if doubtful is trial and not self._target.has_ledger:
                raise _in_doubt("the rows of the last batch") from error
            self.close()
        else:
            connection.rollback()
        if fault_of(error) is Fault.LIMIT:
            self._pace.note_limit(work.half(trial.cap, error, self._target.options.timeout_s))

    def _fill(
        self, connection: psycopg.Connection, trial: Work, doubtful: Work | None, ref: BatchRef
    ) -> Work:
        """Write as much of `trial` as one transaction holds; not yet committed.

        Returns:
            `trial` itself, or `doubtful` when the ledger shows that its COMMIT had arrived.
        """
        with connection.cursor() as cursor:
            self._begin(cursor)
            if self._target.has_ledger and self._take_batch(cursor, trial, doubtful, ref):
                assert doubtful is not None
                return doubtful
            savepoints = self._changed = 0
            while trial.pending and savepoints < MAX_SAVEPOINTS and not trial.is_full:
                self._try_rows(cursor, trial, ref)
                savepoints += 1
            if not trial.is_done:
                self._add_piece(cursor, trial, ref, pending=trial.left)
            if self._target.options.mode != "replace":
                self._guard.check(cursor, ref.source, self._changed)
        return trial

    def _take_batch(self, cursor: psycopg.Cursor, trial: Work, doubtful: Work | None, ref: BatchRef) -> bool:
        """Keep other runs off the batch, and leave out what they have settled; True if `doubtful` was committed."""
        standing = lock_batch(cursor, ref.source, ref.source_name, ref.chunk, self._target.run)
        if doubtful and standing and doubtful.attempt in standing.own_attempts:
            return True
        trial.skip_settled(standing)
        return False

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
            self._add_piece(cursor, trial, ref, kept=self._loader.kept, changed=self._loader.changed)
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

    def _add_piece(
        self,
        cursor: psycopg.Cursor,
        trial: Work,
        ref: BatchRef,
        *,
        pending: Spans | None = None,
        kept: int = 0,
        changed: int = 0,
    ) -> None:
        """Account in the ledger for all that was settled since the last piece.

        Args:
            pending: Of the last piece of a transaction: the rows that are left to later ones.
            kept: Rows in the restore point of this savepoint.
            changed: Rows of the table that it updated or deleted.
        """
        rows = trial.close_piece()
        self._changed += changed
        if trial.is_done:
            pending = trial.left_out
        if not self._target.has_ledger:
            return
        emptied, self._emptied = self._emptied, 0
        target = self._target
        piece = Piece(
            piece=trial.pieces - 1,
            complete=trial.is_done and not pending,
            pending=pending or None,
            run=target.run,
            attempt=trial.attempt,
            mode=target.options.recorded_mode,
            kept=kept + (emptied if self._images_run else 0),
            changed=changed + emptied,
            ends_with=self._ends_with(trial, pending),
        )
        add_piece(cursor, ref.source, ref.source_name, ref.chunk, piece, rows)

    def _ends_with(self, trial: Work, pending: Spans | None) -> int | None:
        """Rows of the transaction that the piece just closed ends; None if more follow in it."""
        return (
            trial.loaded_together if not self._keeps_open and (trial.is_done or pending is not None) else None
        )

    def _commit(self, connection: psycopg.Connection) -> None:
        if not self._keeps_open:
            connection.commit()

    def _connect(self) -> psycopg.Connection:
        if self._connection is None:
            self._connection = connect(self._target.conninfo, application_name=f"heal/{self._target.run}")
        return self._connection


def _in_doubt(what: str) -> WriteError:
    """A COMMIT whose answer was lost, where no ledger can tell."""
    return WriteError(
        f"The connection was lost during COMMIT, and without a ledger nobody can tell whether {what} are in the table",
        hint="Look for them in the table before you load them again",
    )

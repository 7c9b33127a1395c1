"""One healed batch -> committed rows, rejects and ledger pieces, whatever the server does.

A batch is usually one transaction with one savepoint: lock, version check, COPY, ledger piece,
commit. Where the server refuses rows, there are more savepoints, each that holds with a ledger piece
of its own, and after `MAX_SAVEPOINTS` the rest goes on in a new transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import psycopg

from heal_cli.errors import DatabaseUnavailable, SchemaChanged, WriteError
from heal_cli.model import Healed, Written
from heal_cli.write.attempts import Attempts
from heal_cli.write.audit import audit_whole_run, failed_since
from heal_cli.write.connection import LimitedConnection, begin, connect
from heal_cli.write.guard import ChangeGuard
from heal_cli.write.loader import Loader
from heal_cli.write.lock import TableLock
from heal_cli.write.page import BatchPage, NoPage, Page
from heal_cli.write.patience import Pace, retrying
from heal_cli.write.replace import empty_table, lock_alone
from heal_cli.write.savepoints import Savepoints
from heal_cli.write.sqlstate import Fault, fault_of, to_heal_error
from heal_cli.write.target import BatchRef, Record, Target
from heal_cli.write.watch import cut_after, longest_s
from heal_cli.write.work import Work


class Writer:
    """Writes batches over one connection, opened when first needed.

    Args:
        connection: One whose open transaction the rows are to be written in; None for one of its own.
        page: Where the rows are accounted for; None: as batches, if there is a ledger.
    """

    def __init__(
        self,
        target: Target,
        attempts: Attempts | None = None,
        connection: LimitedConnection | None = None,
        page: Page | None = None,
    ) -> None:
        self._target = target
        self._lock = TableLock(target.table, target.version_of)
        self._loader = Loader(target.table, target.options, target.run if target.has_ledger else None)
        self._connection = connection
        self._attempts = attempts or Attempts()
        kept = target.run if target.has_ledger and not target.options.dry_run else None
        self._guard = ChangeGuard(target.table, target.options, kept)
        self._images_run = kept if target.options.restore else None
        own = BatchPage(target.run, target.options.recorded_mode) if target.has_ledger else NoPage()
        self._page = page or own
        self._savepoints = Savepoints(self._loader, self._page, is_whole_run=self._keeps_open)
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

    def open(self) -> LimitedConnection:
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
        if not self._loader.may_explain(healed.refused):
            return healed
        assert healed.refused is not None
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
        self.replaced = empty_table(cursor, self._target.table, run=self._images_run)
        self._savepoints.note_emptied(self.replaced, kept=self._images_run is not None)

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
                        self._guard.note_committed(self._savepoints.changed)
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
            if self._page.take(cursor, trial, doubtful, ref):
                assert doubtful is not None
                return doubtful
            trial.put_in_sequence(partial(self._loader.in_sequence, cursor))
            self._savepoints.fill(cursor, trial, ref)
            if self._target.options.mode != "replace":
                self._guard.check(cursor, ref.source, self._savepoints.changed)
        return trial

    def _commit(self, connection: psycopg.Connection) -> None:
        if not self._keeps_open:
            connection.commit()

    def _connect(self) -> LimitedConnection:
        if self._connection is None:
            target = self._target
            self._connection = connect(
                target.conninfo, application_name=f"heal/{target.run}", limits=target.options
            )
        return self._connection


def _in_doubt(what: str) -> WriteError:
    """A COMMIT whose answer was lost, where no ledger can tell."""
    return WriteError(
        f"The connection was lost during COMMIT, and without a ledger nobody can tell whether {what} are in the table",
        hint="Look for them in the table before you load them again",
    )

"""`heal rejects retry`: the records of a rejects file, loaded again after their cause was mended.

What the ledger has settled is marked as such; the others go through heal and write as any batch does,
under the lock of the batch that they were rejected from.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import psycopg

from heal_cli.errors import ConservationError, UsageError
from heal_cli.model import LoadOptions
from heal_cli.patterns import load_catalogue, read_knowledge
from heal_cli.pipeline.identity import new_run_id
from heal_cli.pipeline.retry_file import Answers, RetryFile
from heal_cli.pipeline.retry_origin import Origin, Origins
from heal_cli.pipeline.retry_worker import RetryWorker
from heal_cli.record import (
    DUPLICATES,
    ONLY_BY_NAME,
    RejectRecord,
    RetryReport,
    encode,
    iter_rejects,
    require_rejects,
    retry_document,
)
from heal_cli.wording import counted
from heal_cli.write import (
    Books,
    RejectBatch,
    RunNote,
    begin_run,
    end_failed_run,
    end_run,
    find_reject_batch,
    ledger_migrations,
    migrate,
    retried_totals,
    way_in,
)
from heal_cli.write.sqlstate import to_heal_error

_WITH_REJECTS: Final = 3


@dataclass(frozen=True, slots=True)
class RetryOptions:
    """One `heal rejects retry`."""

    path: Path
    load: LoadOptions  # without sources; `table` only where there is no ledger
    reasons: frozenset[str] = frozenset()  # only these; empty: all but ONLY_BY_NAME
    rows: tuple[tuple[int, int], ...] = ()  # only these row numbers, from and through; empty: all
    unknown_columns: Literal["rescue", "drop", "reject"] | None = None  # None: as the run had it
    without_ledger: bool = False  # go on where there is none

    def wants(self, record: RejectRecord) -> bool:
        """The record is one of those to try."""
        if record.raw is None or record.row is None or record.settled is not None:
            return False
        if self.rows and not any(first <= record.row <= last for first, last in self.rows):
            return False
        return record.reason in self.reasons if self.reasons else record.reason not in ONLY_BY_NAME


def retry_rejects(
    options: RetryOptions,
    *,
    should_stop: Callable[[], int] = lambda: 0,
    command: str = "heal rejects retry",
    version: str = "",
) -> RetryReport:
    """Load the rejected records of a file again; each once, however often this is run or killed.

    Args:
        should_stop: The number of a signal that asks to end after the batch in flight, or 0.

    Raises:
        UsageError: There is no ledger and nobody said to go on without, or it knows nothing of the file.
        HealError: What ended the retry; what was committed stays, and the same command goes on from there.
    """
    require_rejects(options.path)
    try:
        with ExitStack() as stack:
            retry = _Retry(options, stack, should_stop=should_stop, command=command, version=version)
            return retry.run()
    except (
        psycopg.OperationalError,
        psycopg.errors.InsufficientPrivilege,
        psycopg.errors.ReadOnlySqlTransaction,
    ) as error:
        raise to_heal_error(error, "retrying rejects") from error


class _Retry:
    """One retry: the sources it has met, and what came of their records."""

    def __init__(
        self,
        options: RetryOptions,
        stack: ExitStack,
        *,
        should_stop: Callable[[], int],
        command: str,
        version: str,
    ) -> None:
        self._options = options
        self._command, self._version = command, version
        self._id = new_run_id()
        self._clock = time.perf_counter()
        self._tables: dict[str, None] = {}  # that were begun on
        self._books = Books(
            options.load.conninfo, application_name=f"heal/{self._id}", limits=options.load.write
        )
        stack.callback(self._books.close)
        stack.push(self._note_failure)
        self._has_ledger = migrate(self._books.connection, ledger_migrations()) is not None
        if not self._has_ledger and not options.without_ledger:
            raise UsageError(
                "The role may not use schema heal, so nobody can tell which of these records another retry has"
                " loaded, and a retry that is killed may load some of them twice",
                hint=f"Take that risk with --yes, or give it the right. {way_in(self._books.connection)}",
            )
        knowledge = read_knowledge(self._books.connection)
        self._finder = Origins(
            lambda: self._books.connection,
            options.path,
            options.load,
            options.unknown_columns,
            knowledge.trusted(load_catalogue(options.load.catalogues)),
            datetime.now(UTC),
            knowledge,
        )
        self._worker = RetryWorker(self._finder, self._id, has_ledger=self._has_ledger)
        stack.callback(self._worker.close)
        self._file = RetryFile(
            options.path,
            self._worker,
            Answers(
                self._finder.by_ledger_to_insert if self._has_ledger else self._finder.by_file,
                self._batch,
                options.wants,
                self._begin,
                should_stop,
            ),
            run=self._id,
            has_ledger=self._has_ledger,
        )

    def run(self) -> RetryReport:
        """Go through the file until what it says is what the ledger holds."""
        is_in_place = self._file.go_through()
        if self._file.unknown and not self._file.standings:
            raise UsageError(
                f"The ledger of this database holds nothing of {str(self._options.path)!r}: its run was never"
                " committed (a dry run, perhaps), was undone, or was in another database",
                hint="Name the database with --dsn, or load the file itself",
            )
        return self._report(is_in_place=is_in_place)

    def _batch(self, origin: Origin, record: RejectRecord) -> RejectBatch | None:
        if not self._has_ledger:
            return RejectBatch(0, 0, "", range(sys.maxsize), {})
        return find_reject_batch(self._books.connection, origin.number, record.batch, record.run)

    def _begin(self, origin: Origin) -> None:
        """Note the run in the ledger before its first row."""
        table = origin.table
        is_first = not self._tables
        self._tables[table.qualified] = None
        if not is_first or not self._has_ledger:
            return
        begin_run(
            self._books.connection,
            RunNote(
                run=self._id,
                command=self._command,
                version=self._version,
                table_oid=table.oid,
                table=table.qualified,
                schema_version=table.version,
                rejects_path=str(self._options.path),
                leftovers_path=str(self._worker.leftovers_path(table)),
            ),
        )

    def _note_failure(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None and self._tables and self._has_ledger:
            end_failed_run(self._books.kept, run=self._id, error=error)

    def _report(self, *, is_in_place: bool) -> RetryReport:
        """Check the books and say what became of the records."""
        outcome, path = self._worker.outcome, self._options.path
        if self._has_ledger:
            kept = retried_totals(self._books.connection, self._id)
            if kept != (outcome.rows.loaded, outcome.rows.duplicates):
                raise ConservationError(
                    f"The ledger and this retry differ: {kept[0]} and {outcome.rows.loaded} loaded",
                    hint=f"This is a defect of heal; please report it with run {self._id}",
                )
        self._worker.finish()
        remaining = Counter(record.reason for record in iter_rejects(path) if record.settled is None)
        has_rejects = any(reason not in DUPLICATES for reason in remaining)
        report = RetryReport(
            run=self._id,
            path=str(path),
            tables=tuple(self._tables),
            tried=self._worker.tried,
            loaded=outcome.rows.loaded,
            duplicates=self._worker.duplicates,
            rejected=self._worker.rejected,
            settled=self._file.settled + self._worker.by_others,
            unknown=self._file.unknown,
            remaining=dict(remaining.most_common()),
            heals=outcome.tallies,
            leftovers_path=self._worker.used_leftovers,
            notes=tuple(self._notes(is_in_place=is_in_place)),
            seconds=time.perf_counter() - self._clock,
            exit_code=128 + self._file.signal if self._file.signal else _WITH_REJECTS if has_rejects else 0,
        )
        if self._has_ledger and self._tables:
            state = "stopped" if self._file.signal else "done"
            end_run(self._books.connection, run=self._id, state=state, report=encode(retry_document(report)))
        return report

    def _notes(self, *, is_in_place: bool) -> Iterator[str]:
        if not self._has_ledger:
            yield "The role may not use schema heal: nothing but the marks in the rejects file says what is loaded"
        if self._file.signal:
            yield "Stopped before the end of the file; the same command goes on"
        if not is_in_place:
            yield f"{str(self._options.path)!r} is in use; run the retry again to mark what is loaded"
        if self._file.unknown:
            yield (
                f"{counted(self._file.unknown, 'line is of an attempt', 'lines are of attempts')} that this database's ledger does not hold: never"
                " committed, undone, a dry run, or another database"
            )

"""`heal rejects retry`: the records of a rejects file, loaded again after their cause was mended.

The file is read in groups of one batch each. What the ledger has settled is marked as such; the others
go through heal and write as any batch does, under the lock of the batch that they were rejected from.
The rejects file is made anew at the end only, since the lines in it are as good as before: a record
that a killed retry had loaded is known by the ledger, and one that failed again is still a reject.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec
import psycopg

from heal_cli.errors import ConservationError, UsageError
from heal_cli.model import HealTally, LoadOptions
from heal_cli.patterns import load_catalogue
from heal_cli.pipeline.identity import new_run_id
from heal_cli.pipeline.retry_origin import Origin, Origins
from heal_cli.pipeline.retry_worker import RetryWorker
from heal_cli.record import (
    DUPLICATES,
    ONLY_BY_NAME,
    RejectRecord,
    RetryReport,
    Rewrite,
    decode_line,
    encode,
    encode_line,
    iter_rejects,
    retry_document,
)
from heal_cli.write import (
    RejectBatch,
    RunNote,
    begin_run,
    connect,
    end_run,
    find_reject_batch,
    ledger_migrations,
    migrate,
    retried_totals,
)
from heal_cli.write.sqlstate import to_heal_error

GROUP_BYTES: Final = 8 * 2**20
"""Lines of the file that are loaded together at most, like a batch."""

PASSES: Final = 4
"""Times that the file is gone through: once to load, again only where others replaced it meanwhile."""

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
    try:
        with ExitStack() as stack:
            return _Retry(options, should_stop, command, version, stack).run()
    except (
        psycopg.OperationalError,
        psycopg.errors.InsufficientPrivilege,
        psycopg.errors.ReadOnlySqlTransaction,
    ) as error:
        raise to_heal_error(error, "retrying rejects") from error


class _Line(NamedTuple):
    """A line of the file, and what it says."""

    data: bytes
    record: RejectRecord | None  # None: a crash tore it, or it is something else


class _Retry:
    """One retry: the sources it has met, and what came of their records."""

    def __init__(
        self,
        options: RetryOptions,
        should_stop: Callable[[], int],
        command: str,
        version: str,
        stack: ExitStack,
    ) -> None:
        self._options = options
        self._should_stop = should_stop
        self._command, self._version = command, version
        self._id = new_run_id()
        self._clock = time.perf_counter()
        self._connection = connect(options.load.conninfo, application_name=f"heal/{self._id}")
        self._connection.autocommit = True
        stack.callback(self._connection.close)
        self._has_ledger = migrate(self._connection, ledger_migrations()) is not None
        if not self._has_ledger and not options.without_ledger:
            raise UsageError(
                "The role may not use schema heal, so nobody can tell which of these records another retry has"
                " loaded, and a retry that is killed may load some of them twice",
                hint="Run as an owner once: heal init; or take that risk with --yes",
            )
        self._finder = Origins(
            self._connection,
            options.path,
            options.load,
            options.unknown_columns,
            load_catalogue(options.load.catalogues),
            datetime.now(UTC),
        )
        self._worker = RetryWorker(self._connection, self._finder, self._id, has_ledger=self._has_ledger)
        stack.callback(self._worker.close)
        self._origins: dict[tuple[str, str], Origin | None] = {}
        self._tables: dict[str, None] = {}
        self._signal = 0
        self._settled = self._unknown = self._known = 0

    def run(self) -> RetryReport:
        """Go through the file until what it says is what the ledger holds."""
        passes = 1
        is_in_place = self._pass(may_load=True)
        if self._unknown and not self._known:
            raise UsageError(
                f"The ledger of this database holds nothing of {str(self._options.path)!r}: its run was never"
                " committed (a dry run, perhaps), was undone, or was in another database",
                hint="Name the database with --dsn, or load the file itself",
            )
        while not is_in_place and passes < PASSES:
            is_in_place = self._pass(may_load=False)
            passes += 1
        return self._report(is_in_place)

    def _pass(self, *, may_load: bool) -> bool:
        """Every line once; False if the file was replaced meanwhile, so that the marks have to be set anew."""
        self._unknown = self._known = 0
        with Rewrite(self._options.path) as rewrite:
            try:
                for group in _groups(rewrite.lines()):
                    self._signal = self._signal or self._should_stop()
                    if self._signal:
                        break
                    rewrite.write([line.data for line in group], self._retried(group, may_load=may_load))
            finally:
                is_in_place = rewrite.finish()
        return is_in_place

    def _retried(self, group: list[_Line], *, may_load: bool) -> list[bytes]:
        """The lines of a group as they are to be from now on."""
        first = group[0].record
        if first is None or not (self._has_ledger or may_load):
            return [line.data for line in group]
        origin = self._origin(first.run, first.source)
        batch = self._batch(origin, first) if origin else None
        if origin is None or batch is None:
            self._unknown += len(group)
            return [line.data for line in group]
        marked = [self._marked(line.record, batch) for line in group if line.record is not None]
        counted = [record for record in marked if not self._has_ledger or record.attempt in batch.attempts]
        self._known += len(counted)
        self._unknown += len(marked) - len(counted)
        wanted = {record.row: record for record in counted if may_load and self._options.wants(record)}
        outcome = self._load(origin, batch, wanted)
        return [
            line.data if now == line.record else encode_line(now)
            for line, now in zip(group, (outcome.get(id(each), each) for each in marked), strict=True)
        ]

    def _load(
        self, origin: Origin, batch: RejectBatch, wanted: dict[int | None, RejectRecord]
    ) -> dict[int, RejectRecord]:
        """Identity of each record that was tried -> what it says now."""
        if not wanted:
            return {}
        if self._has_ledger and not self._tables:
            self._begin(origin)
        self._tables[origin.table.qualified] = None
        records = sorted(wanted.values(), key=lambda record: record.row or 0)
        after, planned = self._worker.process(origin, batch, records)
        self._origins[origin.run, origin.name] = planned
        return {id(record): now for record, now in zip(records, after, strict=True)}

    def _marked(self, record: RejectRecord, batch: RejectBatch) -> RejectRecord:
        """The record with the mark that the ledger gives it; without a ledger its own is all there is."""
        if not self._has_ledger or record.row is None or record.attempt not in batch.attempts:
            return record
        settled = batch.settled.get(record.row)
        if settled == record.settled:
            return record
        self._settled += settled not in (None, self._id)
        return msgspec.structs.replace(record, settled=settled)

    def _origin(self, run: str, name: str) -> Origin | None:
        if (run, name) not in self._origins:
            find = self._finder.by_ledger if self._has_ledger else self._finder.by_file
            self._origins[run, name] = find(run, name)
        return self._origins[run, name]

    def _batch(self, origin: Origin, record: RejectRecord) -> RejectBatch | None:
        if not self._has_ledger:
            return RejectBatch(0, 0, "", frozenset(), {})
        return find_reject_batch(self._connection, origin.number, record.batch, record.run)

    def _begin(self, origin: Origin) -> None:
        """Note the run in the ledger before its first row."""
        table = origin.table
        begin_run(
            self._connection,
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

    def _report(self, is_in_place: bool) -> RetryReport:
        """Check the books and say what became of the records."""
        outcome, path = self._worker.outcome, self._options.path
        if self._has_ledger:
            kept = retried_totals(self._connection, self._id)
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
            settled=self._settled + self._worker.by_others,
            unknown=self._unknown,
            remaining=dict(remaining.most_common()),
            heals=tuple(
                HealTally(column, rule, rows, lossy, assumption)
                for (column, rule, lossy, assumption), rows in sorted(outcome.heals.items())
            ),
            leftovers_path=self._worker.used_leftovers,
            notes=tuple(self._notes(is_in_place)),
            seconds=time.perf_counter() - self._clock,
            exit_code=128 + self._signal if self._signal else _WITH_REJECTS if has_rejects else 0,
        )
        if self._has_ledger and self._tables:
            state = "stopped" if self._signal else "done"
            end_run(self._connection, run=self._id, state=state, report=encode(retry_document(report)))
        return report

    def _notes(self, is_in_place: bool) -> Iterator[str]:
        if not self._has_ledger:
            yield "The role may not use schema heal: nothing but the marks in the rejects file says what is loaded"
        if self._signal:
            yield "Stopped before the end of the file; the same command goes on"
        if not is_in_place:
            yield f"{str(self._options.path)!r} is in use; run the retry again to mark what is loaded"
        if self._unknown:
            yield (
                f"{self._unknown:,} lines are of attempts that this database's ledger does not hold: never"
                " committed, undone, a dry run, or another database"
            )


def _groups(lines: Iterable[bytes]) -> Iterator[list[_Line]]:
    """Lines of one batch that follow each other, at most `GROUP_BYTES`; a line without a record stands alone."""
    group: list[_Line] = []
    key, size = None, 0
    for data in lines:
        record = decode_line(data)
        own = (record.run, record.source, record.batch) if record else None
        if group and (own != key or own is None or size > GROUP_BYTES):
            yield group
            group, size = [], 0
        group.append(_Line(data, record))
        key, size = own, size + len(data)
    if group:
        yield group

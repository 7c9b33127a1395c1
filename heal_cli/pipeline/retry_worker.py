"""Rejected records of one batch through parse, heal and write, as `BatchWorker` takes whole ones."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

import msgspec
import polars as pl
import psycopg

from heal_cli.errors import HealError, RecordError, SchemaChanged
from heal_cli.heal import heal_batch
from heal_cli.model import REJECTS, ROW, Chunk, Healed, TableSchema, Written
from heal_cli.pipeline.fallback import Fallback
from heal_cli.pipeline.outcome import Outcome, count
from heal_cli.pipeline.retry_origin import Origin, Origins, read_records, table_of
from heal_cli.record import LeftoverWriter, RejectRecord, drop_uncommitted, leftovers_path
from heal_cli.schema import schema_version
from heal_cli.write import (
    Attempts,
    BatchRef,
    FailedTransaction,
    RejectBatch,
    RetryPage,
    Target,
    Writer,
    committed_attempts,
    record_failed,
    retried_rows,
)
from heal_cli.write.connection import LimitedConnection


class RetryWorker:
    """Loads rejected records, and counts what came of them.

    Args:
        attempts: Those of the run, where it has tried these batches before.
        within: A connection whose open transaction the rows are to be written in; None for one of its own.
        leftovers: The run's, where it has one open.
        counts_tries: A record says how often it was tried in vain.
        recorded_mode: As the ledger calls what is written; None: as it is written.
    """

    def __init__(
        self,
        origins: Origins,
        run: str,
        *,
        has_ledger: bool,
        attempts: Attempts | None = None,
        within: LimitedConnection | None = None,
        leftovers: LeftoverWriter | None = None,
        counts_tries: bool = True,
        recorded_mode: str | None = None,
    ) -> None:
        self._origins = origins
        self._run = run
        self._has_ledger = has_ledger
        self._writer: Writer | None = None
        self._table: TableSchema | None = None
        self._attempts = attempts or Attempts()
        self._within = within
        self._counts_tries = counts_tries
        self._recorded_mode = recorded_mode or origins.load.write.recorded_mode
        self._has_failed = False
        self._leftovers = leftovers
        self._names: dict[str, None] = {}
        self.outcome = Outcome()
        self.tried = self.rejected = self.duplicates = self.by_others = 0

    def close(self) -> None:
        """Give the connection and the file back."""
        self._close_writer()
        if self._has_ledger and (failed := self._attempts.take_failed()):
            self._record(failed)
        if self._leftovers is not None:
            self._leftovers.close()

    def _record(self, failed: Sequence[FailedTransaction]) -> None:
        """Put transactions that came to nothing on record: as events where the database cannot take them."""
        if self._counts_tries:  # nothing but retries
            failed = [replace(transaction, kind="retry") for transaction in failed]
        try:
            record_failed(self._origins.connection, self._run, failed)
        except (psycopg.Error, HealError):
            if self._table is None:
                return
            with suppress(RecordError):  # what is loaded is on record all the same
                log = Fallback(
                    self._origins.load, run=self._run, command="", rejects_path="", leftovers_path=""
                )
                for transaction in failed:
                    log.note("audit", self._table, asdict(transaction))

    def finish(self) -> None:
        """Drop the leftovers of transactions that were tried and never committed."""
        if self._leftovers is None or not self._has_ledger or not self._has_failed_attempts:
            return
        committed = committed_attempts(self._origins.connection, self._run)
        for name in self._names:
            drop_uncommitted(self._leftovers.path, run=self._run, source=name, committed=committed)

    def leftovers_path(self, table: TableSchema) -> Path:
        """Where values without a column go."""
        return leftovers_path(self._origins.load.state_dir, table.qualified, self._run)

    @property
    def used_leftovers(self) -> str | None:
        """That file, if anything is in it."""
        used = self._leftovers is not None and self._leftovers.path.exists()
        return str(self._leftovers.path) if used and self._leftovers else None

    def process(
        self, origin: Origin, batch: RejectBatch, records: Sequence[RejectRecord]
    ) -> tuple[list[RejectRecord], Origin]:
        """What each record says after it was tried, and the origin, planned anew if the table has changed.

        Args:
            records: Of one batch, their rows rising.
        """
        index, first = records[0].batch, records[0].row or 0
        chunk = Chunk(index, batch.start, batch.stop, first, 0, batch.digest, len(records), 0, None)
        read = read_records(records, origin.shape, chunk)
        loaded: list[pl.Series] = []
        while True:
            healed = heal_batch(read, origin.plan)
            try:
                written = self._write(origin, chunk, healed)
            except SchemaChanged as error:
                if isinstance(error.written, Written):
                    loaded.append(error.written.loaded)
                    self._count(healed, error.written)
                self._close_writer()
                table = table_of(self._origins.connection, origin.table.oid, origin.name)
                origin = self._origins.planned_for(origin, table)
                continue
            loaded.append(written.loaded)
            self._count(healed, written)
            return self._judged(origin, chunk, records, pl.concat(loaded), written), origin

    def _count(self, healed: Healed, written: Written) -> None:
        """What the ledger holds: loaded rows with their heals, and duplicates; rejects stay in their file."""
        self.outcome += count(healed, written._replace(rejects=REJECTS.to_frame()))

    def _judged(
        self,
        origin: Origin,
        chunk: Chunk,
        records: Sequence[RejectRecord],
        loaded: pl.Series,
        written: Written,
    ) -> list[RejectRecord]:
        settled = dict.fromkeys(loaded.to_list(), self._run)
        if self._has_ledger:
            connection = self._origins.connection
            with connection.transaction(), connection.cursor() as cursor:
                settled = retried_rows(cursor, origin.number, chunk.index) | settled
        refused = {row[ROW]: row for row in written.rejects.iter_rows(named=True)}
        doubled = {row[ROW]: row for row in written.duplicates.iter_rows(named=True)}
        after = []
        for record in records:
            self.tried += 1
            row = record.row or 0
            if row in settled:
                self.by_others += settled[row] != self._run
                after.append(msgspec.structs.replace(record, settled=settled[row]))
                continue
            said = refused.get(row) or doubled.get(row)
            self.rejected += row in refused
            self.duplicates += row in doubled
            after.append(_again(record, said, is_older=self._counts_tries) if said else record)
        return after

    def _write(self, origin: Origin, chunk: Chunk, healed: Healed) -> Written:
        ref = BatchRef(origin.number, origin.name, chunk)

        def record(rejects: pl.DataFrame, rows: pl.Series, attempt: int) -> None:
            """The old lines of rejects stand until the end; only leftovers have to be on disk by now."""
            left = healed.leftovers
            if left is None or rows.is_empty():
                return
            self._names[origin.name] = None
            self._leftovers = self._leftovers or LeftoverWriter(self.leftovers_path(origin.table), self._run)
            kept = left.filter(left[ROW].is_in(rows.implode()))
            self._leftovers.write(kept, source=origin.name, batch=chunk.index, attempt=attempt)

        return self._writer_for(origin.table).write(healed, ref, record)

    def _writer_for(self, table: TableSchema) -> Writer:
        if self._writer is None or self._table is not table:
            self._close_writer()
            load = self._origins.load
            self._table = table
            target = Target(
                conninfo=load.conninfo,
                table=table,
                options=load.write,
                run=self._run,
                has_ledger=self._has_ledger,
                version_of=lambda connection: schema_version(connection, table.oid),
            )
            page = RetryPage(self._run, self._recorded_mode) if self._has_ledger else None
            self._writer = Writer(target, self._attempts, self._within, page)
        return self._writer

    @property
    def _has_failed_attempts(self) -> bool:
        return self._has_failed or (self._writer is not None and self._writer.has_failed_attempts)

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._has_failed |= self._writer.has_failed_attempts
            if self._within is None:
                self._writer.close()
            self._writer = None


def _again(record: RejectRecord, said: dict[str, object], *, is_older: bool) -> RejectRecord:
    """The record with the reason why it failed this time, one retry older or not."""
    names = ("reason", "sqlstate", "constraint", "column", "value", "attempts")
    return msgspec.structs.replace(
        record, retries=record.retries + is_older, settled=None, **{name: said[name] for name in names}
    )

"""One chunk through parse, heal, write and record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl
import psycopg

from heal_cli.errors import CircuitOpen, DatabaseUnavailable, HealError, SchemaChanged
from heal_cli.heal import heal_batch, newly_open
from heal_cli.model import ROW, Batch, Chunk, Healed, Spans, TableSchema, Written, within
from heal_cli.pipeline.fallback import BEHIND
from heal_cli.pipeline.outcome import Outcome, count
from heal_cli.pipeline.run import Run
from heal_cli.pipeline.source import SourceRun
from heal_cli.schema import schema_version
from heal_cli.wording import counted
from heal_cli.write import BatchRef, Target, Writer
from heal_cli.write.connection import LimitedConnection
from heal_cli.write.sqlstate import to_heal_error


class BatchWorker:
    """Takes chunks through parse, heal, write and record; one per thread, with its own connection."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._writer: Writer | None = None
        self._table: TableSchema | None = None
        self._has_failed = False

    def close(self) -> None:
        """Give the connection back."""
        if self._writer is not None:
            self._has_failed |= self._writer.has_failed_attempts
            self._writer.close()
            self._writer = None

    def finish(self, check: Callable[[psycopg.Connection], None]) -> None:
        """End the transaction of an `--atomic` or `--dry-run` run; `check` may refuse the commit by raising."""
        if self._writer is not None:
            self._writer.finish(check)
        self._tell_replaced()

    def _tell_replaced(self) -> None:
        """A note on the rows that stood in the table before."""
        run, replaced = self._run, self._writer.replaced if self._writer else None
        if run.options.write.mode != "replace":
            return
        if replaced is None:
            run.notes.append(
                "The source has no rows, so the table keeps its own: to empty it, use --mode delete"
            )
        else:
            back = (
                f"; heal undo {run.id} brings back what stood there"
                if run.has_ledger and run.options.write.restore
                else ""
            )
            are = "would be" if run.options.write.dry_run else "is" if replaced == 1 else "are"
            run.notes.append(f"{counted(replaced, 'row')} that stood there before {are} replaced{back}")

    def open(self, table: TableSchema) -> LimitedConnection:
        """The connection of an `--atomic` or `--dry-run` run, in its one transaction."""
        return self._writer_for(table).open()

    @property
    def has_failed_attempts(self) -> bool:
        """Some transaction was tried more than once."""
        return self._has_failed or (self._writer is not None and self._writer.has_failed_attempts)

    def process(self, source: SourceRun, chunk: Chunk) -> Outcome:
        """Load one chunk to its end: committed, rejected with reasons, or settled by others."""
        batch = _wanted(source.reader.parse(chunk), source.settled_before, source.last_row)
        skipped = source.rows_of(chunk) - batch.chunk.rows
        outcome = Outcome()
        while True:
            source.meet(batch)
            planned = source.planned
            own = planned.table.own_references
            healed = heal_batch(batch, planned.plan)
            if opened := newly_open(planned.plan, healed.rejects):
                source.look_again(planned, opened)
                continue
            try:
                written = self._write_if_there(source, planned.table, chunk, batch, healed)
            except SchemaChanged as error:
                if isinstance(error.written, Written):
                    outcome += count(healed, error.written, own)
                self.close()
                try:
                    source.replan(planned)
                except (DatabaseUnavailable, psycopg.OperationalError) as away:
                    return self._spool(source, chunk, batch, outcome, _told(away), skipped)
                continue
            except DatabaseUnavailable as away:
                if isinstance(away.written, Written):
                    outcome += count(healed, away.written, own)
                return self._spool(source, chunk, batch, outcome, away, skipped)
            outcome += count(healed, written, own)
            read = batch.chunk.rows - written.already
            return replace(outcome, rows=replace(outcome.rows, read=read, already=written.already + skipped))

    def _write_if_there(
        self, source: SourceRun, table: TableSchema, chunk: Chunk, batch: Batch, healed: Healed
    ) -> Written:
        """Write, unless the database is known to be away; a connection that stands knows better."""
        writer = self._writer_for(table)
        if source.is_spooling:
            raise CircuitOpen(BEHIND)
        if writer.is_connected or self._run.options.write.is_one_transaction:
            return self._write(source, table, chunk, batch, healed)
        with self._run.fallback.breaker.calling():
            return self._write(source, table, chunk, batch, healed)

    def _spool(
        self,
        source: SourceRun,
        chunk: Chunk,
        batch: Batch,
        outcome: Outcome,
        away: HealError,
        skipped: int,
    ) -> Outcome:
        """Keep what is not settled of a batch for replay.

        Raises:
            DatabaseUnavailable: As it came, where nothing could tell replay what is in the table already.
            SpoolError: It could not be kept.
        """
        run, claimed = self._run, source.claimed
        may = run.has_ledger and run.options.fallback.spool and not run.options.write.is_one_transaction
        if claimed is None or not may or not isinstance(away, DatabaseUnavailable):
            raise away
        run.fallback.note_away(away)
        already = away.written.already if isinstance(away.written, Written) else 0
        done, height = outcome.rows, batch.chunk.rows
        rows = height - already - done.loaded - done.rejected - done.duplicates
        run.fallback.keep_batch(
            source.reader.source,
            claimed.source,
            replace(batch, chunk=chunk),
            source.planned.plan,
            attempt=run.attempts.last(source.name, chunk.index),
            rows=rows,
        )
        counted = replace(done, read=height - already, spooled=rows, already=already + skipped)
        return replace(outcome, rows=counted)

    def _write(
        self, source: SourceRun, table: TableSchema, chunk: Chunk, batch: Batch, healed: Healed
    ) -> Written:
        run = self._run

        def record(rejects: pl.DataFrame, rows: pl.Series, attempt: int) -> None:
            if rejects.height:
                places = batch.locate(rejects[ROW])
                run.rejects.write(rejects, places, source=source.name, batch=chunk.index, attempt=attempt)
            if (left := healed.leftovers) is not None:
                if rows.len() != left.height:
                    left = left.filter(left[ROW].is_in(rows.implode()))
                run.leftovers.write(left, source=source.name, batch=chunk.index, attempt=attempt)

        number = source.claimed.source if source.claimed else 0
        ref = BatchRef(number, source.name, chunk, chunk.past(source.last_row))
        return self._writer_for(table).write(healed, ref, record)

    def _writer_for(self, table: TableSchema) -> Writer:
        if self._writer is None or self._table is not table:
            self.close()
            run = self._run
            self._table = table
            self._writer = Writer(
                Target(
                    conninfo=run.options.conninfo,
                    table=table,
                    options=run.options.write,
                    run=run.id,
                    has_ledger=run.has_ledger,
                    version_of=lambda connection: schema_version(connection, table.oid),
                ),
                run.attempts,
            )
        return self._writer


def _told(away: DatabaseUnavailable | psycopg.OperationalError) -> HealError:
    return away if isinstance(away, DatabaseUnavailable) else to_heal_error(away, "planning anew")


def _wanted(batch: Batch, settled: Spans, last: int | None) -> Batch:
    """The batch without rows that an earlier, shorter source settled, or that `--limit` leaves out."""
    frame, broken = _is_wanted(batch.frame[ROW], settled, last), _is_wanted(batch.broken[ROW], settled, last)
    if frame.all() and broken.all():
        return batch
    return replace(
        batch,
        chunk=replace(batch.chunk, rows=int(frame.sum()) + int(broken.sum())),
        # A mask leaves empty chunks, over which pl.format of polars 2.1 panics.
        frame=batch.frame.filter(frame).rechunk(),
        broken=batch.broken.filter(broken),
        absent={name: mask.filter(frame) for name, mask in batch.absent.items()},
        quoted={name: mask.filter(frame) for name, mask in batch.quoted.items()},
    )


def _is_wanted(rows: pl.Series, settled: Spans, last: int | None) -> pl.Series:
    wanted = ~within(rows, settled)
    return wanted if last is None else wanted & (rows <= last)

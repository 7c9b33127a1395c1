"""One spooled batch brought home: exactly once, however often it is tried."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import polars as pl

from heal_cli.clock import local_time
from heal_cli.errors import (
    ConservationError,
    PlanError,
    SchemaChanged,
    SchemaError,
    SpoolError,
)
from heal_cli.heal import PlanOptions, heal_batch, replan
from heal_cli.model import ROW, Batch, Format, Healed, Plan, Rows, TableSchema, Written
from heal_cli.patterns import load_catalogue, read_knowledge
from heal_cli.pipeline.home import Home
from heal_cli.pipeline.modes import as_written
from heal_cli.pipeline.outcome import REFERENCE, Outcome, count
from heal_cli.read.typed_rows import locate as locate_in_parquet
from heal_cli.record import LeftoverWriter, RejectWriter
from heal_cli.resilience import Entry, Manifest, read_batch
from heal_cli.schema import introspect_oid, schema_version
from heal_cli.write import (
    Attempts,
    BatchRef,
    Target,
    Writer,
    count_settled,
    is_superseded_and_done,
    keep_plan,
)

ATTEMPTS_PER_TRY = 100_000
"""Numbers that one try at an entry may use: lines of a killed try must never be taken for those of a later one."""


class Restorer:
    """Brings spooled batches home, over one connection as long as they are of one run and table."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._writer: Writer | None = None
        self._written_for: tuple[str, str] | None = None
        self._attempts = Attempts()
        self.refused: defaultdict[str, defaultdict[tuple[int, int], set[int]]] = defaultdict(
            lambda: defaultdict(set)
        )
        """Run -> (source, batch) -> rows that were refused for a reference to their own table."""

    def close(self) -> None:
        """Give the connection back."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def restore(self, entry: Entry, manifest: Manifest) -> Rows:
        """Bring one spooled batch home, by the plan it was spooled with, or by a new one for a table that changed.

        What no longer fits becomes rejects, in the file of the run that spooled it. Rows that are settled
        already count as `already`.

        Raises:
            SpoolError: The entry is damaged.
            SchemaError: The table is gone, or was made anew.
            PlanError: The table has changed so that no plan covers it.
            HealError: What else stood in the way; what is committed stays.
        """
        batch = read_batch(entry, manifest, locate=lambda frame: lambda rows: locate_in_parquet(frame, rows))
        if is_superseded_and_done(self._home.connection, manifest.source.number or 0):
            return Rows(already=manifest.records)
        tried = manifest.attempt + ATTEMPTS_PER_TRY * entry.tries.begun
        self._attempts.go_on_from(manifest.source.name, batch.chunk.index, tried)
        chunk = manifest.chunk or batch.chunk
        left_out = chunk.past(manifest.options.limit)
        ref = BatchRef(manifest.source.number or 0, manifest.source.name, chunk, left_out)
        outcome = Outcome()
        with _Books(manifest) as books:
            while True:
                table = _find(self._home, manifest)
                healed = heal_batch(batch, _plan(self._home, manifest, table, batch))
                try:
                    writer = self._writer_for(manifest, table)
                    written = writer.write(healed, ref, books.recorder(batch, healed))
                except SchemaChanged as error:
                    if isinstance(error.written, Written):
                        outcome += count(healed, error.written)
                        self._note_refused(manifest, ref, table, error.written)
                    continue
                self._note_refused(manifest, ref, table, written)
                return self._settled(manifest, ref, (outcome + count(healed, written)).rows)

    def _note_refused(self, manifest: Manifest, ref: BatchRef, table: TableSchema, written: Written) -> None:
        is_own = pl.col("constraint").is_in(list(table.own_references)) & (pl.col("reason") == REFERENCE)
        if table.own_references and written.rejects.height:
            rows = written.rejects.filter(is_own)[ROW]
            self.refused[manifest.run][ref.source, ref.chunk.index].update(rows.to_list())

    def _settled(self, manifest: Manifest, ref: BatchRef, rows: Rows) -> Rows:
        """What replay did, checked against the ledger; all other rows of the batch were there already (P1).

        Raises:
            ConservationError: The ledger does not hold every row of the batch once.
        """
        settled = count_settled(self._home.connection, ref.source, ref.chunk.index)
        # Loads with a higher limit may have settled more of the batch.
        if settled < manifest.records or (settled > manifest.records and not ref.left_out):
            raise ConservationError(
                f"Entry {manifest.entry!r} holds {manifest.records} rows, and the ledger accounts for {settled}",
                hint="This is a defect of heal; please report it with the entry's manifest",
            )
        read = rows.loaded + rows.rejected + rows.duplicates
        return replace(rows, read=read, already=manifest.records - read)

    def _writer_for(self, manifest: Manifest, table: TableSchema) -> Writer:
        wanted = (manifest.run, f"{table.oid}/{table.version}")
        if self._writer is None or self._written_for != wanted:
            self.close()
            target = Target(
                conninfo=self._home.conninfo,
                table=table,
                options=manifest.options.write,
                run=manifest.run,
                has_ledger=True,
                version_of=lambda connection: schema_version(connection, table.oid),
            )
            self._writer, self._written_for = Writer(target, self._attempts), wanted
        return self._writer


class _Books:
    """The rejects and leftovers files of the run that spooled."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._rejects = RejectWriter(Path(manifest.rejects_path), manifest.run)
        self._leftovers = LeftoverWriter(Path(manifest.leftovers_path), manifest.run)

    def __enter__(self) -> _Books:
        return self

    def __exit__(self, *_: object) -> None:
        self._rejects.close()
        self._leftovers.close()

    def recorder(self, batch: Batch, healed: Healed) -> Callable[[pl.DataFrame, pl.Series, int], None]:
        """What `Writer.write` calls before each commit."""
        name, index = self._manifest.source.name, batch.chunk.index

        def record(rejects: pl.DataFrame, rows: pl.Series, attempt: int) -> None:
            if rejects.height:
                places = batch.locate(rejects[ROW])
                self._rejects.write(rejects, places, source=name, batch=index, attempt=attempt)
            if (left := healed.leftovers) is not None:
                kept = left.filter(left[ROW].is_in(rows.implode()))
                self._leftovers.write(kept, source=name, batch=index, attempt=attempt)

        return record


def _find(home: Home, manifest: Manifest) -> TableSchema:
    table = introspect_oid(home.connection, manifest.target.oid or 0)
    if table is None:
        raise SchemaError(
            f"Table {manifest.target.table} was dropped, or dropped and made again, since the rows were spooled",
            hint="Load them into the new one by hand: heal fallback export",
        )
    return table


def _plan(home: Home, manifest: Manifest, table: TableSchema, batch: Batch) -> Plan:
    """The plan that was spooled; for a table that changed, the one that all runs on the source use now."""
    spooled = manifest.plan
    if spooled is None:
        raise SpoolError(f"Entry {manifest.entry!r} says nothing of how its rows are read")
    if spooled.table.version == table.version:
        return spooled
    options = manifest.options
    plan = replan(
        spooled,
        batch,
        as_written(table, options.write, options.match),
        read_knowledge(home.connection).trusted(load_catalogue(options.catalogues)),
        # What was renamed, or said of values, is in the plan.
        options=PlanOptions(
            replace(options.match, renames=()), spooled.values, spooled.unknown_columns, spooled.now
        ),
        was_typed=manifest.source.format in {Format.PARQUET, Format.ARROW},
    )
    if plan.gap is not None:
        raise PlanError(
            plan.gap, hint=f"The table has changed since {local_time(manifest.made_at):%Y-%m-%d %H:%M}"
        )
    encoded = msgspec.json.encode(plan).decode()
    kept = keep_plan(home.connection, manifest.source.number or 0, encoded, table.version, manifest.run)
    return msgspec.json.decode(kept, type=Plan)

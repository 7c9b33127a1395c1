"""One source of a run: its reader, what the ledger knows of it, and its plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import IntEnum

import msgspec
import psycopg

from heal_cli.errors import DatabaseUnavailable, PlanError, SchemaChanged
from heal_cli.heal import heal_batch, late_keys, place_late, revoked_readings
from heal_cli.match.explicit import check_renames
from heal_cli.model import Batch, Chunk, Plan, Rows, Spans, TableSchema, joined, without
from heal_cli.pipeline.claiming import claim
from heal_cli.pipeline.nesting import open_objects
from heal_cli.pipeline.outcome import Outcome
from heal_cli.pipeline.planning import is_nameless, plan_source, settle
from heal_cli.pipeline.remembered import remember
from heal_cli.pipeline.run import Run
from heal_cli.pipeline.witnesses import Witnesses, hear
from heal_cli.read import ONE_RECORD, SourceReader
from heal_cli.schema import add_columns, introspect, read_statistics
from heal_cli.write import earlier_totals, keep_plan, settle_plan, takes_a_row


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and the table it is for; replaced as a whole when the table changes."""

    table: TableSchema
    plan: Plan


class State(IntEnum):
    """How far a source of a run is."""

    READING = 0
    READ = 1  # every chunk was given out
    LOADED = 2  # and came back without a failure
    FINISHED = 3  # and the ledger knows


class SourceRun:
    """One source of a run: its reader, what the ledger knows of it, and its plan."""

    def __init__(self, run: Run, location: str, table: TableSchema, reader: SourceReader) -> None:
        self.run = run
        self.name = run.options.source_name or location
        reader, self.claimed, notes = claim(run, self.name, table, reader)
        if not self.is_no_op:
            run.notes += notes
        self.reader = open_objects(
            run,
            reader,
            table,
            knowledge=run.knowledge,
            known=read_statistics(run.connection, table),
            kept=self._kept(table),
        )
        self._sample: Batch | None = self.reader.sample()
        self.settled_before: Spans = self.claimed.settled_before if self.claimed else ()
        self.last_row = run.options.limit
        self.added: tuple[tuple[str, str], ...] = ()  # source and the column that was made for it
        self.planned = Planned(table, self._plan(table))
        self.skipped = Outcome()
        self.earlier = self._earlier(table)
        self.has_given = False  # a chunk that was not settled
        self.stops_at_limit = False  # before its end
        self.last: Chunk | None = None
        self.state = State.READING
        self.witnesses = Witnesses()

    @property
    def sample(self) -> Batch:
        """The first batch, as long as the source is open."""
        assert self._sample is not None
        return self._sample

    def close(self) -> None:
        """Let go of the file and of all that was read: a run may have thousands of sources."""
        if self._sample is not None and self.run.can_learn and self.state >= State.LOADED:
            self.witnesses = hear(self.planned.plan, self._sample.frame)
        self._sample = None
        self.reader.close()

    def add_unknown_columns(self) -> None:
        """Give the table a column for each source column that has none, where `--unknown-columns add` says so."""
        unknown = self.planned.plan.unmatched_source
        run, table = self.run, self.planned.table
        if run.options.unknown_columns != "add" or run.options.write.dry_run or not unknown:
            return
        taken = [column.name for column in table.columns]
        frame = self.sample.frame.select(unknown)
        with run.audited("add columns"):
            added = add_columns(run.connection, table.schema, table.name, frame, taken=taken)
        run.notes.append(added.statement)
        self.added = added.pairs
        table = introspect(run.connection, run.options.table)
        remember(run, table)
        self.planned = Planned(table, self._plan(table))

    def require_order(self) -> None:
        """Keep what is to be written from overtaking what waits.

        Raises:
            CircuitOpen: It has to be spooled behind that.
        """
        if self.claimed is not None and self.run.has_ledger and not self.is_no_op:
            self.run.fallback.require_order(self.reader.source, self.claimed.source)

    def require_cover(self) -> None:
        """Refuse to load by a plan that does not cover the table.

        Raises:
            PlanError: With what is missing and the nearest candidates.
        """
        self._check_cover(self.planned)

    def _check_cover(self, planned: Planned) -> None:
        gap = planned.plan.gap or (planned.plan.unless_filled if not self._triggers_fill(planned) else None)
        if gap is not None:
            raise PlanError(gap, hint=self._way_out(planned.table))

    def _triggers_fill(self, planned: Planned) -> bool:
        """The table's triggers give some row of the sample what the plan has no source for."""
        table, plan = planned.table, planned.plan
        if plan.unless_filled is None or self.is_no_op:
            return True
        options = self.run.options
        parts = heal_batch(self.sample, plan).parts
        return any(takes_a_row(options.conninfo, table, options.write, rows) for rows in parts)

    def _way_out(self, table: TableSchema) -> str:
        """The flag that places columns: without a header there are no names to place them by."""
        if is_nameless(self.run, self.reader):
            count = len(self.reader.source.columns)
            names = ",".join(column.name for column in table.columns[:count])
            return f"The source has no header: name its columns in their order, as in --columns {names}; --header if it has one"
        for finding in self.reader.source.findings:
            if finding.what == ONE_RECORD:
                return f"The source is read as one record: {finding.evidence}"
        return "Name columns with --map SOURCE=TARGET, after a look at what heal plan shows"

    @property
    def is_no_op(self) -> bool:
        """An earlier run loaded all of it."""
        return self.claimed is not None and self.claimed.finished_at is not None

    @property
    def is_retried(self) -> bool:
        """And tried those of its rows again that refer to others of the table."""
        return self.claimed is not None and self.claimed.is_retried and self.is_no_op

    @property
    def is_known(self) -> bool:
        """An earlier run loaded all or some of it."""
        claimed = self.claimed
        return claimed is not None and (self.is_no_op or bool(claimed.batches or claimed.settled_before))

    @property
    def is_resumed(self) -> bool:
        """An earlier run did not come to its end, and this one has gone on."""
        claimed = self.claimed
        if claimed is None or claimed.is_new or self.is_no_op:
            return False
        return self.has_given or claimed.limited_to is None

    @property
    def has_spooled(self) -> bool:
        """Rows of it wait for replay."""
        return self.reader.source.name in self.run.fallback.spooled

    @property
    def keeps_order(self) -> bool:
        """Later batches must not overtake earlier ones: asked for, or they change the same rows or refer to them."""
        return self.run.options.write.keeps_order or bool(self.planned.table.own_references)

    @property
    def is_spooling(self) -> bool:
        """Whatever is left of the run has to be spooled, too."""
        return self.keeps_order and bool(self.run.fallback.spooled)

    def _earlier(self, table: TableSchema) -> Rows:
        """What the runs before this one read and rejected of it, where a budget covers that, too."""
        claimed, run = self.claimed, self.run
        if claimed is None or claimed.is_new or self.is_no_op or run.options.max_rejects is None:
            return Rows()
        if table.own_references:  # some of them wait for rows of later batches, and are no rejects yet
            return Rows()
        return earlier_totals(run.connection, claimed.source, run=run.id)

    def rows_of(self, chunk: Chunk) -> int:
        """Records of the chunk that `--limit` lets in."""
        return chunk.rows if self.last_row is None else min(chunk.rows, self.last_row - chunk.first_row + 1)

    @property
    def limited_to(self) -> int | None:
        """Its first rows, once read, that `--limit` let in; None: it let in all."""
        if self.last is None or not self.stops_at_limit:
            return None
        return self.last.first_row + self.rows_of(self.last) - 1

    def chunks(self) -> Iterator[Chunk]:
        """Chunks that are still to be loaded; those that the ledger has are counted as `already`."""
        claimed = self.claimed
        if claimed and claimed.rows is not None and self.reader.source.size is not None:
            # Its bytes were compared: no need to cut them.
            self.skipped += Outcome(Rows(already=min(claimed.rows, self.last_row or claimed.rows)))
            self.state = State.READ
            return
        for chunk in self.reader.chunks():
            if self.last_row is not None and chunk.first_row > self.last_row:
                self.stops_at_limit = True
                break
            self.last = replace(chunk, data=None)
            self.stops_at_limit = bool(chunk.past(self.last_row))
            if self._is_settled(chunk):
                self.skipped += Outcome(Rows(already=self.rows_of(chunk)))
                continue
            self.has_given = True
            yield chunk
        self.state = State.READ

    def _is_settled(self, chunk: Chunk) -> bool:
        """Nothing is left of the rows that `--limit` lets in."""
        done = self.claimed.batches.get(chunk.index) if self.claimed else None
        settled = done.settled if done is not None and done.digest == chunk.digest else ()
        wanted = ((chunk.first_row, chunk.first_row + self.rows_of(chunk) - 1),)
        return not without(wanted, joined((*self.settled_before, *settled)))

    def replan(self, stale: Planned) -> None:
        """Plan again for the table as it is now, once, whichever worker notices first.

        Raises:
            PlanError: The table has changed so that no plan covers it; no worker goes by such a plan.
        """
        with self.run.lock:
            if self.planned is not stale:
                return
            table = introspect(self.run.connection, self.run.options.table)
            if table.oid != stale.table.oid:
                raise SchemaChanged(
                    f"Table {table.qualified} was dropped and made again during the run",
                    hint="Run the same command again: it is a new table for the ledger",
                )
            planned = Planned(table, self._plan(table))
            self._check_cover(planned)
            self.planned = planned

    def meet(self, batch: Batch) -> None:
        """Plan for keys of the batch that no batch before it had, once, whichever worker meets them first."""
        if not late_keys(self.planned.plan, batch, self.reader.source.columns) or self.run.saved is not None:
            return
        with self.run.lock:
            stale = self.planned
            late = late_keys(stale.plan, batch, self.reader.source.columns)
            plan = place_late(stale.plan, batch, late, options=self.run.plan_options())
            self.planned = replace(stale, plan=plan)
            if len(plan.columns) > len(stale.plan.columns):
                self._keep_settled(self.planned)

    def look_again(self, stale: Planned, columns: Sequence[str]) -> None:
        """Decide how these columns are read from the whole source, once, whichever worker notices first.

        No row that depends on it is committed yet: a batch that holds one comes here before it is written.
        """
        with self.run.lock:
            if self.planned is stale:
                self.planned = replace(stale, plan=settle(self.reader, stale.plan, columns))
                self._keep_settled(self.planned)
                if self.last is not None and self.last.index > 0:
                    self.run.notes += [
                        f"Column {name!r}: rows were loaded with {reading} before the rest of the file "
                        f"spoke against it; heal undo {self.run.id} takes them back"
                        for name, reading in revoked_readings(stale.plan, self.planned.plan)
                    ]

    def _keep_settled(self, planned: Planned) -> None:
        """Let the ledger know for `heal rejects retry`; while it is away the rows wait with their plan."""
        if self.claimed is None or not self.run.has_ledger:
            return
        encoded = msgspec.json.encode(planned.plan).decode()
        with suppress(DatabaseUnavailable, psycopg.OperationalError):
            settle_plan(self.run.connection, self.claimed.source, encoded, planned.table.version)

    def _kept(self, table: TableSchema) -> Plan | None:
        """The plan by which an earlier run has loaded some of it."""
        claimed = self.claimed
        if claimed and claimed.plan and claimed.batches and claimed.schema_version == table.version:
            return msgspec.json.decode(claimed.plan, type=Plan)
        return None

    def _plan(self, table: TableSchema) -> Plan:
        claimed = self.claimed
        kept = self._kept(table)
        if kept is not None:
            check_renames(self.run.options.match, self.reader.source.columns, table)
            return kept
        plan = plan_source(
            self.run,
            self.reader,
            self.sample,
            table,
            knowledge=self.run.knowledge,
            known=read_statistics(self.run.connection, table),
            added=self.added,
        )
        if claimed is None or plan.gap is not None or not self.run.has_ledger:
            return plan
        encoded = msgspec.json.encode(plan).decode()
        stored = keep_plan(self.run.connection, claimed.source, encoded, table.version, self.run.id)
        return msgspec.json.decode(stored, type=Plan)

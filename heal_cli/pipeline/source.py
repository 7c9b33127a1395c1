"""One source of a run: its reader, what the ledger knows of it, and its plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from heal_cli.errors import PlanError, SchemaChanged
from heal_cli.heal import make_plan
from heal_cli.match.explicit import check_renames
from heal_cli.model import Chunk, Plan, Rows, TableSchema
from heal_cli.pipeline.outcome import Outcome
from heal_cli.pipeline.run import Run
from heal_cli.read import SourceReader, open_source
from heal_cli.schema import introspect
from heal_cli.write import ClaimedSource, DoneBatch, claim_source, keep_plan

STDIN: Final = "-"


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and the table it is for; replaced as a whole when the table changes."""

    table: TableSchema
    plan: Plan


class SourceRun:
    """One source of a run: its reader, what the ledger knows of it, and its plan."""

    def __init__(self, run: Run, location: str, table: TableSchema, reader: SourceReader) -> None:
        self.run = run
        self.name = location
        self.reader = reader
        self.sample = reader.sample()
        self.claimed = self._claim(table)
        self.planned = Planned(table, self._plan(table))
        self.skipped = Outcome()
        self.last: Chunk | None = None
        self.is_exhausted = False

    def require_cover(self) -> None:
        """Refuse to load by a plan that does not cover the table.

        Raises:
            PlanError: With what is missing and the nearest candidates.
        """
        if self.planned.plan.gap is not None:
            raise PlanError(self.planned.plan.gap, hint=self._way_out())

    def _way_out(self) -> str:
        """The flag that places columns: without a header there are no names to place them by."""
        if any(finding.what == "header" and finding.value == "no" for finding in self.reader.source.findings):
            names = ",".join(column.name for column in self.planned.table.columns)
            return f"The source has no header: name its columns in their order, as in --columns {names}"
        return "Name columns with --map SOURCE=TARGET, after a look at what heal plan shows"

    @property
    def is_no_op(self) -> bool:
        """An earlier run loaded all of it."""
        return self.claimed is not None and self.claimed.finished_at is not None

    @property
    def is_known(self) -> bool:
        """An earlier run loaded all or some of it."""
        return self.claimed is not None and (self.is_no_op or bool(self.claimed.batches))

    def chunks(self) -> Iterator[Chunk]:
        """Chunks that are still to be loaded; those that the ledger has are counted as `already`."""
        limit = self.run.options.limit
        for chunk in self.reader.chunks():
            if limit is not None and chunk.first_row > limit:
                break
            if limit is not None and chunk.first_row + chunk.rows - 1 > limit:
                chunk = replace(chunk, rows=limit - chunk.first_row + 1)
            self.last = chunk
            done = self.claimed.batches.get(chunk.index) if self.claimed else None
            if done is not None and done.complete and done.digest == chunk.digest:
                self.skipped += Outcome(Rows(already=chunk.rows))
                continue
            yield chunk
        self.is_exhausted = True

    def replan(self, stale: Planned) -> None:
        """Plan again for the table as it is now, once, whichever worker notices first."""
        with self.run.lock:
            if self.planned is not stale:
                return
            table = introspect(self.run.connection, self.run.options.table)
            if table.oid != stale.table.oid:
                raise SchemaChanged(
                    f"Table {table.qualified} was dropped and made again during the run",
                    hint="Run the same command again: it is a new table for the ledger",
                )
            self.planned = Planned(table, self._plan(table))
        self.require_cover()

    def _plan(self, table: TableSchema) -> Plan:
        claimed = self.claimed
        if claimed and claimed.plan and claimed.batches and claimed.schema_version == table.version:
            check_renames(self.run.options.match, self.reader.source.columns, table)
            return msgspec.json.decode(claimed.plan, type=Plan)
        plan = make_plan(
            self.sample,
            table,
            self.run.catalogue,
            options=self.run.plan_options(),
            confidences=self.run.confidences,
        )
        if claimed is None or plan.gap is not None:
            return plan
        encoded = msgspec.json.encode(plan).decode()
        kept = keep_plan(self.run.connection, claimed.source, encoded, table.version)
        return msgspec.json.decode(kept, type=Plan)

    def _claim(self, table: TableSchema) -> ClaimedSource | None:
        if not self.run.has_ledger:
            return None
        options = self.run.options
        source_id = options.source_id
        # Two streams may well begin alike, or be alike: only a name makes a finished one the same.
        is_nameless = self.name == STDIN and source_id is None
        if options.limit is not None:
            source_id = f"{source_id or ''} first {options.limit} rows".strip()
        return claim_source(
            self.run.connection,
            self.sample.chunk,
            run=self.run.id,
            table_oid=table.oid,
            name=self.name,
            batch_bytes=options.read.batch_bytes,
            schema_version=table.version,
            again=options.again or is_nameless,
            source_id=source_id,
            is_same=self._begins_with,
        )

    def _begins_with(self, batches: Mapping[int, DoneBatch]) -> bool:
        """The batches of an earlier load are, byte for byte, a beginning of this source."""
        if set(batches) <= {0} or self.reader.source.size is None:
            return True  # the first batch was compared; a stream shows the rest only once
        reader = open_source(self.name, self.run.options.read)
        try:
            wanted = max(batches)
            for chunk in reader.chunks():
                if chunk.index in batches and batches[chunk.index].digest != chunk.digest:
                    return False
                if chunk.index == wanted:
                    return True
            return False
        finally:
            reader.close()

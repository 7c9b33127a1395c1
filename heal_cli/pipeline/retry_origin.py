"""Where rejects come from: the source, its plan and its table, by the ledger or, without one, by the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final, Literal

import msgspec
import psycopg

from heal_cli.errors import HealError, PlanError, SchemaError, SourceError, UsageError
from heal_cli.heal import PlanOptions, make_plan, planned_sources, replan
from heal_cli.match import Past
from heal_cli.model import ROW, Batch, Chunk, Format, LoadOptions, Plan, ReadOptions, TableSchema
from heal_cli.patterns import Catalogue, Knowledge
from heal_cli.read import Shape, open_source, read_alone, shape_of
from heal_cli.record import RejectRecord, iter_rejects
from heal_cli.schema import introspect, introspect_oid, read_statistics
from heal_cli.write import find_reject_source, require_inserted

SAMPLE_ROWS: Final = 5_000
"""Rejects that a new plan looks at."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A source of rejects, and how its records get into its table."""

    number: int  # the ledger's; 0 without one
    run: str
    name: str
    shape: Shape
    kept: Plan  # of the run that rejected them
    table: TableSchema
    plan: Plan  # for the table as it is
    rejects: Path  # the file that they are in


def read_records(records: Sequence[RejectRecord], shape: Shape, chunk: Chunk) -> Batch:
    """The batch of these records, whose row numbers rise."""
    raws = [record.raw_bytes or b"" for record in records]
    return read_alone(raws, [record.row or 0 for record in records], shape, chunk)


def planned_shape(reading: ReadOptions, plan: Plan) -> Shape:
    """How records are read that were read so for that plan."""
    nested = tuple(sorted(name for name in planned_sources(plan) if "." in name))
    return replace(shape_of(reading), nested=nested)


@dataclass(frozen=True, slots=True)
class Origins:
    """Finds the origin of rejects; what the user says now goes before what was kept."""

    connect: Callable[[], psycopg.Connection]  # one that stands, where it was cut meanwhile
    path: Path  # of the rejects
    load: LoadOptions
    unknown_columns: Literal["rescue", "drop", "reject"] | None
    catalogue: Catalogue  # without what the database has seen revoked
    now: datetime
    knowledge: Knowledge = field(default_factory=Knowledge)

    @property
    def connection(self) -> psycopg.Connection:
        """What the ledger and the catalog are asked over."""
        return self.connect()

    def by_ledger_to_insert(self, run: str, name: str) -> Origin | None:
        """As `by_ledger`, of a run that inserted.

        Raises:
            UsageError: It did not.
            HealError: As of `by_ledger`.
        """
        origin = self.by_ledger(run, name)
        if origin is not None:
            require_inserted(self.connection, origin.number, name)
        return origin

    def by_ledger(self, run: str, name: str) -> Origin | None:
        """What the run that rejected them went by; None where the ledger does not know it.

        Raises:
            SchemaError: The table is gone.
            PlanError: The table has changed so that the plan covers it no more.
        """
        known = find_reject_source(self.connection, run, name)
        if known is None or known.plan is None:
            return None
        table = table_of(self.connection, known.table_oid, name)
        kept = msgspec.json.decode(known.plan, type=Plan)
        shape = planned_shape(msgspec.json.decode(known.reading, type=ReadOptions), kept)
        return self.planned_for(Origin(known.source, run, name, shape, kept, table, kept, self.path), table)

    def by_file(self, run: str, name: str) -> Origin:
        """What a look at the source itself says, where there is no ledger to ask.

        Raises:
            UsageError: Nobody said which table.
            SourceError: The source is gone.
            PlanError: The plan does not cover the table.
        """
        if not self.load.table:
            raise UsageError(
                "Without a ledger nobody knows which table these rejects are for", hint="Name it with --table"
            )
        table = introspect(self.connection, self.load.table)
        look = _look(name, self.load)
        columns = [column for column in look.sample.frame.columns if column != ROW]
        plan = make_plan(
            look.sample,
            table,
            self.catalogue,
            options=self._plan_options("rescue"),
            past=self._past(table, columns),
        )
        return Origin(0, run, name, look.shape, plan, table, _covering(plan), self.path)

    def planned_for(self, origin: Origin, table: TableSchema) -> Origin:
        """The same origin, planned for the table as it is now.

        Raises:
            PlanError: The plan does not cover it.
        """
        sample = self._sample(origin)
        columns = [column for column in sample.frame.columns if column != ROW]
        plan = replan(
            origin.kept,
            sample,
            table,
            self.catalogue,
            options=self._plan_options(origin.kept.unknown_columns),
            past=self._past(table, columns),
            was_typed=origin.shape.format in {Format.PARQUET, Format.ARROW},
        )
        return replace(origin, table=table, plan=_covering(plan))

    def _past(self, table: TableSchema, columns: Sequence[str]) -> Past:
        return Past(
            self.knowledge.confidence,
            read_statistics(self.connection, table),
            self.knowledge.learned_for(table.qualified, columns),
            self.knowledge.calibration.expected,
        )

    def _plan_options(self, kept: Literal["rescue", "drop", "reject", "add"]) -> PlanOptions:
        return PlanOptions(self.load.match, self.load.values, self.unknown_columns or kept, self.now)

    def _sample(self, origin: Origin) -> Batch:
        """Some rejects of the source, as a batch."""
        own = (
            record
            for record in iter_rejects(origin.rejects)
            if (record.run, record.source) == (origin.run, origin.name)
            and record.raw is not None
            and record.row is not None
        )
        rows = {record.row: record for record in islice(own, SAMPLE_ROWS)}
        records = [rows[row] for row in sorted(rows, key=lambda row: row or 0)]
        return read_records(records, origin.shape, Chunk(0, 0, 0, 1, 0, "", len(records), 0, None))


def _covering(plan: Plan) -> Plan:
    """The plan, unless it leaves the table without something."""
    if plan.gap is not None:
        raise PlanError(plan.gap, hint="Name columns with --map SOURCE=TARGET")
    return plan


@dataclass(frozen=True, slots=True)
class _Look:
    shape: Shape
    sample: Batch


def _look(name: str, load: LoadOptions) -> _Look:
    """The shape and first batch of a source that is still there."""
    try:
        reader = open_source(name, load.read)
    except HealError as error:
        raise SourceError(
            f"Without a ledger only the source says how its records are read, and it cannot be asked: {error.message}",
            hint="Put the file back where it was, or run the command in the folder of the load",
        ) from error
    try:
        return _Look(shape_of(reader.options), reader.sample())
    finally:
        reader.close()


def table_of(connection: psycopg.Connection, oid: int, name: str) -> TableSchema:
    """The table that a source called `name` was loaded into, as it is now.

    Raises:
        SchemaError: It is gone.
    """
    table = introspect_oid(connection, oid)
    if table is None:
        raise SchemaError(
            f"The table that {name!r} was loaded into is gone",
            hint="A table made again is a new one: load the file into it, not its rejects",
        )
    return table

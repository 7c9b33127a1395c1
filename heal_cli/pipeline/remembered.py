"""Tables as this machine last saw them: what a run goes by that never reaches its server.

Such a run cannot ask the ledger which rows of its source are new, so the bytes of the source are what it
spools, and replay loads them by the table as it is then. What was remembered says at once what will come of
them; it refuses nothing, since the table may have changed.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from psycopg.conninfo import conninfo_to_dict

from heal_cli.clock import local_time
from heal_cli.errors import PlanError, UsageError
from heal_cli.heal import heal_batch
from heal_cli.model import LoadOptions, Plan, TableSchema
from heal_cli.patterns import Knowledge
from heal_cli.pipeline.fallback import server_of
from heal_cli.pipeline.nesting import open_objects
from heal_cli.pipeline.planning import plan_source
from heal_cli.pipeline.run import Run
from heal_cli.read import SourceReader
from heal_cli.resilience import fallback_dir, keep, recall
from heal_cli.wording import counted

_VERSION: Final = 1
"""Of what is remembered; another one is not read."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A table, and what its database knew of patterns. No value of any row is in it."""

    table: TableSchema
    knowledge: Knowledge
    at: datetime
    version: int = _VERSION


@dataclass(frozen=True, slots=True)
class Forecast:
    """What would come of a source by a remembered table."""

    plan: Plan
    note: str


def remember(run: Run, table: TableSchema) -> None:
    """Keep the table for a run that does not reach it; a folder that takes no file costs that run its forecast."""
    if run.options.write.dry_run:
        return
    seen = Remembered(table, run.knowledge, datetime.now(UTC))
    with suppress(OSError):
        keep(_path(run.options), msgspec.json.encode(seen))


def forecast(run: Run, reader: SourceReader) -> Forecast | None:
    """What would come of a source, judged by its first batch; None where the table was never seen, or not by this heal."""
    document = recall(_path(run.options))
    if document is None:
        return None
    try:
        seen = msgspec.json.decode(document, type=Remembered)
    except msgspec.MsgspecError:
        return None
    if seen.version != _VERSION:
        return None
    try:
        reader = open_objects(run, reader, seen.table, knowledge=seen.knowledge, known={})
        plan = plan_source(run, reader, reader.sample(), seen.table, knowledge=seen.knowledge, known={})
    except (PlanError, UsageError):  # a flag that names what the table has had since
        return None
    when = f"{local_time(seen.at):%Y-%m-%d %H:%M}"
    return Forecast(plan, f"By {seen.table.qualified} as it was on {when}: {_told(reader, plan)}")


def _told(reader: SourceReader, plan: Plan) -> str:
    if plan.gap or plan.unless_filled:
        return f"{plan.gap or plan.unless_filled}; unless that has changed, replay will keep the rows waiting"
    batch = reader.sample()
    rejects = heal_batch(batch, plan).rejects
    if not rejects.height:
        return f"the first {counted(batch.chunk.rows, 'row fits', 'rows fit')}"
    counts = rejects["reason"].value_counts(sort=True).iter_rows()
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in counts)
    return f"of the first {counted(batch.chunk.rows, 'row')} {rejects.height:,} would be rejected: {reasons}"


def _path(options: LoadOptions) -> Path:
    """One file for each server, database, user and table as typed: the search path decides what that means."""
    user = str(conninfo_to_dict(options.conninfo).get("user", ""))
    key = "\0".join((*server_of(options.conninfo), user, options.table))
    return (
        fallback_dir(options.state_dir) / "tables" / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"
    )

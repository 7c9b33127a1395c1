"""Runs as the ledger keeps them, for people: which there were, and what is left of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

from heal_cli.errors import UsageError
from heal_cli.write.connection import transaction
from heal_cli.write.documents import from_stored

_RUNS: Final = (
    "SELECT run::text, command, started_at, finished_at, state, table_oid::int8, table_name, rejects_path,"
    " report::text, coalesce(b.loaded, 0) + coalesce(r.loaded, 0), coalesce(b.rejected, 0),"
    " coalesce(b.duplicates, 0), coalesce(u.removed, 0),"
    " coalesce(u.undo, (SELECT undone_by FROM heal.undos AS o WHERE o.undo = runs.run))::text,"
    " report ->> 'undone'"
    " FROM heal.load_runs AS runs"
    " LEFT JOIN LATERAL (SELECT sum(loaded)::int8 AS loaded, sum(rejected)::int8 AS rejected,"
    " sum(duplicates)::int8 AS duplicates FROM heal.load_batches AS b WHERE b.run = runs.run) AS b ON true"
    " LEFT JOIN LATERAL (SELECT sum(cardinality(rows))::int8 AS loaded FROM heal.load_retries AS r"
    " WHERE r.run = runs.run) AS r ON true"
    " LEFT JOIN LATERAL (SELECT sum(removed)::int8 AS removed,"
    " (array_agg(undo ORDER BY undone_at DESC))[1] AS undo FROM heal.undone_batches AS u WHERE u.run = runs.run) AS u ON true"
)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run, and what of it the ledger holds now."""

    run: str
    command: str
    started_at: datetime
    finished_at: datetime | None
    state: str  # running, done, stopped, failed, spooled, undone
    table_oid: int
    table: str
    rejects_path: str | None
    report: str | None  # JSON
    loaded: int  # rows that it wrote and nobody has undone
    rejected: int
    duplicates: int
    removed: int  # rows of it that were undone
    undone_by: str | None  # the last run that undid it, and is not undone itself
    undid: str | None  # the run that it undid itself


@dataclass(frozen=True, slots=True)
class RunSource:
    """What a run did of one source."""

    name: str
    batches: int
    loaded: int
    rejected: int
    duplicates: int


@dataclass(frozen=True, slots=True)
class Transactions:
    """Those of a run that did and ended alike."""

    kind: str
    role: str
    outcome: str
    sqlstate: str | None
    count: int
    rows: int
    seconds: float


def transactions_of(connection: psycopg.Connection, run: str) -> list[Transactions]:
    """What the audit log says of a run."""
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT kind, role, outcome, sqlstate, count(*), sum(rows)::int8, round(sum(seconds)::numeric, 3)::float8"
            " FROM heal.audit_log WHERE run = %s GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
            (run,),
        )
        return [Transactions(*row) for row in cursor.fetchall()]


def _run_record(row: tuple[Any, ...]) -> RunRecord:
    record = RunRecord(*row)
    return replace(record, report=record.report and from_stored(record.report))


def list_runs(connection: psycopg.Connection, *, limit: int, table: str | None = None) -> list[RunRecord]:
    """The latest runs, newest first.

    Args:
        table: Only those into a table of this name, with or without its schema.
    """
    with transaction(connection) as cursor:
        cursor.execute(
            f"{_RUNS} WHERE %(table)s::text IS NULL OR table_name = %(table)s"
            " OR pg_catalog.split_part(table_name, '.', 2) = %(table)s ORDER BY run DESC LIMIT %(limit)s",
            {"table": table, "limit": limit},
        )
        return [_run_record(row) for row in cursor.fetchall()]


def restore_bytes(connection: psycopg.Connection, run: str) -> int:
    """What the restore points of a run take in the database."""
    row = connection.execute(
        "SELECT coalesce(sum(pg_catalog.pg_column_size(i.*)), 0)::int8 FROM heal.restore_images AS i"
        " WHERE point IN (SELECT point FROM heal.restore_points WHERE run = %s)",
        (run,),
    ).fetchone()
    return int(row[0]) if row else 0


def prune_restore_points(connection: psycopg.Connection, *, older_than: timedelta) -> tuple[int, int]:
    """Delete restore points of that age; how many runs had some, and their bytes."""
    row = connection.execute(
        "WITH points AS (DELETE FROM heal.restore_points WHERE made_at < pg_catalog.clock_timestamp() - %(age)s"
        " RETURNING run, point),"
        # An undo without its restore points cannot be undone.
        " undos AS (DELETE FROM heal.undos WHERE undone_at < pg_catalog.clock_timestamp() - %(age)s"
        " OR undo IN (SELECT run FROM points) RETURNING undo),"
        " marks AS (DELETE FROM heal.moved_rows WHERE run IN (SELECT undo FROM undos)),"
        " gone AS (DELETE FROM heal.restore_images AS i USING points AS p WHERE i.point = p.point"
        " RETURNING p.run, pg_catalog.pg_column_size(i.*) AS bytes),"
        " audit AS (INSERT INTO heal.audit_log (run, kind, rows) SELECT run, 'prune', count(*) FROM gone GROUP BY run)"
        " SELECT (SELECT count(DISTINCT run) FROM points), coalesce(sum(bytes), 0)::int8 FROM gone",
        {"age": older_than},
    ).fetchone() or (0, 0)
    return int(row[0]), int(row[1])


def find_run(connection: psycopg.Connection, name: str) -> RunRecord:
    """The run of that id, or whose id alone begins so.

    Raises:
        UsageError: There is none, or there are several.
    """
    with transaction(connection) as cursor:
        cursor.execute(
            f"{_RUNS} WHERE pg_catalog.starts_with(run::text, %s) ORDER BY run DESC LIMIT 2", (name.lower(),)
        )
        found = [_run_record(row) for row in cursor.fetchall()]
    hint = "See which there are with: heal runs list"
    if not name or not found:
        raise UsageError(f"The ledger knows no run {name!r}", hint=hint)
    if len(found) > 1:
        raise UsageError(f"Several runs begin with {name!r}", hint=hint)
    return found[0]


def sources_of(connection: psycopg.Connection, run: str) -> list[RunSource]:
    """What the ledger holds of a run now, source by source."""
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT source_name, count(DISTINCT batch), sum(loaded)::int8, sum(rejected)::int8,"
            " sum(duplicates)::int8 FROM (SELECT source_name, batch, loaded, rejected, duplicates"
            " FROM heal.load_batches WHERE run = %(run)s UNION ALL"
            " SELECT source_name, batch, cardinality(rows), 0, duplicates"
            " FROM heal.load_retries WHERE run = %(run)s) AS done"
            " GROUP BY source_name ORDER BY source_name",
            {"run": run},
        )
        return [RunSource(*row) for row in cursor.fetchall()]

"""Rejected rows that are loaded after all: which count, which are settled, and their own page of the ledger.

A row of a source is settled in `heal.load_retries`, in the transaction that loads it and under the
lock of its batch. So it is loaded once, however many retries run at once or are killed on their way,
and a load that is resumed later finds it settled by `heal.load_batches`, as a reject, and leaves it alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl
import psycopg

from heal_cli.errors import UsageError
from heal_cli.model import ROW, Rows
from heal_cli.write.audit import AUDIT
from heal_cli.write.documents import from_stored
from heal_cli.write.ledger import CLAIM_LOCK_CLASS
from heal_cli.write.page import Settled
from heal_cli.write.target import BatchRef
from heal_cli.write.work import Work

_BATCH_LOCK_CLASS: Final = CLAIM_LOCK_CLASS + 1
"""First key of the advisory locks of batches, as `lock_batch` takes them."""

_RETRY: Final = (
    "INSERT INTO heal.load_retries (source, batch, run, attempt, source_name, mode, rows, duplicates)"
    " VALUES (%(source)s, %(batch)s, %(run)s, %(attempt)s, %(name)s, %(mode)s, %(loaded)s::bigint[], %(duplicates)s)"
)


@dataclass(frozen=True, slots=True)
class RejectSource:
    """The source of rejects, as the ledger keeps it."""

    source: int
    table_oid: int
    plan: str | None  # JSON
    reading: str  # JSON of the ReadOptions
    schema_version: str


@dataclass(frozen=True, slots=True)
class RejectBatch:
    """A batch that has rejects."""

    start: int
    stop: int
    digest: str
    attempts: Container[int]  # that were committed: only their rejects count
    settled: Mapping[int, str]  # row -> the retry that loaded it


def find_reject_source(connection: psycopg.Connection, run: str, name: str) -> RejectSource | None:
    """The source that a run called so; None where that run committed no batch of it."""
    with connection.transaction():
        row = connection.execute(
            "SELECT source, table_oid::int8, plan::text, reading::text, schema_version FROM heal.load_sources"
            " WHERE source IN (SELECT source FROM heal.load_batches WHERE run::text = %s AND source_name = %s)"
            " ORDER BY source LIMIT 1",
            (run, name),
        ).fetchone()
    if row is None:
        return None
    source, table_oid, plan, reading, version = row
    return RejectSource(source, table_oid, plan and from_stored(plan), from_stored(reading), version)


def require_inserted(connection: psycopg.Connection, source: int, name: str) -> None:
    """Refuse to insert rows of a source that was loaded with another `--mode`.

    Raises:
        UsageError: It was.
    """
    with connection.transaction():
        changes = connection.execute(
            "SELECT EXISTS (SELECT FROM heal.load_sources WHERE source = %s"
            " AND source_id ~ ' ?to (upsert|update|delete|replace by .*)$')",
            (source,),
        ).fetchone()
    if changes == (True,):
        raise UsageError(
            f"Rejects of {name!r} are of a load with --mode, and a retry only inserts",
            hint="Mend the source, then load it again with the same --mode",
        )


def find_reject_batch(
    connection: psycopg.Connection, source: int, batch: int, run: str
) -> RejectBatch | None:
    """What the run committed of the batch; None where that is nothing, or was undone."""
    with connection.transaction():
        row = connection.execute(
            "SELECT min(start), max(stop), min(digest), array_agg(DISTINCT attempt) FROM heal.load_batches"
            " WHERE source = %s AND batch = %s AND run::text = %s HAVING count(*) > 0",
            (source, batch, run),
        ).fetchone()
        if row is None:
            return None
        start, stop, digest, attempts = row
        return RejectBatch(
            start, stop, digest, frozenset(attempts), retried_rows(connection.cursor(), source, batch)
        )


def retried_rows(cursor: psycopg.Cursor, source: int, batch: int) -> dict[int, str]:
    """Row -> the retry that loaded it, of all rejects of the batch."""
    cursor.execute(
        "SELECT run::text, rows FROM heal.load_retries WHERE source = %s AND batch = %s", (source, batch)
    )
    return {row: run for run, rows in cursor.fetchall() for row in rows}


def retried_among(
    connection: psycopg.Connection, source: int, batch: int, *, run: str, rows: Collection[int]
) -> int:
    """How many of these rows of a batch the retry has loaded."""
    with connection.transaction(), connection.cursor() as cursor:
        settled = retried_rows(cursor, source, batch)
    return sum(settled.get(row) == run for row in rows)


def retried_totals(connection: psycopg.Connection, run: str) -> tuple[int, int]:
    """Rows that the ledger says this retry loaded, and knew as duplicates."""
    with connection.transaction():
        loaded, duplicates = connection.execute(
            "SELECT coalesce(sum(cardinality(rows)), 0), coalesce(sum(duplicates), 0)"
            " FROM heal.load_retries WHERE run = %s",
            (run,),
        ).fetchone() or (0, 0)
    return int(loaded), int(duplicates)


def earlier_totals(connection: psycopg.Connection, source: int, *, run: str) -> Rows:
    """Rows of the source that other runs read, and those of them that are rejects still."""
    with connection.transaction():
        read, rejected = connection.execute(
            "SELECT coalesce(sum(rows_read), 0), coalesce(sum(rejected), 0)"
            " - (SELECT coalesce(sum(cardinality(rows) + duplicates), 0) FROM heal.load_retries"
            " WHERE source = %(source)s) FROM heal.load_batches WHERE source = %(source)s AND run <> %(run)s",
            {"source": source, "run": run},
        ).fetchone() or (0, 0)
    return Rows(read=int(read), rejected=int(rejected))


def has_rejects_since(connection: psycopg.Connection, source: int, *, run: str) -> bool:
    """Rows of the source are rejects still, whichever run made them so; a run that goes on tells of its own."""
    with connection.transaction():
        (has_some,) = connection.execute(
            "SELECT (SELECT coalesce(sum(rejected), 0) FROM heal.load_batches WHERE source = %(source)s)"
            " > (SELECT coalesce(sum(cardinality(rows) + duplicates), 0) FROM heal.load_retries"
            " WHERE source = %(source)s)"
            " AND NOT EXISTS (SELECT FROM heal.load_run_sources AS other JOIN heal.load_runs USING (run)"
            " WHERE other.source = %(source)s AND run <> %(run)s AND state = 'running' AND EXISTS"
            " (SELECT FROM pg_catalog.pg_stat_activity WHERE application_name = 'heal/' || run::text))",
            {"source": source, "run": run},
        ).fetchone() or (False,)
    return bool(has_some)


class RetryPage:
    """`heal.load_retries`: rejected rows of batches that are loaded after all, each by one retry."""

    def __init__(self, run: str, mode: str) -> None:
        """`mode`: as recorded."""
        self._run = run
        self._mode = mode

    def take(self, cursor: psycopg.Cursor, trial: Work, doubtful: Work | None, ref: BatchRef) -> bool:
        """By what retries have loaded of the batch, if it was not undone."""
        cursor.execute(
            # The share lock on the source's row keeps it from being undone before the commit.
            "SELECT pg_catalog.pg_advisory_xact_lock(%s, pg_catalog.hashtext(%s))"
            " FROM heal.load_sources WHERE source = %s FOR KEY SHARE",
            (_BATCH_LOCK_CLASS, f"{ref.source}/{ref.chunk.index}", ref.source),
        )
        # Statements of their own: their snapshots must be younger than the lock.
        if not self._is_there(cursor, ref):
            _leave_out(trial, _rows_of(trial))  # undone since: the rows are no rejects any more
            return False
        if doubtful is not None and self._is_committed(cursor, ref, doubtful.attempt):
            return True
        _leave_out(trial, retried_rows(cursor, ref.source, ref.chunk.index))
        return False

    def add(self, cursor: psycopg.Cursor, trial: Work, ref: BatchRef, settled: Settled) -> None:
        """The rows that were loaded; those refused again stay the rejects that they are."""
        rows = settled.rows
        audit = {"run": self._run, "kind": "retry", "rows": settled.ends_with}
        if not (rows.loaded or rows.duplicates):
            if settled.ends_with:
                cursor.execute(AUDIT.encode(), audit)
            return
        retry = {
            **{"source": ref.source, "batch": ref.chunk.index, "name": ref.source_name},
            **{"attempt": trial.attempt, "mode": self._mode, "duplicates": rows.duplicates},
            "loaded": trial.loaded[-1].to_list() if rows.loaded else [],
        }
        statement = _RETRY if settled.ends_with is None else f"WITH audit AS ({AUDIT}) {_RETRY}"
        cursor.execute(statement.encode(), {**retry, **audit})

    def _is_there(self, cursor: psycopg.Cursor, ref: BatchRef) -> bool:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM heal.load_batches WHERE source = %s AND batch = %s)",
            (ref.source, ref.chunk.index),
        )
        (found,) = cursor.fetchone() or (False,)
        return bool(found)

    def _is_committed(self, cursor: psycopg.Cursor, ref: BatchRef, attempt: int) -> bool:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM heal.load_retries"
            " WHERE source = %s AND batch = %s AND run = %s AND attempt = %s)",
            (ref.source, ref.chunk.index, self._run, attempt),
        )
        (found,) = cursor.fetchone() or (False,)
        return bool(found)


def _rows_of(trial: Work) -> set[int]:
    """Rows that are still to be written."""
    return {row for segment in trial.pending for row in segment.rows[ROW]}


def _leave_out(trial: Work, settled: Collection[int]) -> None:
    """Take rows out of what is to be written: somebody else has settled them."""
    if not settled:
        return
    gone = pl.Series(list(settled), dtype=pl.Int64).implode()
    before = len(_rows_of(trial))
    trial.early = trial.early.filter(~pl.col(ROW).is_in(gone))
    trial.pending = deque(
        segment._replace(rows=rest, known=segment.known.clear())  # found out anew
        for segment in trial.pending
        if (rest := segment.rows.filter(~pl.col(ROW).is_in(gone))).height
    )
    trial.already += before - len(_rows_of(trial))

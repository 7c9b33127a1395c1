"""The ledger: what each run has committed, written in the same transaction as the rows (design 9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import psycopg

from heal_cli.errors import SourceError
from heal_cli.model import Chunk, Rows

_CLAIM_LOCK_CLASS: Final = 0x6865  # first key of the two-key advisory locks of this file


_MOST_EARLIER: Final = 10_000
"""Sources among which a file that grew is looked for; past that, the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One committed savepoint of one batch, as the ledger holds it."""

    piece: int
    part: int
    through_row: int
    complete: bool
    run: str
    attempt: int
    settled_by_others: int = 0  # rows of the batch that other runs loaded, rejected or knew as duplicates


@dataclass(frozen=True, slots=True)
class DoneBatch:
    """A batch that earlier runs began or finished."""

    batch: int
    start: int
    stop: int
    digest: str
    complete: bool
    settled: int


@dataclass(frozen=True, slots=True)
class ClaimedSource:
    """A source as the ledger knows it for one target table."""

    source: int
    batch_bytes: int
    plan: str | None  # JSON, as kept by the run that began it
    schema_version: str
    begun_by: str  # run
    finished_at: datetime | None
    batches: Mapping[int, DoneBatch]
    rows_before: int  # first rows that an earlier, shorter source brought in
    is_new: bool


@dataclass(frozen=True, slots=True)
class RunNote:
    """What the ledger keeps of a run from its first moment."""

    run: str
    command: str
    version: str
    table_oid: int
    table: str
    schema_version: str
    rejects_path: str
    leftovers_path: str


def begin_run(connection: psycopg.Connection, note: RunNote) -> None:
    """Note that a run has begun, so that its traces are known even if it dies."""
    with connection.transaction():
        connection.execute(
            "INSERT INTO heal.load_runs (run, command, heal_version, table_oid, table_name, schema_version,"
            " rejects_path, leftovers_path) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                *(note.run, note.command, note.version, note.table_oid, note.table),
                *(note.schema_version, note.rejects_path, note.leftovers_path),
            ),
        )


def end_run(connection: psycopg.Connection, *, run: str, state: str, report: str) -> None:
    """Note how a run ended; `report` is its JSON document."""
    with connection.transaction():
        connection.execute(
            "UPDATE heal.load_runs SET finished_at = pg_catalog.clock_timestamp(), state = %s, report = %s::json"
            " WHERE run = %s",
            (state, report, run),
        )


def claim_source(
    connection: psycopg.Connection,
    first: Chunk,
    *,
    run: str,
    table_oid: int,
    name: str,
    batch_bytes: int,
    schema_version: str,
    again: bool,
    source_id: str | None,
    rows_before: int,
    is_same: Callable[[Mapping[int, DoneBatch]], bool],
) -> ClaimedSource:
    """The ledger's row for this content and table: an earlier one to go on with, or a new one.

    Two runs that come with the same content at once get the same row.

    Args:
        is_same: Says whether the batches of an earlier load are a beginning of this source.
        rows_before: Of a new source: how many of its first rows are in the table already.
        again: Load anew, unless an earlier `--again` of this content is unfinished.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_catalog.pg_advisory_xact_lock(%s, pg_catalog.hashtext(%s))",
            (_CLAIM_LOCK_CLASS, f"{table_oid}/{first.digest}"),
        )
        cursor.execute(
            "SELECT source, generation, batch_bytes, plan::text, schema_version, run::text, finished_at, rows_before"
            " FROM heal.load_sources WHERE table_oid = %s AND first_digest = %s AND first_stop = %s"
            " AND source_id IS NOT DISTINCT FROM %s ORDER BY generation DESC, source DESC",
            (table_oid, first.digest, first.stop, source_id),
        )
        known = cursor.fetchall()
        generation = 1 + max((row[1] for row in known), default=-1)
        for source, _, old_bytes, plan, old_version, begun_by, finished_at, before in known:
            batches = _batches(cursor, source)
            if not is_same(batches):
                continue
            if again and finished_at is not None:
                break
            _note_source(cursor, run, source, name)
            return ClaimedSource(
                source, old_bytes, plan, old_version, begun_by, finished_at, batches, before, is_new=False
            )
        cursor.execute(
            "INSERT INTO heal.load_sources (table_oid, generation, source_id, name, first_stop, first_digest,"
            " batch_bytes, schema_version, run, rows_before) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " RETURNING source",
            (
                *(table_oid, generation, source_id, name, first.stop, first.digest),
                *(batch_bytes, schema_version, run, rows_before),
            ),
        )
        (source,) = cursor.fetchone() or (0,)
        _note_source(cursor, run, source, name)
        return ClaimedSource(
            source, batch_bytes, None, schema_version, run, None, {}, rows_before, is_new=True
        )


def _note_source(cursor: psycopg.Cursor, run: str, source: int, name: str) -> None:
    cursor.execute(
        "INSERT INTO heal.load_run_sources (run, source, name) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (run, source, name),
    )


@dataclass(frozen=True, slots=True)
class EarlierSource:
    """A content that was loaded into the table, or begun, as far as it takes to know its like again."""

    batch_bytes: int
    first_stop: int
    first_digest: str
    stop: int | None  # None: not finished
    digest: str | None
    rows: int | None


def earlier_sources(
    connection: psycopg.Connection, table_oid: int, source_id: str | None
) -> list[EarlierSource]:
    """The latest sources of a table, at most `_MOST_EARLIER`."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT batch_bytes, first_stop, first_digest, stop, digest, rows FROM heal.load_sources"
            " WHERE table_oid = %s AND source_id IS NOT DISTINCT FROM %s ORDER BY source DESC LIMIT %s",
            (table_oid, source_id, _MOST_EARLIER),
        )
        return [EarlierSource(*row) for row in cursor.fetchall()]


def keep_plan(connection: psycopg.Connection, source: int, plan: str, schema_version: str) -> str:
    """The plan that all runs on this source use: the one its first rows were loaded by.

    A new schema version replaces it, and so does any run as long as nothing is committed.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE heal.load_sources SET"
            " plan = CASE WHEN plan IS NOT NULL AND schema_version = %(version)s"
            " AND EXISTS (SELECT FROM heal.load_batches AS done WHERE done.source = %(source)s)"
            " THEN plan ELSE %(plan)s::json END,"
            " schema_version = %(version)s WHERE source = %(source)s RETURNING plan::text",
            {"plan": plan, "version": schema_version, "source": source},
        )
        (kept,) = cursor.fetchone() or (plan,)
        return str(kept)


def finish_source(connection: psycopg.Connection, source: int, *, stop: int, digest: str, rows: int) -> None:
    """Note that every batch of the source is committed."""
    with connection.transaction():
        connection.execute(
            "UPDATE heal.load_sources SET finished_at = pg_catalog.clock_timestamp(), stop = %s, digest = %s,"
            " rows = %s WHERE source = %s AND (finished_at IS NULL OR stop < %s)",
            (stop, digest, rows, source, stop),
        )


def _batches(cursor: psycopg.Cursor, source: int) -> dict[int, DoneBatch]:
    cursor.execute(
        "SELECT batch, min(start), max(stop), min(digest), bool_or(complete), sum(loaded + rejected + duplicates)"
        " FROM heal.load_batches WHERE source = %s GROUP BY batch",
        (source,),
    )
    return {
        row[0]: DoneBatch(row[0], row[1], row[2], row[3], row[4], int(row[5])) for row in cursor.fetchall()
    }


def lock_batch(cursor: psycopg.Cursor, source: int, chunk: Chunk, run: str) -> Piece | None:
    """Keep other runs off this batch until the transaction ends, and read how far it is.

    Returns:
        The last committed piece, or None if no run has begun this batch.

    Raises:
        SourceError: The ledger holds other bytes at this place: the source changed under a resumed run.
    """
    cursor.execute(
        "SELECT pg_catalog.pg_advisory_xact_lock(%s, pg_catalog.hashtext(%s))",
        (_CLAIM_LOCK_CLASS + 1, f"{source}/{chunk.index}"),
    )
    # A statement of its own: its snapshot must be younger than the lock.
    cursor.execute(
        "SELECT piece, part, through_row, complete, run::text, attempt, digest,"
        " coalesce(sum(loaded + rejected + duplicates) FILTER (WHERE run <> %s) OVER (ORDER BY piece), 0)"
        " FROM heal.load_batches WHERE source = %s AND batch = %s ORDER BY piece DESC LIMIT 1",
        (run, source, chunk.index),
    )
    row = cursor.fetchone()
    if row is None:
        return None
    if row[6] != chunk.digest:
        raise SourceError(
            f"The source changed: batch {chunk.index + 1} (bytes {chunk.start} to {chunk.stop}) is not what an"
            " earlier run loaded",
            hint="Load it as a new source with --again, after looking at what is in the table",
        )
    return Piece(row[0], row[1], row[2], row[3], row[4], row[5], int(row[7]))


def add_piece(
    cursor: psycopg.Cursor, source: int, source_name: str, chunk: Chunk, piece: Piece, rows: Rows
) -> None:
    """Write one piece; call it inside the savepoint whose rows it accounts for.

    Args:
        rows: What this piece alone read, loaded, rejected and knows as duplicates.
    """
    cursor.execute(
        "INSERT INTO heal.load_batches (source, batch, piece, part, through_row, complete, start, stop, digest,"
        " run, source_name, attempt, rows_read, loaded, rejected, duplicates)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            *(source, chunk.index, piece.piece, piece.part, piece.through_row, piece.complete),
            *(chunk.start, chunk.stop, chunk.digest, piece.run, source_name, piece.attempt),
            *(rows.read, rows.loaded, rows.rejected, rows.duplicates),
        ),
    )


def run_totals(connection: psycopg.Connection, run: str) -> Rows:
    """What the ledger says this run read and did, read back after the last commit (P1)."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(rows_read), 0), coalesce(sum(loaded), 0), coalesce(sum(duplicates), 0),"
            " coalesce(sum(rejected), 0) FROM heal.load_batches WHERE run = %s",
            (run,),
        )
        read, loaded, duplicates, rejected = cursor.fetchone() or (0, 0, 0, 0)
    return Rows(read=int(read), loaded=int(loaded), duplicates=int(duplicates), rejected=int(rejected))


@dataclass(frozen=True, slots=True)
class Trace:
    """The files in which a run may have left lines about a source, and what it called it."""

    run: str
    name: str
    rejects_path: str
    leftovers_path: str


def traces(connection: psycopg.Connection, source: int) -> list[Trace]:
    """What every run that worked on the source may have left, first run first."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT run::text, name, rejects_path, leftovers_path FROM heal.load_runs"
            " JOIN heal.load_run_sources USING (run) WHERE source = %s ORDER BY run",
            (source,),
        )
        return [Trace(*row) for row in cursor.fetchall()]


def committed_attempts(connection: psycopg.Connection, run: str) -> set[tuple[str, int, int]]:
    """Every (source name, batch, attempt) of a run that reached a commit: only their lines count."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT source_name, batch, attempt FROM heal.load_batches WHERE run = %s", (run,)
        )
        return {(row[0], row[1], row[2]) for row in cursor.fetchall()}

"""The ledger's runs and batches: what each run has committed, written in the transaction of the rows (design 9)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg.types.multirange import Multirange

from heal_cli.errors import BudgetExceeded, Interrupted, SourceError
from heal_cli.model import Chunk, Rows, Spans
from heal_cli.write.audit import AUDIT
from heal_cli.write.connection import transaction
from heal_cli.write.documents import to_readable, to_stored

CLAIM_LOCK_CLASS: Final = 0x6865
"""First key of the two-key advisory locks of sources; batches have the next."""

_BACKEND_OF: Final = "heal/"  # application_name of every connection of a run, its id behind it


_PIECE: Final = (
    "INSERT INTO heal.load_batches (source, batch, piece, complete, pending, start, stop, digest,"
    " first_row, last_row, run, source_name, attempt, mode, kept, changed, rows_read, loaded, rejected, duplicates)"
    " VALUES (%(source)s, %(batch)s, %(piece)s, %(complete)s, %(pending)s::int8multirange, %(start)s, %(stop)s,"
    " %(digest)s, %(first_row)s, %(last_row)s, %(run)s, %(source_name)s, %(attempt)s, %(mode)s, %(kept)s, %(changed)s,"
    " %(read)s, %(loaded)s, %(rejected)s, %(duplicates)s)"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One savepoint of one batch, and how far it brought the batch."""

    piece: int
    complete: bool
    pending: Spans | None  # row numbers left, said by the last piece of a transaction that leaves some
    run: str
    attempt: int
    mode: str = "insert"  # how its rows were written: what undo goes by
    kept: int = 0  # rows whose former selves are in its restore point
    changed: int = 0  # rows of the table that it updated or deleted
    ends_with: int | None = None  # rows of its whole transaction, if that ends with it: for the audit log


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a batch is, by the ledger."""

    last: Piece
    own_attempts: frozenset[int]  # of this run under this name: those that committed
    own_settled: int  # rows of the batch that this run settled under this name
    rows_read: int  # that all pieces together account for


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
    """Note that a run has begun, so that its traces are known even if it dies; bury those that died before."""
    with transaction(connection) as cursor:
        cursor.execute(
            "UPDATE heal.load_runs AS dead SET state = 'failed'"
            " WHERE table_oid = %s AND state = 'running' AND NOT EXISTS"
            " (SELECT FROM pg_catalog.pg_stat_activity WHERE application_name = %s || dead.run::text)",
            (note.table_oid, _BACKEND_OF),
        )
        cursor.execute(
            "INSERT INTO heal.load_runs (run, command, heal_version, table_oid, table_name, schema_version,"
            " rejects_path, leftovers_path) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                *(note.run, to_readable(connection, note.command), note.version, note.table_oid),
                *(note.table, note.schema_version, note.rejects_path, note.leftovers_path),
            ),
        )


def end_run(connection: psycopg.Connection, *, run: str, state: str, report: str | None) -> None:
    """Note how a run ended; `report` is its JSON document."""
    with transaction(connection) as cursor:
        cursor.execute(
            "UPDATE heal.load_runs SET finished_at = pg_catalog.clock_timestamp(), state = %s, report = %s::json"
            " WHERE run = %s",
            (state, report and to_stored(connection, report), run),
        )


def end_failed_run(connection: psycopg.Connection | None, *, run: str, error: BaseException) -> None:
    """Note, as far as the server still listens, that a run ended by `error`; else the next run on its table does."""
    state = "stopped" if isinstance(error, Interrupted | BudgetExceeded) else "failed"
    if connection is not None:
        with suppress(psycopg.Error):
            end_run(connection, run=run, state=state, report=None)


def lock_batch(
    cursor: psycopg.Cursor, source: int, source_name: str, chunk: Chunk, run: str
) -> Standing | None:
    """Keep other runs off this batch until the transaction ends, and read how far it is.

    Returns:
        None if no run has begun this batch.

    Raises:
        SourceError: The ledger holds other bytes at this place, or a longer source took its place: the
            source changed under a run. Or the source was undone.
    """
    # The share lock on the source's row keeps it from being superseded before the commit.
    cursor.execute(
        "SELECT pg_catalog.pg_advisory_xact_lock(%s, pg_catalog.hashtext(%s)), superseded_by"
        " FROM heal.load_sources WHERE source = %s FOR KEY SHARE",
        (CLAIM_LOCK_CLASS + 1, f"{source}/{chunk.index}", source),
    )
    locked = cursor.fetchone()
    if locked is None:
        raise SourceError(
            "What this run had begun was undone by another", hint="Run the same command again to load it anew"
        )
    if locked[1] is not None:
        raise SourceError(
            "Another run goes on with this source, which has grown since this one began",
            hint="Run the same command again when the other has ended",
        )
    # A statement of its own: its snapshot must be younger than the lock.
    cursor.execute(
        "SELECT piece, complete, pending, run::text, attempt, digest,"
        " array_agg(attempt) FILTER (WHERE (run, source_name) = (%(run)s, %(name)s)) OVER (),"
        " sum(loaded + rejected + duplicates) FILTER (WHERE (run, source_name) = (%(run)s, %(name)s)) OVER (),"
        " sum(rows_read) OVER ()"
        " FROM heal.load_batches WHERE source = %(source)s AND batch = %(batch)s ORDER BY piece DESC LIMIT 1",
        {"run": run, "name": source_name, "source": source, "batch": chunk.index},
    )
    row = cursor.fetchone()
    if row is None:
        return None
    if row[5] != chunk.digest:
        raise SourceError(
            f"The source changed: batch {chunk.index + 1} (bytes {chunk.start} to {chunk.stop}) is not what an"
            " earlier run loaded",
            hint="Load it as a new source with --source-id NAME, after looking at what is in the table",
        )
    last = Piece(row[0], row[1], None if row[2] is None else from_multirange(row[2]), row[3], row[4])
    return Standing(last, frozenset(row[6] or ()), int(row[7] or 0), int(row[8]))


@contextmanager
def hold_batch(connection: psycopg.Connection, source: int, batch: int) -> Iterator[bool]:
    """Keep other runs off a batch for as long as the block lasts; False where one is at work on it."""
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT pg_catalog.pg_try_advisory_xact_lock(%s, pg_catalog.hashtext(%s))",
            (CLAIM_LOCK_CLASS + 1, f"{source}/{batch}"),
        )
        yield cursor.fetchone() == (True,)


def add_piece(
    cursor: psycopg.Cursor, source: int, source_name: str, chunk: Chunk, piece: Piece, rows: Rows
) -> None:
    """Write one piece; call it inside the savepoint whose rows it accounts for.

    Args:
        rows: What this piece alone read, loaded, rejected and knows as duplicates.
    """
    pending = None if piece.pending is None else to_multirange(piece.pending)
    values = {
        **{"source": source, "batch": chunk.index, "digest": chunk.digest, "source_name": source_name},
        **{"start": chunk.start, "stop": chunk.stop},
        **{"first_row": chunk.first_row, "last_row": chunk.last_row},
        **{"piece": piece.piece, "complete": piece.complete, "pending": pending, "run": piece.run},
        **{"attempt": piece.attempt, "mode": piece.mode, "kept": piece.kept, "changed": piece.changed},
        **{"read": rows.read, "loaded": rows.loaded, "rejected": rows.rejected},
        **{"duplicates": rows.duplicates, "kind": piece.mode, "rows": piece.ends_with},
    }
    # In one statement, since each is a round trip that every batch would pay for.
    cursor.execute(
        (_PIECE if piece.ends_with is None else f"WITH audit AS ({AUDIT}) {_PIECE}").encode(), values
    )


def to_multirange(spans: Spans) -> str:
    """Text of an int8multirange."""
    return "{" + ",".join(f"[{first},{last}]" for first, last in spans) + "}"


def from_multirange(value: Multirange[int]) -> Spans:
    """The rows of an int8multirange, which the server gives with the upper bound left out."""
    return tuple((span.lower, span.upper - 1) for span in value if span.lower is not None and span.upper)


def run_totals(connection: psycopg.Connection, run: str) -> Rows:
    """What the ledger says this run read and did, read back after the last commit (P1).

    Over the connection of an open transaction: with what that transaction has written.
    """
    with transaction(connection) as cursor:
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
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT run::text, name, rejects_path, leftovers_path FROM heal.load_runs"
            " JOIN heal.load_run_sources USING (run) WHERE source = %s ORDER BY run",
            (source,),
        )
        return [Trace(*row) for row in cursor.fetchall()]


def committed_attempts(connection: psycopg.Connection, run: str) -> set[tuple[str, int, int]]:
    """Every (source name, batch, attempt) of a run that reached a commit: only their lines count."""
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT source_name, batch, attempt FROM heal.load_batches WHERE run = %(run)s"
            " UNION SELECT source_name, batch, attempt FROM heal.load_retries WHERE run = %(run)s",
            {"run": run},
        )
        return {(row[0], row[1], row[2]) for row in cursor.fetchall()}

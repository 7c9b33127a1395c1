"""What replay asks of the ledger: events put in once, sources that are whole now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import psycopg


def restore_event(
    connection: psycopg.Connection, *, event: str, kind: str, run: str, at: datetime, details: str
) -> bool:
    """Put an event in; False when an earlier replay had."""
    cursor = connection.execute(
        "INSERT INTO heal.restored_events (event, kind, run, at, details) VALUES (%s, %s, %s, %s, %s::json)"
        " ON CONFLICT DO NOTHING",
        (event, kind, run, at, details),
    )
    return cursor.rowcount > 0


def are_complete(
    connection: psycopg.Connection, source: int, batches: Sequence[int], *, limit: int | None = None
) -> bool:
    """No row of these batches is left among the first `limit` of the source; None: none at all."""
    cursor = connection.execute(
        "SELECT count(DISTINCT batch) FROM heal.load_batches"
        " WHERE source = %s AND batch = ANY(%s) AND (complete OR lower(pending) > %s)",
        (source, list(batches), limit),
    )
    (found,) = cursor.fetchone() or (0,)
    return bool(found == len(set(batches)))


def count_settled(connection: psycopg.Connection, source: int, batch: int) -> int:
    """Rows of a batch that are loaded, rejected or known as duplicates, by whichever run."""
    cursor = connection.execute(
        "SELECT coalesce(sum(loaded + rejected + duplicates), 0) FROM heal.load_batches"
        " WHERE source = %s AND batch = %s",
        (source, batch),
    )
    (rows,) = cursor.fetchone() or (0,)
    return int(rows)


def is_superseded_and_done(connection: psycopg.Connection, source: int) -> bool:
    """A longer source went on with this one, and all of that is settled."""
    cursor = connection.execute(
        "WITH RECURSIVE line AS (SELECT source, superseded_by, finished_at FROM heal.load_sources WHERE source = %s"
        " UNION ALL SELECT s.source, s.superseded_by, s.finished_at FROM heal.load_sources AS s"
        " JOIN line ON s.source = line.superseded_by)"
        " SELECT finished_at IS NOT NULL FROM line WHERE superseded_by IS NULL AND source <> %s",
        (source, source),
    )
    row = cursor.fetchone()
    return row is not None and bool(row[0])

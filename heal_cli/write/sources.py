"""The ledger's sources: contents that were loaded into a table, or begun."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import psycopg

from heal_cli.model import Chunk, Spans, joined, without
from heal_cli.write.connection import transaction
from heal_cli.write.documents import from_stored, to_stored
from heal_cli.write.ledger import CLAIM_LOCK_CLASS, from_multirange, to_multirange

_MOST_EARLIER: Final = 10_000
"""Sources among which a content is looked for; past that, the oldest are forgotten."""

_ALL: Final = 2**63 - 1
"""Rows of a source that is loaded without a limit, as the ledger compares them."""

_LAST_PIECES: Final = (
    "SELECT DISTINCT ON (batch) batch, stop, digest, complete, first_row, last_row, pending"
    " FROM heal.load_batches WHERE source = %s ORDER BY batch, piece DESC"
)


@dataclass(frozen=True, slots=True)
class DoneBatch:
    """A batch that earlier runs began or finished."""

    batch: int
    stop: int
    digest: str
    complete: bool
    settled: Spans


@dataclass(frozen=True, slots=True)
class EarlierSource:
    """A content that was loaded into the table, or begun, as far as it takes to know its like again."""

    source: int
    generation: int
    run: str  # that began it
    name: str
    reading: str  # JSON of what read it
    size: int | None
    first_stop: int
    first_digest: str
    stop: int  # the furthest place that it is known up to, by its last batch
    digest: str
    rows: int | None  # None: not finished
    pieces: int  # committed so far
    loading_run: str | None  # a run that works on it now
    last_row: int | None  # that ends at `stop`, where a batch does
    inherits: bool  # rows of a shorter one, up to some place beyond its first batch
    limited_to: int | None = (
        None  # its first rows that `--limit` asked for are settled, and no more was asked for
    )


@dataclass(frozen=True, slots=True)
class ClaimedSource:
    """A source as the ledger knows it for one target table."""

    source: int
    plan: str | None  # JSON, as kept by the run that began it
    schema_version: str
    begun_by: str  # run
    finished_at: datetime | None
    batches: Mapping[int, DoneBatch]
    settled_before: Spans  # rows that an earlier, shorter source settled
    rows: int | None  # of the whole, once finished
    is_new: bool
    is_retried: bool = False  # its rows that refer to its own table were tried again, too
    limited_to: int | None = None  # as of an `EarlierSource`, before this run asked for more


@dataclass(frozen=True, slots=True)
class NewSource:
    """What the ledger is to keep of a content that it did not know."""

    table_oid: int
    source_id: str | None
    name: str
    size: int | None
    reading: str
    first: Chunk
    schema_version: str
    run: str
    generation: int = 0
    before: EarlierSource | None = None  # the shorter one that it goes on with
    in_place_of: tuple[EarlierSource, ...] = ()  # those of which nothing was loaded, nor will be
    settled_before: Spans = ()


def earlier_sources(
    connection: psycopg.Connection, table_oid: int, source_id: str | None
) -> list[EarlierSource]:
    """The latest sources of a table, at most `_MOST_EARLIER`, newest first."""
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT source, generation, run::text, name, reading::text, size, first_stop, first_digest,"
            " far.stop, far.digest, rows,"
            " (SELECT count(*) FROM heal.load_batches AS b WHERE b.source = s.source AND s.finished_at IS NULL),"
            " (SELECT run::text FROM heal.load_run_sources AS mine JOIN heal.load_runs USING (run)"
            " WHERE mine.source = s.source AND state = 'running' AND s.finished_at IS NULL"
            # Those that were killed are buried by the next run, but not by a dry one.
            " AND EXISTS (SELECT FROM pg_catalog.pg_stat_activity WHERE application_name = 'heal/' || run::text)"
            " LIMIT 1),"
            " far.last_row, before_stop IS NOT NULL, limited_to"
            " FROM heal.load_sources AS s CROSS JOIN LATERAL"
            " (VALUES (s.stop, s.digest, rows), (first_stop, first_digest, NULL), (before_stop, before_digest, NULL)"
            " UNION ALL SELECT b.stop, b.digest, b.last_row FROM heal.load_batches AS b"
            " WHERE b.source = s.source AND s.finished_at IS NULL"
            " ORDER BY 1 DESC NULLS LAST, 3 DESC NULLS LAST LIMIT 1) AS far (stop, digest, last_row)"
            " WHERE table_oid = %s AND source_id IS NOT DISTINCT FROM %s AND superseded_by IS NULL"
            " ORDER BY source DESC LIMIT %s",
            (table_oid, source_id, _MOST_EARLIER),
        )
        found = [EarlierSource(*row) for row in cursor.fetchall()]
        return [replace(each, reading=from_stored(each.reading)) for each in found]


def can_read_sources(connection: psycopg.Connection) -> bool:
    """There is a ledger, and the role may read in it."""
    row = connection.execute(
        "SELECT pg_catalog.bool_and(pg_catalog.has_schema_privilege('heal', 'USAGE')"
        " AND pg_catalog.has_table_privilege(pg_catalog.to_regclass(name), 'SELECT'))"
        " FROM (VALUES ('heal.load_runs'), ('heal.load_sources'), ('heal.load_run_sources'), ('heal.load_batches'))"
        " AS needed (name) WHERE pg_catalog.to_regnamespace('heal') IS NOT NULL"
    ).fetchone()
    return row is not None and row[0] is True


def join_source(
    connection: psycopg.Connection,
    source: int,
    *,
    run: str,
    name: str,
    check: Callable[[ClaimedSource], None],
    limit: int | None = None,
) -> ClaimedSource | None:
    """Go on with a source that the ledger has; None where a longer one has just taken its place.

    Args:
        check: Raises where the run cannot go on with it: then it has not joined.
        limit: How many of its first rows are asked for now; None: all.
    """
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT FROM heal.load_sources WHERE source = %s AND superseded_by IS NULL FOR KEY SHARE",
            (source,),
        )
        if cursor.fetchone() is None:
            return None
        _note_source(cursor, run, source, name)
        claimed = read_source(cursor, source)
        assert claimed is not None
        check(claimed)
        # Asked for more, it is unfinished as any other until that is loaded.
        cursor.execute(
            "UPDATE heal.load_sources SET limited_to = NULL WHERE source = %s AND limited_to < %s",
            (source, _ALL if limit is None else limit),
        )
        return claimed


def read_source(cursor: psycopg.Cursor, source: int) -> ClaimedSource | None:
    """A source as the ledger has it now; None where the run that began it has let go of it since."""
    cursor.execute(
        "SELECT plan::text, schema_version, run::text, finished_at, settled_before, rows, retried_at IS NOT NULL,"
        " limited_to"
        " FROM heal.load_sources WHERE source = %s",
        (source,),
    )
    row = cursor.fetchone()
    if row is None:
        return None
    plan, version, begun_by, finished_at, before, rows, is_retried, limited_to = row
    batches = done_batches(cursor, source)
    settled = from_multirange(before)
    return ClaimedSource(
        source,
        plan and from_stored(plan),
        version,
        begun_by,
        finished_at,
        batches,
        settled,
        rows,
        is_new=False,
        is_retried=is_retried,
        limited_to=limited_to,
    )


def add_source(
    connection: psycopg.Connection,
    new: NewSource,
    *,
    newest: int,
) -> ClaimedSource | None:
    """Begin a source that the ledger did not know, unless others changed what that was judged by.

    Args:
        newest: The newest source of the table when it was looked at, 0 for none.

    An unfinished source that it goes on with is superseded: nothing more will be loaded for it.
    """
    before = () if new.before is None else (new.before,)
    supersedes = [earlier for earlier in before if earlier.rows is None] + [*new.in_place_of]
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT pg_catalog.pg_advisory_xact_lock(%s, %s::oid::int4)", (CLAIM_LOCK_CLASS, new.table_oid)
        )
        cursor.execute(
            "SELECT coalesce(max(source), 0) FROM heal.load_sources WHERE table_oid = %s", (new.table_oid,)
        )
        if cursor.fetchone() != (newest,):
            return None
        if not all(_is_as_seen(cursor, earlier) for earlier in supersedes):
            return None
        source = _insert(cursor, new)
        cursor.execute(
            "UPDATE heal.load_sources SET superseded_by = %s WHERE source = ANY(%s)",
            (source, [earlier.source for earlier in supersedes]),
        )
        # What dead runs wrote of those before it, and never committed, is dropped with this one's; and rows of a
        # shorter one that refer to rows of the tail are tried again.
        cursor.execute(
            "INSERT INTO heal.load_run_sources (run, source, name)"
            " SELECT run, %s, name FROM heal.load_run_sources WHERE source = ANY(%s) ON CONFLICT DO NOTHING",
            (source, [earlier.source for earlier in (*before, *new.in_place_of)]),
        )
        _note_source(cursor, new.run, source, new.name)
    return ClaimedSource(
        source, None, new.schema_version, new.run, None, {}, new.settled_before, None, is_new=True
    )


def _insert(cursor: psycopg.Cursor, new: NewSource) -> int:
    """Number of the new source."""
    cursor.execute(
        "INSERT INTO heal.load_sources (table_oid, generation, source_id, name, size, first_stop, first_digest,"
        " reading, schema_version, run, settled_before, before_stop, before_digest)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING source",
        (
            *(new.table_oid, new.generation, new.source_id, new.name, new.size),
            *(new.first.stop, new.first.digest, to_stored(cursor.connection, new.reading)),
            *(new.schema_version, new.run),
            to_multirange(new.settled_before),
            *((new.before.stop, new.before.digest) if new.before else (None, None)),
        ),
    )
    (source,) = cursor.fetchone() or (0,)
    return int(source)


def newest_source(connection: psycopg.Connection, table_oid: int) -> int:
    """The number of the newest source of a table, whatever it is called; 0 for none."""
    row = connection.execute(
        "SELECT coalesce(max(source), 0) FROM heal.load_sources WHERE table_oid = %s", (table_oid,)
    ).fetchone()
    return int(row[0]) if row else 0


def settled_rows(connection: psycopg.Connection, source: EarlierSource) -> Spans:
    """Every row of a source that is in the table, in the rejects or a duplicate."""
    if source.rows is not None:
        return ((1, source.rows),) if source.rows else ()
    with transaction(connection) as cursor:
        cursor.execute("SELECT settled_before FROM heal.load_sources WHERE source = %s", (source.source,))
        (before,) = cursor.fetchone() or ((),)
        batches = done_batches(cursor, source.source)
    return joined([*from_multirange(before), *(span for b in batches.values() for span in b.settled)])


def _is_as_seen(cursor: psycopg.Cursor, seen: EarlierSource) -> bool:
    """No run committed anything to it since; and, with its row locked, none will before this transaction ends."""
    cursor.execute(
        "SELECT superseded_by IS NULL AND finished_at IS NULL FROM heal.load_sources WHERE source = %s FOR UPDATE",
        (seen.source,),
    )
    if cursor.fetchone() != (True,):
        return False
    cursor.execute("SELECT count(*) FROM heal.load_batches WHERE source = %s", (seen.source,))
    return cursor.fetchone() == (seen.pieces,)


def _note_source(cursor: psycopg.Cursor, run: str, source: int, name: str) -> None:
    cursor.execute(
        "INSERT INTO heal.load_run_sources (run, source, name) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (run, source, name),
    )


def done_batches(cursor: psycopg.Cursor, source: int) -> dict[int, DoneBatch]:
    """What is committed of a source, batch by batch."""
    cursor.execute(_LAST_PIECES, (source,))
    return {
        row[0]: DoneBatch(
            batch=row[0],
            stop=row[1],
            digest=row[2],
            complete=row[3],
            settled=without(((row[4], row[5]),), from_multirange(row[6]) if row[6] else ()),
        )
        for row in cursor.fetchall()
    }

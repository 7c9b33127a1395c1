"""The ledger's pieces of one run, held still, and whether nobody has gone on from them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import psycopg

from heal_cli.errors import WriteError
from heal_cli.write.origin import check_identity


@dataclass(frozen=True, slots=True)
class WrittenPiece:
    """One savepoint of a run."""

    source: int
    batch: int
    source_name: str
    xmins: tuple[str, ...]  # of the rows that it wrote: its own, and those of undos that brought some back
    loaded: int
    mode: str
    kept: int  # rows in its restore point
    former: tuple[str, ...] = ()  # xmins that its rows had before an undo of it was undone


def lock_pieces(cursor: psycopg.Cursor, run: str) -> list[WrittenPiece]:
    """What the run has written, by the ledger; nobody adds to its sources before the transaction ends.

    Raises:
        WriteError: Somebody went on from what it has written, or its rows can no longer be told from others.
    """
    # Writers and retries hold a share of the source's row until their commit.
    cursor.execute(
        "SELECT source FROM heal.load_sources WHERE source IN"
        " (SELECT source FROM heal.load_batches WHERE run = %(run)s"
        " UNION SELECT source FROM heal.load_retries WHERE run = %(run)s) ORDER BY source FOR UPDATE",
        {"run": run},
    )
    sources = [source for (source,) in cursor.fetchall()]
    check_nobody_works(cursor, sources, run)
    _check_nobody_went_on(cursor, run, sources)
    cursor.execute(
        "SELECT source, batch, source_name, xmin::text, loaded, mode, kept, xact::text, former::text[]"
        " FROM heal.load_batches WHERE run = %(run)s"
        " UNION ALL SELECT source, batch, source_name, xmin::text, cardinality(rows), mode, 0, xact::text, former::text[]"
        " FROM heal.load_retries WHERE run = %(run)s",
        {"run": run},
    )
    found = cursor.fetchall()
    if not found:
        raise WriteError(f"Run {run} was undone by another run just now")
    cursor.execute("SELECT was::text, xmin::text, xact::text FROM heal.moved_rows WHERE run = %s", (run,))
    moved = cursor.fetchall()
    marks = [(int(row[3]), row[7]) for row in found if row[4]]
    check_identity(cursor, run, [*marks, *((int(xmin), xact) for _, xmin, xact in moved)])
    later: defaultdict[str, list[str]] = defaultdict(list)
    for was, xmin, _ in moved:
        later[was].append(xmin)
    return [
        WrittenPiece(source, batch, name, (xmin, *later[xmin]), loaded, mode or "insert", kept, tuple(former))
        for source, batch, name, xmin, loaded, mode, kept, _, former in found
    ]


def check_nobody_works(cursor: psycopg.Cursor, sources: list[int], run: str) -> None:
    """No run is loading these sources, the run itself included.

    Raises:
        WriteError: One is.
    """
    cursor.execute(
        "SELECT run::text FROM heal.load_run_sources JOIN heal.load_runs USING (run)"
        " WHERE source = ANY(%s) AND state = 'running' AND EXISTS (SELECT FROM pg_catalog.pg_stat_activity"
        " WHERE application_name = 'heal/' || run::text) LIMIT 1",
        (sources,),
    )
    if working := cursor.fetchone():
        who = "It" if working[0] == run else f"Run {working[0]}"
        raise WriteError(
            f"Run {run} cannot be undone now. {who} is still at work on its sources",
            hint="Wait for its end, or stop it",
        )


def longer_sources(cursor: psycopg.Cursor, sources: list[int]) -> list[int]:
    """Sources that begin with one of these and count its rows as loaded, whether or not they had any to add."""
    cursor.execute(
        "WITH RECURSIVE longer AS (SELECT unnest(%(sources)s::int8[]) AS source UNION"
        " SELECT next.source FROM longer JOIN heal.load_sources AS own USING (source) JOIN heal.load_sources AS next"
        " ON next.source = own.superseded_by OR (next.source > own.source"
        " AND (next.table_oid, next.generation) = (own.table_oid, own.generation)"
        " AND (next.before_stop, next.before_digest) = (own.stop, own.digest)))"
        " SELECT source FROM longer WHERE source <> ALL(%(sources)s::int8[])",
        {"sources": sources},
    )
    return [source for (source,) in cursor.fetchall()]


def _check_nobody_went_on(cursor: psycopg.Cursor, run: str, sources: list[int]) -> None:
    """No other run has settled anything that rests on what this one settled."""
    cursor.execute(
        # Later savepoints of a batch that this run had begun.
        "SELECT later.run::text FROM heal.load_batches AS later JOIN heal.load_batches AS own"
        " USING (source, batch) WHERE own.run = %(run)s AND later.run <> own.run AND later.piece > own.piece"
        # Retries of its rejects.
        " UNION ALL SELECT retry.run::text FROM heal.load_retries AS retry JOIN heal.load_batches AS own"
        " USING (source, batch) WHERE own.run = %(run)s AND retry.run <> own.run"
        # A longer source that counts these rows as loaded.
        " UNION ALL SELECT run::text FROM heal.load_batches WHERE source = ANY(%(longer)s)"
        " ORDER BY 1 DESC LIMIT 1",
        {"run": run, "longer": longer_sources(cursor, sources)},
    )
    if later := cursor.fetchone():
        raise WriteError(
            f"Run {later[0]} went on from what run {run} had loaded, so that has to be undone first",
            hint=f"heal undo {later[0]}",
        )

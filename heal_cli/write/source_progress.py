"""What the ledger keeps of a source while it is loaded: the plan that its runs share, and how far it is done."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from heal_cli.write.connection import transaction
from heal_cli.write.documents import from_stored, to_stored


def keep_plan(connection: psycopg.Connection, source: int, plan: str, schema_version: str, run: str) -> str:
    """The plan that all runs on this source use: that of the first of them for this schema version.

    A plan that nothing was loaded by, and no other running run may load by, gives way to the new one.
    """
    with transaction(connection) as cursor:
        cursor.execute(
            "UPDATE heal.load_sources AS s SET"
            " plan = CASE WHEN plan IS NOT NULL AND schema_version = %(version)s"
            " AND (EXISTS (SELECT FROM heal.load_batches AS done WHERE done.source = s.source)"
            " OR EXISTS (SELECT FROM heal.load_run_sources AS other JOIN heal.load_runs USING (run)"
            " WHERE other.source = s.source AND run <> %(run)s AND state = 'running'))"
            " THEN plan ELSE %(plan)s::json END,"
            " schema_version = %(version)s WHERE source = %(source)s RETURNING plan::text",
            {"plan": to_stored(connection, plan), "version": schema_version, "source": source, "run": run},
        )
        (kept,) = cursor.fetchone() or (plan,)
        return from_stored(kept)


def settle_plan(connection: psycopg.Connection, source: int, plan: str, schema_version: str) -> None:
    """Keep the plan in which the whole source has answered what its first batch left open.

    No row that hangs on the answer is committed yet, and every run on the source gets the same one.
    """
    with transaction(connection) as cursor:
        cursor.execute(
            "UPDATE heal.load_sources SET plan = %s::json WHERE source = %s AND schema_version = %s",
            (to_stored(connection, plan), source, schema_version),
        )


def release_source(connection: psycopg.Connection, source: int, run: str) -> None:
    """Let go of a source that a run could not place; the last to do so forgets it, and it is read and planned anew.

    It stays where anything of it is committed, other runs work on it, or it has taken the place of a shorter one.
    """
    with transaction(connection) as cursor:
        # Whoever holds it for long is loading it, and then nothing is to be forgotten.
        cursor.execute("SELECT pg_catalog.set_config('lock_timeout', '2s', true)")
        cursor.execute(
            "SELECT FROM heal.load_sources AS s WHERE source = %s AND before_stop IS NULL"
            " AND NOT EXISTS (SELECT FROM heal.load_batches AS done WHERE done.source = s.source) FOR UPDATE",
            (source,),
        )
        if cursor.fetchone() is None:
            return
        # Whoever joins it holds its row until that is on record: with the row locked nobody is on the way.
        cursor.execute("DELETE FROM heal.load_run_sources WHERE source = %s AND run = %s", (source, run))
        cursor.execute(
            "DELETE FROM heal.load_sources AS s WHERE source = %s AND NOT EXISTS"
            " (SELECT FROM heal.load_run_sources AS other WHERE other.source = s.source)"
            " AND NOT EXISTS (SELECT FROM heal.load_batches AS done WHERE done.source = s.source)",
            (source,),
        )


def finish_source(connection: psycopg.Connection, source: int, *, stop: int, digest: str, rows: int) -> None:
    """Note that every batch of the source is committed."""
    with transaction(connection) as cursor:
        cursor.execute(
            "UPDATE heal.load_sources SET finished_at = pg_catalog.clock_timestamp(), stop = %s, digest = %s,"
            " rows = %s WHERE source = %s AND (finished_at IS NULL OR stop < %s)",
            (stop, digest, rows, source, stop),
        )


def note_limited(connection: psycopg.Connection, source: int, *, rows: int, run: str) -> None:
    """Note that the first `rows` of the source are committed, which were all that `run` was asked for.

    Where a later run has asked for more and not got there, the source is unfinished for all that.
    """
    with transaction(connection) as cursor:
        cursor.execute(
            "UPDATE heal.load_sources AS s SET limited_to = greatest(limited_to, %(rows)s)"
            " WHERE source = %(source)s AND (limited_to IS NOT NULL OR NOT EXISTS"
            " (SELECT FROM heal.load_run_sources AS later WHERE later.source = s.source AND later.run > %(run)s))",
            {"rows": rows, "source": source, "run": run},
        )


def note_retried(connection: psycopg.Connection, sources: Sequence[int]) -> None:
    """Note that the rows of these sources which refer to their own table were tried again after the last batch."""
    with transaction(connection) as cursor:
        cursor.execute(
            "UPDATE heal.load_sources SET retried_at = pg_catalog.clock_timestamp()"
            " WHERE source = ANY(%s) AND finished_at IS NOT NULL AND retried_at IS NULL",
            (list(sources),),
        )

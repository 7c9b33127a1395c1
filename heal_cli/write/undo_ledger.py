"""What a run has settled, out of the ledger, with what it takes to put it there again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from heal_cli.write.ledger import CLAIM_LOCK_CLASS
from heal_cli.write.pieces import check_nobody_works, longer_sources

_THOSE: Final = sql.SQL(
    "line.run = %(run)s"
    " AND (line.source, line.batch) IN (SELECT * FROM unnest(%(sources)s::int8[], %(batches)s::int4[]))"
)


@dataclass(frozen=True, slots=True)
class UndoneBatch:
    """One batch of a run, and what came of it."""

    source: int
    batch: int  # from 0
    source_name: str
    loaded: int
    removed: int

    @property
    def changed(self) -> int:
        """Rows that were changed or deleted since."""
        return self.loaded - self.removed


def note_undo(
    cursor: psycopg.Cursor, run: str, undo: str, table_oid: int, *, mode: str, kept: int, returned: int
) -> None:
    """Note what an undo did to the table, so that it can be undone itself.

    Args:
        mode: How the run had written.
        kept: Rows in the restore points of the undo.
        returned: Deleted rows that it put back.
    """
    # Of two that look which sources there are, the second has to see what the first adds.
    cursor.execute(
        "SELECT pg_catalog.pg_advisory_xact_lock(%s, %s::oid::int4)", (CLAIM_LOCK_CLASS, table_oid)
    )
    cursor.execute(
        "INSERT INTO heal.undos (undo, run, mode, state, newest, kept, returned)"
        " SELECT %(undo)s, run, %(mode)s, state, (SELECT coalesce(max(source), 0) FROM heal.load_sources"
        " WHERE table_oid = %(oid)s), %(kept)s, %(returned)s FROM heal.load_runs WHERE run = %(run)s",
        {"undo": undo, "run": run, "oid": table_oid, "mode": mode, "kept": kept, "returned": returned},
    )


def drop_points(cursor: psycopg.Cursor, run: str) -> None:
    """Drop the restore points of a run, which nobody goes by any more."""
    cursor.execute(
        "WITH points AS (DELETE FROM heal.restore_points WHERE run = %s RETURNING point)"
        " DELETE FROM heal.restore_images WHERE point IN (SELECT point FROM points)",
        (run,),
    )


def forget(cursor: psycopg.Cursor, run: str, undo: str, batches: Sequence[UndoneBatch]) -> None:
    """Let the ledger know: what is out of the table loads again; a batch with changed rows does not.

    What it held is kept where `note_undo` was called.
    """
    cursor.executemany(
        "INSERT INTO heal.undone_batches (undo, run, source, batch, source_name, loaded, removed)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [(undo, run, b.source, b.batch, b.source_name, b.loaded, b.removed) for b in batches],
    )
    whole = [batch for batch in batches if not batch.changed]
    gone: dict[str, object] = {
        **{"run": run, "undo": undo},
        "sources": [batch.source for batch in whole],
        "batches": [batch.batch for batch in whole],
    }
    _drop_longer(cursor, run, sorted({batch.source for batch in whole}))
    _take(cursor, "load_retries", gone)
    _open_sources(cursor, _take(cursor, "load_batches", gone), undo)
    _keep(cursor, "moved_rows", sql.SQL("line.run = %(run)s"), gone)
    if len(whole) == len(batches):
        cursor.execute("DELETE FROM heal.moved_rows WHERE run = %s", (run,))
        cursor.execute("UPDATE heal.load_runs SET state = 'undone' WHERE run = %s", (run,))


def _drop_longer(cursor: psycopg.Cursor, run: str, sources: list[int]) -> None:
    """Forget sources that only say that these rows are loaded: they had none to add, or somebody would have gone on."""
    longer = longer_sources(cursor, sources)
    check_nobody_works(cursor, longer, run)
    cursor.execute(
        "UPDATE heal.load_sources SET superseded_by = NULL WHERE superseded_by = ANY(%s)", (longer,)
    )
    cursor.execute("DELETE FROM heal.load_sources WHERE source = ANY(%s)", (longer,))


def _take(cursor: psycopg.Cursor, table: str, those: dict[str, object]) -> list[int]:
    """Delete lines of a run; the sources that they were of."""
    _keep(cursor, table, _THOSE, those)
    cursor.execute(
        sql.SQL("DELETE FROM {} AS line WHERE {} RETURNING source").format(
            sql.Identifier("heal", table), _THOSE
        ),
        those,
    )
    return sorted({source for (source,) in cursor.fetchall()})


def _open_sources(cursor: psycopg.Cursor, opened: list[int], undo: str) -> None:
    """Sources that batches were taken of are unfinished; those that nothing is left of are new, perhaps read by other flags."""
    cursor.execute(
        "SELECT source FROM heal.load_sources AS s WHERE source = ANY(%s)"
        " AND NOT EXISTS (SELECT FROM heal.load_batches AS b WHERE b.source = s.source)",
        (opened,),
    )
    which: dict[str, object] = {
        "undo": undo,
        "opened": opened,
        "gone": [source for (source,) in cursor.fetchall()],
    }
    touched = sql.SQL("line.source = ANY(%(opened)s) OR line.superseded_by = ANY(%(gone)s)")
    _keep(cursor, "load_sources", sql.SQL("({})").format(touched), which)
    _keep(cursor, "load_run_sources", sql.SQL("line.source = ANY(%(gone)s)"), which)
    cursor.execute(
        "UPDATE heal.load_sources SET finished_at = NULL, stop = NULL, digest = NULL, rows = NULL"
        " WHERE source = ANY(%s)",
        (opened,),
    )
    cursor.execute("DELETE FROM heal.load_sources WHERE source = ANY(%s)", (which["gone"],))
    cursor.execute(
        "UPDATE heal.load_sources SET superseded_by = NULL WHERE superseded_by = ANY(%s)", (which["gone"],)
    )
    cursor.execute(
        "UPDATE heal.undone_lines AS kept SET after = to_jsonb(s) FROM heal.load_sources AS s"
        " WHERE undo = %s AND relation = 'load_sources' AND kept.source = s.source",
        (undo,),
    )


def _keep(cursor: psycopg.Cursor, table: str, which: sql.Composable, values: dict[str, object]) -> None:
    source = sql.SQL("NULL" if table == "moved_rows" else "line.source")
    cursor.execute(
        sql.SQL(
            "INSERT INTO heal.undone_lines (undo, relation, source, mark, line)"
            " SELECT undo, {}, {}, line.xmin, row_to_json(line) FROM heal.undos CROSS JOIN {} AS line"
            " WHERE undo = %(undo)s AND {}"
        ).format(sql.Literal(table), source, sql.Identifier("heal", table), which),
        values,
    )

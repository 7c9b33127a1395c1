"""The rows of a run out of the table again, and out of the ledger: all in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from heal_cli.errors import WriteError
from heal_cli.model import WriteOptions
from heal_cli.write.audit import AUDIT
from heal_cli.write.connection import begin, table_name
from heal_cli.write.pieces import WrittenPiece, lock_pieces
from heal_cli.write.references import silent_references
from heal_cli.write.sqlstate import to_heal_error
from heal_cli.write.undo_changes import Restorer

_KINDS: Final = {
    "v": "it went through a view, and nothing tells which rows of the tables behind it are its own",
    "f": "it is in a foreign table, whose rows do not say who wrote them",
}
"""pg_class.relkind -> why rows in it are not known again."""

_SHOWN: Final = 5

_THOSE: Final = sql.SQL(
    "WHERE run = %(run)s AND (source, batch) IN (SELECT * FROM unnest(%(sources)s::int8[], %(batches)s::int4[]))"
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


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of an undo."""

    table: str
    batches: tuple[UndoneBatch, ...]  # last first
    triggers: tuple[str, ...]  # that fire on INSERT, DELETE or UPDATE
    sequences: tuple[str, ...]  # that columns take values from


@dataclass(frozen=True, slots=True)
class _Table:
    oid: int
    schema: str
    name: str
    kind: str

    @property
    def sql(self) -> sql.Composable:
        """For FROM: the rows that a load writes, none of inheritance children."""
        only = sql.SQL("" if self.kind == "p" else "ONLY ")
        return sql.SQL("{}{}").format(only, table_name(self.schema, self.name))


def undo_run(
    connection: psycopg.Connection,
    run: str,
    *,
    undo: str,
    table_oid: int,
    options: WriteOptions,
    force_unchanged: bool,
) -> Undone:
    """Take back every row that a run wrote; nothing happens, or all of it.

    Args:
        undo: The run that this is.
        options: Its limits; under `dry_run` all is rolled back.
        force_unchanged: Rows that changed since stay, and their batches with them in the ledger.

    Raises:
        WriteError: Rows changed since, or cannot be told from others, or others depend on them.
        DatabaseUnavailable: The connection was lost; unless that was during COMMIT, nothing has happened.
    """
    try:
        with connection.transaction(force_rollback=options.dry_run), connection.cursor() as cursor:
            begin(cursor, options, server_version=connection.info.server_version)
            pieces = lock_pieces(cursor, run)
            table = _find_table(cursor, run, table_oid)
            mode = _mode(run, pieces)
            xmins = sorted({xmin for piece in pieces if piece.loaded for xmin in piece.xmins})
            if mode == "insert":
                _check_references(cursor, run, table, xmins)
                batches = _compare(
                    run, pieces, _delete(cursor, table, xmins), force_unchanged=force_unchanged
                )
            else:
                batches = _restore(cursor, run, table, mode, pieces, xmins)
            _forget(cursor, run, undo, batches)
            taken = sum(batch.removed for batch in batches)
            cursor.execute(AUDIT.encode(), {"run": undo, "kind": "undo", "rows": taken})
            return Undone(
                f"{table.schema}.{table.name}",
                batches,
                triggers=_names(cursor, _TRIGGERS, table.oid),
                sequences=_names(cursor, _SEQUENCES, table.oid),
            )
    except psycopg.Error as error:
        raise to_heal_error(error, f"undoing run {run}") from error


def _find_table(cursor: psycopg.Cursor, run: str, oid: int) -> _Table:
    cursor.execute(
        "SELECT c.oid::int8, nspname::text, relname::text, relkind::text FROM pg_catalog.pg_class AS c"
        " JOIN pg_catalog.pg_namespace AS n ON n.oid = relnamespace WHERE c.oid = %s",
        (oid,),
    )
    row = cursor.fetchone()
    if row is None:
        raise WriteError(f"Run {run} has nothing to undo: the table that it loaded was dropped")
    table = _Table(*row)
    if table.kind in _KINDS:
        raise WriteError(
            f"Run {run} cannot be undone: {_KINDS[table.kind]}", hint="Delete its rows by what is in them"
        )
    return table


def _mode(run: str, pieces: Sequence[WrittenPiece]) -> str:
    """How the run wrote."""
    modes = {piece.mode for piece in pieces if piece.loaded} or {"insert"}
    if "overwrite" in modes or len(modes) > 1:
        raise WriteError(
            f"Run {run} cannot be undone: it changed rows by --on-conflict update or --no-restore,"
            " and what they were is not kept"
        )
    return modes.pop()


def _restore(
    cursor: psycopg.Cursor,
    run: str,
    table: _Table,
    mode: str,
    pieces: Sequence[WrittenPiece],
    xmins: Sequence[str],
) -> tuple[UndoneBatch, ...]:
    """Bring changed rows back to what they were, and delete what an upsert inserted."""
    before = Restorer(
        cursor,
        run,
        oid=table.oid,
        target=table.sql,
        row_type=table_name(table.schema, table.name),
        xmins=xmins,
    )
    if before.images != sum(piece.kept for piece in pieces):
        raise WriteError(f"Run {run} cannot be undone: its restore points were pruned")
    inserted = sum(piece.loaded - (0 if mode == "replace" else piece.kept) for piece in pieces)
    gone = 0
    if mode in ("update", "upsert"):
        before.restore_updated()
    if mode in ("upsert", "replace"):
        _check_references(cursor, run, table, xmins)
        gone = _delete(cursor, table, xmins).total()
    cursor.execute(
        "WITH points AS (DELETE FROM heal.restore_points WHERE run = %s RETURNING point)"
        " DELETE FROM heal.restore_images WHERE point IN (SELECT point FROM points)",
        (run,),
    )
    if gone != inserted:
        raise WriteError(
            f"Run {run} was not undone: {abs(inserted - gone):,} of the {inserted:,} rows that it inserted"
            " were changed or deleted since, or triggers wrote more of them"
        )
    if mode in ("delete", "replace"):
        before.restore_deleted()
    return _compare(
        run, pieces, Counter({p.xmins[0]: p.loaded for p in pieces if p.loaded}), force_unchanged=False
    )


def _delete(cursor: psycopg.Cursor, table: _Table, xmins: Sequence[str]) -> Counter[str]:
    """Delete the rows of these transactions; how many each had."""
    cursor.execute(
        sql.SQL(
            "WITH gone AS (DELETE FROM {} AS t WHERE t.xmin = ANY(%s::pg_catalog.xid[]) RETURNING t.xmin::text)"
            " SELECT xmin, count(*) FROM gone GROUP BY xmin"
        ).format(table.sql),
        (list(xmins),),
    )
    return Counter(dict(cursor.fetchall()))


def _compare(
    run: str, pieces: Sequence[WrittenPiece], found: Counter[str], *, force_unchanged: bool
) -> tuple[UndoneBatch, ...]:
    """What each batch had written, and what of it was there; last batch first.

    Raises:
        WriteError: Rows changed since, or others have the mark of the run.
    """
    # Savepoints that loaded nothing have none; the others have one each.
    there = {piece: sum(found[xmin] for xmin in piece.xmins) for piece in pieces if piece.loaded}
    if any(count > piece.loaded for piece, count in there.items()):
        raise WriteError(
            f"Run {run} cannot be undone: triggers wrote rows of the table in its transactions,"
            " and nothing tells them from its own",
            hint="Delete its rows by what is in them",
        )
    loaded: Counter[tuple[int, int, str]] = Counter()
    removed: Counter[tuple[int, int, str]] = Counter()
    for piece in pieces:
        key = (piece.source, piece.batch, piece.source_name)
        loaded[key] += piece.loaded
        removed[key] += there.get(piece, 0)
    batches = tuple(UndoneBatch(*key, loaded[key], removed[key]) for key in sorted(loaded, reverse=True))
    changed = [batch for batch in batches if batch.changed]
    if changed and not force_unchanged:
        raise _has_changed(run, changed)
    return batches


def _has_changed(run: str, changed: Sequence[UndoneBatch]) -> WriteError:
    told = [
        f"{batch.changed:,} of {batch.loaded:,} rows of batch {batch.batch + 1} of {batch.source_name!r}"
        for batch in changed[:_SHOWN]
    ]
    more = f", and of {len(changed) - _SHOWN} more batches" if len(changed) > _SHOWN else ""
    return WriteError(
        f"Run {run} was not undone: since then {', '.join(told)}{more} were changed or deleted, or a trigger keeps them",
        hint="Undo the others with --force-unchanged",
    )


def _check_references(cursor: psycopg.Cursor, run: str, table: _Table, xmins: Sequence[str]) -> None:
    """No foreign key would change rows elsewhere in silence; one that only refuses says so itself.

    Raises:
        WriteError: Rows of a table refer to rows of the run, and would be deleted or changed with them.
    """
    ours = sql.Literal(list(xmins))
    going = sql.SQL("t.xmin = ANY({}::pg_catalog.xid[])").format(ours)
    staying = sql.SQL("c.xmin <> ALL({}::pg_catalog.xid[])").format(ours)
    for found in silent_references(cursor, table.oid, table.sql, going=going, own=staying):
        raise WriteError(
            f"Run {run} was not undone: {found.rows:,} rows of {found.table} refer to its rows, and"
            f" {found.constraint} would delete or change them in silence",
            hint=f"Look after those rows of {found.table} first",
        )


def _forget(cursor: psycopg.Cursor, run: str, undo: str, batches: Sequence[UndoneBatch]) -> None:
    """Let the ledger know: what is out of the table loads again; a batch with changed rows does not."""
    cursor.executemany(
        "INSERT INTO heal.undone_batches (undo, run, source, batch, source_name, loaded, removed)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [(undo, run, b.source, b.batch, b.source_name, b.loaded, b.removed) for b in batches],
    )
    whole = [batch for batch in batches if not batch.changed]
    gone = {
        "run": run,
        "sources": [batch.source for batch in whole],
        "batches": [batch.batch for batch in whole],
    }
    cursor.execute(sql.SQL("DELETE FROM heal.load_retries ") + _THOSE, gone)
    cursor.execute(sql.SQL("DELETE FROM heal.load_batches ") + _THOSE + sql.SQL(" RETURNING source"), gone)
    opened = sorted({source for (source,) in cursor.fetchall()})
    cursor.execute(
        "UPDATE heal.load_sources SET finished_at = NULL, stop = NULL, digest = NULL, rows = NULL"
        " WHERE source = ANY(%s)",
        (opened,),
    )
    # A source that nothing is left of is read anew, perhaps by other flags.
    cursor.execute(
        "DELETE FROM heal.load_sources AS s WHERE source = ANY(%s)"
        " AND NOT EXISTS (SELECT FROM heal.load_batches AS b WHERE b.source = s.source) RETURNING source",
        (opened,),
    )
    deleted = [source for (source,) in cursor.fetchall()]
    cursor.execute(
        "UPDATE heal.load_sources SET superseded_by = NULL WHERE superseded_by = ANY(%s)", (deleted,)
    )
    if len(whole) == len(batches):
        cursor.execute("DELETE FROM heal.moved_rows WHERE run = %s", (run,))
        cursor.execute("UPDATE heal.load_runs SET state = 'undone' WHERE run = %s", (run,))


_TRIGGERS: Final = (
    "SELECT tgname::text FROM pg_catalog.pg_trigger WHERE tgrelid = %s AND NOT tgisinternal AND tgenabled <> 'D'"
    " AND tgtype & 28 <> 0 ORDER BY 1"  # INSERT, DELETE or UPDATE
)
_SEQUENCES: Final = (
    "SELECT DISTINCT s.oid::pg_catalog.regclass::text FROM pg_catalog.pg_depend AS d"
    " JOIN pg_catalog.pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'"
    " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = %s AND d.deptype IN ('a', 'i')"
    " ORDER BY 1"
)


def _names(cursor: psycopg.Cursor, query: str, oid: int) -> tuple[str, ...]:
    cursor.execute(query.encode(), (oid,))
    return tuple(str(name) for (name,) in cursor.fetchall())

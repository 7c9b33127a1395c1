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
from heal_cli.wording import counted
from heal_cli.write.audit import AUDIT
from heal_cli.write.connection import begin
from heal_cli.write.images import Images
from heal_cli.write.pieces import WrittenPiece, lock_pieces
from heal_cli.write.sqlstate import to_heal_error
from heal_cli.write.undo_changes import Restorer
from heal_cli.write.undo_ledger import UndoneBatch, drop_points, forget, note_undo
from heal_cli.write.undo_owners import bring_to_owners
from heal_cli.write.undo_table import UndoTable, check_references, find_table, written_by

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of an undo."""

    table: str
    batches: tuple[UndoneBatch, ...]  # last first
    triggers: tuple[str, ...]  # that fire on INSERT, DELETE or UPDATE
    sequences: tuple[str, ...]  # that columns take values from


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
    keeps = options.restore and not options.dry_run
    try:
        with connection.transaction(force_rollback=options.dry_run), connection.cursor() as cursor:
            begin(cursor, options, server_version=connection.info.server_version)
            pieces = lock_pieces(cursor, run)
            table = find_table(cursor, run, table_oid)
            mode = _mode(run, pieces)
            taken = _TakenBack(cursor, run, undo, table, pieces, keeps=keeps)
            if mode == "insert":
                batches = taken.inserted(force_unchanged=force_unchanged)
            else:
                batches = taken.changed(mode)
            if keeps:
                note_undo(cursor, run, undo, table.oid, mode=mode, kept=taken.kept, returned=taken.returned)
            elif not options.dry_run:
                drop_points(cursor, run)
            forget(cursor, run, undo, batches)
            rows = sum(batch.removed for batch in batches)
            cursor.execute(AUDIT.encode(), {"run": undo, "kind": "undo", "rows": rows})
            return Undone(table.qualified, batches, table.triggers(cursor), table.sequences(cursor))
    except psycopg.Error as error:
        raise to_heal_error(error, f"undoing run {run}") from error


def _mode(run: str, pieces: Sequence[WrittenPiece]) -> str:
    """How the run wrote."""
    modes = {piece.mode for piece in pieces if piece.loaded} or {"insert"}
    if "overwrite" in modes or len(modes) > 1:
        raise WriteError(
            f"Run {run} cannot be undone: it changed rows by --on-conflict update or --no-restore,"
            " and what they were is not kept",
            hint="Next time --mode upsert, with restore points, can be undone",
        )
    return modes.pop()


class _TakenBack:
    """The rows of a run as they were before it.

    Args:
        keeps: What they are until then is kept in restore points of the undo.
    """

    def __init__(
        self,
        cursor: psycopg.Cursor,
        run: str,
        undo: str,
        table: UndoTable,
        pieces: Sequence[WrittenPiece],
        *,
        keeps: bool,
    ) -> None:
        self._cursor, self._run, self._undo, self._table, self._pieces = cursor, run, undo, table, pieces
        self._keeps = keeps
        self._xmins = sorted({xmin for piece in pieces if piece.loaded for xmin in piece.xmins})
        self.kept = 0
        """Rows in the restore points of the undo."""
        self.returned = 0
        """Deleted rows that are back."""

    def inserted(self, *, force_unchanged: bool) -> tuple[UndoneBatch, ...]:
        """Delete the rows that the run inserted.

        Raises:
            WriteError: Some changed since, or cannot be told from others, or others depend on them.
        """
        check_references(self._cursor, self._run, self._table, self._xmins)
        return _compare(self._run, self._pieces, self._delete(), force_unchanged=force_unchanged)

    def changed(self, mode: str) -> tuple[UndoneBatch, ...]:
        """Bring changed rows back to what they were, and delete what the run inserted.

        Raises:
            WriteError: Some changed since, or what they were is not known any more.
        """
        former = [xmin for piece in self._pieces for xmin in piece.former]
        before = Restorer(self._cursor, self._run, self._table, self._xmins, former=former)
        if before.images != sum(piece.kept for piece in self._pieces):
            raise WriteError(f"Run {self._run} cannot be undone: its restore points were pruned")
        if mode in ("update", "upsert") and before.rows:
            before.plan_update(self._images(before.key, "update"))
            bring_to_owners(self._cursor, before, self._undo, self._table.oid)
            self.kept += before.rows if self._keeps else 0
        if mode in ("upsert", "replace"):
            self._delete_inserted(mode)
        if mode in ("delete", "replace") and before.rows:
            before.plan_insert()
            bring_to_owners(self._cursor, before, self._undo, self._table.oid)
            self.returned = before.rows
        all_there = Counter({piece.xmins[0]: piece.loaded for piece in self._pieces if piece.loaded})
        return _compare(self._run, self._pieces, all_there, force_unchanged=False)

    def _delete_inserted(self, mode: str) -> None:
        check_references(self._cursor, self._run, self._table, self._xmins)
        inserted = sum(piece.loaded - (0 if mode == "replace" else piece.kept) for piece in self._pieces)
        gone = self._delete().total()
        if gone != inserted:
            raise WriteError(
                f"Run {self._run} was not undone: {abs(inserted - gone):,} of the {inserted:,} rows that it inserted"
                " were changed or deleted since, or triggers wrote more of them"
            )

    def _delete(self) -> Counter[str]:
        """Delete the rows of the run's transactions; how many each had."""
        delete = sql.SQL("DELETE FROM {} AS t WHERE {} RETURNING t.xmin, {}")
        which = self._table.rows, written_by("t", self._xmins)
        images = self._images((), "delete")
        if images is not None:
            statement = images.counting(delete.format(*which, sql.SQL("(t.*)::text")))
        else:
            statement = sql.SQL(
                "WITH gone (x, image) AS ({}) SELECT x::text, count(*) FROM gone GROUP BY x"
            ).format(delete.format(*which, sql.SQL("NULL")))
        self._cursor.execute(statement)
        gone: Counter[str] = Counter(dict(self._cursor.fetchall()))
        self.kept += gone.total() if self._keeps else 0
        return gone

    def _images(self, key: Sequence[str], change: str) -> Images | None:
        return Images(self._undo, self._table.oid, key, change) if self._keeps else None


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
        f"{batch.changed:,} of {counted(batch.loaded, 'row')} of batch {batch.batch + 1} of {batch.source_name!r}"
        for batch in changed[:_SHOWN]
    ]
    more = f", and of {len(changed) - _SHOWN} more batches" if len(changed) > _SHOWN else ""
    return WriteError(
        f"Run {run} was not undone: since then {', '.join(told)}{more} were changed or deleted, or a trigger keeps them",
        hint="Undo the others with --force-unchanged",
    )

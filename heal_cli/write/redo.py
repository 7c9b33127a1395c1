"""An undo undone: the rows of a run in the table again, and in the ledger, all in one transaction.

The rows that the undo had changed or deleted are in its restore points, with the xmins that they had; the lines
of the ledger are in `heal.undone_lines`. Each piece of the run goes in by a savepoint with its rows, so that
its xmin is theirs again, and the run can be undone anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from heal_cli.errors import UsageError, WriteError
from heal_cli.model import WriteOptions
from heal_cli.write.audit import AUDIT
from heal_cli.write.connection import begin, transaction
from heal_cli.write.origin import check_identity
from heal_cli.write.redo_ledger import KeptLines
from heal_cli.write.sqlstate import to_heal_error
from heal_cli.write.undo import Undone
from heal_cli.write.undo_changes import Restorer
from heal_cli.write.undo_ledger import UndoneBatch, drop_points
from heal_cli.write.undo_owners import mark
from heal_cli.write.undo_table import UndoTable, check_references, find_table, written_by


@dataclass(frozen=True, slots=True)
class FormerUndo:
    """What an undo kept of itself."""

    undo: str
    run: str  # that it took back
    mode: str  # how that had written
    newest: int  # source of the table then
    kept: int  # rows in its restore points
    returned: int  # deleted rows that it put back
    learned: str | None  # JSON of what had counted for patterns
    rows: int  # that it took back
    command: str  # of the run
    xmin: int  # of its line
    xact: str | None  # that wrote the line


_UNDO: Final = (
    "SELECT undo::text, u.run::text, mode, newest, kept, returned, learned::text,"
    " (SELECT coalesce(sum(removed), 0)::int8 FROM heal.undone_batches AS b WHERE b.undo = u.undo), command,"
    " u.xmin::text::int8, u.xact::text, undone_by::text FROM heal.undos AS u JOIN heal.load_runs AS r ON r.run = u.run WHERE undo = %s"
)


def find_undo(connection: psycopg.Connection, run: str) -> FormerUndo | None:
    """What the run, an undo, kept of itself; None where it was none, or has kept nothing.

    Raises:
        UsageError: It was undone.
    """
    with transaction(connection) as cursor:
        cursor.execute(_UNDO.encode(), (run,))
        row = cursor.fetchone()
    if row is None:
        return None
    *facts, undone_by = row
    if undone_by is not None:
        raise UsageError(
            f"Run {run} was undone by run {undone_by}, which brought run {facts[1]} back",
            hint=f"heal undo {facts[1]}",
        )
    return FormerUndo(*facts)


def brought_back_by(connection: psycopg.Connection, run: str) -> str | None:
    """The run that this one, the undo of an undo, brought back."""
    with transaction(connection) as cursor:
        cursor.execute("SELECT run::text FROM heal.undos WHERE undone_by = %s", (run,))
        row = cursor.fetchone()
    return None if row is None else str(row[0])


def undos_of(connection: psycopg.Connection, run: str) -> list[str]:
    """The undos of a run that can be undone, first to last."""
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT undo::text FROM heal.undos WHERE run = %s AND undone_by IS NULL ORDER BY undone_at",
            (run,),
        )
        return [undo for (undo,) in cursor.fetchall()]


def keep_learned(connection: psycopg.Connection, undo: str, learned: str) -> None:
    """Keep with an undo what had counted for patterns.

    Args:
        learned: JSON.
    """
    with transaction(connection) as cursor:
        cursor.execute("UPDATE heal.undos SET learned = %s::json WHERE undo = %s", (learned, undo))


def redo_run(
    connection: psycopg.Connection, undo: FormerUndo, *, redo: str, table_oid: int, options: WriteOptions
) -> Undone:
    """Bring back every row that an undo took back; nothing happens, or all of it.

    Args:
        redo: The run that this is.
        options: Its limits; under `dry_run` all is rolled back.

    Raises:
        WriteError: Rows changed since the undo, or their sources were loaded again.
        DatabaseUnavailable: The connection was lost; unless that was during COMMIT, nothing has happened.
    """
    try:
        with connection.transaction(force_rollback=options.dry_run), connection.cursor() as cursor:
            begin(cursor, options, server_version=connection.info.server_version)
            check_identity(cursor, undo.undo, [(undo.xmin, undo.xact)])
            _claim(cursor, undo, redo)
            table = find_table(cursor, undo.run, table_oid)
            lines = KeptLines(cursor, undo.undo, undo.run, table.oid)
            lines.check_free(undo.newest)
            lines.put_back_sources()
            _bring_back(cursor, undo, table, lines)
            batches = _batches(cursor, undo)
            _drop(cursor, undo.undo)
            cursor.execute(AUDIT.encode(), {"run": redo, "kind": "undo", "rows": undo.rows})
            return Undone(table.qualified, batches, table.triggers(cursor), table.sequences(cursor))
    except psycopg.Error as error:
        raise to_heal_error(error, f"undoing run {undo.undo}") from error


def _claim(cursor: psycopg.Cursor, undo: FormerUndo, redo: str) -> None:
    """Nobody else undoes this undo.

    Raises:
        WriteError: Somebody did.
    """
    cursor.execute(
        "UPDATE heal.undos SET undone_by = %s WHERE undo = %s AND undone_by IS NULL", (redo, undo.undo)
    )
    if not cursor.rowcount:
        raise WriteError(f"Run {undo.undo} was undone by another run just now")
    cursor.execute(
        "UPDATE heal.load_runs AS r SET state = u.state FROM heal.undos AS u WHERE u.undo = %s AND r.run = u.run",
        (undo.undo,),
    )
    cursor.execute("UPDATE heal.load_runs SET state = 'undone' WHERE run = %s", (undo.undo,))


def _bring_back(cursor: psycopg.Cursor, undo: FormerUndo, table: UndoTable, lines: KeptLines) -> None:
    """The rows as the run had left them, each with the piece that it was written with.

    Raises:
        WriteError: Rows are not as the undo left them.
    """
    cursor.execute("SELECT xmin::text, xact::text FROM heal.moved_rows WHERE run = %s", (undo.undo,))
    marks = cursor.fetchall()
    check_identity(cursor, undo.undo, [(int(xmin), xact) for xmin, xact in marks])
    xmins = [xmin for xmin, _ in marks]
    updated = Restorer(cursor, undo.undo, table, xmins, change="update")
    deleted = Restorer(cursor, undo.undo, table, xmins, change="delete")
    if updated.images + deleted.images != undo.kept or updated.rows + deleted.rows != undo.kept:
        raise WriteError(f"Run {undo.undo} cannot be undone: its restore points were pruned")
    if undo.mode in ("delete", "replace"):
        _delete_returned(cursor, undo, table, xmins)
    if updated.rows:
        updated.plan_update(None)
    if deleted.rows:
        deleted.plan_insert()
    restorers = [restorer for restorer in (updated, deleted) if restorer.rows]
    if table.refers_to_itself(cursor):
        restorers.reverse()  # changed rows may refer to new ones
    writers = _writers(cursor, restorers)
    owners = lines.owners(writers)
    for restorer in restorers:
        restorer.bring_rest(writers)
    for xmin in lines.marks:
        with cursor.connection.transaction():
            for restorer in restorers if xmin in writers else ():
                restorer.bring_back(xmin)
            lines.put_back(xmin)
    for xmin in writers:
        if xmin in lines.marks:
            continue
        with cursor.connection.transaction():
            for restorer in restorers:
                restorer.bring_back(xmin)
            mark(cursor, lines.renewed(owners[xmin]))
    for restorer in restorers:
        restorer.check()


def _delete_returned(cursor: psycopg.Cursor, undo: FormerUndo, table: UndoTable, xmins: list[str]) -> None:
    """Delete again what the undo had put back.

    Raises:
        WriteError: Not all of it is there as it was.
    """
    check_references(cursor, undo.undo, table, xmins)
    cursor.execute(sql.SQL("DELETE FROM {} AS t WHERE {}").format(table.rows, written_by("t", xmins)))
    if cursor.rowcount != undo.returned:
        raise WriteError(
            f"Run {undo.undo} was not undone: {abs(undo.returned - cursor.rowcount):,} of the {undo.returned:,} rows"
            " that it had put back were changed or deleted since, or triggers wrote more of them"
        )


def _writers(cursor: psycopg.Cursor, restorers: list[Restorer]) -> list[str]:
    """The xmins that the rows to bring back had."""
    found: set[str] = set()
    for restorer in restorers:
        cursor.execute(sql.SQL("SELECT DISTINCT before_xmin::text FROM {}").format(restorer.staged))
        found.update(xmin for (xmin,) in cursor.fetchall())
    return sorted(found)


def _batches(cursor: psycopg.Cursor, undo: FormerUndo) -> tuple[UndoneBatch, ...]:
    """What the undo had taken back, which is on record no longer; last batch first."""
    cursor.execute(
        "DELETE FROM heal.undone_batches WHERE undo = %s RETURNING source, batch, source_name, loaded, removed",
        (undo.undo,),
    )
    found = [UndoneBatch(*row) for row in cursor.fetchall()]
    return tuple(sorted(found, key=lambda batch: (batch.source, batch.batch), reverse=True))


def _drop(cursor: psycopg.Cursor, undo: str) -> None:
    """What the undo kept is done with, but for the sources: that they were there before tells them from new ones."""
    drop_points(cursor, undo)
    cursor.execute("DELETE FROM heal.moved_rows WHERE run = %s", (undo,))
    cursor.execute("DELETE FROM heal.undone_lines WHERE undo = %s AND relation <> 'load_sources'", (undo,))

"""`heal undo`: a run out of the table and the ledger, and what is said about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import msgspec
import psycopg

from heal_cli.errors import HealError, UsageError, WriteError
from heal_cli.model import WriteOptions
from heal_cli.patterns import Discredited, count_again, count_against
from heal_cli.pipeline.identity import new_run_id
from heal_cli.record import UndoneSource, UndoReport, encode, undo_document
from heal_cli.resilience import Spool
from heal_cli.wording import counted
from heal_cli.write import (
    FormerUndo,
    RunNote,
    RunRecord,
    Undone,
    UndoneBatch,
    begin_run,
    brought_back_by,
    connect,
    end_run,
    failed_since,
    find_run,
    find_undo,
    has_ledger,
    keep_learned,
    ledger_migrations,
    migrate,
    record_failed,
    redo_run,
    undo_run,
    undos_of,
)
from heal_cli.write.sqlstate import to_heal_error


@dataclass(frozen=True, slots=True)
class UndoOptions:
    """One `heal undo`."""

    run: str  # its id, or the beginning of it
    conninfo: str
    state_dir: str  # where its spooled batches would be
    write: WriteOptions
    force_unchanged: bool = False


def undo(
    options: UndoOptions,
    *,
    confirm: Callable[[RunRecord], bool] = lambda run: True,
    command: str = "heal undo",
    version: str = "",
) -> UndoReport:
    """Take back what a run has loaded, in one transaction.

    Args:
        confirm: Asked once the run is known; nothing happens when it says no.

    Raises:
        UsageError: No such run, nothing left of it, or it was not confirmed.
        WriteError: Rows changed since, others went on from them, or they cannot be told from others.
        DatabaseUnavailable: The connection was lost.
    """
    clock = time.perf_counter()
    own = new_run_id()
    connection = connect(options.conninfo, application_name=f"heal/{own}")
    try:
        connection.autocommit = True
        if not has_ledger(connection):
            raise UsageError(
                "This database has no ledger, so nothing that could be undone was loaded into it"
            )
        if migrate(connection, ledger_migrations()) is None:
            raise WriteError("The role may not use schema heal, and nothing else knows what a run has loaded")
        run = find_run(connection, options.run)
        former = find_undo(connection, run.run)
        if former is None:
            _check_there_is_something(connection, run, options)
        if not confirm(run if former is None else replace(run, loaded=former.rows)):
            raise UsageError("Nothing was undone")
        is_real, began = not options.write.dry_run, time.monotonic()
        if is_real:
            begin_run(connection, _note(own, run, command, version))
        try:
            return _undo(connection, run, former, own, options, clock)
        except HealError as error:
            if is_real:
                failed = failed_since(began, "undo", 0, getattr(error, "sqlstate", None))
                with suppress(psycopg.Error):
                    end_run(connection, run=own, state="failed", report=None)
                    record_failed(connection, own, [failed])
            raise
    except psycopg.Error as error:
        raise to_heal_error(error, f"looking for run {options.run} to undo") from error
    finally:
        connection.close()


def _undo(
    connection: psycopg.Connection,
    run: RunRecord,
    former: FormerUndo | None,
    own: str,
    options: UndoOptions,
    clock: float,
) -> UndoReport:
    """Undo a run, or an undo."""
    keeps = options.write.restore and not options.write.dry_run
    try:
        with connection.transaction():
            if former is None:
                undone = undo_run(
                    connection,
                    run.run,
                    undo=own,
                    table_oid=run.table_oid,
                    options=options.write,
                    force_unchanged=options.force_unchanged,
                )
            else:
                undone = redo_run(
                    connection, former, redo=own, table_oid=run.table_oid, options=options.write
                )
            report = UndoReport(
                own,
                run.run,
                undone.table,
                _by_source(undone.batches),
                tuple(_notes(run, undone, former, own if keeps else None)),
                time.perf_counter() - clock,
                options.write.dry_run,
                former.run if former else None,
            )
            if not options.write.dry_run:
                _judge_patterns(connection, run.run, former, own)
                end_run(connection, run=own, state="done", report=encode(undo_document(report)))
        return report
    except psycopg.Error as error:
        raise to_heal_error(error, f"undoing run {run.run}") from error


def _judge_patterns(connection: psycopg.Connection, run: str, former: FormerUndo | None, own: str) -> None:
    """An undo counts against the patterns of the run; undone, they count as they had."""
    if former is None:
        before = count_against(connection, run, f"run {run} was undone")
        if before is not None:
            keep_learned(connection, own, msgspec.json.encode(before).decode())
    elif former.learned is not None:
        before = msgspec.json.decode(former.learned, type=Discredited)
        count_again(connection, former.run, before, f"the undo of run {former.run} was undone")


def _note(own: str, run: RunRecord, command: str, version: str) -> RunNote:
    return RunNote(own, command, version, run.table_oid, run.table, "", "", "")


def _check_there_is_something(connection: psycopg.Connection, run: RunRecord, options: UndoOptions) -> None:
    """Refuse a run of which nothing is in the ledger, and one of which something is still to come.

    Raises:
        UsageError: With what to do instead.
    """
    waiting = [entry for entry in Spool(options.state_dir).entries() if entry.name.startswith(run.run)]
    if waiting:
        raise UsageError(
            f"{counted(len(waiting), 'batch', 'batches')} of run {run.run} {'waits' if len(waiting) == 1 else 'wait'} in the spool, and replay would load {'it' if len(waiting) == 1 else 'them'} after the undo",
            hint=f"Throw them away with heal fallback discard {run.run}, or let heal replay-fallback bring them home first",
        )
    if run.loaded or run.rejected or run.duplicates:
        return
    if back := brought_back_by(connection, run.run):
        raise UsageError(f"Run {run.run} undid an undo, and run {back} is back", hint=f"heal undo {back}")
    row = connection.execute(
        "SELECT command FROM heal.load_runs WHERE run IN (SELECT run FROM heal.undone_batches WHERE undo = %s)",
        (run.run,),
    ).fetchone()
    if row is not None:
        raise UsageError(
            f"Run {run.run} is an undo that kept nothing to be undone by (--no-restore, or it was pruned)",
            hint=f"Load it again with: {row[0]}",
        )
    undos = undos_of(connection, run.run)
    raise UsageError(
        f"Nothing is left of run {run.run}: it loaded nothing, or was undone",
        hint=f"Bring it back with: heal undo {undos[-1]}" if undos else f"See: heal runs show {run.run}",
    )


def _by_source(batches: tuple[UndoneBatch, ...]) -> tuple[UndoneSource, ...]:
    names = sorted({batch.source_name for batch in batches})
    grouped = {name: [batch for batch in batches if batch.source_name == name] for name in names}
    return tuple(
        UndoneSource(name, len(own), sum(b.loaded for b in own), sum(b.removed for b in own))
        for name, own in grouped.items()
    )


def _notes(run: RunRecord, undone: Undone, former: FormerUndo | None, own: str | None) -> Iterator[str]:
    """What an undo cannot take back, and what comes of the same command now.

    Args:
        own: The undo, if it can be undone itself.
    """
    if former is not None:
        yield f"The ledger has run {former.run} again as it was: its sources are loaded, and it can be undone anew"
    elif own is not None:
        yield f"Bring all of it back with: heal undo {own}"
    if undone.triggers:
        names = ", ".join(undone.triggers)
        yield f"Triggers of {undone.table} ({names}) ran at the load and may have run for each row now; what they did elsewhere stays"
    if undone.sequences and former is None:
        yield f"Numbers that the rows took from {', '.join(undone.sequences)} are not given again"
    kept = sum(1 for batch in undone.batches if batch.changed)
    if kept and former is None:
        yield f"{counted(kept, 'batch with changed rows stays in the ledger and does', 'batches with changed rows stay in the ledger and do')} not load again, except with --again"
    if run.rejects_path and run.rejected:
        yield f"Its rejects in {run.rejects_path!r} can be retried no more"

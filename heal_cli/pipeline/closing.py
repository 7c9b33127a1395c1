"""The end of a run: the books are checked, the ledger and the patterns told, the report made."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import psycopg

from heal_cli.errors import ConservationError
from heal_cli.model import LoadReport, Rows, TableSchema
from heal_cli.pipeline.dead_lines import drop_dead_lines
from heal_cli.pipeline.lessons import learn
from heal_cli.pipeline.notes import run_notes
from heal_cli.pipeline.outcome import Outcome
from heal_cli.pipeline.own_references import Recovered, note_tried
from heal_cli.pipeline.run import Run
from heal_cli.pipeline.source import SourceRun, State
from heal_cli.record import encode, load_document
from heal_cli.write import (
    end_run,
    finish_source,
    has_rejects_since,
    note_limited,
    run_totals,
)

_DONE: Final = 0
_WITH_REJECTS: Final = 3


def close_run(
    run: Run,
    table: TableSchema,
    sources: Sequence[SourceRun],
    outcome: Outcome,
    *,
    recovered: Recovered,
    stopped: bool,
    retried: bool,
) -> LoadReport:
    """Check that every row is accounted for, and say what became of the run.

    Args:
        outcome: Of the batches.
        recovered: Of their rejects that were tried again.
        stopped: A signal or a budget ended it early; the caller sets the exit code.
        retried: Some transaction was tried more than once, so its files may hold lines of failed tries.

    Raises:
        ConservationError: Rows read and rows accounted for differ.
    """
    check_books(run, outcome.rows, run.connection)
    for source in sources:
        finish(run, source, retried=retried)
    if not stopped:
        note_tried(run, sources)
    outcome = recovered.applied_to(outcome, run.id)
    check_conserved(run, outcome.rows)
    report = _report(run, table, sources, outcome)
    if run.has_ledger:
        run.audit_failed(run.connection)
        state = "stopped" if stopped else "done"
        end_run(run.connection, run=run.id, state=state, report=encode(load_document(report)))
    return report


def _report(run: Run, table: TableSchema, sources: Sequence[SourceRun], outcome: Outcome) -> LoadReport:
    """What became of the run; its lessons are learned first, as trials of it."""
    trials = learn(run, sources, outcome)
    return LoadReport(
        run=run.id,
        table=table.qualified,
        schema_version=table.version,
        sources=tuple(source.reader.source for source in sources),
        plan=sources[0].planned.plan if sources else None,
        rows=outcome.rows,
        heals=outcome.tallies,
        reject_reasons=dict(outcome.reasons.most_common()),
        rejects_path=str(run.rejects.path) if outcome.rows.rejected or outcome.rows.duplicates else None,
        leftovers_path=str(run.leftovers.path) if run.leftovers.path.exists() else None,
        trials=trials,
        notes=run_notes(run, sources, outcome),
        seconds=time.perf_counter() - run.clock,
        exit_code=_WITH_REJECTS if outcome.rows.rejected or _has_earlier_rejects(run, sources) else _DONE,
        mode=run.options.write.mode,
        dry_run=run.options.write.dry_run,
    )


def _has_earlier_rejects(run: Run, sources: Sequence[SourceRun]) -> bool:
    """Rows that earlier runs on the same sources rejected are rejects still: what went on covers them, too."""
    resumed = [source.claimed.source for source in sources if source.claimed and source.is_resumed]
    return run.has_ledger and any(has_rejects_since(run.connection, source, run=run.id) for source in resumed)


def finish(run: Run, source: SourceRun, *, retried: bool) -> None:
    """Note that the source is loaded, and drop the lines of attempts that no commit stands for.

    Does nothing for a source that is not, or that was finished already. Call it after the last commit.
    """
    if (
        not run.has_ledger
        or source.claimed is None
        or source.last is None
        or source.state is not State.LOADED
    ):
        return
    source.state = State.FINISHED
    number, last = source.claimed.source, source.last
    but = None if retried else run.id
    if (rows := source.limited_to) is not None:
        note_limited(run.connection, number, rows=rows, run=run.id)
        run.notes += drop_dead_lines(run.connection, number, last_batch=last.index, but=but)
    else:
        finish_source(run.connection, number, stop=last.stop, digest=last.digest, rows=last.last_row)
        run.notes += drop_dead_lines(run.connection, number, but=but)


def check_conserved(run: Run, rows: Rows) -> None:
    """P1.

    Raises:
        ConservationError: Rows read and rows accounted for differ.
    """
    if not rows.is_conserved:
        raise ConservationError(
            f"Rows read and accounted for differ: {rows.read} read, {rows.loaded} loaded,"
            f" {rows.duplicates} duplicates, {rows.rejected} rejected, {rows.spooled} spooled",
            hint=f"This is a defect of heal; please report it with run {run.id}",
        )


def check_books(run: Run, rows: Rows, connection: psycopg.Connection) -> None:
    """P1, against the ledger as this connection sees it: before a lone commit, and after the last one.

    Raises:
        ConservationError: Rows read and rows accounted for differ.
    """
    check_conserved(run, rows)
    if not run.has_ledger or run.options.write.dry_run:
        return
    kept = run_totals(connection, run.id)
    if (kept.loaded, kept.rejected, kept.duplicates) != (rows.loaded, rows.rejected, rows.duplicates):
        raise ConservationError(
            f"The ledger and this run differ: {kept.loaded} and {rows.loaded} loaded,"
            f" {kept.rejected} and {rows.rejected} rejected",
            hint=f"This is a defect of heal; please report it with run {run.id}",
        )

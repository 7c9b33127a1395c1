"""The end of a run that spooled: its books are the emergency log's until replay brings them home."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from heal_cli.errors import DatabaseUnavailable
from heal_cli.model import LoadReport, Plan, Source, TableSchema
from heal_cli.pipeline.claiming import STDIN
from heal_cli.pipeline.closing import check_conserved
from heal_cli.pipeline.lessons import trials_of
from heal_cli.pipeline.notes import questions
from heal_cli.pipeline.outcome import Outcome
from heal_cli.pipeline.remembered import Forecast, forecast
from heal_cli.pipeline.run import Run
from heal_cli.pipeline.source import SourceRun, State
from heal_cli.pipeline.storing import BLOCK, Recorded
from heal_cli.read import SourceReader, open_stored
from heal_cli.record import encode, load_document
from heal_cli.wording import counted

REPLAY: Final = "heal replay-fallback"
"""The command that brings spooled rows home."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A source that was spooled whole."""

    source: Source
    rows: int
    forecast: Forecast | None


def keep_whole(run: Run, reader: SourceReader, stream: Recorded | None, away: DatabaseUnavailable) -> Waiting:
    """Spool a source that the ledger was never asked about.

    Args:
        stream: Standard input with what was read of it.

    Raises:
        DatabaseUnavailable: As it came, where the run has to load all or nothing, or may not spool.
    """
    options, source = run.options, reader.source
    is_gone = source.size is None and source.name != STDIN  # a pipe by name: what was read of it
    if options.write.is_one_transaction or not options.fallback.spool or is_gone:
        raise away
    run.fallback.note_away(away)
    seen: list[Forecast] = []

    def look(stored: SourceReader) -> Plan | None:
        seen.extend(filter(None, [forecast(run, stored)]))
        return seen[0].plan if seen else None

    if source.name == STDIN and stream is not None:
        rows = run.fallback.keep_source(source, stream.again(), look)
    else:
        with open_stored(source.name) as read:
            rows = run.fallback.keep_source(source, iter(lambda: read(BLOCK), b""), look)
    return Waiting(source, rows, seen[0] if seen else None)


def close_away(
    run: Run,
    table: TableSchema | None,
    sources: Sequence[SourceRun],
    outcome: Outcome,
    *,
    unclaimed: Sequence[Waiting],
) -> LoadReport:
    """Say what became of a run whose rows wait in part or all, without asking the server anything.

    Args:
        table: None when the server was never reached.
        unclaimed: Sources that were spooled whole.

    Raises:
        ConservationError: Rows read and rows accounted for differ.
        RecordError: The emergency log cannot be written.
    """
    check_conserved(run, outcome.rows)
    rows = outcome.rows
    plan = _plan(sources, unclaimed)
    seen = table or (plan.table if plan else None)
    report = LoadReport(
        run=run.id,
        table=seen.qualified if seen else run.options.table,
        schema_version=seen.version if seen else "",
        sources=(*(source.reader.source for source in sources), *(waiting.source for waiting in unclaimed)),
        plan=plan,
        rows=rows,
        heals=outcome.tallies,
        reject_reasons=dict(outcome.reasons.most_common()),
        rejects_path=str(run.rejects.path) if rows.rejected or rows.duplicates else None,
        leftovers_path=str(run.leftovers.path) if run.leftovers.path.exists() else None,
        trials=(),
        notes=(
            *dict.fromkeys([*run.notes, *questions(sources, outcome)]),
            *_notes(run, table, sources, unclaimed, rows.spooled),
        ),
        seconds=time.perf_counter() - run.clock,
        exit_code=DatabaseUnavailable.exit_code,
        resume=REPLAY,
        mode=run.options.write.mode,
    )
    if table is not None:
        _keep_books(run, table, sources, outcome, report)
    return report


def _plan(sources: Sequence[SourceRun], unclaimed: Sequence[Waiting]) -> Plan | None:
    """That of the first source: by the table, or by what this machine remembers of it."""
    if sources:
        return sources[0].planned.plan
    return next((waiting.forecast.plan for waiting in unclaimed if waiting.forecast), None)


def _keep_books(
    run: Run, table: TableSchema, sources: Sequence[SourceRun], outcome: Outcome, report: LoadReport
) -> None:
    """What the ledger and the patterns have to learn of the run once the server is back."""
    for source in sources:
        if source.claimed and source.last and source.state in (State.READ, State.LOADED):
            run.fallback.note(
                "source",
                table,
                {
                    "source": source.claimed.source,
                    "name": source.name,
                    "stop": source.last.stop,
                    "digest": source.last.digest,
                    "rows": source.last.last_row,
                    "limited_to": source.limited_to,
                    "last_batch": source.last.index,
                    "batches": sorted(run.fallback.spooled.get(source.name, [])),
                },
            )
    for trial in trials_of(sources, outcome):
        details = {"pattern": trial.pattern, "shape": trial.shape, "success": trial.success}
        run.fallback.note("trial", table, details)
    run.audit_failed(None)
    run.fallback.note("run", table, {"report": encode(load_document(report))})


def _notes(
    run: Run,
    table: TableSchema | None,
    sources: Sequence[SourceRun],
    unclaimed: Sequence[Waiting],
    spooled: int,
) -> list[str]:
    notes = [
        run.fallback.why or "",
        f"{counted(spooled, 'row waits', 'rows wait')} in {str(run.fallback.spool.folder)!r}, to come home with {REPLAY}, {_once(run, unclaimed)}",
    ]
    forecasts = [waiting.forecast for waiting in unclaimed if waiting.forecast]
    notes += dict.fromkeys(seen.note for seen in forecasts)
    if table is None and not forecasts:
        notes.append(
            f"Nobody was asked whether {run.options.table} exists; if it was the wrong address:"
            f" heal fallback discard {run.id}"
        )
    if run.fallback.is_full:
        places = [
            f"{source.name!r} after row {source.last.last_row:,}, byte {source.last.stop:,}"
            for source in sources
            if source.last and source.state is State.READING
        ]
        where = f" {places[-1]}" if places else ""
        notes.append(f"Stopped reading{where}: {run.fallback.spool.full}; go on with: {run.command}")
    return notes


def _once(run: Run, unclaimed: Sequence[Waiting]) -> str:
    """What running the same command again would do."""
    for source in (waiting.source for waiting in unclaimed):
        if run.options.again:
            return f"once; do not load {source.name!r} again, or it is there twice"
        if source.name == STDIN and run.options.source_id is None and not run.fallback.is_full:
            return "once each, also if the same command is run again before"
    return "once each, also if the same command is run again"

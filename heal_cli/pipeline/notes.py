"""What a person should know about a run beside its numbers."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from heal_cli.clock import local_time
from heal_cli.model import row_count
from heal_cli.pipeline.outcome import Outcome
from heal_cli.pipeline.run import Run
from heal_cli.pipeline.source import SourceRun, State
from heal_cli.read import ROW_NUMBERS
from heal_cli.wording import counted
from heal_cli.write import Trace, traces

_MOST_SOURCES: Final = 3
"""Sources told of one by one; of a thousand files that were loaded before, a few stand for all."""


def run_notes(run: Run, sources: Sequence[SourceRun], outcome: Outcome) -> tuple[str, ...]:
    """The run's own notes, then those of its sources and plans, each once."""
    known = [source for source in sources if source.is_known]
    told = [_told(run, source) for source in known[:_MOST_SOURCES]]
    more = len(known) - len(told)
    if more > 0:
        told.append(f"{more} more sources were begun or loaded by earlier runs")
    plans = [note for source in sources if not source.is_no_op for note in source.planned.plan.notes]
    passed = [note for source in sources if not source.is_no_op for note in _passed_over(source)]
    return tuple(dict.fromkeys([*run.notes, *told, *plans, *passed, *questions(sources, outcome)]))


def _told(run: Run, source: SourceRun) -> str:
    """When and by which run a source was loaded, or begun, before."""
    claimed = source.claimed
    assert claimed is not None
    if claimed.is_new:
        return (
            f"{source.name!r} begins with {counted(row_count(claimed.settled_before), 'row that was', 'rows that were')} loaded before; only"
            " the others are loaded (--again loads all of it)"
        )
    if claimed.finished_at is None and source.stops_at_limit and not source.has_given:
        return (
            f"{source.name!r}: the first {counted(source.last_row or 0, 'row was', 'rows were')} loaded or rejected by run {claimed.begun_by} or after it; more"
            " with a higher --limit or none, --again loads it anew"
        )
    if claimed.finished_at is None and claimed.limited_to is not None:
        return (
            f"{source.name!r} goes on behind row {claimed.limited_to}, where run {claimed.begun_by} stopped at its"
            f" --limit, by that run's plan (--again reads it anew, by another){_see(run, claimed.source)}"
        )
    see = _see(run, claimed.source)
    if claimed.finished_at is None and not source.has_given and source.state >= State.READ:
        return f"{source.name!r}: all rows were loaded or rejected by run {claimed.begun_by} or after it{see}"
    if claimed.finished_at is None:
        return f"{source.name!r} goes on where run {claimed.begun_by} stopped, by that run's plan{see}"
    when = f"{local_time(claimed.finished_at):%Y-%m-%d %H:%M}"
    return f"{source.name!r} was loaded on {when} by run {claimed.begun_by}{see}; --again loads it anew"


def _see(run: Run, source: int) -> str:
    """Where the rejects of earlier runs on a source are, if there are any."""
    earlier = (trace for trace in traces(run.connection, source) if trace.run != run.id)
    rejects = next((trace for trace in earlier if _may_exist(Path(trace.rejects_path))), None)
    return f"; its rejects: heal rejects show {_shown_by(rejects, run.options.state_dir)}" if rejects else ""


def _may_exist(path: Path) -> bool:
    """Also where this user may not look: then another one can."""
    try:
        path.stat()
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def _shown_by(trace: Trace, state_dir: str) -> str:
    """What `heal rejects show` needs for the rejects of an earlier run: its id, or where the file is elsewhere."""
    path = Path(trace.rejects_path)
    is_here = path.parent == Path(state_dir).absolute() / "rejects"
    return trace.run if is_here else shlex.quote(trace.rejects_path)


def _passed_over(source: SourceRun) -> Iterator[str]:
    """The lines of a source that were taken for no records, and a column for none of the header's."""
    for finding in source.reader.source.findings:
        if finding.what == ROW_NUMBERS:
            yield (
                f"{source.name!r}: column 1 is taken for row numbers, since {finding.evidence}; if the names belong"
                " to other columns, give all of them with --columns"
            )
        if finding.lines:
            yield f"{source.name!r}: {finding.what} in {finding.value}, {finding.evidence}"


def questions(sources: Sequence[SourceRun], outcome: Outcome) -> Iterator[str]:
    """The question about each column that rows were rejected for and whose values can be read in two ways."""
    for source in sources:
        for column in source.planned.plan.columns:
            name, question = column.column.name, column.format.question
            if question and outcome.faults[name]:
                yield f"Column {name!r}: {question}"

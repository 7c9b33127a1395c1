"""A run from its first source to its report: each is opened, claimed, taken through the crew and finished."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

import psycopg

from heal_cli.engine.failures import Failures
from heal_cli.engine.threads import Crew, atomic_flag
from heal_cli.errors import CircuitOpen, DatabaseUnavailable, HealError, UsageError
from heal_cli.model import LoadOptions, LoadReport, Progress, Rows, TableSchema
from heal_cli.pipeline import (
    BEHIND,
    Outcome,
    Recorded,
    Run,
    SourceRun,
    State,
    Waiting,
    close_away,
    close_run,
    find_if_there,
    find_target,
    finish,
    first_with_records,
    keep_whole,
    other_shapes,
    preview,
    remember,
)
from heal_cli.read import SourceReader, expand, open_source
from heal_cli.record import PlanReport
from heal_cli.schema import drop_if_empty
from heal_cli.write.sqlstate import to_heal_error


def run_load(
    options: LoadOptions,
    *,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], int] = lambda: 0,
    stdin: BinaryIO | None = None,
    command: str = "heal load",
    version: str = "",
) -> LoadReport:
    """Load every source into the table.

    Of several sources, one that cannot be read or placed costs itself only: the others are loaded,
    a note tells of it, and the report's exit code is that of its error.

    Args:
        on_progress: Called after each batch, from any thread.
        should_stop: The number of a signal that asks to end after the batches in flight, or 0.
        stdin: What the source '-' reads.

    Returns:
        The report; its exit code says whether a signal or the reject budget ended the run early.

    Raises:
        HealError: What ended the run; what was committed stays, and the same command goes on from there.
    """
    locations = expand(options.sources)
    _check_atomic(options, locations)
    _check_rejects(options, locations)
    with ExitStack() as stack, _faults_of_the_server("loading"):
        run = Run(options, command=command, version=version)
        stack.callback(run.close)
        run.demand_folders()
        stack.push(run.note_failure)
        crew = Crew(run, on_progress, should_stop)
        stack.callback(crew.close)
        failures = Failures(may_go_on=len(locations) > 1 and not options.write.is_atomic)
        sources = _Sources(run, crew, stack, stdin)
        for location in locations:
            is_waiting = False
            with failures.of(location):
                is_waiting = sources.take(location) is None
            if crew.is_stopped and not is_waiting:
                break
        table = sources.table
        if table is None and failures.are_none and not sources.waiting:
            table = find_if_there(run.connection, options.table)
        failures.settle(table, loaded=len(sources.reached))
        run.notes += failures.notes
        is_all_read = sources.are_read(len(locations))
        if crew.outcome.rows.spooled or sources.waiting:
            away = close_away(run, table, sources.reached, crew.outcome, unclaimed=sources.waiting)
            return failures.judged(crew.judged(away, is_all_read=is_all_read))
        if table is None or not (sources.reached or failures.are_none):
            raise failures.first
        report = _close(run, table, sources.reached, crew)
        return failures.judged(crew.judged(report, is_all_read=is_all_read))


def _check_atomic(options: LoadOptions, locations: Sequence[str]) -> None:
    if options.write.is_atomic and options.unknown_columns == "add" and len(locations) > 1:
        raise UsageError(
            f"{atomic_flag(options)} holds the table while it loads, so --unknown-columns add cannot change it for a second source",
            hint="Add the columns first, or leave one of the two out",
        )


def _check_rejects(options: LoadOptions, locations: Sequence[str]) -> None:
    """Raise where rejects would go into a source, which may be a rejects file itself."""
    rejects = options.rejects_path
    for location in locations:
        if rejects and _is_one_file(rejects, location):
            raise UsageError(
                f"--rejects {rejects!r} is the source {location!r} itself",
                hint="Name another file, or leave --rejects out",
            )


def _is_one_file(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except OSError:  # one of them is not there, or not to be looked at
        return False


class _Sources:
    """The sources of a run, one after the other."""

    def __init__(self, run: Run, crew: Crew, stack: ExitStack, stdin: BinaryIO | None) -> None:
        self._run = run
        self._crew = crew
        self._stack = stack  # closes what a failure leaves open
        self._stdin = stdin
        self.table: TableSchema | None = None
        self.reached: list[SourceRun] = []
        """Those that have a plan for the table."""
        self.waiting: list[Waiting] = []
        """Those kept whole, since the server was not there to claim them."""

    def are_read(self, count: int) -> bool:
        """Every batch was given out of each of the `count` sources."""
        return len(self.reached) == count and all(source.state >= State.READ for source in self.reached)

    def take(self, location: str) -> SourceRun | None:
        """Load one; None where the server is away, and replay will."""
        options, crew = self._run.options, self._crew
        stream = Recorded(self._stdin) if self._stdin else None
        reader = open_source(location, options.read, stdin=cast("BinaryIO | None", stream))
        self._stack.callback(reader.close)
        try:
            with _faults_of_the_server("loading"):
                source = self._claim(location, reader)
        except DatabaseUnavailable as away:
            self._run.keep_begun()
            kept = keep_whole(self._run, reader, stream, away)
            crew.outcome += Outcome(Rows(read=kept.rows, spooled=kept.rows))
            self.waiting.append(kept)
            return None
        except HealError:
            self._run.release_begun()
            raise
        if stream:
            stream.forget()
        self.table = source.planned.table
        self.reached.append(source)
        crew.load(source)
        if source.state is State.READ and not (crew.is_stopped or source.has_spooled or options.is_cut):
            source.state = State.LOADED
        if not options.write.is_atomic:
            _finish(self._run, source, crew)
        source.close()
        return source

    def _claim(self, location: str, reader: SourceReader) -> SourceRun:
        """The source with its place in the ledger and its plan.

        Raises:
            DatabaseUnavailable: The server is away, or rows that wait for it have to go in first.
        """
        run = self._run
        if not self.waiting:
            run.wait_for_database()
            run.fallback.require_home(reader)
        elif run.options.write.keeps_order:
            raise CircuitOpen(BEHIND)
        self.table = self.table or _begin(run, reader)
        source = SourceRun(run, location, self.table, reader)
        self._stack.callback(source.close)
        source.require_order()
        source.add_unknown_columns()
        source.require_cover()
        run.keep_begun()
        return source


def _close(run: Run, table: TableSchema, sources: list[SourceRun], crew: Crew) -> LoadReport:
    """What is left to do when all sources are through, and the report."""
    crew.retry_own_references(sources)
    crew.require_whole()
    crew.finish()
    run.wait_for_database()
    return close_run(
        run,
        table,
        sources,
        crew.outcome,
        recovered=crew.recovered,
        stopped=crew.is_stopped,
        retried=crew.has_failed_attempts,
    )


def run_plan(options: LoadOptions, *, stdin: BinaryIO | None = None) -> PlanReport:
    """What `run_load` would do with the first source that has records, without writing anything.

    A note names each other source that is shaped differently, and so has a plan of its own.
    """
    began = time.perf_counter()
    locations = expand(options.sources)
    with ExitStack() as stack, _faults_of_the_server("planning"):
        run = Run(options, command="heal plan", version="")
        stack.callback(run.close)
        location, reader, empty = first_with_records(locations, options, stdin)
        stack.callback(reader.close)
        table, _ = find_target(run.connection, options, reader.sample(), only_looks=True)
        source = SourceRun(run, location, table, reader)
        stack.callback(source.close)
        notes = (*empty, *other_shapes(source, locations[len(empty) + 1 :]))
        return preview(source, notes=notes, seconds=time.perf_counter() - began)


def _begin(run: Run, reader: SourceReader) -> TableSchema:
    """The target table, with the run noted in its database."""
    table, note = find_target(run.connection, run.options, reader.sample(), run.audited)
    if note:
        run.notes.append(note)
    if note and run.options.ddl is None:  # what a script made is the user's
        run.undo.callback(_take_back, run, table)
    run.begin(table)
    remember(run, table)
    return table


def _take_back(run: Run, table: TableSchema) -> None:
    """Drop a table that was made for a run which failed, if nothing is in it."""
    with suppress(_Kept), run.audited("drop"):
        if not drop_if_empty(run.connection, table.schema, table.name):
            raise _Kept


class _Kept(Exception):
    """Nothing was dropped, and nothing is to be on record."""


@contextmanager
def _faults_of_the_server(doing: str) -> Iterator[None]:
    """What the server refuses while heal looks around is told as any other refusal, not as a defect."""
    refusals = (
        psycopg.errors.InsufficientPrivilege,
        psycopg.errors.ReadOnlySqlTransaction,
        psycopg.errors.UntranslatableCharacter,  # in the name of a file or table
    )
    try:
        yield
    except (psycopg.OperationalError, *refusals) as error:
        raise to_heal_error(error, doing) from error


def _finish(run: Run, source: SourceRun, crew: Crew) -> None:
    """Note that the source is whole; where rows wait in the spool, the books may wait, too."""
    was = source.state
    try:
        if not crew.outcome.rows.spooled:
            run.wait_for_database()
        finish(run, source, retried=crew.has_failed_attempts)
    except (DatabaseUnavailable, psycopg.OperationalError):
        if not crew.outcome.rows.spooled:
            raise
        source.state = was

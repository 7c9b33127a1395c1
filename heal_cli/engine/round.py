"""One round of replay: every entry that waits, first to last, then the events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl
import psycopg

from heal_cli.engine.load import run_load
from heal_cli.engine.queues import Queues
from heal_cli.errors import (
    DatabaseUnavailable,
    HealError,
    RecordError,
    SpoolError,
    WriteError,
)
from heal_cli.model import FallbackOptions, Rows
from heal_cli.pipeline.claiming import STDIN
from heal_cli.pipeline.fallback import database_breaker
from heal_cli.pipeline.home import Home
from heal_cli.pipeline.late_references import retry_late_references
from heal_cli.pipeline.restore import Restorer
from heal_cli.pipeline.restore_event import restore_one_event
from heal_cli.resilience import (
    EmergencyLog,
    Entry,
    Event,
    Manifest,
    Spool,
    Tries,
    check_stored,
    emergency_path,
    read_events,
    read_manifest,
)
from heal_cli.wording import counted
from heal_cli.write.sqlstate import Fault, describe, fault_of, to_heal_error

_BEGUN_PER_ATTEMPT: Final = 10
"""Tries that end in nothing (replay was killed) which weigh as much as one that fails."""


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What `heal replay-fallback` was asked for."""

    state_dir: str
    conninfo: str
    emergency_log: str | None = None
    max_attempts: int = 5
    any_server: bool = False
    dry_run: bool = False
    version: str = ""  # of heal, for the ledger

    @property
    def log(self) -> EmergencyLog:
        """Where the events wait."""
        return EmergencyLog(emergency_path(self.state_dir, self.emergency_log))


@dataclass(slots=True)
class ReplayReport:
    """What one round of replay came to."""

    events: int = 0  # restored
    batches: int = 0
    rows: Rows = field(default_factory=Rows)
    left: int = 0  # batches that still wait, for whatever reason
    left_events: int = 0
    elsewhere: int = 0  # of those left: for another database
    aside: list[tuple[str, str]] = field(default_factory=list)  # entries given up now, and why
    notes: list[str] = field(default_factory=list)
    exit_code: int = 0

    @property
    def brought_home(self) -> bool:
        """The server has something that it had not."""
        return bool(self.events or self.batches)

    @property
    def found_nothing(self) -> bool:
        """Nothing was waiting, or only events of batches that are set aside."""
        return not (self.brought_home or self.left or self.aside)


class Round:
    """One round over everything that waits."""

    def __init__(self, options: ReplayOptions, spool: Spool, home: Home, report: ReplayReport) -> None:
        self._options = options
        self._spool = spool
        self._home = home
        self._report = report
        self._restorer = Restorer(home)
        self._queues = Queues()

    def run(self, should_stop: Callable[[], int]) -> None:
        """Batches first to last, then events."""
        try:
            for entry in self._spool.entries():
                if should_stop():
                    return
                self._entry(entry)
        finally:
            self._restorer.close()
        if self._report.batches:  # so it takes rows again
            database_breaker(self._home.conninfo, self._options.state_dir).close()
        self._events(should_stop)

    def _entry(self, entry: Entry) -> None:
        """Bring one entry home, or note why not."""
        tries = entry.tries
        if self._is_spent(tries):
            self._give_up(
                entry, replace(tries, reason=tries.reason or "replay was killed by it again and again")
            )
            return
        try:
            manifest = read_manifest(entry)
            if not self._home.is_for(manifest.target):
                self._report.elsewhere += 1
                return
            if self._queues.is_held(manifest):
                return
            tries = replace(tries, begun=tries.begun + 1)
            entry.note(tries)
            rows = self._restore(entry, manifest)
        except SpoolError as error:
            self._give_up(entry, replace(tries, reason=str(error)))
            return
        except RecordError:
            entry.note(replace(tries, away=tries.away + 1))
            raise
        except DatabaseUnavailable as error:
            entry.note(replace(tries, away=tries.away + 1))
            if not self._home.takes_writes:
                raise
            self._table_is_away(entry, manifest, error)
            return
        except (HealError, psycopg.Error, pl.exceptions.PolarsError) as error:
            if isinstance(error, WriteError) and _is_in_the_way(error):
                entry.note(replace(tries, away=tries.away + 1))
                self._table_is_away(entry, manifest, error)
            else:
                self._failed(entry, manifest, tries, error)
            return
        self._spool.remove(entry)
        self._report.batches += 1
        self._report.rows += rows

    def _table_is_away(self, entry: Entry, manifest: Manifest, error: HealError) -> None:
        """A table behind a foreign server, in a tablespace that is full, or locked: the others can go on."""
        self._report.notes.append(f"{entry.name} waits: {error}")
        self._report.exit_code = error.exit_code
        self._queues.hold_table(manifest)

    def _restore(self, entry: Entry, manifest: Manifest) -> Rows:
        try:
            if manifest.kind == "source":
                return self._restore_source(entry, manifest)
            return self._restorer.restore(entry, manifest)
        except psycopg.OperationalError as error:
            raise to_heal_error(error, f"restoring {entry.name}") from error

    def _restore_source(self, entry: Entry, manifest: Manifest) -> Rows:
        """Load a source that was spooled whole, as the same command would have loaded it."""
        options = manifest.options
        path = check_stored(entry, manifest)
        source_id = options.source_id
        if options.again:
            # Known by its entry: loaded twice by killed replays it would else be there twice.
            source_id = f"{source_id or ''} spooled {entry.name}".strip()
        report = run_load(
            replace(
                options,
                sources=(str(path),),
                conninfo=self._home.conninfo,
                rejects_path=manifest.rejects_path,
                source_id=source_id,
                source_name=manifest.source.name,
                spooled_by=manifest.run,
                is_cut=manifest.is_cut,
                again=False,
                fallback=FallbackOptions(spool=False),
            ),
            command=manifest.command,
            version=self._options.version,
        )
        if report.resume is not None:
            raise WriteError(report.notes[-1] if report.notes else "The load stopped early")
        if manifest.schema_version not in (None, report.schema_version):
            self._report.notes.append(
                f"{report.table} has changed since {manifest.source.name!r} was spooled; its rows went by a new plan"
            )
        if report.rows.already and manifest.source.name == STDIN:
            self._report.notes.append(
                f"Of what run {manifest.run} spooled of '-', {counted(report.rows.already, 'row was', 'rows were')} in {report.table} already"
            )
        return report.rows

    def _failed(self, entry: Entry, manifest: Manifest, tries: Tries, error: Exception) -> None:
        """Note a failure; past the last attempt the entry goes aside."""
        tries = replace(tries, tries=tries.tries + 1, reason=str(error))
        entry.note(tries)
        if self._is_spent(tries):
            self._give_up(entry, tries)
            return
        self._report.notes.append(
            f"{entry.name} waits after try {tries.tries} of {self._options.max_attempts}: {error}"
        )
        self._queues.hold(manifest)

    def _is_spent(self, tries: Tries) -> bool:
        killed = tries.begun - tries.tries - tries.away
        return tries.tries + killed // _BEGUN_PER_ATTEMPT >= self._options.max_attempts

    def _give_up(self, entry: Entry, tries: Tries) -> None:
        entry.note(tries)
        self._spool.set_aside(entry)
        self._report.aside.append((entry.name, tries.reason))

    def _events(self, should_stop: Callable[[], int]) -> None:
        log = self._options.log
        log.rotate()
        for path in log.files():
            if should_stop():
                return
            restored: set[str] = set()
            for event in read_events(path):
                if self._home.is_for(event.target) and self._event(event, should_stop):
                    restored.add(event.id)
            if restored:
                self._report.events += log.drop(path, restored)
        log.close()

    def _event(self, event: Event, should_stop: Callable[[], int]) -> bool:
        try:
            waiting = [*self._spool.entries(), *self._spool.set_aside_entries()]
            is_home = not any(entry.name.startswith(f"{event.run}.") for entry in waiting)
            if event.kind == "run" and is_home:
                self._retry_late_references(event, should_stop)
                if should_stop():
                    return False
            return restore_one_event(self._home, event, is_home=is_home)
        except psycopg.OperationalError as error:
            raise to_heal_error(error, f"restoring event {event.id}") from error
        except psycopg.Error as error:
            self._report.notes.append(f"event {event.id} ({event.kind}) waits: {describe(error)}")
            return False

    def _retry_late_references(self, event: Event, should_stop: Callable[[], int]) -> None:
        """Before the run counts as done: a replay that ends here goes on with them at the next round."""
        try:
            rows = retry_late_references(
                self._home,
                event.run,
                state_dir=self._options.state_dir,
                version=self._options.version,
                refused=self._restorer.refused.pop(event.run, {}),
                should_stop=should_stop,
            )
        except (DatabaseUnavailable, RecordError):
            raise
        except HealError as error:
            self._report.notes.append(f"rejects of run {event.run} were not tried again: {error}")
            return
        self._report.rows += rows
        if rows.loaded:
            self._report.notes.append(
                f"{counted(rows.loaded, 'row')} of run {event.run}, refused for references to later rows of their table, loaded now"
            )


def _is_in_the_way(error: WriteError) -> bool:
    """Another transaction was, for all tries: no fault of the rows, which fit when it has ended."""
    return isinstance(error.__cause__, psycopg.Error) and fault_of(error.__cause__) is Fault.RETRY

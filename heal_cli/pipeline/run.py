"""One invocation: the connection that plans and keeps the books, and the files it leaves behind."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock

import psycopg
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from heal_cli.convert.rules import ALLOWED
from heal_cli.convert.temporal_zones import check_zone
from heal_cli.errors import DatabaseUnavailable, RecordError, UsageError
from heal_cli.heal import NamedPlan, PlanOptions, parse_plan
from heal_cli.model import LoadOptions, TableSchema, ValueOptions
from heal_cli.patterns import Catalogue, Knowledge, ensure, load_catalogue, read_knowledge
from heal_cli.pipeline.fallback import Fallback
from heal_cli.pipeline.identity import new_run_id
from heal_cli.record import LeftoverWriter, RejectWriter, leftovers_path, rejects_path
from heal_cli.resilience import Spool
from heal_cli.semantic import find_model
from heal_cli.write import (
    Attempts,
    Books,
    RunNote,
    audited,
    begin_run,
    can_read_sources,
    end_failed_run,
    ledger_migrations,
    migrate,
    record_failed,
    release_source,
    way_in,
)


class Run:
    """One invocation: the connection that plans and keeps the books, and the files it leaves behind."""

    def __init__(self, options: LoadOptions, *, command: str, version: str) -> None:
        _check_values(options.values)
        self.nearness = find_model(is_wanted=options.match.semantic)
        self.saved = _read_plan(options.plan, options) if options.plan else None
        self.options = options
        self.id = new_run_id(after=Spool(options.state_dir).newest_run)
        self.began = datetime.now(UTC)
        self.clock = time.perf_counter()
        self.notes: list[str] = []
        self.lock = Lock()
        self.command = command
        self._version = version
        self._books = Books(options.conninfo, application_name=f"heal/{self.id}", limits=options.write)
        self.patterns = load_catalogue(options.catalogues)
        """The patterns, whatever any database has seen of them."""
        self.attempts = Attempts()
        self._table: TableSchema | None = None
        self.undo = contextlib.ExitStack()
        """What takes back the things that a failed run had begun, last first."""
        self._files: tuple[RejectWriter | LeftoverWriter, ...] = ()
        self._begun: int | None = None
        """A source that is noted as this run's, and that it has not begun to load."""
        self.has_ledger = False
        self.reads_ledger = False  # a dry run only looks
        self.can_learn = False
        rejects = options.rejects_path or rejects_path(options.state_dir, options.table, self.id)
        leftovers = leftovers_path(options.state_dir, options.table, self.id)
        # Path.resolve() would follow links
        self._rejects_path = Path(os.path.abspath(rejects))  # noqa: PTH100
        self._leftovers_path = Path(os.path.abspath(leftovers))  # noqa: PTH100
        self.fallback = Fallback(
            options,
            run=self.id,
            command=command,
            rejects_path=str(self._rejects_path),
            leftovers_path=str(self._leftovers_path),
        )

    @cached_property
    def rejects(self) -> RejectWriter:
        """Where rows go that cannot be loaded; a plan has none, and touches no folder."""
        return RejectWriter(self._rejects_path, self.id)

    @cached_property
    def leftovers(self) -> LeftoverWriter:
        """Where values go that have no column."""
        return LeftoverWriter(self._leftovers_path, self.id)

    def demand_folders(self) -> None:
        """Return if rejects and leftovers can be kept, before any row is read.

        Raises:
            RecordError: Their folders cannot be made or entered.
        """
        self._files = (self.rejects, self.leftovers)

    @property
    def connection(self) -> psycopg.Connection:
        """Plans and keeps the books, a transaction each; made anew when the server was away meanwhile.

        Raises:
            ConnectionRefused: Login, database or TLS refused.
            DatabaseUnavailable: Nobody answers.
        """
        return self._books.connection

    @cached_property
    def knowledge(self) -> Knowledge:
        """What earlier runs and people taught this database, as it was when the run first asked."""
        return read_knowledge(self.connection)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The patterns, without what this database has seen revoked or demoted."""
        return self.knowledge.trusted(self.patterns)

    def wait_for_database(self) -> None:
        """Connect, again and again for as long as the retry budget lasts.

        Raises:
            ConnectionRefused: Login, database or TLS refused.
            DatabaseUnavailable: Nobody answers.
        """
        for attempt in Retrying(
            retry=retry_if_exception_type(DatabaseUnavailable),
            wait=wait_random_exponential(multiplier=0.2, max=2),
            stop=stop_after_delay(self.options.write.retry_s),
            reraise=True,
        ):
            with attempt:
                assert self.connection
        self.fallback.breaker.close()

    def close(self) -> None:
        """Let go of the connection and the files."""
        for file in self._files:
            file.close()
        self.fallback.close()
        self._books.close()

    def note_begun(self, source: int) -> None:
        """The ledger has the source as this run's, which may yet be one that it cannot place."""
        self._begun = source if self.has_ledger else None

    def keep_begun(self) -> None:
        """The source stays this run's: it is loaded now, or waits for the server."""
        self._begun = None

    def release_begun(self) -> None:
        """Let go of the source that cannot be loaded as it was read: the next try may read it otherwise."""
        begun, self._begun = self._begun, None
        connection = self._books.kept
        if begun is not None and connection is not None:
            with contextlib.suppress(psycopg.Error):
                release_source(connection, begun, self.id)

    def note_failure(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Tell the ledger that the run ended by `error`, and take back what it had begun.

        On a lost connection the next run tells, and what was begun stays for it.
        """
        if error is None:
            return
        connection = self._books.kept
        with contextlib.suppress(RecordError):  # the error itself is what matters now
            self.audit_failed(connection)
        if connection is None:
            return
        if self.has_ledger:
            end_failed_run(connection, run=self.id, error=error)
        with contextlib.suppress(psycopg.Error):
            if not self.fallback.spooled:
                self.undo.close()

    def audit_failed(self, connection: psycopg.Connection | None) -> None:
        """Put transactions that came to nothing on record: as events where the database cannot take them.

        Raises:
            RecordError: The emergency log cannot be written either.
        """
        failed = self.attempts.take_failed()
        if not failed or self._table is None:
            return
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                record_failed(connection, self.id, failed)
                return
        for transaction in failed:
            self.fallback.note("audit", self._table, asdict(transaction))

    @contextlib.contextmanager
    def audited(self, kind: str) -> Iterator[None]:
        """One transaction of SQL that changes tables, on record where the role may write there."""
        self.has_ledger = self.has_ledger or self._make_ledger()
        if not self.has_ledger:
            yield
            return
        with audited(self.connection, self.id, kind):
            yield

    def _make_ledger(self) -> bool:
        """Bring schema `heal` up to date; False where the role may not."""
        migrations = tuple(ledger_migrations())
        made = migrate(self.connection, migrations)
        if made:
            done = "Made schema heal" if len(made) == len(migrations) else "Brought schema heal up to date"
            self.notes.append(f"{done} in the database, for the ledger and the learned patterns")
        return made is not None

    def begin(self, table: TableSchema) -> None:
        """Bring schema `heal` up to date and note the run there, where the role may."""
        if self.options.write.dry_run:
            self.notes.append(
                "A dry run: all of it was rolled back, but sequences do not go back, nor does what triggers did elsewhere"
            )
            self.reads_ledger = can_read_sources(self.connection)
            return
        self._table = table
        if not self._make_ledger():
            self.notes.append(
                "The role may not use schema heal: this load cannot be resumed, repeated safely or undone."
                f" {way_in(self.connection)}"
            )
            return
        self.has_ledger = self.reads_ledger = True
        self.can_learn = ensure(self.connection)
        begin_run(
            self.connection,
            RunNote(
                run=self.id,
                command=self.command,
                version=self._version,
                table_oid=table.oid,
                table=table.qualified,
                schema_version=table.version,
                rejects_path=str(self.rejects.path),
                leftovers_path=str(self.leftovers.path),
            ),
        )

    def plan_options(self) -> PlanOptions:
        """What planning depends on beside the sample and the table."""
        options = self.options
        return PlanOptions(options.match, options.values, options.unknown_columns, self.began, self.saved)


def _read_plan(path: str, options: LoadOptions) -> NamedPlan:
    """The saved plan of that path.

    Raises:
        UsageError: It cannot be read, is no plan, or columns are to be added, which no saved plan knows.
    """
    try:
        plan = parse_plan(Path(path).read_text("utf-8"), path)
    except FileNotFoundError as exc:
        raise UsageError(
            f"There is no plan {path!r}", hint="Write one with: heal plan SOURCE -t TABLE --save FILE"
        ) from exc
    except OSError as exc:
        raise UsageError(f"Plan {path!r} cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise UsageError(f"Plan {path!r} cannot be read: {exc}") from exc
    if "add" in (options.unknown_columns, plan.saved.unknown_columns):
        raise UsageError(
            f"Plan {path!r} cannot be followed while --unknown-columns add makes columns that it does not know",
            hint="Add the columns to the table first, then: heal plan SOURCE -t TABLE --save FILE",
        )
    return plan


def _check_values(values: ValueOptions) -> None:
    """Refuse a zone or a lossy step that nobody knows, before anything is opened.

    Raises:
        UsageError: With the names that are known.
    """
    if values.timezone is not None:
        check_zone(values.timezone)
    unknown = sorted(values.allow - ALLOWED)
    if unknown:
        raise UsageError(
            f"--allow knows no step {unknown[0]!r}", hint=f"Known are {', '.join(sorted(ALLOWED))}"
        )

"""Batches on this machine's threads: one cuts the source, `--jobs` parse, heal and write.

A failure in any thread reaches all the others: every queue operation also watches for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from typing import Final

from heal_cli.engine.failures import with_rows
from heal_cli.errors import BudgetExceeded, Interrupted, SourceError
from heal_cli.model import Chunk, LoadOptions, LoadReport, Progress, Rows
from heal_cli.pipeline import (
    BatchWorker,
    Outcome,
    Recovered,
    Run,
    SourceRun,
    check_books,
    retry_own_references,
)
from heal_cli.wording import counted

_TICK_S: Final = 0.1
"""How long a blocked thread may stay unaware of a failure elsewhere."""

BUDGET_SAMPLE: Final = 1_000
"""Rows read before a percentage of rejects means anything, as long as more may come."""


def atomic_flag(options: LoadOptions) -> str:
    """The flag that makes a run one transaction."""
    return "--atomic" if options.write.atomic else f"--mode {options.write.mode}"


class Crew:
    """The worker threads of one run and what they have done so far."""

    def __init__(
        self, run: Run, on_progress: Callable[[Progress], None], should_stop: Callable[[], int]
    ) -> None:
        self._run = run
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._workers = [BatchWorker(run) for _ in range(run.options.write.connections)]
        self._lock = Lock()
        self._failed = Event()
        self._failure: BaseException | None = None
        self._signal = 0
        self._is_over = False
        self._is_whole = False  # all sources are through
        self._earlier = Rows()  # of the sources that this run goes on with
        self.outcome = Outcome()  # of the batches
        self.recovered = Recovered()  # of their rejects that were tried again

    @property
    def is_stopped(self) -> bool:
        """A signal, the reject budget or a full spool ended the run before its sources."""
        return self._signal != 0 or self._is_over or self._run.fallback.is_full

    @property
    def has_failed_attempts(self) -> bool:
        """Some transaction was tried more than once."""
        return any(worker.has_failed_attempts for worker in self._workers)

    def close(self) -> None:
        """Give all connections back."""
        for worker in self._workers:
            worker.close()

    def require_whole(self) -> None:
        """Refuse to commit a part of an `--atomic` run.

        Raises:
            Interrupted: A signal stopped it.
            BudgetExceeded: Too many rows were rejected.
        """
        if not self._run.options.write.is_atomic or not self.is_stopped:
            return
        rows = self._earlier + self.recovered.applied_to(self.outcome, self._run.id).rows
        if self._signal:
            raise Interrupted(
                f"Stopped by signal {self._signal}; {atomic_flag(self._run.options)} committed nothing",
                signal_number=self._signal,
                hint=f"Run it again: {self._run.command}",
            )
        raise BudgetExceeded(
            f"{rows.rejected:,} of {counted(rows.read, 'row')} {'was' if rows.rejected == 1 else 'were'} rejected,"
            f" more than --max-rejects {self._run.options.max_rejects} allows;"
            f" {atomic_flag(self._run.options)} committed nothing",
            hint=f"See why in {str(self._run.rejects.path)!r}, or allow more",
        )

    def finish(self) -> None:
        """End what `--atomic` or `--dry-run` kept open."""
        for worker in self._workers:
            worker.finish(lambda connection: check_books(self._run, self.outcome.rows, connection))

    def retry_own_references(self, sources: list[SourceRun]) -> None:
        """Try rows again that refer to rows of the table which came later, unless the run was stopped."""
        if self.is_stopped:
            return
        run, (first, *_) = self._run, self._workers
        is_one = run.options.write.is_one_transaction
        self.recovered = retry_own_references(
            run,
            sources,
            self.outcome,
            within=(lambda: first.open(sources[-1].planned.table)) if is_one else None,
            should_stop=self._asked_to_stop,
        )
        final = self.recovered.applied_to(self.outcome, run.id)
        self._is_whole = True
        self._is_over = self._is_over_budget(replace(final, waiting=0))

    def load(self, source: SourceRun) -> None:
        """Take one source through all workers; raises what the first failing thread raised."""
        self._failed.clear()
        self._failure = None
        queue: Queue[Chunk | None] = Queue(maxsize=1)
        # Rows of one batch may refer to rows of the one before, which must be committed by then.
        workers = self._workers[:1] if source.keeps_order else self._workers
        threads = [
            Thread(target=self._work, args=(worker, source, queue), name=f"heal-{number}", daemon=True)
            for number, worker in enumerate(workers)
        ]
        for thread in threads:
            thread.start()
        self._earlier += source.earlier
        self._is_over |= self._is_over_budget(self.outcome)
        damage: SourceError | None = None
        before = self.outcome.rows
        try:
            for chunk in source.chunks():
                self._asked_to_stop()
                if self._failed.is_set() or self._signal or self._is_over:
                    break
                self._put(queue, chunk)
                if self._run.fallback.is_full:
                    break  # after the chunk: of a stream it cannot be read again
        except SourceError as error:
            damage = error  # what was whole before it is loaded all the same
        except BaseException as error:
            self._fail(error)
        for _ in threads:
            self._put(queue, None)
        for thread in threads:
            thread.join()
        with self._lock:
            self.outcome += source.skipped
        if self._failure:
            raise self._failure
        if damage:
            raise with_rows(damage, before, self.outcome.rows, self._run.options.write)

    def judged(self, report: LoadReport, *, is_all_read: bool) -> LoadReport:
        """The report with what a signal or the reject budget makes of it.

        Args:
            is_all_read: The budget left no batch of any source out, if it was passed at all.
        """
        if self._signal:
            return replace(report, exit_code=128 + self._signal, resume=self._run.command)
        if self._is_over:
            allowed = self._run.options.max_rejects
            rejected = report.rows.rejected + self._earlier.rejected
            were = counted(rejected, "row of the sources was", "rows of the sources were")
            found = f"{were} rejected, more than --max-rejects {allowed} allows"
            note = f"At the end {found}; all others are loaded"
            if not self._is_whole and (self.outcome.waiting or not is_all_read):
                way_on = "once heal rejects retry has loaded enough of them, or with more allowed"
                note = f"Stopped: {found}; the same command goes on {way_on}"
            return replace(report, exit_code=BudgetExceeded.exit_code, notes=(*report.notes, note))
        return report

    def _work(self, worker: BatchWorker, source: SourceRun, queue: Queue[Chunk | None]) -> None:
        try:
            while (chunk := self._get(queue)) is not None:
                outcome = worker.process(source, chunk)
                with self._lock:
                    self.outcome += outcome
                    rows = self.outcome.rows
                    # Once passed is passed: batches still in flight may bring a share down again.
                    self._is_over |= self._is_over_budget(self.outcome)
                self._on_progress(Progress(source.name, chunk.position, source.reader.source.size, rows))
        except BaseException as error:
            self._fail(error)

    def _asked_to_stop(self) -> int:
        self._signal = self._signal or self._should_stop()
        return self._signal

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            self._failure = self._failure or error
        self._failed.set()

    def _put(self, queue: Queue[Chunk | None], chunk: Chunk | None) -> None:
        while not self._failed.is_set():
            try:
                queue.put(chunk, timeout=_TICK_S)
            except Full:
                continue
            return

    def _get(self, queue: Queue[Chunk | None]) -> Chunk | None:
        while not self._failed.is_set():
            try:
                return queue.get(timeout=_TICK_S)
            except Empty:
                continue
        return None

    def _is_over_budget(self, outcome: Outcome) -> bool:
        """More was rejected than is allowed; a row that is tried again at the end is not rejected yet."""
        allowed = self._run.options.max_rejects
        rows = self._earlier + outcome.rows
        rejected, read = rows.rejected - outcome.waiting, rows.read
        if allowed is None:
            return False
        if allowed.endswith("%"):
            share = Fraction(allowed[:-1]) / 100  # exactly: 0.57 % of 10,000 are 57
            return (self._is_whole or read >= BUDGET_SAMPLE) and rejected > read * share
        return rejected > int(allowed)

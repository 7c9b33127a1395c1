"""After the last batch: rows that were refused for a reference to their own table are tried again.

What they refer to may have come in a later batch, over another connection, or in another source. They are
tried from the last batch to the first, for a file that has children before their parents, then once more in
the file's order, and so on until a round loads nothing. The ledger notes which sources had theirs tried, so
the next run makes up for one that was killed before.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from heal_cli.errors import ConservationError
from heal_cli.model import WriteOptions
from heal_cli.pipeline.outcome import REFERENCE, Outcome
from heal_cli.pipeline.retry_file import Answers, RetryFile, Standing
from heal_cli.pipeline.retry_origin import Origin, Origins, planned_shape
from heal_cli.pipeline.retry_worker import RetryWorker
from heal_cli.pipeline.run import Run
from heal_cli.pipeline.source import SourceRun, State
from heal_cli.record import DUPLICATES, RejectRecord
from heal_cli.write import (
    RejectBatch,
    find_reject_batch,
    find_reject_source,
    note_retried,
    retried_totals,
    traces,
)
from heal_cli.write.connection import LimitedConnection

_Names = dict[tuple[str, str], SourceRun]
"""Run and what it calls a source -> that source in this run."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What came of rejects that were tried again in the run that left them, or in the next one."""

    outcome: Outcome = field(default_factory=Outcome)  # of what was loaded, whichever run had rejected it
    standings: Counter[Standing] | None = None  # of this run's rejects now; None: nothing was tried

    def applied_to(self, outcome: Outcome, run: str) -> Outcome:
        """The outcome of the whole run, its batches' being `outcome`."""
        if self.standings is None:
            return outcome
        left: Counter[str] = Counter()
        faults: Counter[str] = Counter()
        own = by_others = 0
        for standing, count in self.standings.items():
            if standing.settled == run:
                own += count
            elif standing.settled is not None:
                by_others += count
            else:
                left[standing.reason] += count
                if standing.column and standing.reason not in DUPLICATES:
                    faults[standing.column] += count
        duplicates = sum(left.pop(reason, 0) for reason in DUPLICATES)
        rows, recovered = outcome.rows, self.outcome.rows
        of_others = recovered.loaded - own
        return Outcome(
            replace(
                rows,
                read=rows.read + of_others - by_others,
                already=rows.already - of_others + by_others,
                loaded=rows.loaded + recovered.loaded,
                healed=rows.healed + recovered.healed,
                rejected=left.total(),
                duplicates=duplicates,
            ),
            outcome.heals + self.outcome.heals,
            left,
            faults,
        )


def retry_own_references(
    run: Run,
    sources: Sequence[SourceRun],
    outcome: Outcome,
    *,
    within: Callable[[], LimitedConnection] | None,
    should_stop: Callable[[], int],
) -> Recovered:
    """Try the rows again that may refer to rows which came later; each is loaded once, whoever tries it.

    Rows that `--mode update` or `delete` was refused are not: another try would insert them.

    Args:
        outcome: Of the batches.
        within: Opens the connection of a run that is one transaction; None: each batch has one of its own.

    Raises:
        HealError: What ended it; what was committed stays, and the next run goes on from there.
    """
    if run.options.write.mode in ("update", "delete"):
        return Recovered()
    own = frozenset(name for source in sources for name in source.planned.table.own_references)
    wanted = [source for source in sources if outcome.rows.loaded or not source.is_retried]
    if not own or not (outcome.reasons[REFERENCE] or any(source.is_known for source in wanted)):
        return Recovered()
    return _Rounds(run, wanted, own, within() if within else None, should_stop).run()


def note_tried(run: Run, sources: Sequence[SourceRun]) -> None:
    """Tell the ledger that the references of these sources to their own table were tried, after the last commit."""
    numbers = [
        source.claimed.source
        for source in sources
        if source.claimed
        and not source.is_retried
        and source.planned.table.own_references
        and (source.state is State.FINISHED or source.is_no_op)
    ]
    if run.has_ledger and numbers:
        note_retried(run.connection, numbers)


def try_in_rounds(files: Sequence[RetryFile], worker: RetryWorker, *, should_stop: Callable[[], int]) -> None:
    """Every file backwards and once in its order, until a round loads nothing."""
    before = -1
    while files and worker.outcome.rows.loaded > before and not should_stop():
        for file in reversed(files):
            file.load_backwards()
        before = worker.outcome.rows.loaded
        for file in files:
            file.go_through()


def _that_overwrite_nothing(options: WriteOptions) -> WriteOptions:
    """Rows that come in late may have been overtaken by others of their key, which count."""
    if not options.changes_rows:
        return options
    return replace(options, mode="insert", on_conflict="reject", key=(), atomic=options.is_atomic)


class _Rounds:
    """The rejects files in which such rows may be, tried until a round loads nothing."""

    def __init__(
        self,
        run: Run,
        sources: Sequence[SourceRun],
        own: frozenset[str],
        within: LimitedConnection | None,
        should_stop: Callable[[], int],
    ) -> None:
        self._run = run
        self._own = own
        self._should_stop = should_stop
        origins = Origins(
            lambda: within or run.connection,
            run.rejects.path,
            replace(run.options, write=_that_overwrite_nothing(run.options.write)),
            None,
            run.catalogue,
            datetime.now(UTC),
            run.knowledge,
        )
        self._origins = origins
        self._worker = RetryWorker(
            origins,
            run.id,
            has_ledger=run.has_ledger,
            attempts=run.attempts,
            within=within,
            leftovers=run.leftovers,
            counts_tries=False,
            recorded_mode=run.options.write.recorded_mode,
        )
        self._files = [self._file(path, names) for path, names in self._paths(sources).items()]

    def run(self) -> Recovered:
        """Round after round."""
        try:
            try_in_rounds(self._files, self._worker, should_stop=self._should_stop)
            self._check()
            self._worker.finish()
        finally:
            self._worker.close()
        if not self._worker.tried:
            return Recovered()
        standings: Counter[Standing] = Counter()
        for file in self._files:
            standings += Counter({s: n for s, n in file.standings.items() if s.run == self._run.id})
        return Recovered(self._worker.outcome, standings)

    def _check(self) -> None:
        """P1: the ledger holds what the worker counted."""
        rows = self._worker.outcome.rows
        if self._run.has_ledger and retried_totals(self._origins.connection, self._run.id) != (
            rows.loaded,
            rows.duplicates,
        ):
            raise ConservationError(
                "The ledger and this run differ in the rows that were tried again",
                hint=f"This is a defect of heal; please report it with run {self._run.id}",
            )

    def _paths(self, sources: Sequence[SourceRun]) -> dict[Path, _Names]:
        """The rejects files that are there and may be rewritten, with the runs and names that count in each."""
        own = {(self._run.id, source.name): source for source in sources}
        paths: dict[Path, _Names] = {self._run.rejects.path: own}
        if self._run.has_ledger:
            for source in sources:
                assert source.claimed is not None
                for trace in traces(self._origins.connection, source.claimed.source):
                    paths.setdefault(Path(trace.rejects_path), {})[trace.run, trace.name] = source
        return {path: names for path, names in paths.items() if os.access(path, os.R_OK | os.W_OK)}

    def _file(self, path: Path, names: _Names) -> RetryFile:
        answers = Answers(
            origin=lambda run, name: self._origin(path, names, run, name),
            batch=self._batch,
            wants=lambda record: self._wants(record, names),
            should_stop=self._should_stop,
        )
        return RetryFile(path, self._worker, answers, run=self._run.id, has_ledger=self._run.has_ledger)

    def _wants(self, record: RejectRecord, names: _Names) -> bool:
        return (
            record.reason == REFERENCE
            and record.constraint in self._own
            and record.settled is None
            and record.raw is not None
            and record.row is not None
            and (record.run, record.source) in names
        )

    def _origin(self, path: Path, names: _Names, run: str, name: str) -> Origin | None:
        """By the plan that the run has at hand; by the ledger's for a shorter source that this one goes on with."""
        source = names.get((run, name))
        if source is None:
            return None
        number = 0
        if self._run.has_ledger:
            known = find_reject_source(self._origins.connection, run, name)
            if known is None:
                return None
            number = known.source
            if source.claimed is None or number != source.claimed.source:
                return replace(self._origins, path=path).by_ledger(run, name)
        table, plan = source.planned.table, source.planned.plan
        shape = planned_shape(source.reader.options, plan)
        return Origin(number, run, name, shape, plan, table, plan, path)

    def _batch(self, origin: Origin, record: RejectRecord) -> RejectBatch | None:
        if self._run.has_ledger:
            return find_reject_batch(self._origins.connection, origin.number, record.batch, record.run)
        return RejectBatch(0, 0, "", self._run.attempts.committed(origin.name, record.batch), {})

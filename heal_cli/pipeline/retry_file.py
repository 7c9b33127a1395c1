"""A rejects file gone through: what the ledger has settled is marked, and what is wanted is loaded.

It is read in groups of one batch each. The file is made anew at the end only, since the lines in it are
as good as before: a record that a killed process had loaded is known by the ledger, and one that failed
again is still a reject.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import polars as pl

from heal_cli.pipeline.retry_origin import Origin
from heal_cli.pipeline.retry_worker import RetryWorker
from heal_cli.record import RejectRecord, Rewrite, decode_line, encode_line
from heal_cli.write import RejectBatch

GROUP_BYTES: Final = 8 * 2**20
"""Lines of the file that are loaded together at most, like a batch."""

PASSES: Final = 4
"""Times that the file is gone through: once to load, again only where others replaced it meanwhile."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a file's records are judged by."""

    origin: Callable[[str, str], Origin | None]  # of a run and source name; None: not to be touched
    batch: Callable[[Origin, RejectRecord], RejectBatch | None]  # None: never committed, or undone
    wants: Callable[[RejectRecord], bool]  # it is to be tried
    begin: Callable[[Origin], None] = lambda origin: None  # called before a record is tried
    should_stop: Callable[[], int] = lambda: 0  # the number of a signal, or 0


class Standing(NamedTuple):
    """What a line says that counts, as far as it is counted."""

    run: str
    reason: str
    column: str | None
    settled: str | None


class _Line(NamedTuple):
    """A line of the file, and what it says."""

    data: bytes
    record: RejectRecord | None  # None: a crash tore it, or it is something else


class RetryFile:
    """One rejects file, gone through as often as its owner likes."""

    def __init__(
        self, path: Path, worker: RetryWorker, answers: Answers, *, run: str, has_ledger: bool
    ) -> None:
        self.path = path
        self._worker = worker
        self._answers = answers
        self._run = run
        self._has_ledger = has_ledger
        self._origins: dict[tuple[str, str], Origin | None] = {}
        self._unmarked: defaultdict[tuple[str, str, int], list[pl.Series]] = defaultdict(list)
        """Without a ledger: rows of each batch that were loaded, until the file says so."""
        self.signal = 0
        self.settled = 0  # records that others had loaded, and that are marked now
        self.unknown = 0  # lines of the last pass that the ledger does not hold
        self.standings: Counter[Standing] = Counter()
        """Those of the last pass that it does hold."""

    def go_through(self) -> bool:
        """Try what is wanted, and make the file say what is so; False if others kept replacing it.

        Raises:
            RecordError: The file cannot be read, or not be made anew.
        """
        is_in_place = self._pass(may_load=True)
        for _ in range(PASSES - 1):
            if is_in_place:
                break
            is_in_place = self._pass(may_load=False)
        if is_in_place:
            self._unmarked.clear()
        return is_in_place

    def load_backwards(self) -> None:
        """Try what is wanted from the last batch to the first, and leave the file as it is until `go_through`."""
        places: list[tuple[int, int]] = []
        offset = 0
        with self.path.open("rb") as file:
            for group in _groups(iter(file.readline, b"")):
                size = sum(len(line.data) for line in group)
                if any(line.record and self._answers.wants(line.record) for line in group):
                    places.append((offset, size))
                offset += size
            for offset, size in reversed(places):
                self.signal = self.signal or self._answers.should_stop()
                if self.signal:
                    return
                file.seek(offset)
                for group in _groups(file.read(size).splitlines(keepends=True)):
                    self._retried(group, may_load=True)

    def _pass(self, *, may_load: bool) -> bool:
        """Every line once; False if the file was replaced meanwhile, so that the marks have to be set anew."""
        self.unknown = 0
        self.standings.clear()
        with Rewrite(self.path) as rewrite:
            try:
                for group in _groups(rewrite.lines()):
                    self.signal = self.signal or self._answers.should_stop()
                    now = self._retried(group, may_load=may_load and not self.signal)
                    rewrite.write([line.data for line in group], now)
            finally:
                is_in_place = rewrite.finish()
        return is_in_place

    def _retried(self, group: list[_Line], *, may_load: bool) -> list[bytes]:
        """The lines of a group as they are to be from now on."""
        first = group[0].record
        if first is None:
            return [line.data for line in group]
        origin = self._origin(first.run, first.source)
        batch = self._answers.batch(origin, first) if origin else None
        if origin is None or batch is None:
            self.unknown += len(group)
            return [line.data for line in group]
        if not self._has_ledger:
            rows = self._unmarked.get((first.run, first.source, first.batch), ())
            batch = replace(batch, settled=dict.fromkeys((row for some in rows for row in some), self._run))
        marked = [self._marked(line.record, batch) for line in group if line.record is not None]
        counted = [record for record in marked if record.attempt in batch.attempts]
        self.unknown += len(marked) - len(counted)
        wanted = {record.row: record for record in counted if may_load and self._answers.wants(record)}
        outcome = self._load(origin, batch, wanted)
        for record in counted:
            now = outcome.get(id(record), record)
            self.standings[Standing(now.run, now.reason, now.column, now.settled)] += 1
        return [
            line.data if now == line.record else encode_line(now)
            for line, now in zip(group, (outcome.get(id(each), each) for each in marked), strict=True)
        ]

    def _load(
        self, origin: Origin, batch: RejectBatch, wanted: dict[int | None, RejectRecord]
    ) -> dict[int, RejectRecord]:
        """Identity of each record that was tried -> what it says now."""
        if not wanted:
            return {}
        self._answers.begin(origin)
        records = sorted(wanted.values(), key=lambda record: record.row or 0)
        after, planned = self._worker.process(origin, batch, records)
        self._origins[origin.run, origin.name] = planned
        if not self._has_ledger:
            loaded = pl.Series([now.row for now in after if now.settled == self._run], dtype=pl.Int64)
            self._unmarked[origin.run, origin.name, records[0].batch].append(loaded)
        return {id(record): now for record, now in zip(records, after, strict=True)}

    def _marked(self, record: RejectRecord, batch: RejectBatch) -> RejectRecord:
        """The record with the mark that the ledger gives it; without a ledger its own counts, too."""
        if record.row is None or record.attempt not in batch.attempts:
            return record
        settled = batch.settled.get(record.row)
        if not self._has_ledger:
            settled = settled or record.settled
        if settled == record.settled:
            return record
        self.settled += settled not in (None, self._run)
        return msgspec.structs.replace(record, settled=settled)

    def _origin(self, run: str, name: str) -> Origin | None:
        if (run, name) not in self._origins:
            self._origins[run, name] = self._answers.origin(run, name)
        return self._origins[run, name]


def _groups(lines: Iterable[bytes]) -> Iterator[list[_Line]]:
    """Lines of one batch that follow each other, at most `GROUP_BYTES`; a line without a record stands alone."""
    group: list[_Line] = []
    key, size = None, 0
    for data in lines:
        record = decode_line(data)
        own = (record.run, record.source, record.batch) if record else None
        if group and (own != key or own is None or size > GROUP_BYTES):
            yield group
            group, size = [], 0
        group.append(_Line(data, record))
        key, size = own, size + len(data)
    if group:
        yield group

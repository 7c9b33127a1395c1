"""Tries at batches: a number of its own for each, since the lines of a failed one may be on disk."""

from __future__ import annotations

from collections import defaultdict, deque

from heal_cli.write.audit import FailedTransaction


class Attempts:
    """The tries of a run; they outlive a writer, and its threads share them, each with batches of its own."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, int], int] = {}
        self._failed: deque[FailedTransaction] = deque()
        self._committed: defaultdict[tuple[str, int], set[int]] = defaultdict(set)

    def last(self, source_name: str, batch: int) -> int:
        """The number of the latest try at the batch, 0 for none."""
        return self._last.get((source_name, batch), 0)

    def go_on_from(self, source_name: str, batch: int, last: int) -> None:
        """Number the tries at the batch from the one after `last`."""
        self._last[source_name, batch] = last

    def begin(self, source_name: str, batch: int) -> int:
        """The number of a new try."""
        number = self._last[source_name, batch] = self.last(source_name, batch) + 1
        return number

    def note_failed(self, transaction: FailedTransaction) -> None:
        """Keep in mind a transaction that came to nothing, until it is on record."""
        self._failed.append(transaction)

    def take_failed(self) -> list[FailedTransaction]:
        """Those that are not on record yet; the caller puts them there."""
        return [self._failed.popleft() for _ in range(len(self._failed))]

    def note_committed(self, source_name: str, batch: int, number: int) -> None:
        """Keep in mind, where no ledger does, that the lines of this try count."""
        self._committed[source_name, batch].add(number)

    def committed(self, source_name: str, batch: int) -> frozenset[int]:
        """The tries that were noted as committed."""
        return frozenset(self._committed.get((source_name, batch), ()))

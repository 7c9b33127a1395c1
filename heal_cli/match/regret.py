"""What all pairs together would lose if another pair were taken: the margin of one assignment over the next best."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from heal_cli.match.assign import assign
from heal_cli.match.cells import Cells, Pair

_WIDEST: Final = 16
"""Columns that hang together beyond which a regret is not reckoned, and so counts as none: it would cost too much."""


class Regrets:
    """The likely pairs of one matching, in groups that hang together by common columns."""

    def __init__(self, cells: Cells, min_confidence: float) -> None:
        sure = ((pair, cells.best(pair).confidence) for pair in cells)
        self._cells = cells
        self._confidence = {pair: confidence for pair, confidence in sure if confidence >= min_confidence}
        self._of_source: dict[str, set[Pair]] = {}
        self._of_target: dict[str, set[Pair]] = {}
        for pair in self._confidence:
            group = {pair} | self._group(pair)
            for source, target in group:
                self._of_source[source] = self._of_target[target] = group

    def of(self, rival: Pair, pairs: Iterable[Pair]) -> float:
        """Confidence lost where a rival is taken instead of the pairs that it touches, and the best is made of the rest."""
        group = self._group(rival)
        sources = sorted({source for source, _ in group} - {rival[0]})
        targets = sorted({target for _, target in group} - {rival[1]})
        if max(len(sources), len(targets)) >= _WIDEST:
            return 0.0
        kept = sum(self._confidence.get(pair, 0.0) for pair in pairs if pair in group)
        weights = [[self._confidence.get((source, target), 0.0) for target in targets] for source in sources]
        rest = sum(weights[row][column] for row, column in assign(weights))
        return kept - rest - self._cells.best(rival).confidence

    def _group(self, pair: Pair) -> set[Pair]:
        """All pairs that share a column with a pair, or with one that does."""
        return self._of_source.get(pair[0], set()) | self._of_target.get(pair[1], set())

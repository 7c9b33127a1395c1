"""Open source columns x open target columns: the candidates of each pair, and which pairs are rivals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from heal_cli.match.assign import assign
from heal_cli.model import Candidate, Tier

Pair: TypeAlias = tuple[str, str]
"""Source column, target column."""

_CERTAIN: Final = 0.999  # confidences are capped here before they become odds
_TIER_ORDER: Final = {tier: place for place, tier in enumerate(Tier)}


class Cells:
    """Candidates by pair, each list surest first."""

    def __init__(self, candidates: Mapping[Pair, Iterable[Candidate]]) -> None:
        self._cells = {pair: sorted(found, key=surest_first) for pair, found in candidates.items()}
        self._rows: dict[str, list[Pair]] = {}
        self._columns: dict[str, list[Pair]] = {}
        for pair in sorted(self._cells):
            self._rows.setdefault(pair[0], []).append(pair)
            self._columns.setdefault(pair[1], []).append(pair)

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._cells)

    def __contains__(self, pair: object) -> bool:
        """True for a pair with a candidate."""
        return pair in self._cells

    def candidates(self, pair: Pair) -> list[Candidate]:
        """All tiers' candidates for a pair."""
        return self._cells[pair]

    def best(self, pair: Pair) -> Candidate:
        """The surest candidate for a pair."""
        return self._cells[pair][0]

    def of_target(self, target: str) -> list[Pair]:
        """The pairs that end in a target column."""
        return self._columns.get(target, [])

    def rivals(self, pair: Pair) -> list[Pair]:
        """The other pairs with the same source or the same target."""
        both = (*self._rows.get(pair[0], ()), *self._columns.get(pair[1], ()))
        return [other for other in both if other != pair]

    def assignment(self, min_confidence: float) -> list[Pair]:
        """The one-to-one pairs, each at least that sure, whose odds add up to the most.

        Odds, not confidences: one pair at 0.95 is worth more than two at 0.75.
        """
        odds = {
            pair: _odds(found[0].confidence)
            for pair, found in self._cells.items()
            if found[0].confidence >= min_confidence
        }
        sources = sorted({source for source, _ in odds})
        targets = sorted({target for _, target in odds})
        weights = [[odds.get((source, target), 0.0) for target in targets] for source in sources]
        return sorted((sources[row], targets[column]) for row, column in assign(weights))


def surest_first(candidate: Candidate) -> tuple[float, int, str, str]:
    """Sort key: confidence falling, then cheaper tiers, then names."""
    order = _TIER_ORDER[candidate.tier]
    return -candidate.confidence, order, candidate.source or "", candidate.pattern or ""


def _odds(confidence: float) -> float:
    capped = min(confidence, _CERTAIN)
    return capped / (1 - capped)

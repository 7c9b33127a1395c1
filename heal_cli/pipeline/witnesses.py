"""What the first rows of a source say about its plan: asked while they are there, used when the run is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from heal_cli.heal import MATCH_ROWS, duels
from heal_cli.model import ColumnPlan, Plan, Tier
from heal_cli.patterns import Duel

MIN_FRESH: Final = 30
"""Values after the rows that matching looks at, from which a likeness is borne out by others than its own."""


@dataclass(frozen=True, slots=True)
class Witnesses:
    """How many values each matched source column has, and how rivals among the patterns did."""

    filled: Mapping[str, int] = field(default_factory=dict)
    fresh: Mapping[str, int] = field(default_factory=dict)  # of these, after the rows that matching looks at
    duels: tuple[Duel, ...] = ()

    def bear_out(self, column: ColumnPlan) -> bool:
        """There are values that the match was not derived from; whether they loaded is another question."""
        if column.match.winner.tier is Tier.EXACT:  # named by the user
            return self.filled.get(column.source or "", 0) > 0
        return self.fresh.get(column.source or "", 0) >= MIN_FRESH


def hear(plan: Plan, frame: pl.DataFrame) -> Witnesses:
    """The witnesses of a plan.

    Args:
        frame: The first batch, ROW and source columns.
    """
    names = {column.source for column in plan.columns if column.source in frame.columns}
    filled = {name: _filled(frame[name]) for name in names if name is not None}
    later = frame.slice(MATCH_ROWS)
    fresh = {name: _filled(later[name]) for name in filled}
    return Witnesses(filled, fresh, duels(plan, later if later.height >= MIN_FRESH else frame))


def _filled(values: pl.Series) -> int:
    present = values.drop_nulls()
    return int((present != "").sum()) if present.dtype == pl.String else present.len()

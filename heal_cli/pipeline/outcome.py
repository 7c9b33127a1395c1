"""What came of batches, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from heal_cli.model import Healed, HealTally, Rows, Written

REFERENCE: Final = "foreign_key_violation"
"""Reason of a row that refers to one which is not there."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one batch, or of several: they add up with `+`."""

    rows: Rows = field(default_factory=Rows)
    heals: Counter[tuple[str, str, bool, bool]] = field(default_factory=Counter)
    """(target column, rule, lossy, assumption) -> loaded rows it changed."""
    reasons: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    """Target column -> rows rejected for it."""
    waiting: int = 0
    """Of the rejected rows, those that are tried again after the last batch: they refer to their own table."""

    @property
    def tallies(self) -> tuple[HealTally, ...]:
        """The heals as a report tells them, by column and rule."""
        return tuple(
            HealTally(column, rule, rows, lossy, assumption)
            for (column, rule, lossy, assumption), rows in sorted(self.heals.items())
        )

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.rows + other.rows,
            self.heals + other.heals,
            self.reasons + other.reasons,
            self.faults + other.faults,
            self.waiting + other.waiting,
        )


def count(healed: Healed, written: Written, own_references: Collection[str] = ()) -> Outcome:
    """Counts of one write; heals only over the rows that were loaded.

    Args:
        own_references: Names of the foreign keys that refer to the table itself.
    """
    is_loaded = None
    if written.loaded.len() != healed.rows.len():
        is_loaded = healed.rows.is_in(written.loaded.implode())
    heals: Counter[tuple[str, str, bool, bool]] = Counter()
    touched: pl.Series | None = None
    for column, heal in healed.heals:
        mask = heal.mask if is_loaded is None else heal.mask & is_loaded
        if count := int(mask.sum()):
            heals[column, heal.rule, heal.lossy, heal.assumption] += count
            touched = mask if touched is None else touched | mask
    rows = Rows(
        loaded=written.loaded.len(),
        healed=0 if touched is None else int(touched.sum()),
        duplicates=written.duplicates.height,
        rejected=written.rejects.height,
    )
    return Outcome(
        rows,
        heals,
        Counter(written.rejects["reason"].to_list()),
        Counter(written.rejects["column"].drop_nulls().to_list()),
        _waiting(written.rejects, own_references) if own_references else 0,
    )


def _waiting(rejects: pl.DataFrame, own_references: Collection[str]) -> int:
    is_own = pl.col("constraint").is_in(list(own_references))
    return rejects.filter(is_own & (pl.col("reason") == REFERENCE)).height

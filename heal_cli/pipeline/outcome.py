"""What came of batches, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from heal_cli.model import Healed, Rows, Written


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one batch, or of several: they add up with `+`."""

    rows: Rows = field(default_factory=Rows)
    heals: Counter[tuple[str, str, bool, bool]] = field(default_factory=Counter)
    """(target column, rule, lossy, assumption) -> loaded rows it changed."""
    reasons: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    """Target column -> rows rejected for it."""

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.rows + other.rows,
            self.heals + other.heals,
            self.reasons + other.reasons,
            self.faults + other.faults,
        )


def count(healed: Healed, written: Written) -> Outcome:
    """Counts of one write; heals only over the rows that were loaded."""
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
    )

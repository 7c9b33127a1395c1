"""The values of a sample's columns, thinned to what a judgement needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

_SAMPLE: Final = 1000  # values to judge a column by, evenly spaced: shares are then known to about 2 %


@dataclass(frozen=True)
class Profile:
    """A source column's values, thinned to what a judgement needs."""

    values: pl.Series  # non-null, fewer than 2000, evenly spaced
    filled: int  # non-null values in the whole sample
    rows: int

    @cached_property
    def text(self) -> pl.Series:
        """The values as trimmed text; empty for nested values."""
        if self.values.dtype.is_nested() or self.values.dtype == pl.Binary:
            return pl.Series([], dtype=pl.String)
        text = self.values if self.values.dtype == pl.String else self.values.cast(pl.String)
        return text.str.strip_chars()

    @cached_property
    def distinct(self) -> float:
        """Share of values that are distinct; 1 for nested values, which are no keys."""
        return self.text.n_unique() / self.text.len() if self.text.len() else 1.0

    @property
    def count(self) -> int:
        """Values to judge by."""
        return self.values.len()


class Profiles:
    """The profile of each column of a sample, made when it is first asked for: of most columns nobody asks."""

    def __init__(self, sample: pl.DataFrame) -> None:
        self._sample = sample
        self._made: dict[str, Profile] = {}

    def of(self, source: str) -> Profile:
        """The thinned values of a source column."""
        if source not in self._made:
            column = self._sample[source]
            self._made[source] = _full(column) if source in self._all_filled else _profile(column)
        return self._made[source]

    @cached_property
    def _all_filled(self) -> frozenset[str]:
        """The text columns with a value in every row: one look at all of them spares most columns several."""
        empty = pl.col(pl.String).str.strip_chars().fill_null("").eq("").any()
        (found,) = self._sample.select(empty).rows(named=True) or ({},)
        return frozenset(name for name, has_empty in found.items() if has_empty is False)


def _full(column: pl.Series) -> Profile:
    return Profile(column.gather_every(_step(column)), column.len(), column.len())


def _profile(column: pl.Series) -> Profile:
    present = column.drop_nulls()
    if present.dtype == pl.String:
        present = present.filter(present != "")
    thin = present.gather_every(_step(present))
    if present.dtype == pl.String:
        thin = thin.filter(thin.str.strip_chars() != "")
    return Profile(thin, present.len(), column.len())


def _step(values: pl.Series) -> int:
    """How many values one of the sample stands for."""
    return max(1, values.len() // _SAMPLE)

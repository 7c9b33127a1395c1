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
    trimmed: pl.Series | None = None  # the values as trimmed text, where somebody has it

    @cached_property
    def text(self) -> pl.Series:
        """The values as trimmed text; empty for nested values."""
        if self.trimmed is not None:
            return self.trimmed
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
            filled = self._filled.get(source)
            self._made[source] = _profile(self._sample[source]) if filled is None else filled
        return self._made[source]

    @cached_property
    def _filled(self) -> dict[str, Profile]:
        """The text columns with a value in every row: one look at all of them spares most columns several."""
        texts = self._sample.select(pl.col(pl.String))
        if not texts.height:
            return {}
        trimmed = texts.select(pl.all().str.strip_chars())
        (empty,) = trimmed.select(pl.all().fill_null("").eq("").any()).rows()
        full = [name for name, has_empty in zip(texts.columns, empty, strict=True) if not has_empty]
        step = pl.all().gather_every(_step(texts.height))
        thin, trimmed = texts.select(full).select(step), trimmed.select(full).select(step)
        return {name: Profile(thin[name], texts.height, texts.height, trimmed[name]) for name in full}


def _profile(column: pl.Series) -> Profile:
    present = column.drop_nulls()
    if present.dtype == pl.String:
        present = present.filter(present != "")
    thin = present.gather_every(_step(present.len()))
    if present.dtype == pl.String:
        thin = thin.filter(thin.str.strip_chars() != "")
    return Profile(thin, present.len(), column.len())


def _step(count: int) -> int:
    """How many of so many values one of the sample stands for."""
    return max(1, count // _SAMPLE)

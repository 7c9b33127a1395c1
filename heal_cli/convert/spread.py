"""A few cells of a column that speak for all of it."""

from __future__ import annotations

from typing import Final

import polars as pl

_MULTIPLIER: Final = 2_654_435_761
"""Knuth's (TAOCP 6.4): multiples of it, but for their low bits, have no period that rows could share."""


def spread_sample(values: pl.Series, count: int) -> pl.Series:
    """About `count` cells from all over the column, nulls dropped: always the same ones.

    Not evenly spread, since of rows that take turns even steps would show one kind alone.
    """
    step = max(1, len(values) // count)
    places = [n * step + (n * _MULTIPLIER >> 7) % step for n in range(len(values) // step)]
    sample = values[places]
    return sample.drop_nulls() if sample.has_nulls() else sample

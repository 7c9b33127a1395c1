"""Numeric dates read in every order at once: what is needed to decide which of them is meant."""

from __future__ import annotations

from typing import Final

import polars as pl

from heal_cli.convert.temporal_shapes import ORDERED, calendar_day, full_year

_PLACES: Final = {
    "DMY": ("last_year", "second", "first"),
    "MDY": ("last_year", "first", "second"),
    "YMD": ("first_year", "second", "third"),
}
"""Order -> which of the three numbers are year, month and day."""

ORDERS: Final = tuple(_PLACES)

_NUMBERS: Final = r"^(?<first>[0-9]+)(?<mark>[-/.])(?<second>[0-9]+)[-/.](?<third>[0-9]+)$"


def read_orders(texts: pl.Series) -> pl.DataFrame:
    """The distinct numeric dates of texts that may hold them, sorted.

    Returns:
        `text` (the date alone), `layout` (one of LAYOUTS), `years_first` (two digits that may be a year stand first),
        and the date in each of ORDERS (null: none of the calendar).
    """
    tokens = (
        texts.str.extract(rf"^\s*({ORDERED.date})(?:{ORDERED.between}|\s*$)").drop_nulls().unique().sort()
    )
    if not len(tokens):
        return tokens.to_frame("text")
    numbers = _numbers(tokens)
    spelt = pl.concat([numbers.select(y=year, m=month, d=day) for year, month, day in _PLACES.values()])
    days = spelt.select(calendar_day(pl.col("y"), pl.col("m"), pl.col("d"))).to_series()
    read = {order: days.slice(turn * len(tokens), len(tokens)) for turn, order in enumerate(ORDERS)}
    return numbers.select(tokens.alias("text"), "layout", "years_first", **read)


def _numbers(tokens: pl.Series) -> pl.DataFrame:
    """The three numbers of each date (Int32), its layout, and the years that the last and the first may be."""
    parts = tokens.str.extract_groups(_NUMBERS).struct.unnest()
    digits = pl.col("third").str.len_bytes()
    numbers = parts.select(
        pl.col("first", "second", "third").cast(pl.Int32),
        layout=pl.col("mark") + digits.cast(pl.String),
        is_short=digits == 2,
        years_first=pl.col("first").str.len_bytes() == 2,
    )
    may_begin = pl.col("years_first") & pl.col("is_short")
    return numbers.with_columns(
        last_year=full_year(pl.col("third"), pl.col("is_short")),
        first_year=pl.when(may_begin).then(full_year(pl.col("first"), pl.lit(True))),
    )

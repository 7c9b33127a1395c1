"""What a column says about its format, in few values: all that a second look over a large file has to remember."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

from heal_cli.convert.dispatch import decide_format
from heal_cli.convert.families import family_name
from heal_cli.model import ColumnFormat, PgType, ValueOptions

MOST: Final = 100_000
"""Values remembered of a column; a century of days in two spellings is fewer."""

_CLOCK: Final = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]+)?"
_EPOCH: Final = r"^\s*([0-9]{2})[0-9]{7,17}(\.[0-9]+)?\s*$"
_LEADING: Final = "[1-9]"


def decide_from_all(chunks: Iterable[pl.Series], type: PgType, options: ValueOptions) -> ColumnFormat:
    """`decide_format` from all chunks of a column, in memory that does not grow with it."""
    kept = pl.Series(dtype=pl.String)
    for chunk in chunks:
        if chunk.dtype == pl.String:
            kept = telling(pl.concat([kept, telling(chunk.alias(""), type)]), type).head(MOST)
    return decide_format(kept, type, options)


def can_be_open(type: PgType) -> bool:
    """Whether the values of a column of `type` decide together how each is read."""
    return family_name(type) in ("numbers", "temporal", "array", "time_range")


def telling(values: pl.Series, type: PgType) -> pl.Series:
    """Texts of which no two say the same about how the column is to be read."""
    distinct = values.drop_nulls().unique(maintain_order=True)
    match family_name(type):
        case "numbers":
            return _telling_numbers(distinct)
        case "temporal":
            return _by_key(distinct, _time_key(pl.col("text")))
        case _:
            return distinct


def _by_key(values: pl.Series, key: pl.Expr) -> pl.Series:
    frame = values.alias("text").to_frame().unique(key, keep="first", maintain_order=True)
    return frame.to_series()


def _time_key(text: pl.Expr) -> pl.Expr:
    """Days and offsets are told apart, times of day are not; of epoch numbers only their size matters."""
    return text.str.replace(_CLOCK, "0:0").str.replace_all(_EPOCH, "$1 epoch")


def _telling_numbers(values: pl.Series) -> pl.Series:
    """One number of each layout, its first digit zero or not, beside the largest and the smallest plain ones."""
    # whether plain numbers lie within one decides what percents mean
    sizes = values.cast(pl.Float64, strict=False).abs()
    ends = [place for place in (sizes.arg_max(), sizes.set(sizes == 0, None).arg_min()) if place is not None]
    text = pl.col("text")
    key = text.str.replace(_LEADING, "+").str.replace_all("[0-9]", "0")
    return pl.concat([values[ends], _by_key(values, key)]).unique(maintain_order=True)

"""Whether numbers and dates lie where those of a column lie, by the ends of its histogram (pg_stats)."""

from __future__ import annotations

from typing import Final

import polars as pl

from heal_cli.model import KnownValues

NUMBERS: Final = ("int2", "int4", "int8", "float4", "float8", "numeric")
DATES: Final = ("date", "timestamp", "timestamptz")

_NUMBER: Final = r"^[-+]?\d+(\.\d+)?$"
_DAY: Final = r"^\d{4}-\d\d-\d\d"
_DAY_LENGTH: Final = 10
_MARGIN: Final = 3.0  # widths of the histogram on either side: what comes next may well lie beyond it


def near_share(text: pl.Series, known: KnownValues, base: str) -> float | None:
    """Share (0-1) of the values within the column's range or near it; None where that cannot be told.

    Only plain numbers and ISO dates are compared: how others are read is not settled yet.

    Args:
        text: Trimmed values.
        base: pg_type.typname of the column.
    """
    if known.low is None or known.high is None or not text.len():
        return None
    ends = _measured(pl.Series([known.low, known.high]), base)
    values = _measured(text, base)
    if ends is None or values is None:
        return None
    low, high = ends
    margin = _MARGIN * (high - low)
    return float(values.is_between(low - margin, high + margin).sum()) / values.len()


def _measured(text: pl.Series, base: str) -> pl.Series | None:
    """Numbers as they are, dates in days; None where a value is neither."""
    if base in NUMBERS and text.str.contains(_NUMBER).all():
        return text.cast(pl.Float64)
    if base in DATES and text.str.contains(_DAY).all():
        days = text.str.head(_DAY_LENGTH).str.to_date("%Y-%m-%d", strict=False)
        return None if days.null_count() else days.to_physical().cast(pl.Float64)
    return None

"""Source values that have no column: gathered per row as one JSON object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from heal_cli.heal.values import as_text
from heal_cli.model import ROW, Batch

_NOT_JSON: Final = frozenset({pl.Binary, pl.Duration, pl.Decimal})
"""Dtypes that polars cannot put into JSON as they are, or only as something else."""


def leftover_names(batch: Batch, planned: frozenset[str]) -> tuple[str, ...]:
    """Source columns of this batch that the plan does not read, late JSON keys included."""
    return tuple(name for name in batch.frame.columns if name not in planned)


def leftover_columns(
    batch: Batch, names: Sequence[str], losers: Mapping[str, pl.Series]
) -> pl.DataFrame | None:
    """ROW + the leftover values where any row has one; bytes, durations and decimals as text; None when no row has.

    Args:
        losers: Fallback column -> rows in which it differs from the direct one, and so has no home.
    """
    frame = batch.frame
    columns = [frame[name] for name in names]
    columns += [
        pl.select(pl.when(mask).then(frame[name])).to_series().alias(name) for name, mask in losers.items()
    ]
    columns = [column for column in columns if column.null_count() < column.len()]
    columns = [
        as_text(column).alias(column.name) if column.dtype in _NOT_JSON else column for column in columns
    ]
    return pl.DataFrame([frame[ROW], *columns]) if columns else None


def leftover_objects(leftovers: pl.DataFrame, kinds: Mapping[str, str]) -> pl.Series:
    """The leftovers of each row as one JSON object, nulls left out; null where there is none.

    Args:
        kinds: `Batch.kinds`: which columns hold JSON already.
    """
    members = pl.DataFrame([_members(column, kinds) for column in leftovers.drop(ROW).iter_columns()])
    body = pl.concat_str(pl.all(), separator=",", ignore_nulls=True)
    return members.select(
        pl.when(pl.any_horizontal(pl.all().is_not_null())).then(pl.concat_str(pl.lit("{"), body, pl.lit("}")))
    ).to_series()


def _members(column: pl.Series, kinds: Mapping[str, str]) -> pl.Series:
    """`"name": value` in JSON, null where the value is null."""
    name = column.name
    kind = kinds.get(name, "string")
    if column.dtype == pl.String and kind in {"number", "boolean", "json"}:
        key = pl.DataFrame({"k": [name]}).select(pl.struct("k").struct.json_encode()).item()[5:-1]
        return (
            column.to_frame().select(pl.concat_str(pl.lit(f"{key}:"), pl.col(name))).to_series().alias(name)
        )
    encoded = column.to_frame().select(pl.struct(pl.all()).struct.json_encode().str.slice(1).str.head(-1))
    return (
        encoded.select(pl.when(column.is_not_null()).then(pl.col(encoded.columns[0]))).to_series().alias(name)
    )

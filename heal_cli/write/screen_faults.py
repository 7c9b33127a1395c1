"""Faults, one for each violated constraint, put together to one record for each row."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from heal_cli.model import ROW
from heal_cli.write.screen_cells import FAULTS
from heal_cli.write.work import KNOWN


def merge_faults(found: Sequence[pl.DataFrame], rows: pl.DataFrame) -> pl.DataFrame:
    """KNOWN: one line a row, its first fault leading and all of them in `attempts`."""
    if not found:
        return KNOWN.to_frame()
    faults = pl.concat([FAULTS.to_frame(), *found], how="diagonal")
    if "winner" not in faults.columns:
        faults = faults.with_columns(winner=pl.lit(None, pl.Int64))
    merged = faults.group_by(ROW, maintain_order=True).agg(
        pl.col("reason", "sqlstate", "constraint", "column").first(),
        pl.col("said").alias("attempts"),
        pl.col("winner").drop_nulls().first(),
        depends=pl.col("winner").is_not_null().all(),
    )
    merged = merged.with_columns(winner=pl.when("depends").then("winner")).drop("depends")
    rows = rows.filter(pl.col(ROW).is_in(merged[ROW].implode()))
    valued = [
        part.join(_values(rows, column), on=ROW, how="left")
        for (column,), part in merged.partition_by("column", as_dict=True).items()
    ]
    return pl.concat(valued).match_to_schema(KNOWN).sort(ROW)


def _values(rows: pl.DataFrame, column: object) -> pl.DataFrame:
    """What each row says in a column; nothing where the fault is in none or in several."""
    if not isinstance(column, str) or column not in rows.columns or column == ROW:
        return rows.select(ROW, value=pl.lit(None, pl.String))
    return rows.select(ROW, value=pl.col(column).cast(pl.String))


def of_known_values(faults: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Those of FAULTS (of one constraint) whose columns have values; of a null nobody knows what it stands for."""
    columns = (faults["column"][0] or "").split(", ")
    present = [pl.col(name).is_not_null() for name in columns if name in rows.columns]
    if not present:
        return faults
    known = rows.filter(present)
    return faults.join(known.select(ROW), on=ROW, how="semi", maintain_order="left")

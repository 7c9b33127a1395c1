"""Benchmark files: 2 million rows of 8 columns, clean and messy, the same every time."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import polars as pl

SLICE: Final = 500_000
BEYOND_REPAIR: Final = 100  # one row in so many; load.py knows which
BEGAN: Final = 1_700_000_000


def make_files(folder: Path, rows: int) -> None:
    """`clean.csv`, `clean.jsonl`, `clean.parquet` and `messy.csv` of that many rows."""
    names = ("clean.csv", "clean.jsonl", "messy.csv")
    files = [(folder / name).open("wb") for name in names]
    for start in range(0, rows, SLICE):
        frame = clean(start, min(SLICE, rows - start))
        text = frame.with_columns(created_at=pl.col("created_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
        header = start == 0
        text.write_csv(files[0], include_header=header)
        text.with_columns(cost=pl.col("cost").cast(pl.Float64)).write_ndjson(files[1])
        messy(frame, start).write_csv(files[2], include_header=header)
    for file in files:
        file.close()
    types = clean(0, 1).schema
    pl.scan_csv(folder / "clean.csv", schema={**types, "created_at": pl.String}).with_columns(
        pl.col("created_at").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC")
    ).sink_parquet(folder / "clean.parquet")


def clean(start: int, rows: int) -> pl.DataFrame:
    """Rows `start` to `start + rows` in the table's own types."""
    number = pl.int_range(start, start + rows, dtype=pl.Int64)
    role = pl.when(number % 3 == 0).then(pl.lit("user")).when(number % 3 == 1).then(pl.lit("assistant"))
    cents = number * 1237 % 99_999_999
    words = pl.lit(" of a conversation that is sixty characters")
    return pl.select(
        id=number + 1,
        user_id=number * 7919 % 1_000_003,
        role=role.otherwise(pl.lit("system")),
        content=pl.concat_str(pl.lit("message "), number.cast(pl.String).str.zfill(9), words),
        tokens=(number * 31 % 4097).cast(pl.Int32),
        cost=pl.format("{}.{}", cents // 10_000, (cents % 10_000).cast(pl.String).str.zfill(4)).cast(
            pl.Decimal(10, 4)
        ),
        is_ok=number % 3 == 0,
        created_at=((number + BEGAN) * 1_000_000).cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
    )


def messy(frame: pl.DataFrame, start: int) -> pl.DataFrame:
    """The same rows as people export them; every hundredth row cannot be repaired."""
    number = pl.int_range(start, start + frame.height, dtype=pl.Int64)
    units = pl.col("cost").cast(pl.String).str.extract(r"^(\d+)\.")
    grouped = units.str.replace(r"^(\d+)(\d{3})$", "${1},${2}")
    money = pl.concat_str(pl.lit("$"), grouped, pl.lit("."), pl.col("cost").cast(pl.String).str.tail(4))
    when = pl.col("created_at")
    return frame.select(
        "id",
        "user_id",
        sender="role",
        message="content",
        token_count=pl.when(number % 20 == 7).then(pl.lit("N/A")).otherwise(pl.col("tokens").cast(pl.String)),
        cost=pl.when(number % BEYOND_REPAIR == 50).then(pl.lit("on request")).otherwise(money),
        is_ok=pl.when("is_ok").then(pl.lit("yes")).otherwise(pl.lit("no")),
        timestamp=pl.when(number % 3 == 0)
        .then(when.dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
        .when(number % 3 == 1)
        .then(when.dt.strftime("%Y-%m-%d %H:%M:%S"))
        .otherwise(when.dt.strftime("%d/%m/%Y %H:%M:%S")),
        campaign=pl.lit("spring"),
    )


if __name__ == "__main__":
    make_files(Path(sys.argv[1]), int(sys.argv[2]))

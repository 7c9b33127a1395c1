"""Rows that have types already: frames of Parquet and Arrow as batches."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl
from polars.datatypes import DataTypeClass

from heal_cli.errors import SourceError
from heal_cli.model import LOCATIONS, REJECTS, ROW, Batch, Chunk
from heal_cli.read.jsonl_keys import column_name

MAX_ROWS: Final = 2**18
"""Rows in a slice, however narrow they are."""

MOST_DIGITS: Final = 38
"""Of a decimal in polars, which keeps 128 bits; PostgreSQL's numeric takes 131,072 before the point."""

SAMPLE_ROWS: Final = 2**12
"""Rows that are weighed to see what a row needs in memory: dictionaries hide it from the file."""


def batch_of(chunk: Chunk, values: pl.DataFrame) -> Batch:
    """The rows of a chunk, numbered."""
    rows = pl.int_range(chunk.first_row, chunk.first_row + chunk.rows, dtype=pl.Int64, eager=True)
    frame = pl.DataFrame({ROW: rows}).hstack(values)
    return Batch(chunk, frame, REJECTS.to_frame(), lambda wanted: locate(frame, wanted))


def as_texts(values: pl.Series) -> pl.Series:
    """One column for a second look: text as text, and so what has a text form."""
    if values.dtype.is_nested():
        return values
    return values.to_frame().select(_text(values.name, values.dtype)).to_series()


def memory(frame: pl.DataFrame) -> int:
    """Bytes of the values; texts count in full each time, as they will when they travel."""
    texts = frame.select(pl.selectors.string().str.len_bytes().sum())
    return int(frame.estimated_size() + sum(texts.row(0) if texts.width else ()))


def refuse_wide_decimals(schema: Mapping[str, pl.DataType], name: str) -> None:
    """Nothing, unless a column has more digits than polars can hold (2.1 panics or refuses the file).

    Raises:
        SourceError: One has; the source is called `name`.
    """
    for column, dtype in schema.items():
        if isinstance(dtype, pl.Decimal) and dtype.precision > MOST_DIGITS:
            raise wide_decimal(name, column, dtype.precision)
        if isinstance(dtype, pl.Struct):
            inner = {f"{column}.{field.name}": _instance(field.dtype) for field in dtype.fields}
            refuse_wide_decimals(inner, name)
        elif isinstance(dtype, pl.List | pl.Array):
            refuse_wide_decimals({column: _instance(dtype.inner)}, name)


def wide_decimal(name: str, column: str, precision: int) -> SourceError:
    """The error of a source with such a column."""
    return SourceError(
        f"Column {column!r} of {name!r} is a decimal of {precision} digits, and at most {MOST_DIGITS} can be read",
        hint="Have it written as text, in Parquet or CSV: that is loaded with every digit",
    )


def plain(place: int, key: str, dtype: pl.DataType) -> pl.Expr:
    """The column without dictionaries and unknown time zones, under the name it has as a source column.

    It is asked for by its place: `pl.col` takes a name like `*` or `^a$` for a pattern.
    """
    plain = _plain(dtype)
    column = pl.nth(place) if plain == dtype else pl.nth(place).cast(plain)
    return column.alias(column_name(key))


def _plain(dtype: pl.DataType) -> pl.DataType:
    match dtype:
        case pl.Categorical() | pl.Enum():
            return pl.String()
        case pl.List(inner=inner):
            return pl.List(_plain(_instance(inner)))
        case pl.Array(inner=inner, size=size):
            return pl.Array(_plain(_instance(inner)), size)
        case pl.Struct(fields=fields):
            return pl.Struct({field.name: _plain(_instance(field.dtype)) for field in fields})
        case pl.Datetime(time_unit=unit, time_zone=str(zone)) if not is_zone(zone):
            return pl.Datetime(unit, "UTC")
    return dtype


def is_zone(name: str) -> bool:
    """The time-zone database has it; of `+05:30`, which Arrow allows, it has nothing."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # missing, no name of a file, that of a folder
        return False
    return True


def _instance(dtype: pl.DataType | DataTypeClass) -> pl.DataType:
    return dtype if isinstance(dtype, pl.DataType) else dtype()


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    """The text form with every digit: a plain cast cuts times at the second and knows no durations."""
    column = pl.col(name)
    if isinstance(dtype, pl.Time | pl.Duration):
        return column.dt.to_string("iso")
    return column.cast(pl.String)


def locate(frame: pl.DataFrame, wanted: pl.Series) -> pl.DataFrame:
    """LOCATIONS of rows of a slice: Parquet has no lines, so `raw` is the row as JSON."""
    rows = pl.DataFrame({ROW: wanted.cast(pl.Int64)}).join(frame, on=ROW, how="left", maintain_order="left")
    # Python's times end at microseconds, polars' text forms do not.
    temporal = [_text(name, dtype) for name, dtype in frame.schema.items() if dtype.is_temporal()]
    exact = rows.drop(ROW).with_columns(temporal).to_dicts()
    raw = [json.dumps(_json(row), ensure_ascii=False, default=str).encode() for row in exact]
    return pl.DataFrame({ROW: rows[ROW], "line": None, "offset": None, "raw": raw}, schema=LOCATIONS)


def _json(value: object) -> object:
    """What the json module can write; numbers that JSON lacks become texts."""
    match value:
        case dict():
            return {key: _json(item) for key, item in value.items()}
        case list():
            return [_json(item) for item in value]
        case float() if not math.isfinite(value):
            return str(value)
        case Decimal():
            return str(value)
        case bytes():
            return f"\\x{value.hex()}"
    return value

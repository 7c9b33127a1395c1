"""Typed values (Parquet lists, structs, numbers) as JSON texts, exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec
import polars as pl

from heal_cli.convert.constant import constant
from heal_cli.convert.residue import Attempt, Healer, heal_residue
from heal_cli.model import ColumnFormat, Converted, PgType

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def from_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Lists, structs, numbers and truth values as JSON; NaN, infinity, bytes and durations fail."""
    typed = constant(None, len(values), pl.String)
    binary = type.base == "jsonb"
    return heal_residue(
        values, typed, (Healer(f"{values.dtype} as JSON", lambda cells: _encode(cells, binary=binary)),)
    )


def _encode(values: pl.Series, *, binary: bool) -> Attempt:
    if _is_exact(values.dtype):
        texts = values.to_frame("v").select(pl.struct("v").struct.json_encode()).to_series()
        texts = texts.str.slice(5, texts.str.len_chars() - 6)  # {"v": and }
    else:
        # polars writes NaN as null; these types are rare enough to go cell by cell.
        texts = pl.Series([_json(value) for value in values.to_list()], dtype=pl.String)
    if binary:
        nul = texts.str.contains("\\u0000", literal=True).fill_null(False)
        texts = texts.zip_with(~nul, constant(None, len(texts), pl.String))
    return Attempt(texts)


def _is_exact(dtype: pl.DataType) -> bool:
    """polars' own JSON says exactly what is there."""
    if isinstance(dtype, pl.List | pl.Array):
        return _is_exact(dtype.inner)  # type: ignore[arg-type]
    if isinstance(dtype, pl.Struct):
        return all(_is_exact(field.dtype) for field in dtype.fields)  # type: ignore[arg-type]
    return (dtype.is_integer() and dtype not in (pl.Int128, pl.UInt128)) or dtype in (pl.String, pl.Boolean)


def _json(value: Any) -> str | None:
    return _ENCODER.encode(value).decode() if _is_json(value) else None


def _is_json(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Decimal):
        return value.is_finite()
    if isinstance(value, Mapping):
        return all(_is_json(item) for item in value.values())
    if isinstance(value, list):
        return all(_is_json(item) for item in value)
    return value is None or isinstance(value, bool | int | str | date | datetime | time)

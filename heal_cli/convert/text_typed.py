"""Typed values (Parquet) as text, with nothing lost on the way."""

from __future__ import annotations

from typing import Final

import polars as pl

from heal_cli.convert.families import family_of
from heal_cli.convert.residue import NOT_CONVERTIBLE, refuse_all
from heal_cli.model import ColumnFormat, Converted, Fault, PgType

_JSON: Final = PgType(oid=114, name="json", base="json", kind="b")
_INFINITE: Final = {"inf": "Infinity", "-inf": "-Infinity"}


def texts(values: pl.Series, type: PgType) -> Converted:
    """Each value in PostgreSQL's spelling; `failed` where it has none."""
    dtype = values.dtype
    if dtype == pl.Binary:
        return _from_binary(values, type)
    if dtype.is_nested():
        return family_of(_JSON).from_typed(values, _JSON, ColumnFormat(), frozenset())
    if isinstance(dtype, pl.Datetime):
        return _made(values.dt.to_string("iso:strict"))
    if dtype in (pl.Duration, pl.Time):
        return _made(values.dt.to_string("iso"))  # cast() cuts a Time to whole seconds
    if dtype.is_float():
        return _made(values.cast(pl.String).replace(_INFINITE))
    if dtype == pl.Object:
        return refuse_all(values, pl.String(), f"{dtype} has no text")
    return _made(values.cast(pl.String))


def _made(values: pl.Series) -> Converted:
    return Converted(values)


def _from_binary(values: pl.Series, type: PgType) -> Converted:
    """Hex for bytea; text for all others where the bytes are UTF-8."""
    if type.base == "bytea":
        return _made(("\\x" + values.bin.encode("hex")).alias(values.name))
    decoded = decode(values)
    failed = decoded.is_null() & values.is_not_null()
    if not failed.any():
        return _made(decoded)
    return Converted(decoded, (), (Fault(NOT_CONVERTIBLE, failed, ("text: bytes that are no UTF-8",)),))


def decode(values: pl.Series) -> pl.Series:
    """Bytes as UTF-8 text; null where they are none."""
    try:
        return values.cast(pl.String)
    except (
        pl.exceptions.ComputeError
    ):  # polars has no lenient decoding: cell by cell, only for columns of real bytes
        return values.map_elements(_decoded, return_dtype=pl.String)


def _decoded(raw: bytes) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None

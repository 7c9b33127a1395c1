"""Values in the wrapping of MongoDB's Extended JSON (v2 and the older shell mode) as the values they stand for.

An export of a document store writes `{"$oid": "507f..."}`, `{"$date": ...}` and `{"$numberLong": "5"}` where other
sources have a text, a time and a number. A target of JSON keeps the wrapping; all others want what is inside.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from heal_cli.convert.residue import mask_of
from heal_cli.model import PgType

RULE: Final = "extended_json"

_KEEPING: Final = frozenset({"json", "jsonb", "hstore"})
"""Types to which the object itself is a value."""

_STRING: Final = (
    r'^\{\s*"\$(?:'
    r'oid"\s*:\s*"(?P<oid>[0-9a-fA-F]{24})'
    r'|uuid"\s*:\s*"(?P<uuid>[0-9a-fA-F-]{36})'
    r'|number(?:Int|Long|Double|Decimal)"\s*:\s*"(?P<number>-?(?:[0-9][0-9.]*(?:[eE][+-]?[0-9]+)?|Infinity)|NaN)'
    r'|date"\s*:\s*"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:?[0-9]{2}))'
    r')"\s*\}$'
)
_MILLISECONDS: Final = r'^\{\s*"\$date"\s*:\s*(?:\{\s*"\$numberLong"\s*:\s*"(?P<long>-?[0-9]{1,15})"\s*\}|(?P<bare>-?[0-9]{1,15}))\s*\}$'
_BINARY_UUID: Final = r'^\{\s*"\$binary"\s*:\s*\{\s*"base64"\s*:\s*"([A-Za-z0-9+/]{22}==)"\s*,\s*"subType"\s*:\s*"0?4"\s*\}\s*\}$'
"""A binary of subtype 4 is a UUID; the older subtype 3 has a byte order that nothing tells."""


def unwrap(values: pl.Series, type: PgType) -> tuple[pl.Series, pl.Series | None]:
    """The texts with wrapped values in plain, times in ISO 8601; and where that changed one, None for nowhere."""
    if type.base in _KEEPING:
        return values, None
    # few texts sort behind the brace: one comparison spares the others a look at their first sign
    may_be = values >= "{"
    if not may_be.any():
        return values, None
    suspects = may_be.arg_true()
    texts = values[suspects]
    wrapped = texts.str.contains('"$', literal=True)
    if not wrapped.any():
        return values, None
    suspects, texts = suspects.filter(wrapped), texts.filter(wrapped)
    inner = _inner(texts, type)
    found = inner.is_not_null()
    if not found.any():
        return values, None
    places = suspects.filter(found)
    return values.clone().scatter(places, inner.filter(found)), mask_of(len(values), places)


def _inner(texts: pl.Series, type: PgType) -> pl.Series:
    """What is inside; null for texts that are none of ours."""
    text = pl.col("text")
    inner = [
        text.str.extract_groups(_STRING).struct.unnest(),
        text.str.extract_groups(_MILLISECONDS).struct.unnest(),
    ]
    if type.base == "uuid":
        digits = text.str.extract(_BINARY_UUID).str.decode("base64", strict=False).bin.encode("hex")
        inner.append(digits.alias("binary"))
    found = texts.alias("text").to_frame().select(*inner)
    since = pl.coalesce("long", "bare").cast(pl.Int64).cast(pl.Datetime("ms"), strict=False)
    found = found.with_columns(since.dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").alias("since"))
    return found.select(pl.coalesce(pl.exclude("long", "bare"))).to_series()

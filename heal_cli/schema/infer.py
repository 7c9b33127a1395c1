"""PostgreSQL types for source columns, from all their values: a type is taken only if it holds every one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
import polars as pl

_NULL_WORDS: Final = ("", "null", "none", "n/a", "na", "nil", "-", "--", "\\n", "#n/a")  # lower case

# No leading zeros and no plus sign: 007 and +4912345 are names, not numbers.
_INTEGER: Final = r"^-?(0|[1-9][0-9]{0,18})$"
_NUMERIC: Final = r"^-?((0|[1-9][0-9]*)(\.[0-9]+)?|\.[0-9]+)$"
_MARKED: Final = (
    (r"^-?(0|[1-9][0-9]*|[1-9][0-9]{0,2}(,[0-9]{3})+)(\.[0-9]+)?$", r",[0-9]{3}\.[0-9]"),
    (r"^-?(0|[1-9][0-9]*|[1-9][0-9]{0,2}(\.[0-9]{3})+)(,[0-9]+)?$", r"\.[0-9]{3},[0-9]"),
)
"""Numbers with thousands marks, and what proves which mark is which: 1,234 alone may be either."""

_SCIENTIFIC: Final = r"^-?[0-9](\.[0-9]+[eE][+-]?|[eE][+-])[0-9]{1,3}$"  # 12e4 alone may be a part number
_SHORTENED: Final = r"^-?[1-9](\.[0-9]{1,5})?E\+[1-9][0-9]$"
"""How a spreadsheet saves whole numbers of 12 digits and more: beside other whole numbers these are broken ids."""

_TIME: Final = r"[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]{1,6})?"
_ZONE: Final = r" ?(?:Z|z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)"
_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIMESTAMP: Final = rf"^{_DAY}(?:{_TIME}(?:{_ZONE})?)?$"
_ZONED: Final = rf"^{_DAY}{_TIME}{_ZONE}$"
_UUID: Final = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_JSON: Final = r"^\s*[\[{]"

_EXTENDED_JSON: Final = {
    "text": r'^\{\s*"\$oid"\s*:\s*"[0-9a-fA-F]{24}"\s*\}$',
    "timestamptz": (
        r'^\{\s*"\$date"\s*:\s*(?:"[^"]*"|-?[0-9]{1,15}|\{\s*"\$numberLong"\s*:\s*"-?[0-9]{1,15}"\s*\})\s*\}$'
    ),
    "bigint": r'^(?:\{\s*"\$number(?:Int|Long)"\s*:\s*"-?[0-9]+"\s*\}|-?[0-9]{1,18})$',
    "double precision": r'^(?:\{\s*"\$number(?:Double|Int|Long)"\s*:\s*"[^"]*"\s*\}|-?[0-9.]+(?:[eE][+-]?[0-9]+)?)$',
    "numeric": r'^(?:\{\s*"\$number(?:Decimal|Int|Long)"\s*:\s*"[^"]*"\s*\}|-?[0-9.]+)$',
}
"""What MongoDB wraps in objects, by the type of what is inside; whole numbers may stand there bare, too."""

_WORD_PAIRS: Final = (("true", "false"), ("yes", "no"), ("t", "f"), ("y", "n"))

_BY_DTYPE: Final[dict[type[pl.DataType], str]] = {
    pl.Int8: "bigint",
    pl.Int16: "bigint",
    pl.Int32: "bigint",
    pl.Int64: "bigint",
    pl.UInt8: "bigint",
    pl.UInt16: "bigint",
    pl.UInt32: "bigint",
    pl.UInt64: "numeric",
    pl.Int128: "numeric",
    pl.Float32: "real",
    pl.Float64: "double precision",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Time: "time",
    pl.Duration: "interval",
    pl.Binary: "bytea",
    pl.Struct: "jsonb",
}


def infer_types(frame: pl.DataFrame) -> list[str]:
    """A PostgreSQL type for each column.

    A frame of text alone comes from CSV or JSON, and its values are looked at. Where a source has types of
    its own (Parquet), a column that it calls text stays text.
    """
    is_text = all(dtype in (pl.String, pl.Null) for dtype in frame.dtypes)
    return [
        infer_text(series) if is_text and series.dtype == pl.String else type_of(series.dtype)
        for series in frame.iter_columns()
    ]


def type_of(dtype: pl.DataType) -> str:
    """The PostgreSQL type that holds a polars dtype; text where there is none."""
    if isinstance(dtype, pl.Decimal):
        return f"numeric({dtype.precision},{dtype.scale})"
    if isinstance(dtype, pl.Datetime):
        return "timestamptz" if dtype.time_zone else "timestamp"
    if isinstance(dtype, pl.List | pl.Array):
        inner = type_of(dtype.inner)  # type: ignore[arg-type]  # an instance once the dtype is
        # PostgreSQL's arrays are rectangular: what may be ragged is JSON.
        return "jsonb" if inner == "jsonb" or inner.endswith("[]") else f"{inner}[]"
    return _BY_DTYPE.get(type(dtype), "text")


def infer_text(values: pl.Series) -> str:
    """The narrowest type that every value of a text column has; text when none, or when all are null."""
    stripped = values.drop_nulls().unique().str.strip_chars()
    present = stripped.filter(~stripped.str.to_lowercase().is_in(_NULL_WORDS))
    if present.is_empty():
        return "text"
    if present.str.contains('{"$', literal=True).any() or present.str.contains(r'^\{\s+"\$').any():
        for type_name, shape in _EXTENDED_JSON.items():
            if _all_match(present, shape):
                return type_name
    for type_name, holds in _CHECKS:
        if holds(present):
            return type_name
    return "text"


def _all_match(values: pl.Series, pattern: str) -> bool:
    return bool(values.str.contains(pattern).all())


def _is_bigint(values: pl.Series) -> bool:
    return _all_match(values, _INTEGER) and not values.cast(pl.Int64, strict=False).has_nulls()


def _is_numeric(values: pl.Series) -> bool:
    if not (values.str.contains(_NUMERIC) | values.str.contains(_SCIENTIFIC)).all():
        return False
    shortened = values.str.contains(_SHORTENED)
    return not (shortened.any() and (shortened | values.str.contains(_INTEGER)).all())


def _is_marked_numeric(values: pl.Series) -> bool:
    return any(_all_match(values, shape) and values.str.contains(proof).any() for shape, proof in _MARKED)


def _is_boolean(values: pl.Series) -> bool:
    """Words of one pair; a single letter alone may be a code, so both letters have to occur."""
    words = set(values.str.to_lowercase().unique())
    return any(words == set(pair) or (len(pair[0]) > 1 and words <= set(pair)) for pair in _WORD_PAIRS)


def _is_date(values: pl.Series) -> bool:
    return _all_match(values, rf"^{_DAY}$") and not values.str.to_date("%Y-%m-%d", strict=False).has_nulls()


def _is_timestamp(values: pl.Series) -> bool:
    """ISO dates, at least one with a time; no more than the six fractional digits a timestamp holds."""
    if not _all_match(values, _TIMESTAMP):
        return False
    time = values.str.extract(_TIME, 1).fill_null("00:00")
    minute = values.str.slice(0, 10) + " " + time.str.slice(0, 5)
    second = time.str.slice(6).str.pad_end(1, "0")
    is_minute = minute.str.to_datetime("%Y-%m-%d %H:%M", strict=False).is_not_null()
    return bool((is_minute & (second.cast(pl.Int64) < 60)).all())


def _is_timestamptz(values: pl.Series) -> bool:
    """A timestamp of which some say their zone; the plan tells what it assumes of the others."""
    return bool(values.str.contains(_ZONED).any()) and _is_timestamp(values)


def _is_uuid(values: pl.Series) -> bool:
    return _all_match(values, _UUID)


def _is_jsonb(values: pl.Series) -> bool:
    """Objects and arrays only, and nothing that jsonb cannot hold (the NUL character)."""
    if not _all_match(values, _JSON) or values.str.contains(r"\u0000", literal=True).any():
        return False
    try:
        # Value by value: polars reads JSON only into a schema known beforehand.
        for value in values:
            msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


_CHECKS: Final[tuple[tuple[str, Callable[[pl.Series], bool]], ...]] = (
    ("bigint", _is_bigint),
    ("numeric", _is_numeric),
    ("numeric", _is_marked_numeric),
    ("boolean", _is_boolean),
    ("date", _is_date),
    ("timestamptz", _is_timestamptz),
    ("timestamp", _is_timestamp),
    ("uuid", _is_uuid),
    ("jsonb", _is_jsonb),
)
"""Narrowest first; the first that holds every value is taken."""

"""Ranges of dates and times: bounds are read as a column of them is, where the server would guess order and zone.

What has not the form of a range is left to the server, as are ranges of numbers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from heal_cli.convert import temporal, text
from heal_cli.convert.array import as_text
from heal_cli.convert.beyond import add_words
from heal_cli.convert.residue import Attempt, Refusal, mask_of, spread
from heal_cli.convert.text import from_typed, wire
from heal_cli.model import ColumnFormat, Converted, Fault, HealMask, PgType, ValueOptions

__all__ = ["decide", "from_typed", "to_typed", "wire"]

_DATE: Final = PgType(1082, "date", "date", "b")
_TIMESTAMP: Final = PgType(1114, "timestamp without time zone", "timestamp", "b")
_TIMESTAMPTZ: Final = PgType(1184, "timestamp with time zone", "timestamptz", "b")
_BOUNDS: Final = {
    "daterange": _DATE,
    "datemultirange": _DATE,
    "tsrange": _TIMESTAMP,
    "tsmultirange": _TIMESTAMP,
    "tstzrange": _TIMESTAMPTZ,
    "tstzmultirange": _TIMESTAMPTZ,
}
"""pg_type.typname -> type of the bounds (manual, 8.17)."""

_BOUND: Final = r'\s*(?:"[^"\\\x00]*"|[^,"\\\[\](){}\x00]*)\s*'
_RANGE: Final = rf"[\[(]{_BOUND},{_BOUND}[\])]"
_FORM: Final = rf"^\s*(?:{_RANGE}|\{{\s*{_RANGE}(?:\s*,\s*{_RANGE})*\s*\}})\s*$"
_PIECE: Final = r'"[^"]*"|[^\[\](){},"]+|[\[\](){},]'
_MARK: Final = r"^(?:[\[\](){},]|\s*)$"


def decide(values: pl.Series, type: PgType, options: ValueOptions, base: ColumnFormat) -> ColumnFormat:
    """The format of the bounds, decided from all of them."""
    tokens = _take_apart(values.filter(values.str.contains(_FORM)))
    bounds = _bounds(tokens.filter(~tokens["is_mark"])["token"])
    return temporal.decide(bounds.filter(bounds != ""), _BOUNDS[type.base], options, base)


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Ranges with every bound converted to ISO; a bound that fails makes its cell fail."""
    others = text.to_typed(values, type, format, allow)
    is_range = values.str.contains(_FORM).fill_null(False)
    if not is_range.any():
        return others
    positions = is_range.arg_true()
    read = _read(values[positions], _BOUNDS[type.base], format, allow)
    made = spread(read, positions, len(values))
    faults = (Fault(refusal.reason, refusal.mask, (refusal.attempt,)) for refusal in made.refused)
    return Converted(
        others.values.zip_with(~is_range, made.values),
        (*others.heals, *made.heals),
        (*others.faults, *faults),
    )


def _take_apart(texts: pl.Series) -> pl.DataFrame:
    """Brackets, commas and bounds of all cells: `cell` (UInt32), `token`, `is_mark`."""
    tokens = pl.col("text").str.extract_all(_PIECE).alias("token")
    frame = texts.alias("text").to_frame().with_row_index("cell").select("cell", tokens).explode("token")
    return frame.with_columns(is_mark=pl.col("token").str.contains(_MARK))


def _bounds(tokens: pl.Series) -> pl.Series:
    return tokens.str.strip_chars().str.strip_chars('"')


def _read(texts: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Attempt:
    tokens = _take_apart(texts)
    places = (~tokens["is_mark"]).arg_true()
    cells = tokens["cell"][places]
    bounds = _bounds(tokens["token"][places])
    made = add_words(bounds, temporal.to_typed(bounds, type, replace(format, nulls=()), allow), type)
    whole = tokens["token"].scatter(places, '"' + as_text(made.values) + '"')
    joined = (
        tokens.with_columns(token=whole).group_by("cell", maintain_order=True).agg(pl.col("token").str.join())
    )
    values, refused = joined["token"], []
    for fault in made.faults:
        bad = mask_of(len(texts), cells.filter(fault.mask).unique())
        values = text.where(values, ~bad)
        refused.append(Refusal(fault.reason, bad, f"bound: {'; '.join(fault.attempts)}"))
    heals = (
        HealMask(
            heal.rule, mask_of(len(texts), cells.filter(heal.mask).unique()), heal.lossy, heal.assumption
        )
        for heal in made.heals
    )
    return Attempt(values, tuple(heals), tuple(refused))

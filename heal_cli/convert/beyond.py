"""Values that a type of the server knows and the dtype it travels in does not: the column travels as text then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from heal_cli.convert.residue import mask_of
from heal_cli.model import Converted, Fault, PgType

_INFINITE: Final = {
    r"(?i)^\s*\+?inf(?:inity)?\s*$": "infinity",
    r"(?i)^\s*-inf(?:inity)?\s*$": "-infinity",
}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "date": _INFINITE,
    "timestamp": _INFINITE,
    "timestamptz": _INFINITE,
    "time": {r"^\s*24:00(?::00(?:\.0*)?)?\s*$": "24:00:00"},
    "numeric": {r"(?i)^\s*nan\s*$": "NaN"},
}
"""pg_type.typname -> how such a value may be written, and the server's spelling of it (manual, 8.1 and 8.5)."""


def add_words(values: pl.Series, made: Converted, type: PgType) -> Converted:
    """`made`, with the failed cells that hold such a value; its other values become text beside them."""
    failed = made.failed
    if (
        failed is None
        or values.dtype != pl.String
        or type.base not in WORDS
        or made.values.dtype == pl.String
    ):
        return made
    places = failed.arg_true()
    words = _words(values[places], WORDS[type.base])
    if words.null_count() == len(words):
        return made
    known = mask_of(len(values), places.filter(words.is_not_null()))
    faults = tuple(Fault(reason, mask & ~known, attempts) for reason, mask, attempts in made.faults)
    texts = _as_iso(made.values).scatter(places, words).alias(values.name)
    return Converted(texts, made.heals, tuple(fault for fault in faults if fault.mask.any()))


def _words(values: pl.Series, spellings: Mapping[str, str]) -> pl.Series:
    text = pl.col("text")
    found = [pl.when(text.str.contains(pattern)).then(pl.lit(word)) for pattern, word in spellings.items()]
    return values.alias("text").to_frame().select(pl.coalesce(found)).to_series()


def _as_iso(values: pl.Series) -> pl.Series:
    if isinstance(values.dtype, pl.Datetime):
        return values.dt.strftime("%Y-%m-%d %H:%M:%S%.f" + ("%:z" if values.dtype.time_zone else ""))
    if values.dtype == pl.Time:
        return values.dt.strftime("%H:%M:%S%.f")
    return values.cast(pl.String)

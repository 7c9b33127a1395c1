"""Numbers with a unit behind them: '5 kg' of a column in kilograms, '3.2k' of one that shortens its numbers."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import polars as pl

from heal_cli.convert import number_heal, number_target
from heal_cli.convert.number_target import Target
from heal_cli.convert.residue import Attempt, Refusal, blank
from heal_cli.model import ColumnFormat, HealMask

_UNITS: Final = (
    "kg", "g", "mg", "µg", "lb", "lbs", "oz", "km", "cm", "mm", "mi", "ft", "in", "yd", "l", "L", "ml",
    "mL", "cl", "dl", "gal", "kWh", "MWh", "kW", "MW", "W", "Wh", "kcal", "kJ", "J", "Hz", "kHz", "MHz",
    "GHz", "V", "mV", "A", "mA", "mAh", "°C", "°F", "bar", "psi", "Pa", "hPa", "kPa", "mph", "km/h", "kmh",
    "m/s", "rpm", "bpm", "px", "dpi", "pcs", "pc", "pieces", "units", "Stk", "Stück", "m²", "m2", "sqm",
    "ft²", "sqft", "ha", "m³", "m3", "days", "hours", "min", "sec", "ms", "KB", "MB", "GB", "TB", "KiB",
    "MiB", "GiB",
)  # fmt: skip
"""Units that are written behind a number; all others, and any word, fail."""

_POWERS: Final = {"k": 3, "K": 3, "M": 6, "Mio": 6, "Mio.": 6, "mn": 6, "bn": 9, "B": 9, "Mrd": 9, "Mrd.": 9}
"""Shortened thousands, millions and billions; 'm' is none, since it may as well be metres or minutes."""

_ALSO_UNITS: Final = frozenset({"K", "B"})
"""Kelvin and bytes: powers only beside another power."""

_WORDS: Final = sorted((*_UNITS, *_POWERS), key=len, reverse=True)
_SUFFIX: Final = rf"^\s*(.*[0-9.,]) *({'|'.join(map(re.escape, _WORDS))})\s*$"


def take_off(texts: pl.Series) -> pl.Series:
    """The texts without their unit; those that have none as they are."""
    return texts if not texts.str.contains(_SUFFIX).any() else texts.str.replace(_SUFFIX, "$1")


def decide(texts: pl.Series, base: ColumnFormat) -> ColumnFormat:
    """`base` with the one unit of the column, or with 'k, M, ...' where it shortens its numbers."""
    suffixes = frozenset(texts.str.extract(_SUFFIX, 2).drop_nulls().unique().to_list())
    is_clear = len(suffixes) == 1 or suffixes <= frozenset(_POWERS)
    return replace(base, units=tuple(sorted(suffixes))) if is_clear and suffixes - _ALSO_UNITS else base


def heal(texts: pl.Series, target: Target, format: ColumnFormat, allow: frozenset[str]) -> Attempt:
    """The numbers of the column's unit; of several units none, since kilograms and ounces are not one number."""
    suffix = texts.str.extract(_SUFFIX, 2)
    if not suffix.count():
        return number_target.nothing(texts, target)
    known = suffix.is_in(list(format.units)).fill_null(False)
    powers = suffix.replace_strict(_POWERS, default=None, return_dtype=pl.Int64)
    bare = texts.str.extract(_SUFFIX, 1)
    spelt = pl.select(pl.when(powers.is_not_null()).then(bare + "e" + powers.cast(pl.String)).otherwise(bare))
    made = number_heal.dressed(blank(spelt.to_series(), ~known), target, format, allow)
    heals = (
        HealMask("unit_suffix", known & powers.is_null(), assumption=True),
        HealMask("power_suffix", known & powers.is_not_null()),
    )
    other = Refusal(
        "ambiguous", suffix.is_not_null() & ~known, "unit that other cells of the column do not have"
    )
    refused = tuple(Refusal(r.reason, r.mask.fill_null(False), r.attempt) for r in made.refused)
    return Attempt(made.values, (*heals, *made.heals), (*refused, other))

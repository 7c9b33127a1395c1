"""Numbers with a unit behind them, '5 kg' or '3.2k': read where a rule names the unit of the column, else refused."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from heal_cli.convert import number_heal, number_target
from heal_cli.convert.number_target import Target
from heal_cli.convert.residue import NOT_CONVERTIBLE, Attempt, Refusal, blank
from heal_cli.model import ColumnFormat, HealMask

_UNITS: Final = (
    "kg", "g", "mg", "µg", "lb", "lbs", "oz", "km", "cm", "mm", "mi", "ft", "in", "yd", "l", "L", "ml",
    "mL", "cl", "dl", "gal", "kWh", "MWh", "kW", "MW", "W", "Wh", "kcal", "kJ", "J", "Hz", "kHz", "MHz",
    "GHz", "V", "mV", "A", "mA", "mAh", "°C", "°F", "bar", "psi", "Pa", "hPa", "kPa", "mph", "km/h", "kmh",
    "m/s", "rpm", "bpm", "px", "dpi", "pcs", "pc", "pieces", "units", "Stk", "Stück", "m²", "m2", "sqm",
    "ft²", "sqft", "ha", "m³", "m3", "days", "hours", "min", "sec", "ms", "KB", "MB", "GB", "TB", "KiB",
    "MiB", "GiB",
)  # fmt: skip
"""Units that are written behind a number and may stand in the name of a column."""

_POWERS: Final = {"k": 3, "K": 3, "M": 6, "Mio": 6, "Mio.": 6, "mn": 6, "bn": 9, "B": 9, "Mrd": 9, "Mrd.": 9}
"""Shortened thousands, millions and billions; 'm' is none: it may as well be metres or minutes."""

_WORDS: Final = sorted((*_UNITS, *_POWERS), key=len, reverse=True)
_SUFFIX: Final = rf"^\s*(.*[0-9.,]) *({'|'.join(map(re.escape, _WORDS))})\s*$"


def take_off(texts: pl.Series) -> pl.Series:
    """The texts without their unit; those that have none as they are."""
    return texts if not texts.str.contains(_SUFFIX).any() else texts.str.replace(_SUFFIX, "$1")


def units_named(*names: str) -> tuple[str, ...]:
    """The unit that names of columns agree on ('weight_kg'), if they name one at all."""
    words = {word.casefold() for name in names for word in re.findall(r"[^\W\d_]+", name)}
    found = tuple(unit for unit in _UNITS if unit.casefold() in words)
    return found if len(found) == 1 else ()


def heal(texts: pl.Series, target: Target, format: ColumnFormat, allow: frozenset[str]) -> Attempt:
    """The numbers in the units that are named for the column; what stands in any other fails."""
    if not format.units or not texts.str.contains(_SUFFIX).any():
        return number_target.nothing(texts, target)
    suffix = texts.str.extract(_SUFFIX, 2)
    known = suffix.is_in(list(format.units)).fill_null(False)
    powers = suffix.replace_strict(_POWERS, default=None, return_dtype=pl.Int64)
    bare = texts.str.extract(_SUFFIX, 1)
    spelt = pl.select(pl.when(powers.is_not_null()).then(bare + "e" + powers.cast(pl.String)).otherwise(bare))
    made = number_heal.dressed(blank(spelt.to_series(), ~known), target, format, allow)
    heals = (
        HealMask("unit_suffix", known & powers.is_null()),
        HealMask("power_suffix", known & powers.is_not_null()),
    )
    other = Refusal(NOT_CONVERTIBLE, suffix.is_not_null() & ~known, "unit that is not the column's")
    refused = tuple(Refusal(r.reason, r.mask.fill_null(False), r.attempt) for r in made.refused)
    return Attempt(made.values, (*heals, *made.heals), (*refused, other))

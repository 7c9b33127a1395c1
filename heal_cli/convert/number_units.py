"""Numbers with a unit behind them, '5 kg' or '3.2k': read where a rule names the unit of the column, else refused."""

from __future__ import annotations

import re
from itertools import chain
from typing import Final

import polars as pl

from heal_cli.convert import number_heal, number_target
from heal_cli.convert.number_target import Target
from heal_cli.convert.residue import NOT_CONVERTIBLE, Attempt, Refusal, blank
from heal_cli.model import ColumnFormat, HealMask

_SEVERAL_SPELLINGS: Final = (
    ("m²", "m2", "sqm", "qm"), ("km²", "km2"), ("cm²", "cm2"), ("mm²", "mm2"), ("ft²", "ft2", "sqft"),
    ("in²", "in2"), ("m³", "m3", "cbm"), ("cm³", "cm3", "ccm"), ("mm³", "mm3"), ("ft³", "ft3"),
    ("l", "L"), ("ml", "mL"), ("lb", "lbs"), ("km/h", "kmh"), ("pcs", "pc", "pieces"), ("Stk", "Stück"),
)  # fmt: skip
_UNITS: Final = (
    *_SEVERAL_SPELLINGS,
    *((unit,) for unit in (
        "kg", "g", "mg", "µg", "oz", "km", "cm", "mm", "mi", "ft", "in", "yd", "cl", "dl", "gal", "kWh", "MWh",
        "kW", "MW", "W", "Wh", "kcal", "kJ", "J", "Hz", "kHz", "MHz", "GHz", "V", "mV", "A", "mA", "mAh", "bar",
        "psi", "Pa", "hPa", "kPa", "mph", "m/s", "rpm", "bpm", "px", "dpi", "units", "ha", "days",
        "hours", "min", "sec", "ms", "KB", "MB", "GB", "TB", "KiB", "MiB", "GiB",
    )),
)  # fmt: skip
"""Units, each in its spellings, that are written behind a number and may stand in the name of a column."""

_CELSIUS: Final = ("°C", "C")
_FAHRENHEIT: Final = ("°F", "F")
_LAST: Final = {
    "m": ("m",), "s": ("s",), "h": ("h",), "t": ("t",),
    "c": _CELSIUS, "celsius": _CELSIUS, "f": _FAHRENHEIT, "fahrenheit": _FAHRENHEIT,
}  # fmt: skip
"""Last word of a name -> its unit; elsewhere these are words for much else, too (M rate, driver's)."""

RULE: Final = "unit_suffix"

_POWERS: Final = {"k": 3, "K": 3, "M": 6, "Mio": 6, "Mio.": 6, "mn": 6, "bn": 9, "B": 9, "Mrd": 9, "Mrd.": 9}
"""Shortened thousands, millions and billions; 'm' is none: it may as well be metres or minutes."""

_WORDS: Final = sorted({*chain(*_UNITS, *_LAST.values()), *_POWERS}, key=len, reverse=True)
_FOLDED: Final = frozenset(word.casefold() for word in (*chain(*_UNITS), *_POWERS))
_BY_WORD: Final = {spelling.casefold(): unit for unit in _UNITS for spelling in unit}
_WORD: Final = r"[^\W\d_]+[23]?"
_SUFFIX: Final = rf"^\s*(.*[0-9.,]) *({'|'.join(map(re.escape, _WORDS))})\s*$"


def take_off(texts: pl.Series) -> pl.Series:
    """The texts without their unit; those that have none as they are."""
    return texts if not texts.str.contains(_SUFFIX).any() else texts.str.replace(_SUFFIX, "$1")


def units_named(*names: str) -> tuple[str, ...]:
    """The spellings of the unit that names of columns agree on ('weight_kg'), if they name one at all."""
    parts = [re.findall(_WORD, name.casefold()) for name in names]
    # 'height in cm' is not in inches
    words = {word for part in parts for word in part if word != "in" or word == part[-1]}
    words |= {word.rstrip("23") for word in words - _FOLDED}  # weight_kg2 may be the second weight
    last = {part[-1] for part in parts if part}
    found = {_BY_WORD[word] for word in words if word in _BY_WORD}
    found |= {_LAST[word] for word in last if word in _LAST}
    if len(found) > 1 and len(last) == 1:  # w_kg is not in watts
        found = {unit for unit in found if unit in (_LAST.get(*last), _BY_WORD.get(*last))}
    return found.pop() if len(found) == 1 else ()


def to_the_letter(units: tuple[str, ...]) -> tuple[str, ...]:
    """Of the units those that are no power of ten and hold no digit, the longest first."""
    plain = (
        unit for unit in units if unit in _WORDS and unit not in _POWERS and not re.search("[0-9]", unit)
    )
    return tuple(sorted(plain, key=len, reverse=True))


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
        HealMask(RULE, known & powers.is_null()),
        HealMask("power_suffix", known & powers.is_not_null()),
    )
    other = Refusal(NOT_CONVERTIBLE, suffix.is_not_null() & ~known, "unit that is not the column's")
    refused = tuple(Refusal(r.reason, r.mask.fill_null(False), r.attempt) for r in made.refused)
    return Attempt(made.values, (*heals, *made.heals), (*refused, other))

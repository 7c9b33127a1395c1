"""interval from ISO 8601 durations and PostgreSQL's own spelling; travels as text that the server reads one way.

The server's interval input guesses (a bare number is seconds, '5m' minutes, a stray word may pass), so only
texts of a grammar with one documented meaning get to it (PostgreSQL manual 8.5.4).
"""

from __future__ import annotations

from typing import Final

import polars as pl

from heal_cli.convert.constant import constant
from heal_cli.convert.residue import Attempt, Healer, Refusal, heal_residue, mask_of
from heal_cli.model import ColumnFormat, Converted, HealMask, PgType, ValueOptions

_WHOLE: Final = "[+-]?[0-9]{1,9}"
_DECIMAL: Final = rf"{_WHOLE}(?:\.[0-9]+)?"
_ISO_DATE: Final = rf"(?:{_WHOLE}Y)?(?:{_WHOLE}M)?(?:{_DECIMAL}W)?(?:{_DECIMAL}D)?"
_ISO_TIME: Final = rf"(?:{_DECIMAL}H)?(?:{_DECIMAL}M)?(?:{_DECIMAL}S)?"
_ISO: Final = rf"P{_ISO_DATE}(?:T{_ISO_TIME})?"

_LONG_UNITS: Final = r"(?:millenniums?|millennia|centur(?:y|ies)|decades?|years?|yrs?|y|months?|mons?)"
_UNITS: Final = r"(?:weeks?|w|days?|d|hours?|hrs?|h|minutes?|mins?|seconds?|secs?|s)"
_TINY_UNITS: Final = r"(?:milliseconds?|msecs?|ms|microseconds?|usecs?|us)"
_CLOCK: Final = r"[+-]?[0-9]{1,7}:[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
_SHORT_CLOCK: Final = r"[+-]?[0-9]{1,7}:[0-5][0-9]"
# 'm' alone may be months: it is minutes behind hours and before seconds
_MINUTES: Final = rf"{_DECIMAL} ?h(?:ours?|rs?)? ?{_DECIMAL} ?m(?: ?{_DECIMAL} ?s(?:ec)?)?|{_DECIMAL} ?m ?{_DECIMAL} ?s(?:ec)?"
_TERM: Final = rf"(?:{_MINUTES}|{_WHOLE} ?(?:{_LONG_UNITS}|{_TINY_UNITS})|{_DECIMAL} ?{_UNITS})"
_WORDS: Final = rf"{_TERM}(?: {_TERM})*(?: (?:{_CLOCK}|{_SHORT_CLOCK}))?(?: ago)?"

_PROBE: Final = 64
"""Cells looked at before all of them are matched with what the server reads."""

_MOST_DIGITS: Final = 6
_FRACTIONS: Final = rf"(?i)\.[0-9]+ ?[hmdw]|[0-9] ?{_TINY_UNITS}"
"""Amounts that may end in a fraction of a second without showing its digits."""

_VERBOSE: Final = rf"@ (?:{_WORDS}|0)"  # IntervalStyle postgres_verbose
_STRICT: Final = rf"(?i)^(?:{_CLOCK}|{_WORDS}|{_VERBOSE})$"
_STRICT_ISO: Final = rf"^{_ISO}$"
_EMPTY_ISO: Final = "[PT]$"  # 'P' and 'P1DT' name no amount

_BLANKS: Final = r"\s\s|[^\S ]"  # other than single ones

_MINUTES_OR_HOURS: Final = r"^\s*[+-]?[0-9]+:[0-9]+\s*$"
_BARE: Final = r"^\s*[+-]?[0-9.]+\s*$"

_REFUSALS: Final = (
    (
        "ambiguous",
        _MINUTES_OR_HOURS,
        "hours and minutes, or minutes and seconds; written as 00:03:25 it is clear",
    ),
    ("ambiguous", _BARE, "number without a unit"),
)


def wire(type: PgType) -> pl.DataType:
    """Text."""
    return pl.String()


def decide(values: pl.Series, type: PgType, options: ValueOptions, base: ColumnFormat) -> ColumnFormat:
    """`base`: every interval says by itself what it means."""
    return base


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Texts that PostgreSQL reads one way, as they are; '1 day, 2:03:04' (Python) without its comma."""
    digits = 6 if type.scale is None else type.scale
    # where none of a few cells is ready, the rest is left to what rewrites, which leaves ready ones as they are
    is_hopeless = not _is_ready(values.head(_PROBE), digits).any()
    ready = mask_of(len(values), pl.Series(dtype=pl.UInt32)) if is_hopeless else _is_ready(values, digits)
    typed = values.zip_with(ready.fill_null(False), pl.Series([None], dtype=pl.String))
    healers = (
        Healer(
            "interval, ISO 8601 or '1 day 02:00:00'",
            lambda texts: _rewrite(texts, digits, "subsecond" in allow),
        ),
        Healer("", _refuse),
    )
    return heal_residue(values, typed, healers, nulls=format.nulls)


def from_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Durations as ISO 8601 seconds, exactly; anything else fails."""
    typed = constant(None, len(values), pl.String)
    return heal_residue(values, typed, (Healer(f"{values.dtype} as interval", _from_duration),))


def _is_ready(texts: pl.Series, digits: int) -> pl.Series:
    return _is_clear(texts) & _fits(texts, digits)


def _is_clear(texts: pl.Series) -> pl.Series:
    strict = texts.str.contains(_STRICT)
    if strict.all():
        return strict
    return strict | (texts.str.contains(_STRICT_ISO) & ~texts.str.contains(_EMPTY_ISO))


def _fits(texts: pl.Series, digits: int) -> pl.Series:
    """No second has digits beyond those that the type holds."""
    pointed = texts.str.contains(".", literal=True)
    fits = ~texts.str.contains(rf"\.[0-9]{{{digits}}}[0-9]*[1-9]") if pointed.any() else ~pointed
    return fits if digits == _MOST_DIGITS else fits & ~texts.str.contains(_FRACTIONS)


def _rewrite(texts: pl.Series, digits: int, may_round: bool) -> Attempt:
    tidy = texts.str.replace_all(", ", " ", literal=True)
    clear = _is_clear(tidy)
    # clear ones hold no comma, so that all they had are gone
    with_comma = tidy.str.len_bytes() < texts.str.len_bytes()
    if not clear.all():
        with_comma = texts.str.contains(",", literal=True)
        single = texts.str.replace_all(r"\s+", " ") if texts.str.contains(_BLANKS).any() else texts
        tidy = _without_commas(single.str.strip_chars())
        clear = _is_clear(tidy)
    fits = _fits(tidy, digits)
    inexact = clear & ~fits
    ready = clear if may_round else clear & fits
    made = tidy.zip_with(ready, pl.Series([None], dtype=pl.String))
    heals = [HealMask("interval_comma", with_comma & ready)]
    if may_round:
        heals.append(HealMask("subsecond", inexact, lossy=True))
        return Attempt(made, tuple(heals))
    attempt = f"more than {digits} digits of a second; --allow subsecond lets the server round"
    return Attempt(made, tuple(heals), (Refusal("would_round", inexact, attempt),))


def _without_commas(texts: pl.Series) -> pl.Series:
    """The texts with a blank for each comma and the blank behind it."""
    # to the letter, and twice: a third of the price of one regular expression
    return texts.str.replace_all(", ", " ", literal=True).str.replace_all(",", " ", literal=True)


def _refuse(texts: pl.Series) -> Attempt:
    masks = [(reason, texts.str.contains(pattern), attempt) for reason, pattern, attempt in _REFUSALS]
    refused = tuple(Refusal(reason, mask, attempt) for reason, mask, attempt in masks if mask.any())
    return Attempt(constant(None, len(texts), pl.String), (), refused)


def _from_duration(values: pl.Series) -> Attempt:
    nothing = constant(None, len(values), pl.String)
    if not isinstance(values.dtype, pl.Duration):
        return Attempt(nothing)
    ticks = values.to_physical()
    finer = values.dtype.time_unit == "ns"
    inexact = (ticks % 1000 != 0) if finer else constant(False, len(values), pl.Boolean)
    micros = ticks // 1000 if finer else ticks * (1000 if values.dtype.time_unit == "ms" else 1)
    whole, rest = pl.col("us").abs() // 1_000_000, pl.col("us").abs() % 1_000_000
    sign = pl.when(pl.col("us") < 0).then(pl.lit("PT-")).otherwise(pl.lit("PT"))
    text = sign + whole.cast(pl.String) + "." + rest.cast(pl.String).str.pad_start(6, "0") + "S"
    frame = pl.DataFrame({"us": micros, "inexact": inexact})
    made = frame.select(pl.when(~pl.col("inexact")).then(text).alias("text")).to_series()
    refused = (Refusal("would_round", inexact, "more than 6 digits of a second"),) if inexact.any() else ()
    return Attempt(made, (), refused)

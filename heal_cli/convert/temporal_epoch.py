"""Epoch numbers: seconds since 1970, or thousandths of them and so on."""

from __future__ import annotations

from typing import Final

import polars as pl

from heal_cli.convert.residue import Attempt, Refusal, blank, nothing, spread
from heal_cli.convert.temporal_decide import EPOCH, EPOCH_DIGITS, EPOCH_FIRST, EPOCH_LAST, Unit, epoch_unit
from heal_cli.convert.temporal_settle import Target, settle
from heal_cli.convert.temporal_shapes import Reading
from heal_cli.model import ColumnFormat, HealMask

EPOCH_RULES: Final = {
    "s": "epoch_seconds",
    "ms": "epoch_milliseconds",
    "us": "epoch_microseconds",
    "ns": "epoch_nanoseconds",
}

_NO_UNIT: Final = "unit of the epoch numbers in this column is open"

_SECONDS_WIDTH: Final = 10
"""Digits of a count of seconds from September 2001 on."""


def cast_epoch(values: pl.Series, widths: pl.Series, target: Target, unit: Unit) -> tuple[pl.Series, Attempt]:
    """The positions (UInt32) of whole numbers of the unit as wide as today's, and what they mean; no word on others.

    Args:
        widths: Bytes of each text.
    """
    width = _SECONDS_WIDTH + EPOCH_DIGITS[unit]
    positions = (widths == width).arg_true()
    numbers = values[positions].cast(pl.Int64, strict=False)
    # as many digits as bytes: there is no room for a sign or a blank
    scale = 10 ** EPOCH_DIGITS[unit]
    first = max(10 ** (width - 1), EPOCH_FIRST * scale)
    sound = numbers.is_between(first, EPOCH_LAST * scale, closed="left").fill_null(False)
    if not sound.all():
        positions, numbers = positions.filter(sound), numbers.filter(sound)
    made = settle(_since_1970(numbers, None, unit), target)
    done = made.values.is_not_null()
    return positions, Attempt(made.values, (HealMask(EPOCH_RULES[unit], done), *made.heals))


class EpochHealer:
    """Reads numbers of seconds, or of a thousandth of them and so on, since 1970."""

    def __init__(self, target: Target, format: ColumnFormat) -> None:
        self._target, self._format = target, format

    def __call__(self, texts: pl.Series) -> Attempt:
        """The epoch numbers among the texts."""
        positions = texts.str.contains(EPOCH).arg_true()
        if not len(positions):
            return nothing(texts, self._target.wire)
        hits = texts if len(positions) == len(texts) else texts[positions]
        return spread(self._read(hits), positions, len(texts))

    def _read(self, texts: pl.Series) -> Attempt:
        numbers = texts.str.strip_chars().cast(pl.Int64, strict=False)
        fraction = None
        if numbers.null_count():
            parts = texts.str.extract_groups(EPOCH).struct.unnest()
            numbers, fraction = parts.to_series(0).cast(pl.Int64, strict=False), parts.to_series(1)
        units = epoch_unit(numbers)
        unit = self._format.epoch
        if unit is None:
            refusal = Refusal("ambiguous", units.is_not_null(), self._format.question or _NO_UNIT)
            return Attempt(nothing(texts, self._target.wire).values, (), (refusal,))
        right = (units == unit).fill_null(False)
        if fraction is not None and unit != "s":
            right &= fraction.is_null()
        known = blank(numbers, ~right)
        made = settle(_since_1970(known, fraction, unit), self._target)
        return Attempt(made.values, (HealMask(EPOCH_RULES[unit], right), *made.heals), made.refused)


def _since_1970(numbers: pl.Series, fraction: pl.Series | None, unit: Unit) -> Reading:
    digits = EPOCH_DIGITS[unit]
    if digits == 9:
        micros, nanos = numbers // 1000, numbers % 1000
    else:
        micros, nanos = numbers * 10 ** (6 - digits), None
    if fraction is not None and digits == 0:
        beyond = fraction.fill_null(".0").str.slice(1).str.pad_end(9, "0").cast(pl.Int64)
        micros, nanos = micros + beyond // 1000, beyond % 1000
    return Reading(micros.cast(pl.Datetime("us")), timed=True, nanos=nanos, offset=0)

"""Dates as spreadsheets count them: days since the end of 1899, taken only where a whole column does so."""

from __future__ import annotations

from typing import Final

import polars as pl

from heal_cli.convert.residue import Attempt, nothing, spread
from heal_cli.convert.temporal_clock import DAY, SECOND
from heal_cli.convert.temporal_settle import Target, settle
from heal_cli.convert.temporal_shapes import Reading
from heal_cli.model import ColumnFormat, HealMask

RULE: Final = "excel_serial"

_SERIAL: Final = r"^\s*([0-9]{5})(\.[0-9]+)?\s*$"
_FIRST, _LAST = 32_874, 73_050
"""1990-01-01 and 2099-12-31; other numbers of five digits are more likely something else."""

_WIDTH: Final = 5  # digits of a serial

_ZERO: Final = 25_569  # serial of 1970-01-01
_FEWEST: Final = 3  # distinct serials: one or two numbers may be chance
_NEAR_S: Final = 0.01  # a serial is a float: so near to a whole second it is that second


def counts_days(texts: pl.Series) -> bool:
    """True for a column with several such numbers in which every bare number is one.

    Args:
        texts: Each once.
    """
    is_number = texts.str.contains(r"^\s*[+-]?[0-9]+(\.[0-9]+)?\s*$")
    if int(is_number.sum()) < _FEWEST:
        return False
    numbers = texts.filter(is_number)
    if not numbers.str.contains(_SERIAL).all():
        return False
    days = numbers.str.extract(_SERIAL).cast(pl.Int64)
    return bool(days.is_between(_FIRST, _LAST).all())


def cast_serials(values: pl.Series, widths: pl.Series, target: Target) -> tuple[pl.Series, Attempt]:
    """The positions (UInt32) of such numbers without a fraction, and what they mean; no word on others.

    Args:
        widths: Bytes of each text.
    """
    positions = (widths == _WIDTH).arg_true()
    days = values[positions].cast(pl.Int64, strict=False)
    # as many digits as bytes: there is no room for a sign or a blank
    sound = days.is_between(_FIRST, _LAST).fill_null(False)
    if not sound.all():
        positions, days = positions.filter(sound), days.filter(sound)
    wall = ((days - _ZERO) * DAY).cast(pl.Datetime("us"))
    made = settle(Reading(wall, timed=False), target)
    done = made.values.is_not_null()
    return positions, Attempt(made.values, (HealMask(RULE, done, assumption=True), *made.heals))


class SerialHealer:
    """Reads such numbers, in a column that has been found to count so."""

    def __init__(self, target: Target, format: ColumnFormat) -> None:
        self._target, self._format = target, format

    def __call__(self, texts: pl.Series) -> Attempt:
        """The serials among the texts, as the day and time of the wall clock."""
        positions = (
            texts.str.contains(_SERIAL).arg_true() if self._format.serial else pl.Series(dtype=pl.UInt32)
        )
        if not len(positions):
            return nothing(texts, self._target.wire)
        made = settle(_read(texts[positions]), self._target)
        done = made.values.is_not_null()
        return spread(
            Attempt(made.values, (HealMask(RULE, done, assumption=True), *made.heals), made.refused),
            positions,
            len(texts),
        )


def _read(texts: pl.Series) -> Reading:
    parts = texts.str.extract_groups(_SERIAL).struct.unnest()
    days = parts.to_series(0).cast(pl.Int64)
    seconds = parts.to_series(1).fill_null(".0").cast(pl.Float64) * 86_400
    known = days.is_between(_FIRST, _LAST) & ((seconds - seconds.round()).abs() < _NEAR_S)
    micros = (days - _ZERO) * DAY + seconds.round().cast(pl.Int64) * SECOND
    wall = micros.zip_with(known, pl.Series([None], dtype=pl.Int64)).cast(pl.Datetime("us"))
    return Reading(wall, timed=parts.to_series(1).is_not_null())

"""The slower ways to read a date or timestamp, tried on the cells that the strict ISO cast left open."""

from __future__ import annotations

from typing import Final

import polars as pl

from heal_cli.convert.residue import NOT_CONVERTIBLE, Attempt, Healer, Refusal, mask_of
from heal_cli.convert.temporal_decide import EPOCH, EPOCH_DIGITS, Unit, epoch_unit
from heal_cli.convert.temporal_settle import Target, settle
from heal_cli.convert.temporal_shapes import (
    ISO,
    ORDERED,
    OTHERS,
    Reading,
    Shape,
    in_order,
    positions_of,
    read_shape,
)
from heal_cli.model import ColumnFormat, HealMask

EPOCH_RULES: Final = {
    "s": "epoch_seconds",
    "ms": "epoch_milliseconds",
    "us": "epoch_microseconds",
    "ns": "epoch_nanoseconds",
}

_NO_ORDER: Final = (
    "order of day and month in this column is open; --date-order DMY or --date-order MDY says which"
)
_NO_UNIT: Final = "unit of the epoch numbers in this column is open"

_BEYOND: Final = (
    (r"(?i)^\s*[+-]?inf(?:inity)?\s*$", "infinity: PostgreSQL knows it, the wire to it does not"),
    (r"(?i)\sBC\s*$", "year before 1: PostgreSQL knows it, the wire to it does not"),
    (
        r"^\s*[+-]?[0-9]{5,}-[0-9]{2}-[0-9]{2}",
        "year after 9999: PostgreSQL knows it, the wire to it does not",
    ),
)


def healers(target: Target, format: ColumnFormat) -> tuple[Healer, ...]:
    """All shapes of a date, in an order that does not matter: no text has two of them."""
    ways = [Healer("", lambda texts: _beyond(texts, target))]
    if target.base != "date":
        ways.append(Healer("epoch number of the years 1990 to 2099", _EpochHealer(target, format)))
    shapes = (ISO, in_order(format.date_order) if format.date_order else ORDERED, *OTHERS)
    return (*ways, *(Healer(shape.name, _ShapeHealer(shape, target, format)) for shape in shapes))


class _ShapeHealer:
    """Reads the texts of one shape."""

    def __init__(self, shape: Shape, target: Target, format: ColumnFormat) -> None:
        self._shape, self._target, self._format = shape, target, format

    def __call__(self, texts: pl.Series) -> Attempt:
        positions = positions_of(self._shape, texts)
        if not len(positions):
            return nothing(texts, self._target.wire)
        if self._shape is ORDERED:
            mask = mask_of(len(texts), positions)
            refusal = Refusal("ambiguous", mask, self._format.question or _NO_ORDER)
            return Attempt(nothing(texts, self._target.wire).values, (), (refusal,))
        hits = texts if len(positions) == len(texts) else texts.gather(positions)
        reading = read_shape(self._shape, hits)
        made = settle(reading, self._target)
        made = Attempt(
            made.values, (*self._heals(reading), *made.heals), (*made.refused, *self._unread(reading))
        )
        return spread(made, positions, len(texts))

    def _heals(self, reading: Reading) -> list[HealMask]:
        read = reading.wall.is_not_null()
        heals = [] if self._shape.rule is None else [HealMask(self._shape.rule, read)]
        if reading.twelve is not None and reading.twelve.any():
            heals.append(HealMask("twelve_hour_clock", reading.twelve & read))
        if reading.short is not None and reading.short.any():
            heals.append(HealMask("two_digit_year", reading.short & read, assumption=True))
        return heals

    def _unread(self, reading: Reading) -> list[Refusal]:
        assert reading.no_day is not None
        clock = reading.wall.is_null() & ~reading.no_day
        name = self._shape.name
        unread = [
            Refusal(NOT_CONVERTIBLE, reading.no_day, f"{name}: no such day in the calendar"),
            Refusal(
                NOT_CONVERTIBLE, clock, f"{name}: no time of day (00:00 to 23:59:59) stands behind the date"
            ),
        ]
        return [refusal for refusal in unread if refusal.mask.any()]


class _EpochHealer:
    """Reads numbers of seconds, or of a thousandth of them and so on, since 1970."""

    def __init__(self, target: Target, format: ColumnFormat) -> None:
        self._target, self._format = target, format

    def __call__(self, texts: pl.Series) -> Attempt:
        positions = texts.str.contains(EPOCH).arg_true()
        if not len(positions):
            return nothing(texts, self._target.wire)
        hits = texts if len(positions) == len(texts) else texts.gather(positions)
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
        known = numbers.zip_with(right, _nulls(texts, pl.Int64()))
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


def _beyond(texts: pl.Series, target: Target) -> Attempt:
    masks = [(texts.str.contains(pattern), attempt) for pattern, attempt in _BEYOND]
    refused = tuple(Refusal(NOT_CONVERTIBLE, mask, attempt) for mask, attempt in masks if mask.any())
    return Attempt(nothing(texts, target.wire).values, (), refused)


def nothing(texts: pl.Series, wire: pl.DataType) -> Attempt:
    """No answer for any of the texts."""
    return Attempt(_nulls(texts, wire))


def _nulls(texts: pl.Series, wire: pl.DataType) -> pl.Series:
    return pl.repeat(None, len(texts), dtype=wire, eager=True)


def spread(made: Attempt, positions: pl.Series, height: int) -> Attempt:
    """An attempt at the cells of these positions as one at all cells."""
    if len(positions) == height:
        return made
    values = pl.repeat(None, height, dtype=made.values.dtype, eager=True).scatter(positions, made.values)

    def whole(mask: pl.Series) -> pl.Series:
        return mask_of(height, positions.filter(mask))

    return Attempt(
        values,
        tuple(HealMask(heal.rule, whole(heal.mask), heal.lossy, heal.assumption) for heal in made.heals),
        tuple(Refusal(refusal.reason, whole(refusal.mask), refusal.attempt) for refusal in made.refused),
    )

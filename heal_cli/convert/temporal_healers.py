"""The slower ways to read a date or timestamp, tried on the cells that the strict ISO cast left open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from heal_cli.convert.residue import NOT_CONVERTIBLE, Attempt, Healer, Refusal, mask_of, nothing, spread
from heal_cli.convert.temporal_epoch import EpochHealer
from heal_cli.convert.temporal_serial import SerialHealer
from heal_cli.convert.temporal_settle import Target, settle
from heal_cli.convert.temporal_shapes import (
    ISO,
    LAYOUTS,
    ORDERED,
    OTHERS,
    Reading,
    Shape,
    in_order,
    of_layouts,
    positions_of,
    read_shape,
)
from heal_cli.model import ColumnFormat, HealMask

_NO_ORDER: Final = (
    "order of day and month in this column is open; --date-order DMY or --date-order MDY says which"
)

_EPOCH: Final = "epoch number of the years 1990 to 2099"

_BEYOND: Final = (
    (r"(?i)\sBC\s*$", "year before 1: PostgreSQL knows it, the wire to it does not"),
    (
        r"^\s*[+-]?[0-9]{5,}-[0-9]{2}-[0-9]{2}",
        "year after 9999: PostgreSQL knows it, the wire to it does not",
    ),
)


def healers(target: Target, format: ColumnFormat) -> tuple[Healer, ...]:
    """All shapes of a date, in an order that does not matter: no text has two of them."""
    ways = [
        Healer("", lambda texts: _beyond(texts, target)),
        Healer("" if target.base == "date" else _EPOCH, EpochHealer(target, format)),
        Healer("", SerialHealer(target, format)),
    ]
    shapes = ((ISO, None), *_ordered(format), *((shape, None) for shape in OTHERS))
    return (
        *ways,
        *(Healer(shape.name, _ShapeHealer(shape, target, format, rival)) for shape, rival in shapes),
    )


def _ordered(format: ColumnFormat) -> Iterator[tuple[Shape, Shape | None]]:
    """The numeric dates by what is known of their order, and the order that would speak against it."""
    if format.date_order is not None:
        yield in_order(format.date_order), None
        return
    for layout, order in format.date_orders:
        rival = None if format.is_settled else in_order("MDY" if order == "DMY" else "DMY", layout)
        yield in_order(order, layout), rival
    if left := [layout for layout in LAYOUTS if format.order_of(layout) is None]:
        yield of_layouts(left), None


class _ShapeHealer:
    """Reads the texts of one shape; those that only the rival fits are a question, as the rest of the file may be."""

    def __init__(self, shape: Shape, target: Target, format: ColumnFormat, rival: Shape | None) -> None:
        self._shape, self._target, self._format, self._rival = shape, target, format, rival

    def __call__(self, texts: pl.Series) -> Attempt:
        positions = positions_of(self._shape, texts)
        if not len(positions):
            return nothing(texts, self._target.wire)
        if self._shape.name == ORDERED.name:
            mask = mask_of(len(texts), positions)
            refusal = Refusal("ambiguous", mask, self._format.question or _NO_ORDER)
            return Attempt(nothing(texts, self._target.wire).values, (), (refusal,))
        hits = texts if len(positions) == len(texts) else texts[positions]
        reading = read_shape(self._shape, hits)
        made = settle(reading, self._target)
        made = Attempt(
            made.values, (*self._heals(reading), *made.heals), (*made.refused, *self._unread(reading, hits))
        )
        return spread(made, positions, len(texts))

    def _heals(self, reading: Reading) -> list[HealMask]:
        read = reading.wall.is_not_null()
        heals = [] if self._shape.rule is None else [HealMask(self._shape.rule, read)]
        if reading.twelve is not None and reading.twelve.any():
            heals.append(HealMask("twelve_hour_clock", reading.twelve & read))
        if reading.ends_day is not None and self._target.base != "date":
            heals.append(HealMask("end_of_day", reading.ends_day & read))
        if reading.short is not None and reading.short.any():
            heals.append(HealMask("two_digit_year", reading.short & read, assumption=True))
        return heals

    def _unread(self, reading: Reading, texts: pl.Series) -> list[Refusal]:
        assert reading.no_day is not None
        clock = reading.wall.is_null() & ~reading.no_day
        name = self._shape.name
        unread = [
            Refusal("ambiguous", self._contradicts(reading.no_day, texts), f"{name}: it fits another order"),
            Refusal(NOT_CONVERTIBLE, reading.no_day, f"{name}: no such day in the calendar"),
            Refusal(
                NOT_CONVERTIBLE, clock, f"{name}: no time of day (00:00 to 24:00) stands behind the date"
            ),
        ]
        return [refusal for refusal in unread if refusal.mask.any()]

    def _contradicts(self, no_day: pl.Series, texts: pl.Series) -> pl.Series:
        if self._rival is None or not no_day.any():
            return mask_of(len(texts), pl.Series(dtype=pl.UInt32))
        other = read_shape(self._rival, texts).no_day
        assert other is not None
        return no_day & ~other


def _beyond(texts: pl.Series, target: Target) -> Attempt:
    masks = [(texts.str.contains(pattern), attempt) for pattern, attempt in _BEYOND]
    refused = tuple(Refusal(NOT_CONVERTIBLE, mask, attempt) for mask, attempt in masks if mask.any())
    return Attempt(nothing(texts, target.wire).values, (), refused)

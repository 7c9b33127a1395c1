"""Times of digits and marks alone, all of one width: read by integer arithmetic, no pattern and no parser."""

from __future__ import annotations

from functools import cache, reduce
from operator import add, or_
from typing import Final, NamedTuple, cast

import polars as pl

from heal_cli.convert.residue import mask_of
from heal_cli.convert.temporal_clock import DAY, SECOND
from heal_cli.fixed_width import read_fields
from heal_cli.model import DateOrder

_PLACES: Final[dict[DateOrder, tuple[int, int, int]]] = {
    "YMD": (0, 1, 2),
    "DMY": (2, 1, 0),
    "MDY": (2, 0, 1),
}
"""Where year, month and day stand."""

_MONTHS: Final = (1, 12)
_DAYS: Final = (1, 31)
_CLOCK: Final = ((0, 23), (0, 59), (0, 59))
"""First and last of the months, days, hours, minutes and seconds."""

_DAYS_OF_ALL: Final = 28
"""Days that every month has."""

_LAST_MONTH: Final = 12 * 10_000 - 1
"""December 9999, counted from January of the year 0."""

_EPOCH: Final = 719_468
"""Days from 0000-03-01 to 1970-01-01."""


class Walls(NamedTuple):
    """Dates and times as they are written."""

    micros: pl.Series  # Int64, since 1970, of the cells that have the layout and say a time that exists
    found: pl.Series | None  # positions of those (UInt32); None for all


def read_walls(cells: pl.Series, layout: str, order: DateOrder, tail: str) -> Walls:
    """What calendar and clock showed.

    Args:
        cells: Texts without nulls, all as long as layout and tail in bytes; at least one.
        layout: Date and, perhaps, time of day, a 0 for each of their digits.
        tail: What stands behind, to the letter.
    """
    numbers, sound = read_fields(cells, layout, tail)
    found = None if sound is None else sound.arg_true()
    year, month, day = (numbers[place] for place in _PLACES[order])
    clock = numbers[3:]
    wrong = [
        (number < first) | (number > last)
        for number, (first, last) in zip((month, day, *clock), (_MONTHS, _DAYS, *_CLOCK), strict=False)
        if len(number) and (cast("int", number.min()) < first or cast("int", number.max()) > last)
    ]
    months = year.cast(pl.Int32) * 12 + month - 1
    if wrong:
        months = months.clip(0, _LAST_MONTH)
    months = months.cast(pl.UInt32)
    days = _calendar()["first"][months] + day
    late = (day > _DAYS_OF_ALL).arg_true()
    is_beyond = day[late] > _calendar()["days"][months[late]]
    if is_beyond.any():
        wrong.append(mask_of(len(day), late.filter(is_beyond)))
    micros = _micros(days, clock)
    if wrong:
        exists = ~reduce(or_, wrong)
        micros, found = micros.filter(exists), exists.arg_true() if found is None else found.filter(exists)
    return Walls(micros, found)


@cache
def _calendar() -> pl.DataFrame:
    """`first` (the day before each month begins, since 1970) and its `days`, from the year 0 to 9999."""
    # years that begin with March end with the leap day
    month = pl.int_range(_LAST_MONTH + 2, dtype=pl.Int32) - 2
    year = month // 12
    begun = year * 365 + year // 4 - year // 100 + year // 400 + (month % 12 * 153 + 2) // 5
    first = (begun - _EPOCH - 1).alias("first")
    return (
        pl.select(first)
        .select("first", days=(pl.col("first").shift(-1) - pl.col("first")).cast(pl.UInt8))
        .head(-1)
    )


def _micros(days: pl.Series, clock: list[pl.Series]) -> pl.Series:
    micros = days.cast(pl.Int64) * DAY
    if not clock:
        return micros
    seconds = [number.cast(pl.Int32) * unit for number, unit in zip(clock, (3600, 60, 1), strict=False)]
    return micros + reduce(add, seconds).cast(pl.Int64) * SECOND

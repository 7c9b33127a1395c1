"""Columns that people write in one common way throughout: dates by day or month first, numbers with marks.

What such values mean may still be a question (05/06/2026), but that they are dates is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import polars as pl

from heal_cli.model import PgType, ValueOptions

_MARKS: Final = (r"\.", "/", "-")
_YEAR: Final = "(?:19|20)[0-9]{2}"
_CLOCK: Final = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"
_ISO: Final = (
    f"{_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"  # of other days the slower way knows the month
)

_DAYS_OF_MONTHS: Final = (
    ("(?:0?[1-9]|1[0-9]|2[0-8])", "(?:0?[1-9]|1[0-2])"),
    ("(?:29|30)", "(?:0?[13-9]|1[0-2])"),
    ("31", "(?:0?[13578]|1[02])"),
)

_GROUPS: Final = ((r"\.", ","), ("[,']", r"\."))
"""Marks of thousands, and the decimal mark that they stand with."""
_WIDEST: Final = {"numeric": 15, "float8": 9}  # digits before the decimal mark that surely fit
_LONGEST_FRACTION: Final = 2  # digits: three may be thousands


def is_one_spelling(values: pl.Series, type: PgType, options: ValueOptions) -> bool:
    """True where all of some texts are certain to convert, in one order of day and month; False says nothing.

    Nulls are no values.
    """
    if values.dtype != pl.String or type.kind != "b" or type.element is not None:
        return False
    first = values.first(ignore_nulls=True)
    if not isinstance(first, str):
        return False
    spellings = _spellings(
        type, is_any_order=options.date_order is None, is_any_zone=options.timezone is None
    )
    found = next((spelling for spelling in spellings if re.fullmatch(spelling, first)), None)
    return found is not None and bool(values.str.contains(rf"\A(?:{found})\z").all())


@lru_cache(maxsize=64)
def _spellings(type: PgType, *, is_any_order: bool, is_any_zone: bool) -> tuple[str, ...]:
    """The ways in which values of the type may be written, each as a regular expression.

    Args:
        is_any_order: Nobody has said which of day and month comes first.
        is_any_zone: Nobody has named a zone, in which there may be times that its clocks skip.
    """
    if type.base in _WIDEST:
        return tuple(_numbers(type))
    clock = {"date": "", "timestamp": f"(?: {_CLOCK})?", "timestamptz": f"(?: {_CLOCK})?"}.get(type.base)
    if clock is None or (type.base == "timestamptz" and not is_any_zone):
        return ()
    ordered = [order + clock for mark in _MARKS for order in _orders(mark)] if is_any_order else []
    return (f"{_ISO}(?:[ T]{_CLOCK})?", *ordered) if clock else tuple(ordered)


def _orders(mark: str) -> Iterator[str]:
    """Days of the calendar, the day first and the month first."""
    yield f"(?:{'|'.join(day + mark + month for day, month in _DAYS_OF_MONTHS)}){mark}{_YEAR}"
    yield f"(?:{'|'.join(month + mark + day for day, month in _DAYS_OF_MONTHS)}){mark}{_YEAR}"


def _numbers(type: PgType) -> Iterator[str]:
    """Numbers with one or two decimals, and with marks of thousands or none."""
    scale = _LONGEST_FRACTION if type.precision is None else type.scale or 0
    widest = _WIDEST[type.base] if type.precision is None else type.precision - scale
    if scale < 1 or widest < 1:
        return
    for group, point in _GROUPS:
        grouped = rf"|[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}}){{1,{(widest - 3) // 3}}}" if widest > 5 else ""
        whole = f"(?:0|[1-9][0-9]{{0,{widest - 1}}}{grouped})"
        yield f"-?{whole}{point}[0-9]{{1,{min(scale, _LONGEST_FRACTION)}}}"

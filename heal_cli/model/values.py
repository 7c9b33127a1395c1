"""How values are read, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Literal, NamedTuple

import polars as pl

DateOrder = Literal["DMY", "MDY", "YMD"]


@dataclass(frozen=True, slots=True)
class ValueOptions:
    """What the user said about values; None means: find out, or ask."""

    nulls: tuple[str, ...] = ()  # --null, added to the known tokens
    date_order: DateOrder | None = None
    decimal: Literal[".", ","] | None = None
    timezone: str | None = None
    percent: Literal["fraction", "number"] | None = None  # is '5%' 0.05 or 5
    units: tuple[str, ...] = ()  # that a rule names for this column, as written behind its numbers: 'kg', 'k'
    allow: frozenset[str] = frozenset()  # lossy steps that may happen


@dataclass(frozen=True, slots=True)
class ColumnFormat:
    """How the texts of one source column are read; fixed per column and file, from all its values."""

    nulls: tuple[str, ...] = ()  # tokens that mean NULL here, compared after trimming, case-folded
    date_order: DateOrder | None = None  # of all numeric dates: somebody said so
    date_orders: tuple[
        tuple[str, DateOrder], ...
    ] = ()  # layout, as '/4' for 01/02/2024 -> what its values say
    decimal: Literal[".", ","] | None = None
    timezone: str | None = None  # for naive times
    timezone_assumed: bool = False  # nobody said so: a counted assumption
    epoch: Literal["s", "ms", "us", "ns"] | None = None
    serial: bool = False  # its numbers of five digits are days as spreadsheets count them
    percent: Literal["fraction", "number"] | None = None
    units: tuple[str, ...] = ()  # that may stand behind its numbers
    currencies: tuple[str, ...] = ()  # of its amounts; only the signs of a single one may be dropped
    true_words: tuple[str, ...] = ()  # case-folded
    false_words: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()  # folded source spelling -> enum label
    near_labels: tuple[tuple[str, str], ...] = ()  # folded slip of the pen -> enum label it was meant to be
    list_mark: Literal[",", ";", "|"] | None = (
        None  # between the elements of lists that are no array literals
    )
    sheet_text: Literal["formula", "apostrophe"] | None = (
        None  # what marks its texts as such for a spreadsheet
    )
    unproven: bool = False  # '1.234' is read as PostgreSQL does, '1,234' as whole, and no value proves it
    is_settled: bool = False  # decided from the whole file: a second look would find nothing new
    question: str | None = None  # set when the column is ambiguous: what to ask, with the flag that answers

    def order_of(self, layout: str) -> DateOrder | None:
        """The order of day, month and year in dates of that layout; None while it is open."""
        return self.date_order or dict(self.date_orders).get(layout)


@dataclass(frozen=True, slots=True)
class HealMask:
    """Where a named rule changed values of one column."""

    rule: str  # e.g. 'currency_sign', 'boolean_word'
    mask: pl.Series  # Boolean, same height as the values
    lossy: bool = False
    assumption: bool = False


class Fault(NamedTuple):
    """Cells of one column that failed alike: for one reason, after the same attempts."""

    reason: str  # stable code: 'not_convertible', 'ambiguous', ...
    mask: pl.Series  # Boolean, same height as the values
    attempts: tuple[str, ...]  # for people: what was tried, in order, and why it failed


class Converted(NamedTuple):
    """A source column in the dtype its target travels in.

    A failed cell is null in `values` and stands in exactly one fault.
    """

    values: pl.Series
    heals: tuple[HealMask, ...] = ()
    faults: tuple[Fault, ...] = ()  # none for a column that converts whole

    @property
    def failed(self) -> pl.Series | None:
        """Where a cell failed, for whatever reason; None for nowhere."""
        return reduce(or_, (fault.mask for fault in self.faults)) if self.faults else None

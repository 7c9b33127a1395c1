"""The strict casts: cells of the few layouts that make up most of a column, each in one vectorised step.

A layout is exact to the byte: numbers and marks are read as bytes of their places. Month names and fractions
have none; their pattern decides, not polars' parser, which takes missing and doubled blanks, signs, one-digit
fields and the second 60, and cuts what is finer than a microsecond.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

import polars as pl

from heal_cli.convert.constant import constant
from heal_cli.convert.residue import Attempt, spread_heals
from heal_cli.convert.spread import spread_sample
from heal_cli.convert.temporal_clock import OFFSET
from heal_cli.convert.temporal_digits import read_walls
from heal_cli.convert.temporal_epoch import cast_epoch
from heal_cli.convert.temporal_serial import cast_serials
from heal_cli.convert.temporal_settle import Target, settle
from heal_cli.convert.temporal_shapes import Reading
from heal_cli.convert.temporal_zones import fixed_offset
from heal_cli.model import ColumnFormat, DateOrder, HealMask

_SAMPLES: Final = 32
"""Cells looked at for layouts, spread over the column: one odd first cell must not choose."""

_MOST: Final = 4
"""Layouts tried on a column; each costs a pass over the cells still open."""

_CLOCK: Final = r"(?P<separator>[T ])[0-9]{2}:[0-9]{2}(?P<seconds>:[0-9]{2}(?P<fraction>\.[0-9]{1,6})?)?"
_ISO: Final = re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:{_CLOCK}(?P<tail> ?(?:Z|UTC|{OFFSET}))?)?")
_ORDERED: Final = re.compile(rf"[0-9]{{2}}(?P<mark>[-/.])[0-9]{{2}}(?P=mark)[0-9]{{4}}(?:{_CLOCK})?")

_MONTH: Final = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_MOMENT: Final = r"(?P<separator>[T ])[0-9]{2}:[0-9]{2}(?P<seconds>:[0-9]{2})?"
_NAMED: Final = re.compile(
    rf"(?:[0-9]{{1,2}}(?P<mark>[-/ ]){_MONTH}(?P=mark)|(?P<first>{_MONTH}) [0-9]{{1,2}}, )[0-9]{{4}}(?:{_MOMENT})?"
)
"""As most programs abbreviate months; other names are read once each, which costs more."""

_SECOND: Final = ":[0-5][0-9]"
"""The one number that polars would take too large; it checks months, days, hours and minutes itself."""

_DATES: Final[dict[DateOrder, tuple[str, str, str]]] = {
    "YMD": ("%Y", "%m", "%d"),
    "DMY": ("%d", "%m", "%Y"),
    "MDY": ("%m", "%d", "%Y"),
}
_FIELDS: Final = {"%Y": "[0-9]{4}", "%m": "[0-9]{2}", "%d": "[0-9]{2}"}
_NAMED_FIELDS: Final = {**_FIELDS, "%m": _MONTH, "%d": "[0-9]{1,2}"}
_ZEROS: Final = {"%Y": "0000", "%m": "00", "%d": "00"}
_NAMES: Final = {"%Y": "2024", "%m": "Jan", "%d": "31"}
_CHRONO: Final = {part: part for part in _FIELDS}
_NAMED_CHRONO: Final = {**_CHRONO, "%m": "%b"}
"""Patterns of a date's parts, examples of them, and what polars' parser calls them."""


class Layout(NamedTuple):
    """Where the parts of a time stand, zero-padded; the same for all cells that have it."""

    order: DateOrder
    mark: str = "-"  # between the parts of the date
    is_named: bool = False  # its month is
    separator: str = ""  # 'T', ' ', or '' for a date alone
    seconds: bool = False
    fraction: bool = False
    tail: str = ""  # offset as written

    @property
    def pattern(self) -> str:
        """What exactly a cell of this layout looks like."""
        fields = _NAMED_FIELDS if self.is_named else _FIELDS
        date = self._date(fields, f"[{self.mark}]")
        if not self.separator:
            return f"^{date}$"
        second = _SECOND if self.seconds else ""
        fraction = r"\.[0-9]{1,6}" if self.fraction else ""
        tail = self.tail.replace("+", "[+]")
        return f"^{date}{self.separator}[0-9]{{2}}:[0-9]{{2}}{second}{fraction}{tail}$"

    @property
    def widths(self) -> tuple[int, int]:
        """Bytes of its shortest and of its longest cell."""
        clock = (len("T00:00") + 3 * self.seconds) if self.separator else 0
        if self.is_named:
            longest = len(self._date(_NAMES, self.mark)) + clock
            return longest - 1, longest
        least = len("0000-00-00") + clock + len(self.tail)
        return (least + 2, least + 7) if self.fraction else (least, least)

    def _date(self, fields: Mapping[str, str], mark: str) -> str:
        """The date, with what is given for each of its parts and for the mark between them."""
        year, month, day = (fields[part] for part in ("%Y", "%m", "%d"))
        if self.is_named and self.order == "MDY":
            return f"{month} {day}, {year}"
        parts = {"%Y": year, "%m": month, "%d": day}
        return mark.join(parts[part] for part in _DATES[self.order])

    @property
    def digits(self) -> str:
        """The same up to the tail with a 0 for each digit, where neither names nor fractions change its width."""
        clock = f"{self.separator}00:00" if self.separator else ""
        return f"{self._date(_ZEROS, self.mark)}{clock}{':00' if self.seconds else ''}"

    @property
    def chrono(self) -> str:
        """The same up to the fraction, for polars' parser."""
        date = self._date(_NAMED_CHRONO if self.is_named else _CHRONO, self.mark)
        clock = f"{self.separator}%H:%M" if self.separator else ""
        return f"{date}{clock}{':%S' if self.seconds else ''}"

    @property
    def offset(self) -> int | None:
        """Seconds east of UTC; None for naive times."""
        return fixed_offset(self.tail.strip()) if self.tail else None

    @property
    def rule(self) -> str | None:
        """The heal that reading it counts as."""
        if self.is_named:
            return "month_name"
        return None if self.order == "YMD" else f"date_{self.order.lower()}"


def layouts_of(values: pl.Series, format: ColumnFormat) -> list[Layout]:
    """The commonest layouts among a few cells, ISO and, where the order of day and month is known, numeric dates."""
    found: Counter[Layout] = Counter()
    for text in spread_sample(values, _SAMPLES):
        if match := _ISO.fullmatch(text):
            found[_layout("YMD", "-", match)] += 1
        elif match := _ORDERED.fullmatch(text):
            order = format.order_of(f"{match['mark']}4")
            if order in ("DMY", "MDY"):
                found[_layout(order, match["mark"], match)] += 1
        elif match := _NAMED.fullmatch(text):
            order = "MDY" if match["first"] else "DMY"
            found[_layout(order, match["mark"] or " ", match, is_named=True)] += 1
    # an offset such as +25:00 is none, and its cells are not naive for that
    common = (layout for layout, _ in found.most_common(_MOST))
    return [layout for layout in common if not layout.tail or layout.offset is not None]


def _layout(order: DateOrder, mark: str, match: re.Match[str], *, is_named: bool = False) -> Layout:
    parts = match.groupdict()
    return Layout(
        order,
        mark,
        is_named,
        parts["separator"] or "",
        seconds=parts["seconds"] is not None,
        fraction=parts.get("fraction") is not None,
        tail=parts.get("tail") or "",
    )


def cast_layouts(values: pl.Series, target: Target, format: ColumnFormat) -> Attempt:
    """What the common layouts make of the column; null, without a word why, where they do not apply or settle."""
    height, widths = len(values), values.str.len_bytes()
    typed = constant(None, height, target.wire)
    heals: list[HealMask] = []
    for layout in layouts_of(values, format):
        # widths cost next to nothing and spare most cells the reading of other layouts
        least, most = layout.widths
        is_as_wide = widths == least if least == most else widths.is_between(least, most)
        here = (is_as_wide & typed.is_null()).arg_true()
        if not len(here):
            continue
        texts = values if len(here) == height else values[here]
        found, reading = (_parse if layout.is_named or layout.fraction else _count)(texts, layout)
        here = here if found is None else here[found]
        made = _settled(reading, layout, target)
        if len(here) == height:
            return made
        typed = typed.scatter(here, made.values)
        heals.extend(spread_heals(made.heals, here, height))
    if format.epoch is not None and target.base != "date":
        here, made = cast_epoch(values, widths, target, format.epoch)
        typed = typed.scatter(here, made.values)
        heals.extend(spread_heals(made.heals, here, height))
    if format.serial:
        here, made = cast_serials(values, widths, target)
        typed = typed.scatter(here, made.values)
        heals.extend(spread_heals(made.heals, here, height))
    return Attempt(typed, _merged(heals))


def _merged(heals: list[HealMask]) -> tuple[HealMask, ...]:
    """One mask per rule; several layouts may apply the same."""
    merged: dict[str, HealMask] = {}
    for heal in heals:
        before = merged.get(heal.rule)
        mask = heal.mask if before is None else heal.mask | before.mask
        merged[heal.rule] = HealMask(heal.rule, mask, heal.lossy, heal.assumption)
    return tuple(merged.values())


def _settled(reading: Reading, layout: Layout, target: Target) -> Attempt:
    """Cells that all have the layout; a refused cell is left null, to be read again and told why."""
    made = settle(reading, target)
    heals = made.heals
    if layout.rule:
        heals = (HealMask(layout.rule, constant(True, len(made.values), pl.Boolean)), *heals)
    if made.values.has_nulls():
        done = made.values.is_not_null()
        heals = tuple(HealMask(heal.rule, heal.mask & done, heal.lossy, heal.assumption) for heal in heals)
    return Attempt(made.values, heals)


def _count(values: pl.Series, layout: Layout) -> tuple[pl.Series | None, Reading]:
    """Positions of the cells that have the layout, None for all, and what those say."""
    micros, found = read_walls(values, layout.digits, layout.order, layout.tail)
    timed = bool(layout.separator)
    return found, Reading(micros.cast(pl.Datetime("us")), timed=timed, offset=layout.offset)


def _parse(values: pl.Series, layout: Layout) -> tuple[pl.Series | None, Reading]:
    """The same of months with names and of fractions, whose widths differ."""
    hits = values.str.contains(layout.pattern)
    found = None if hits.all() else hits.arg_true()
    texts = values if found is None else values[found]
    if not layout.separator:
        dates = texts.str.to_date(layout.chrono, strict=False, cache=False)
        return found, Reading(dates.cast(pl.Datetime("us")), timed=False)
    if not layout.fraction:
        walls = texts.str.to_datetime(layout.chrono, strict=False, time_unit="us", cache=False)
        return found, Reading(walls, timed=True)
    # polars parses fractions four times slower than whole seconds, so the digits are read apart.
    walls = texts.str.head(19).str.to_datetime(layout.chrono, strict=False, time_unit="us", cache=False)
    digits = texts.str.slice(20)
    if layout.tail:
        digits = digits.str.strip_suffix(layout.tail)
    micros = walls.to_physical() + digits.str.pad_end(6, "0").cast(pl.Int64)
    return found, Reading(micros.cast(pl.Datetime("us")), timed=True, offset=layout.offset)

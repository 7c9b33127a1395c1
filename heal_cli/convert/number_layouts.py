"""Dressed numbers of the few layouts that make up most of a column ('$0,000.00'), by integer arithmetic alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Final, NamedTuple

import polars as pl

from heal_cli.convert import number_grammar as grammar
from heal_cli.convert.fixed_width import MOST_DIGITS, layout_of, read_number
from heal_cli.convert.number_target import MAX_DECIMAL, Target
from heal_cli.convert.residue import Attempt, blank
from heal_cli.convert.spread import spread_sample
from heal_cli.model import HealMask

_SAMPLES: Final = 64
"""Cells looked at for layouts."""

_ROUNDS: Final = 3
"""Looks at what is still open: the commonest layouts hide the others from the first."""

_MOST: Final = 8
"""Layouts read in a round; each has its own pass over its cells."""

_SYMBOLS: Final = frozenset(grammar.SYMBOLS)


class _Layout(NamedTuple):
    """How numbers are written in cells of one width."""

    text: str
    digits: int
    scale: int  # how many of them stand behind the decimal mark
    unit: int  # what one of its last digit counts, with its sign

    @classmethod
    def of(cls, text: str, mark: grammar.Mark | None, scale: int) -> _Layout:
        point = text.rfind(mark) if mark else -1
        behind = text[point:].count("0") if point >= 0 else 0
        unit = 10 ** max(0, scale - behind)
        return cls(text, text.count("0"), behind, -unit if text.startswith("(") or "-" in text else unit)

    @property
    def whole(self) -> int:
        """Digits before the mark."""
        return self.digits - self.scale

    @property
    def width(self) -> int:
        """Bytes of a cell."""
        return len(self.text.encode())

    def rules(self, mark: grammar.Mark | None) -> list[str]:
        """The heals that reading it counts as."""
        named = (
            ("currency_sign", not _SYMBOLS.isdisjoint(self.text)),
            ("thousands_mark", ("." if mark == "," else ",") in self.text),
            ("decimal_comma", mark == "," and "," in self.text),
            ("accounting_negative", self.text.startswith("(")),
        )
        return [rule for rule, applies in named if applies]


def can_hold(target: Target) -> bool:
    """Whether an integer and its scale make the target's value exactly; a float divided by ten is none."""
    return target.kind in ("integer", "decimal")


def read_layouts(texts: pl.Series, target: Target, mark: grammar.Mark | None, signs: str) -> Attempt:
    """The cells of the common layouts that need no thought; null, without a word why, for all others.

    Args:
        mark: The column's decimal mark; without one no groups are taken.
        signs: Those of the column's currency; cells with another are left.
    """
    widths = texts.str.len_bytes()
    numbers = pl.repeat(None, len(texts), dtype=pl.Int64, eager=True)
    which = pl.repeat(None, len(texts), dtype=pl.UInt8, eager=True)
    layouts: list[_Layout] = []
    for _ in range(_ROUNDS):
        open_ = which.is_null() & texts.is_not_null() if layouts else texts.is_not_null()
        new = [
            layout for layout in _layouts(texts.filter(open_), target, mark, signs) if layout not in layouts
        ]
        for layout in new:
            here, found = _read(texts, (widths == layout.width).arg_true(), layout)
            numbers, which = numbers.scatter(here, found), which.scatter(here, len(layouts))
            layouts.append(layout)
        if not new or not open_.any():
            break
    values = _values(numbers, target).alias(texts.name)
    if values.null_count() > numbers.null_count():  # out of range: to be read again and told why
        which = blank(which, values.is_null())
    return Attempt(values, tuple(_heals(which, layouts, mark)))


def _read(texts: pl.Series, here: pl.Series, layout: _Layout) -> tuple[pl.Series, pl.Series]:
    """Positions of the cells that have the layout, and their numbers in units of the smallest digit."""
    made = read_number(texts.gather(here), layout.text)
    sound, number = made["sound"], made["number"]
    if layout.whole > 1:  # a leading zero is a heal of its own
        sound &= number >= 10 ** (layout.digits - 1)
    if not sound.all():
        here, number = here.filter(sound), number.filter(sound)
    return here, number * layout.unit


def _heals(which: pl.Series, layouts: Sequence[_Layout], mark: grammar.Mark | None) -> Iterator[HealMask]:
    named: dict[str, list[pl.Series]] = {}
    for index, layout in enumerate(layouts):
        for rule in layout.rules(mark):
            named.setdefault(rule, []).append((which == index).fill_null(False))
    for rule, masks in named.items():
        yield HealMask(rule, reduce(or_, masks))


def _layouts(texts: pl.Series, target: Target, mark: grammar.Mark | None, signs: str) -> list[_Layout]:
    """The layouts of a few cells, as far as they and their digits are in the commonest dress."""
    sample = spread_sample(texts, _SAMPLES)
    symbols = "".join(sorted(set(signs).intersection("".join(sample))))
    plain = re.compile(grammar.quick(mark, target.fraction, symbols))
    scale = target.scale or 0
    found = Counter(layout_of(text) for text in sample if plain.match(_debit(text) or text))
    layouts = (_Layout.of(text, mark, scale) for text, _ in found.most_common(_MOST))
    return [each for each in layouts if each.scale <= scale and each.whole + scale <= MOST_DIGITS]


def _debit(text: str) -> str | None:
    """The amount within parentheses, which are its sign."""
    has_no_other_sign = text.startswith("(") and text.endswith(")") and "-" not in text
    return text[1:-1] if has_no_other_sign else None


def _values(numbers: pl.Series, target: Target) -> pl.Series:
    """The integers as values of the target; null where it does not hold them."""
    if target.kind == "integer":
        return numbers.cast(target.dtype, strict=False)
    scale = target.scale or 0
    unit = pl.Series([f"1e-{scale}"]).cast(
        pl.Decimal(MAX_DECIMAL, scale)
    )  # of a Python Decimal it imports numpy
    return (numbers.cast(pl.Decimal(MAX_DECIMAL, 0)) * unit).cast(target.dtype, strict=False)

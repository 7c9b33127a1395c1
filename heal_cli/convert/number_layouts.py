"""Dressed numbers of the few layouts that make up most of a column ('$0,000.00'), by integer arithmetic alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

import polars as pl

from heal_cli.convert import number_grammar as grammar
from heal_cli.convert import number_units
from heal_cli.convert.constant import constant
from heal_cli.convert.number_target import MAX_DECIMAL, Target
from heal_cli.convert.residue import Attempt, mask_of
from heal_cli.convert.spread import spread_sample
from heal_cli.fixed_width import MOST_DIGITS, layout_of, read_number
from heal_cli.model import HealMask

_SAMPLES: Final = 64
"""Cells looked at for layouts."""

_ROUNDS: Final = 3
"""Looks at what is still open: the commonest layouts hide the others from the first."""

_MOST: Final = 8
"""Layouts read in a round; each has its own pass over its cells."""

PERCENT: Final = "percent"

_SYMBOLS: Final = frozenset(grammar.SYMBOLS)


class Dress(NamedTuple):
    """What of a column's format bears on how its numbers are dressed."""

    mark: grammar.Mark | None  # without one no groups are taken
    signs: str  # of the column's currency; cells with another are left
    units: tuple[str, ...] = ()  # that stand behind its numbers, none of them a power of ten
    percent: Literal["fraction", "number"] | None = None


class _Layout(NamedTuple):
    """How numbers are written in cells of one width."""

    text: str
    digits: int
    behind: int  # how many of them stand behind the decimal mark
    shift: int  # places by which the number is smaller than it looks: 2 for a percent that is a fraction
    unit: int  # what one of its last digit counts, with its sign
    suffix: str | None  # rule of what stands behind the number, if that is no currency

    @classmethod
    def of(cls, text: str, suffix: str | None, dress: Dress, scale: int) -> _Layout:
        point = text.rfind(dress.mark) if dress.mark else -1
        behind = text[point:].count("0") if point >= 0 else 0
        shift = 2 if suffix == PERCENT and dress.percent == "fraction" else 0
        unit = 10 ** max(0, scale - behind - shift)
        is_negative = text.startswith("(") or "-" in text
        return cls(text, text.count("0"), behind, shift, -unit if is_negative else unit, suffix)

    @property
    def whole(self) -> int:
        """Digits before the mark."""
        return self.digits - self.behind

    @property
    def scale(self) -> int:
        """Digits that the number has behind the point."""
        return self.behind + self.shift

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
        rules = [rule for rule, applies in named if applies]
        return [*rules, self.suffix] if self.suffix else rules


def can_hold(target: Target) -> bool:
    """Whether an integer and its scale make the target's value exactly; a float divided by ten is none."""
    return target.kind in ("integer", "decimal")


def read_layouts(texts: pl.Series, target: Target, dress: Dress) -> Attempt:
    """The cells of the common layouts that need no thought; null, without a word why, for all others."""
    widths, is_open = texts.str.len_bytes(), texts.is_not_null()
    parts: list[_Part] = []
    tried: list[_Layout] = []
    for _ in range(_ROUNDS):
        new = [each for each in _layouts(texts.filter(is_open), target, dress) if each not in tried]
        for layout in new:
            part = _read(texts, is_open & (widths == layout.width), layout)
            parts.append(part)
            is_open &= ~part.mask
        tried += new
        if not new or not is_open.any():
            break
    values = _values(_spread(parts, len(texts)), target).alias(texts.name)
    # what is out of range is to be read again and told why
    return Attempt(values, tuple(_heals(parts, dress.mark, values.is_not_null())))


class _Part(NamedTuple):
    """What the cells of one layout say."""

    layout: _Layout
    mask: pl.Series  # where they are
    numbers: pl.Series  # Int64, of those alone, in units of the smallest digit


def _read(texts: pl.Series, mask: pl.Series, layout: _Layout) -> _Part:
    """Those of the cells in `mask`, all as wide as the layout, that have it."""
    cells = texts.filter(mask)
    if not len(cells):
        return _Part(layout, mask, pl.Series(dtype=pl.Int64))
    # a leading zero is a heal of its own
    least = 10 ** (layout.digits - 1) if layout.whole > 1 else 0
    numbers, sound = read_number(cells, layout.text, least=least, unit=layout.unit)
    if sound is None:
        return _Part(layout, mask, numbers)
    return _Part(layout, mask_of(len(mask), mask.arg_true().filter(sound)), numbers.filter(sound))


def _spread(parts: Sequence[_Part], height: int) -> pl.Series:
    """The numbers of all parts in their places."""
    numbers = pl.concat([part.numbers for part in parts]) if parts else pl.Series(dtype=pl.Int64)
    if len(parts) == 1 and len(numbers) == height:
        return numbers
    places = pl.concat([part.mask.arg_true() for part in parts]) if parts else pl.Series(dtype=pl.UInt32)
    return constant(None, height, pl.Int64).scatter(places, numbers)


def _heals(parts: Sequence[_Part], mark: grammar.Mark | None, done: pl.Series) -> Iterator[HealMask]:
    masks: dict[str, pl.Series] = {}
    for part in parts:
        for rule in part.layout.rules(mark):
            masks[rule] = masks[rule] | part.mask if rule in masks else part.mask
    for rule, mask in masks.items():
        yield HealMask(rule, mask & done, assumption=rule == PERCENT)


def _layouts(texts: pl.Series, target: Target, dress: Dress) -> list[_Layout]:
    """The layouts of a few cells, as far as they and their digits are in the commonest dress."""
    sample = spread_sample(texts, _SAMPLES)
    symbols = "".join(sorted(set(dress.signs).intersection("".join(sample))))
    plain = re.compile(grammar.quick(dress.mark, target.fraction, symbols))
    bare = re.compile(grammar.quick(dress.mark, target.fraction, ""))
    scale = target.scale or 0
    found: Counter[tuple[str, str | None]] = Counter()
    for text in sample:
        number, suffix = _without_suffix(text, dress)
        if plain.match(_debit(text) or text) if suffix is None else bare.fullmatch(number):
            found[layout_of(text), suffix] += 1
    layouts = (_Layout.of(*each, dress, scale) for each, _ in found.most_common(_MOST))
    return [each for each in layouts if each.scale <= scale and each.whole + scale <= MOST_DIGITS]


def _without_suffix(text: str, dress: Dress) -> tuple[str, str | None]:
    """The text without a percent sign or a unit behind it, and the rule that takes it off."""
    if dress.percent and text.endswith("%"):
        return text[:-1].removesuffix(" "), PERCENT
    unit = next((unit for unit in dress.units if text.endswith(unit)), None)
    return (text, None) if unit is None else (text.removesuffix(unit).rstrip(" "), number_units.RULE)


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

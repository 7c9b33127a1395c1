"""int2, int4, int8, numeric, float4, float8 and money: exact, or not at all."""

from __future__ import annotations

from functools import partial
from typing import Final

import polars as pl

from heal_cli.convert import (
    number_currency,
    number_decide,
    number_heal,
    number_layouts,
    number_target,
    number_typed,
    number_units,
)
from heal_cli.convert.number_alike import one_of_each
from heal_cli.convert.number_target import Target, target_of
from heal_cli.convert.residue import Attempt, Healer, heal_residue
from heal_cli.model import ColumnFormat, Converted, HealMask, PgType, ValueOptions

_PROBE: Final = 64
"""Cells tried before the whole column is cast; where none of them passes, the strict cast is a wasted pass."""


def wire(type: PgType) -> pl.DataType:
    """The dtype in which values of `type` travel; String where polars has too few digits."""
    return target_of(type).dtype


def decide(values: pl.Series, type: PgType, options: ValueOptions, base: ColumnFormat) -> ColumnFormat:
    """`base` with decimal mark, percent scale and question, from the texts."""
    few = one_of_each(values)
    if number_decide.asks_values(few, base):
        few = values
    bare = number_units.take_off(few) if base.units else few
    return number_decide.decide(bare, target_of(type), base, options.allow)


def from_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Numbers, decimals and booleans of a typed source, exactly or failed."""
    return number_typed.convert(values, target_of(type), allow)


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Texts as numbers: PostgreSQL's own syntax first, then currencies, marks, percents, signs of all sorts."""
    target = target_of(type)
    points = format.decimal == "."  # without a mark '1.234' may be 1234
    is_open = number_decide.asks_decimal(format)
    signs = number_currency.symbols(format, allow)
    first = _first_pass(values, target, format, signs, points=points, is_open=is_open)
    healers = [
        Healer("", partial(number_target.special, target=target)),
        Healer(
            f"{target.name}: a number with the signs and marks around it",
            partial(number_heal.dressed, target=target, format=format, allow=allow),
        ),
    ]
    healers.append(Healer("", partial(number_heal.sided, target=target)))
    if format.units:
        unit = f"number with the unit of its column: {', '.join(format.units)}"
        healers.append(Healer(unit, partial(number_units.heal, target=target, format=format, allow=allow)))
    if not is_open:
        healers.insert(
            0, Healer("", partial(number_heal.quick, target=target, mark=format.decimal, signs=signs))
        )
    if target.scale is None or target.scale >= 0:
        healers.append(
            Healer("hexadecimal, octal or binary digits", partial(number_heal.radix, target=target))
        )
    return heal_residue(values, first.values, healers, nulls=format.nulls, heals=first.heals)


def _first_pass(
    values: pl.Series, target: Target, format: ColumnFormat, signs: str, *, points: bool, is_open: bool
) -> Attempt:
    """The strict cast; of a column that is dressed throughout the common layouts instead."""
    probe = number_target.strict(values.head(_PROBE), target, points=points)
    if len(values) > _PROBE and probe.null_count() == _PROBE > 2 * values.head(_PROBE).null_count():
        if is_open or not number_layouts.can_hold(target):
            return number_target.nothing(values, target)
        dress = number_layouts.Dress(
            format.decimal, signs, number_units.to_the_letter(format.units), format.percent
        )
        return number_layouts.read_layouts(values, target, dress)
    typed = number_target.strict(values, target, points=points)
    return Attempt(typed, _strict_heals(values, typed, target))


def _strict_heals(values: pl.Series, typed: pl.Series, target: Target) -> tuple[HealMask, ...]:
    """What the strict cast takes although it changes something: leading zeros, digits that no float has."""
    if typed.null_count() == len(typed):
        return ()
    heals = []
    padded = number_target.leading_zeros(values)
    if padded is not None:
        heals.append(HealMask("leading_zeros", padded & typed.is_not_null()))
    if target.kind == "float":
        lost = number_target.lost_digits(values, typed, target)
        if lost is not None:
            heals.append(HealMask("float_precision", lost, lossy=True))
    return tuple(heals)

"""A second reading of the cells that failed, without what was copied along with their values."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import NamedTuple

import polars as pl

from heal_cli.convert.residue import blank, mask_of
from heal_cli.model import Converted, Fault, HealMask


class Dirt(NamedTuple):
    """What does not belong to values."""

    pattern: str  # in which texts it is
    rule: str  # that takes it out
    take_out: Callable[[pl.Series], pl.Series]


def read_again(
    values: pl.Series, made: Converted, read: Callable[[pl.Series], Converted], dirt: Dirt
) -> Converted:
    """`made`, with the cells that failed for some dirt read without it."""
    if made.failed is None:
        return made
    failed = made.failed.arg_true()
    dirty = failed.filter(values[failed].str.contains(dirt.pattern))
    if not len(dirty):
        return made
    hidden = mask_of(len(values), dirty)
    again = read(dirt.take_out(blank(values, ~hidden)))
    done = hidden if again.failed is None else hidden & ~again.failed
    if not done.any() or again.values.dtype != made.values.dtype:
        return made
    faults = (Fault(fault.reason, fault.mask & ~done, fault.attempts) for fault in made.faults)
    heals = (
        HealMask(heal.rule, heal.mask & done, heal.lossy, heal.assumption)
        for heal in (*again.heals, HealMask(dirt.rule, done))
    )
    return Converted(
        again.values.zip_with(done, made.values).alias(values.name),
        _joined((*made.heals, *heals)),
        tuple(fault for fault in faults if fault.mask.any()),
    )


def _joined(heals: tuple[HealMask, ...]) -> tuple[HealMask, ...]:
    """One mask a rule."""
    masks: dict[tuple[str, bool, bool], list[pl.Series]] = {}
    for heal in heals:
        masks.setdefault((heal.rule, heal.lossy, heal.assumption), []).append(heal.mask)
    joined = (HealMask(rule, reduce(or_, parts), *flags) for (rule, *flags), parts in masks.items())
    return tuple(heal for heal in joined if heal.mask.any())

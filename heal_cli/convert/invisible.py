"""Characters without width in values of types that have no place for them: copied along, never meant."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

from heal_cli.convert.residue import blank, mask_of
from heal_cli.model import Converted, Fault, HealMask

RULE: Final = "invisible_characters"

_WIDTHLESS: Final = "[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
"""Soft hyphen, zero-width blanks and joiners, marks of direction, byte order marks."""


def take_out(texts: pl.Series) -> pl.Series:
    """The texts without characters that nobody sees."""
    return texts.str.replace_all(_WIDTHLESS, "") if texts.str.contains(_WIDTHLESS).any() else texts


def read_again(values: pl.Series, made: Converted, read: Callable[[pl.Series], Converted]) -> Converted:
    """`made`, with the cells that failed for characters that nobody sees read without them."""
    if made.failed is None:
        return made
    failed = made.failed.arg_true()
    dirty = failed.filter(values.gather(failed).str.contains(_WIDTHLESS))
    if not len(dirty):
        return made
    hidden = mask_of(len(values), dirty)
    again = read(take_out(blank(values, ~hidden)))
    done = hidden if again.failed is None else hidden & ~again.failed
    if not done.any() or again.values.dtype != made.values.dtype:
        return made
    faults = (Fault(fault.reason, fault.mask & ~done, fault.attempts) for fault in made.faults)
    heals = (
        HealMask(heal.rule, heal.mask & done, heal.lossy, heal.assumption)
        for heal in (*again.heals, HealMask(RULE, done))
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

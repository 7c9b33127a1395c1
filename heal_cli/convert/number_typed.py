"""Numbers that come typed (Parquet): into the target exactly, or failed."""

from __future__ import annotations

from functools import partial
from typing import Final

import polars as pl

from heal_cli.convert import number_heal, number_target
from heal_cli.convert.number_target import Target, where
from heal_cli.convert.residue import Healer, heal_residue, refuse_all
from heal_cli.model import ColumnFormat, Converted, HealMask

_FLOAT8_DIGITS: Final = 15
"""Decimal digits that every float8 tells apart (DBL_DIG)."""

_WRITTEN: Final = ColumnFormat(decimal=".")
"""How a typed number looks as text."""


def convert(values: pl.Series, target: Target, allow: frozenset[str]) -> Converted:
    """Integers, floats, Decimals and Booleans in the target's dtype; every other dtype fails."""
    dtype = values.dtype
    if dtype == pl.Boolean:
        made = convert(values.cast(pl.Int8), target, allow)
        return made._replace(heals=(HealMask("boolean_as_number", values.is_not_null()),))
    if not dtype.is_numeric():
        return refuse_all(values, target.dtype, f"{dtype} is no number")
    direct = _direct(values, target)
    if direct is not None and direct.null_count() == values.null_count():
        return Converted(direct)
    return _as_text(values, target, allow)


def _direct(values: pl.Series, target: Target) -> pl.Series | None:
    """A cast that is null for every cell it could not do exactly; None where there is no such cast."""
    dtype = values.dtype
    if target.kind == "text":
        return None
    if dtype.is_integer():
        return _from_integer(values, target)
    if isinstance(dtype, pl.Decimal):
        holds = isinstance(target.dtype, pl.Decimal) and dtype.scale <= target.dtype.scale
        return values.cast(target.dtype, strict=False) if holds else None
    if dtype == target.dtype:
        return values
    return _from_float(values, target)


def _from_integer(values: pl.Series, target: Target) -> pl.Series:
    typed = values.cast(target.dtype, strict=False)
    if target.kind != "float":
        return typed
    # narrow dtypes do not hold the limit itself
    wide = values if values.dtype in (pl.UInt64, pl.Int128) else values.cast(pl.Int64)
    return where(typed, wide.abs() <= 2 ** (24 if target.dtype == pl.Float32 else 53))


def _from_float(values: pl.Series, target: Target) -> pl.Series | None:
    if target.kind == "integer":
        whole = where(values, values.is_finite() & (values == values.floor()) & (values.abs() < 2**63))
        return whole.cast(pl.Int64, strict=False).cast(target.dtype, strict=False)
    if target.dtype == pl.Float64:
        return values.cast(pl.String).cast(pl.Float64, strict=False)  # 0.1, not 0.10000000149
    if (
        not isinstance(target.dtype, pl.Decimal)
        or target.dtype.precision > _FLOAT8_DIGITS
        or values.dtype != pl.Float64
    ):
        return None
    scale = target.dtype.scale
    held = where(values, values.is_finite() & (values.abs() < 10.0 ** (target.dtype.precision - scale) - 1))
    typed = held.cast(target.dtype, strict=False)
    return where(typed, typed.cast(pl.Float64) == values)


def _as_text(values: pl.Series, target: Target, allow: frozenset[str]) -> Converted:
    """By the shortest text that means the same number; only what loses something is named."""
    texts = values.cast(pl.String)
    made = heal_residue(
        texts,
        number_target.strict(texts, target, points=True),
        (
            Healer("", partial(number_target.special, target=target)),
            Healer(
                f"{values.dtype} as {target.name}",
                partial(number_heal.dressed, target=target, format=_WRITTEN, allow=allow),
            ),
        ),
    )
    lossy = [heal for heal in made.heals if heal.lossy]
    if target.kind == "float":
        lost = number_target.lost_digits(texts, made.values, target)
        lossy += [HealMask("float_precision", lost, lossy=True)] if lost is not None else []
    return made._replace(heals=tuple(lossy))

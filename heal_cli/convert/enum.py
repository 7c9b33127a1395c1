"""enum: labels to the letter; else by case and blanks when only one label fits, never by likeness."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

import polars as pl
from rapidfuzz import fuzz, process

from heal_cli.convert import residue
from heal_cli.convert.residue import Attempt, Healer, heal_residue
from heal_cli.model import ColumnFormat, Converted, HealMask, PgType, ValueOptions

RULE: Final = "enum_label"

_SHOWN: Final = 5
"""Distinct failed values whose nearest label is named in the reject."""


def wire(type: PgType) -> pl.DataType:
    """String: the label."""
    return pl.String()


def decide(values: pl.Series, type: PgType, options: ValueOptions, base: ColumnFormat) -> ColumnFormat:
    """`base` with the folded spelling of every label that no other label shares."""
    folded = {label: _fold(label) for label in type.labels}
    shared = Counter(folded.values())
    unique = tuple((fold, label) for label, fold in folded.items() if shared[fold] == 1)
    return replace(base, labels=unique)


def _fold(label: str) -> str:
    return label.strip().lower()


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Exact labels as they are; a unique label up to case and outer blanks as a named heal."""
    exact = values.is_in(list(type.labels))
    typed = (
        values if exact.all() else values.zip_with(exact.fill_null(False), pl.Series([None], dtype=pl.String))
    )
    made = heal_residue(
        values, typed, (Healer("", lambda texts: _folded(texts, format)),), nulls=format.nulls
    )
    if made.failed is None:
        return made
    return made._replace(attempts=_nearest(values.filter(made.failed), type))


def _folded(texts: pl.Series, format: ColumnFormat) -> Attempt:
    labels = dict(format.labels)
    folded = texts.str.strip_chars().str.to_lowercase()
    values = (
        folded.replace_strict(labels, default=None, return_dtype=pl.String)
        if labels
        else folded.clear(len(folded))
    )
    return Attempt(values, (HealMask(RULE, values.is_not_null()),))


def _nearest(failed: pl.Series, type: PgType) -> tuple[str, ...]:
    attempts = [f"{type.name}: no such label, in any case"]
    for value in failed.unique(maintain_order=True).head(_SHOWN):
        best = process.extractOne(value, type.labels, scorer=fuzz.ratio, processor=_fold)
        if best is not None and best[1] > 0:
            attempts.append(f"{value!r}: nearest label is {best[0]!r} ({best[1] / 100:.2f})")
    return tuple(attempts)


def from_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Numbers and booleans by their text, when a label is spelt so."""
    if values.dtype.is_numeric() or values.dtype == pl.Boolean:
        return to_typed(values.cast(pl.String), type, format, allow)
    return residue.refuse_all(values, pl.String(), f"{values.dtype} is no enum label")

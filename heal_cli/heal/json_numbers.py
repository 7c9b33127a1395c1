"""Numbers of JSON: their point is the decimal mark, whatever the texts beside them are written like."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from heal_cli.convert import can_be_open, convert
from heal_cli.heal.values import as_text
from heal_cli.model import ROW, Batch, ColumnFormat, ColumnPlan, Converted

_POINT_OR_GROUP: Final = r"^-?[1-9][0-9]{0,2}\.[0-9]{3}$"
"""What the text '1.234' could also say: 1234. A JSON number cannot."""


def telling_cells(batch: Batch, rows: int) -> pl.DataFrame:
    """The first rows, without JSON numbers that would raise or answer a question about texts like them."""
    frame = batch.frame.head(rows)
    masks = {name: _numbers(batch, name) for name in frame.columns if name != ROW and name in batch.kinds}
    doubtful = {
        name: mask.head(rows) & frame[name].str.contains(_POINT_OR_GROUP)
        for name, mask in masks.items()
        if mask is not None and frame[name].dtype == pl.String
    }
    return frame.with_columns(_blank(frame[name], mask) for name, mask in doubtful.items() if mask.any())


def convert_cells(
    values: pl.Series, batch: Batch, column: ColumnPlan, format: ColumnFormat, allow: frozenset[str]
) -> Converted:
    """`convert`, with the decimal point for cells that are JSON numbers and the column's mark for its texts."""
    type = column.column.type
    numbers = _numbers_of(batch, column)
    if numbers is None or values.dtype != pl.String or not can_be_open(type):
        return convert(values, type, format, allow=allow)
    by_point = replace(format, decimal=".", unproven=False)
    if numbers.all():
        return convert(values, type, by_point, allow=allow)
    return _together(
        convert(_blank(values, numbers), type, format, allow=allow),
        convert(_blank(values, ~numbers), type, by_point, allow=allow),
        numbers,
    )


def _numbers_of(batch: Batch, column: ColumnPlan) -> pl.Series | None:
    """Where the column's cells are JSON numbers; None where none is, or none can be told from its fallbacks'."""
    names = [column.source, *(fallback.source for fallback in column.match.fallbacks)]
    found = [_numbers(batch, name) for name in names if name is not None and name in batch.frame.columns]
    if len(found) == 1 or all(mask is not None and mask.all() for mask in found):
        return found[0] if found else None
    return None


def _numbers(batch: Batch, name: str) -> pl.Series | None:
    kind = batch.kinds.get(name)
    if kind == "number":
        return pl.repeat(True, batch.frame.height, dtype=pl.Boolean, eager=True)
    return ~batch.quoted[name] if kind == "mixed" and name in batch.quoted else None


def _blank(values: pl.Series, mask: pl.Series) -> pl.Series:
    return values.to_frame().select(pl.when(~mask).then(pl.col(values.name))).to_series()


def _together(texts: Converted, numbers: Converted, are_numbers: pl.Series) -> Converted:
    """Two conversions of one column, of its texts and of its numbers, as one."""
    left, right = texts.values, numbers.values
    if left.dtype != right.dtype:  # a word that only the server knows travels as text, and its column with it
        left, right = as_text(left), as_text(right)
    values = right.zip_with(are_numbers, left).alias(texts.values.name)
    return Converted(values, (*texts.heals, *numbers.heals), (*texts.faults, *numbers.faults))

"""Two sources for one target column, tried on the same rows; nothing of it is written."""

from __future__ import annotations

from collections import Counter

import polars as pl

from heal_cli.convert import convert, decide_format
from heal_cli.heal.plan import column_options
from heal_cli.match.values import MIN_FIT
from heal_cli.model import Column, ColumnMatch, PgType, Plan, ValueOptions
from heal_cli.patterns import Duel


def holds(values: pl.Series, type_: PgType, options: ValueOptions) -> pl.Series:
    """For each row, whether it has a value that converts to the type; Boolean, never null."""
    made = convert(values, type_, decide_format(values, type_, options), allow=options.allow)
    return made.values.is_not_null()


def shadow_counts(
    first: pl.Series, second: pl.Series, type_: PgType, options: ValueOptions
) -> Counter[tuple[bool, bool]]:
    """How many rows hold by (first, second)."""
    frame = pl.DataFrame({"first": holds(first, type_, options), "second": holds(second, type_, options)})
    counted = frame.group_by("first", "second").len()
    return Counter({(one, other): rows for one, other, rows in counted.iter_rows()})


def duels(plan: Plan, rows: pl.DataFrame) -> tuple[Duel, ...]:
    """How each column's pattern and its rival among the patterns did on the same rows.

    Args:
        rows: Source columns, of rows that the plan was not made from where there are such.
    """
    found = (_duel(plan.table.column(c.match.target), c.match, rows, plan.values) for c in plan.columns)
    return tuple(duel for duel in found if duel is not None)


def _duel(column: Column, match: ColumnMatch, rows: pl.DataFrame, options: ValueOptions) -> Duel | None:
    first, second = match.winner, match.runner_up
    if second is None or not first.pattern or not second.pattern or first.target != second.target:
        return None
    if first.source not in rows.columns or second.source not in rows.columns or not rows.height:
        return None
    told = column_options(column, match, options)
    counts = shadow_counts(rows[first.source or ""], rows[second.source or ""], column.type, told)
    height = rows.height
    first_held = (counts[True, True] + counts[True, False]) / height
    second_held = (counts[True, True] + counts[False, True]) / height
    return Duel(first.pattern, second.pattern, first_held >= MIN_FIT, second_held >= MIN_FIT)

"""A second look at columns whose format the sample, or a later batch, leaves open: one column, the whole file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

import polars as pl

from heal_cli.convert import ask_points, can_be_open, decide_from_all
from heal_cli.heal.plan import ARROW, column_options, describe
from heal_cli.model import ColumnPlan, Plan

AMBIGUOUS: Final = "ambiguous"

Column = Callable[[str], Iterable[pl.Series]]
"""Source column -> its values over the whole source, chunk by chunk."""


def open_columns(plan: Plan) -> tuple[str, ...]:
    """Target columns that the sample leaves open: their rows may not be committed before the whole file was asked."""
    return tuple(
        column.column.name
        for column in plan.columns
        if column.source
        and not column.format.is_settled
        and (column.format.question or column.format.unproven)
    )


def newly_open(plan: Plan, rejects: pl.DataFrame) -> tuple[str, ...]:
    """Target columns in which this batch holds a shape that the sample did not: what its rejects ask about."""
    asked = frozenset(rejects.filter(reason=AMBIGUOUS)["column"])
    return tuple(
        column.column.name
        for column in plan.columns
        if column.source
        and column.column.name in asked
        and not column.format.is_settled
        and can_be_open(column.column.type)
    )


def settle_columns(plan: Plan, names: Iterable[str], read: Column | None, *, has_commas: bool) -> Plan:
    """The plan with these columns decided from all their values, once and for all.

    Args:
        read: None where the source cannot be read twice: what is open stays a question.
        has_commas: The file's own marks (a semicolon between cells) speak for decimal commas.
    """
    chosen = frozenset(names)
    columns = tuple(
        _settled(column, plan, read, has_commas=has_commas) if column.column.name in chosen else column
        for column in plan.columns
    )
    return replace(plan, columns=columns)


def revoked_readings(before: Plan, after: Plan) -> Iterator[tuple[str, str]]:
    """Target columns, with how the sample said that they are read and the whole file does not."""
    for was, now in zip(before.columns, after.columns, strict=True):
        lost = {order for layout, order in was.format.date_orders if now.format.order_of(layout) != order}
        yield from ((was.column.name, f"dates in {order} order") for order in sorted(lost))
        if len(was.format.currencies) == 1 and now.format.currencies != was.format.currencies:
            yield was.column.name, f"amounts in {was.format.currencies[0]}"


def _settled(column: ColumnPlan, plan: Plan, read: Column | None, *, has_commas: bool) -> ColumnPlan:
    options = column_options(column.column, column.match, plan.values)
    if read is None:
        made = column.format
    else:
        made = decide_from_all(_texts(column, read), column.column.type, options)
    made = replace(made, is_settled=True)
    marks = _marks_of_others(column, plan)
    if made.unproven and ("," in marks or (has_commas and "." not in marks)):
        made = ask_points(made)
    kind = column.conversion.split(ARROW)[0]
    return replace(column, format=made, conversion=describe(kind, column.column, made))


def _texts(column: ColumnPlan, read: Column) -> Iterator[pl.Series]:
    names = [column.source, *(fallback.source for fallback in column.match.fallbacks)]
    for name in filter(None, names):
        yield from read(name)


def _marks_of_others(column: ColumnPlan, plan: Plan) -> frozenset[str | None]:
    """Decimal marks that are proven in other columns of the file."""
    others = (other.format for other in plan.columns if other is not column)
    return frozenset(format.decimal for format in others if not format.unproven)

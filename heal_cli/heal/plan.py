"""A sample, a table and the patterns -> the plan."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final, Literal

import polars as pl

from heal_cli.convert import best_fit, decide_format, units_named
from heal_cli.heal.json_numbers import telling_cells
from heal_cli.heal.null_words import null_notes
from heal_cli.heal.saved import NamedPlan
from heal_cli.heal.values import as_text
from heal_cli.match import NO_PAST, Nearness, Past, coverage, left_to_triggers, match_columns, notes
from heal_cli.model import (
    ROW,
    Batch,
    Column,
    ColumnFormat,
    ColumnMatch,
    ColumnPlan,
    Kind,
    Matching,
    MatchOptions,
    Plan,
    TableSchema,
    ValueOptions,
)
from heal_cli.patterns import Catalogue

MATCH_ROWS: Final = 2_000
"""Rows that matching looks at: enough for shares of values, few enough for any number of columns."""

FORMAT_ROWS: Final = 50_000
"""Rows that settle the format of a column; what they leave open is asked of the whole file."""

_SAYS_PERCENT: Final = re.compile(r"%|percent|pct|prozent|pourcent|porcent|percentu", re.IGNORECASE)

ARROW: Final = " -> "

_MOST_NAMED: Final = 3

RESCUE_NAMES: Final = ("_rescued", "metadata", "extra")


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the user said that a plan depends on."""

    match: MatchOptions
    values: ValueOptions
    unknown_columns: Literal["rescue", "drop", "reject", "add"]
    now: datetime
    saved: NamedPlan | None = None  # --plan: what to do, exactly


def make_plan(
    sample: Batch,
    table: TableSchema,
    catalogue: Catalogue,
    *,
    options: PlanOptions,
    past: Past = NO_PAST,
    nearness: Nearness | None = None,
    is_nameless: bool = False,
) -> Plan:
    """Where each target column gets its values, and how they are read.

    A plan that does not cover its table is still a plan: its `gap` says why nothing may be loaded by it.

    Args:
        sample: The first batch of the source.
        nearness: A model of language, for columns that all else leaves open.
        is_nameless: The source has no header.

    Raises:
        UsageError: `--map` names a column that is not there.
        PlanError: A saved plan is for another table, schema version or shape.
    """
    if options.saved is not None:
        return _saved_plan(options.saved, sample, table, options)
    matching = match_columns(
        sample.frame.head(MATCH_ROWS),
        table,
        patterns=catalogue,
        options=options.match,
        fit=partial(best_fit, options=options.values),
        past=past,
        nearness=nearness,
        is_nameless=is_nameless,
    )
    return _plan(matching, telling_cells(sample, FORMAT_ROWS), table, options)


def _saved_plan(saved: NamedPlan, sample: Batch, table: TableSchema, options: PlanOptions) -> Plan:
    """The plan that `--plan` names, its own options above those of the command, which a note names."""
    flags = saved.unheeded(options.values, options.match.renames)
    options = replace(options, values=saved.saved.values, unknown_columns=saved.saved.unknown_columns)
    matching = saved.matching([name for name in sample.frame.columns if name != ROW], table)
    plan = _plan(matching, telling_cells(sample, FORMAT_ROWS), table, options)
    if not flags:
        return plan
    note = f"Plan {saved.name!r} is followed exactly: {', '.join(flags)} changed nothing"
    return replace(plan, notes=(*plan.notes, note))


def _plan(matching: Matching, values: pl.DataFrame, table: TableSchema, options: PlanOptions) -> Plan:
    """The plan by a matching; how values are read is decided by them."""
    return Plan(
        table=table,
        columns=tuple(
            _column_plan(match, table, values, options.values, options.saved) for match in matching.matches
        ),
        unmatched_source=matching.unmatched_source,
        unmatched_target=matching.unmatched_target,
        refused=matching.refused,
        rescue=_rescue_column(matching, table) if options.unknown_columns == "rescue" else None,
        unknown_columns=options.unknown_columns,
        values=options.values,
        gap=coverage(matching, table),
        unless_filled=left_to_triggers(matching, table),
        notes=(
            *notes(matching, table, options.match),
            *_thin_notes(matching, table),
            *null_notes(matching, table, values, options.values),
            *_caution_notes(table),
        ),
        now=options.now,
    )


def _column_plan(
    match: ColumnMatch,
    table: TableSchema,
    values: pl.DataFrame,
    options: ValueOptions,
    saved: NamedPlan | None,
) -> ColumnPlan:
    column = table.column(match.target)
    if match.winner.kind is Kind.DEFAULT or match.winner.source is None:
        return ColumnPlan(column, match, ColumnFormat(), f"default {match.winner.value!r}")
    names = [match.winner.source, *(fallback.source for fallback in match.fallbacks if fallback.source)]
    series = pl.concat([as_text(values[name]) for name in names]) if len(names) > 1 else values[names[0]]
    chosen = column_options(column, match, options)
    format_ = saved.format_of(column.name) if saved else decide_format(series, column.type, chosen)
    dtype = values[names[0]].dtype
    kind = "text" if dtype == pl.String else str(dtype).lower()
    return ColumnPlan(column, match, format_, describe(kind, column, format_))


def column_options(column: Column, match: ColumnMatch, options: ValueOptions) -> ValueOptions:
    """What the user said, and what the names of the columns say."""
    if not options.units:
        options = replace(options, units=units_named(column.name, match.winner.source or ""))
    if options.percent is None and _SAYS_PERCENT.search(f"{column.name} {match.winner.source}"):
        return replace(options, percent="number")  # a column of percents: 5% is 5
    return options


def describe(kind: str, column: Column, format_: ColumnFormat) -> str:
    """The conversion in a few words, for `heal plan`.

    Args:
        kind: What the source holds, for people: 'text' or its dtype.
    """
    said = [
        _order(format_),
        "decimal comma" if format_.decimal == "," else "",
        f"epoch {format_.epoch}" if format_.epoch else "",
        f"zone {format_.timezone}" if format_.timezone else "",
        f"percent as {format_.percent}" if format_.percent else "",
    ]
    return ", ".join([f"{kind}{ARROW}{column.type.name}", *filter(None, said)])


def _order(format_: ColumnFormat) -> str:
    """The order of day and month, of each mark where they differ."""
    orders = {order for _, order in format_.date_orders}
    if format_.date_order or len(orders) == 1:
        return f"order {format_.date_order or orders.pop()}"
    by_mark = sorted({(order, f"'{layout[0]}'") for layout, order in format_.date_orders})
    return ", ".join(f"order {order} with {mark}" for order, mark in by_mark)


def _rescue_column(matching: Matching, table: TableSchema) -> str | None:
    """The JSONB column that takes values with no column of their own; None: the leftovers file."""
    by_name = {column.name: column for column in table.columns}
    for name in RESCUE_NAMES:
        column = by_name.get(name)
        if (
            column is not None
            and column.type.base == "jsonb"
            and not column.is_required
            and not column.generated
            and column.insertable
            and name in matching.unmatched_target
        ):
            return name
    return None


def _thin_notes(matching: Matching, table: TableSchema) -> Iterator[str]:
    """A warning where one column alone has a source: rows of a key and nothing else are seldom meant."""
    if len(matching.matches) != 1 or not matching.unmatched_source:
        return
    empty = [
        column.name
        for column in table.columns
        if column.name in matching.unmatched_target
        and column.insertable
        and not (column.is_filled or column.generated or column.name in RESCUE_NAMES)
    ]
    if len(empty) > 1:
        yield (
            f"Only column {matching.matches[0].target!r} of {table.qualified} gets values: nothing in the source matches"
            f" {_named(empty)}, and its {_named(matching.unmatched_source)} would be left over; name columns with"
            " --map SOURCE=TARGET"
        )


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(map(repr, names[:_MOST_NAMED])) + more


def _caution_notes(table: TableSchema) -> Iterator[str]:
    """A sentence for each part of the table that may make of a row what nobody would expect."""
    if table.mending_triggers:
        names = ", ".join(repr(trigger.name) for trigger in table.mending_triggers)
        yield f"Triggers of {table.qualified} may change what is loaded: {names}"
    if table.rules and table.kind != "v":
        rules = ", ".join(map(repr, table.rules))
        yield f"Rules of {table.qualified} do nothing for rows that COPY writes, as a load does: {rules}"
    if table.encoding == "SQL_ASCII":
        yield "The database is SQL_ASCII: it takes any bytes as text and checks none; heal sends UTF-8"


def planned_sources(plan: Plan) -> frozenset[str]:
    """Every source column that the plan reads, directly or as a fallback."""
    return frozenset(
        source
        for column in plan.columns
        for source in (column.source, *(fallback.source for fallback in column.match.fallbacks))
        if source is not None
    ) | {ROW}

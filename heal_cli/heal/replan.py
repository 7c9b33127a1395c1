"""The plan of an earlier run, for the table as it is now and with what the user has said since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import polars as pl

from heal_cli.convert import decide_format
from heal_cli.heal.plan import PlanOptions, make_plan
from heal_cli.heal.values import as_text
from heal_cli.match import NO_PAST, Past, coverage
from heal_cli.match.explicit import check_renames
from heal_cli.model import (
    Batch,
    ColumnFormat,
    ColumnPlan,
    Matching,
    Plan,
    TableSchema,
    ValueOptions,
)
from heal_cli.patterns import Catalogue


def replan(
    kept: Plan,
    rejected: Batch,
    table: TableSchema,
    catalogue: Catalogue,
    *,
    options: PlanOptions,
    past: Past = NO_PAST,
    was_typed: bool = False,
) -> Plan:
    """The same mapping and formats, except where the table or the options ask for others.

    Rejected rows are a poor sample of their source, so only columns that are new in the table, or named
    by a rename, are matched anew; and only what the options answer, or a new type needs, is decided anew.

    Args:
        kept: What the rejecting run went by.
        rejected: Some of its rejects, as text.
        options: Values that are not given leave those of `kept` in force.
        was_typed: The run had typed values, which have no formats (Parquet).

    Raises:
        UsageError: A rename names a column that is not there.
    """
    values = merged_values(kept.values, options.values)
    is_asked = (
        values != kept.values or options.match.renames or options.unknown_columns != kept.unknown_columns
    )
    if table.version == kept.table.version and not is_asked and not was_typed:
        return kept
    check_renames(options.match, rejected.frame.columns[1:], table)
    moved_from = {source for source, _ in options.match.renames}
    moved_to = {target for _, target in options.match.renames}
    names = {column.name for column in table.columns if column.insertable and not column.generated}
    stay = [
        _carried(column, rejected, table, values)
        for column in kept.columns
        if column.column.name in names - moved_to and column.source not in moved_from
    ]
    had = {column.name for column in kept.table.columns}
    wanted = (names - had) | moved_to
    sample, opened = _still_open(stay, rejected, table, wanted)
    anew = partial(make_plan, options=replace(options, values=values), past=past)
    added = anew(sample, opened, catalogue).columns if wanted else ()
    columns = sorted((*stay, *added), key=lambda column: column.column.position)
    made = replace(kept, table=table, columns=tuple(columns), values=values)
    return _leftovers_told(
        replace(made, unknown_columns=options.unknown_columns), rejected.frame.columns[1:], names
    )


def _leftovers_told(plan: Plan, sources: Sequence[str], writable: set[str]) -> Plan:
    """The plan with what its columns leave on either side, and whether they cover the table."""
    placed = {column.column.name for column in plan.columns}
    used = {source for column in plan.columns for source in _sources(column)}
    matching = Matching(
        tuple(column.match for column in plan.columns),
        tuple(name for name in sources if name not in used),
        tuple(column.name for column in plan.table.columns if column.name not in placed),
    )
    return replace(
        plan,
        unmatched_source=matching.unmatched_source,
        unmatched_target=matching.unmatched_target,
        rescue=plan.rescue if plan.rescue in writable - placed else None,
        gap=coverage(matching, plan.table),
    )


def merged_values(kept: ValueOptions, given: ValueOptions) -> ValueOptions:
    """What was said then and now; the later word counts."""
    return ValueOptions(
        nulls=tuple(dict.fromkeys((*kept.nulls, *given.nulls))),
        date_order=given.date_order or kept.date_order,
        decimal=given.decimal or kept.decimal,
        timezone=given.timezone or kept.timezone,
        percent=given.percent or kept.percent,
        allow=kept.allow | given.allow,
    )


def _sources(column: ColumnPlan) -> set[str]:
    names = (column.source, *(fallback.source for fallback in column.match.fallbacks))
    return {name for name in names if name is not None}


def _carried(column: ColumnPlan, rejected: Batch, table: TableSchema, values: ValueOptions) -> ColumnPlan:
    """The column as the table has it now, read as before where nothing says otherwise."""
    now = table.column(column.column.name)
    if column.source is None:
        return replace(column, column=now)
    texts = [as_text(rejected.frame[name]) for name in _sources(column) if name in rejected.frame.columns]
    kept = column.format
    answers = replace(
        values,
        date_order=values.date_order or kept.date_order,
        decimal=values.decimal or kept.decimal,
        timezone=values.timezone or kept.timezone,
        percent=values.percent or kept.percent,
        units=kept.units,
    )
    found = decide_format(pl.concat(texts) if texts else pl.Series(dtype=pl.String), now.type, answers)
    found = replace(found, timezone_assumed=kept.timezone_assumed and values.timezone is None)
    if now.type == column.column.type:
        found = _of_the_whole_file(kept, found)
    return replace(column, column=now, format=found)


def _of_the_whole_file(kept: ColumnFormat, found: ColumnFormat) -> ColumnFormat:
    """What all values of the source settled stays; the few rejected ones settle only what was open."""
    return replace(
        found,
        date_orders=tuple({**dict(found.date_orders), **dict(kept.date_orders)}.items()),
        epoch=kept.epoch or found.epoch,
        serial=kept.serial or found.serial,
        currencies=kept.currencies or found.currencies,
        true_words=kept.true_words or found.true_words,
        false_words=kept.false_words or found.false_words,
        labels=kept.labels or found.labels,
        near_labels=kept.near_labels or found.near_labels,
        list_mark=kept.list_mark or found.list_mark,
        sheet_text=kept.sheet_text or found.sheet_text,
    )


def _still_open(
    stay: list[ColumnPlan], rejected: Batch, table: TableSchema, wanted: set[str]
) -> tuple[Batch, TableSchema]:
    """Source columns that nothing uses, and the columns of the table that had no match before."""
    used = {source for column in stay for source in _sources(column)}
    open_columns = tuple(column for column in table.columns if column.name in wanted)
    sample = replace(rejected, frame=rejected.frame.drop(used & set(rejected.frame.columns)))
    return sample, replace(table, columns=open_columns)

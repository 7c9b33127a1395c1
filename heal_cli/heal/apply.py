"""Plan + batch -> healed rows, rejects and tallies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from operator import and_

import polars as pl

from heal_cli.convert import DATABASE_NULL
from heal_cli.heal.json_numbers import convert_cells
from heal_cli.heal.leftovers import leftover_columns, leftover_names, leftover_objects
from heal_cli.heal.plan import planned_sources
from heal_cli.heal.values import Gathered, as_text, default_values, gather
from heal_cli.model import (
    REJECTS,
    ROW,
    Batch,
    ColumnFormat,
    ColumnPlan,
    Converted,
    Healed,
    HealMask,
    Plan,
)

RECORD = "(record)"
"""Stands for a column where a whole record was mended before it could be read."""


def heal_batch(batch: Batch, plan: Plan) -> Healed:
    """Every record of the batch, either in wire dtypes and ready for the table, or as a reject."""
    rows = batch.frame[ROW]
    columns: dict[str, pl.Series] = {ROW: rows}
    heals = [(RECORD, HealMask(rule, mask)) for rule, mask in batch.mended.items()]
    rejects: list[pl.DataFrame] = []
    absent: dict[str, pl.Series] = {}
    losers: dict[str, pl.Series] = {}
    lacks: list[pl.Series | None] = []  # for each source: where records have nothing for it
    for column in plan.columns:
        target = column.column.name
        if column.source is None:
            values = default_values(plan, column, rows, batch.chunk.digest)
            everywhere = pl.repeat(True, rows.len(), eager=True)
            heals.append(
                (target, HealMask(column.match.winner.pattern or "default", everywhere, assumption=True))
            )
            columns[target] = values.alias(target)
            continue
        gathered = gather(batch, column)
        format = _format(batch, column)
        converted = convert_cells(gathered.values, batch, column, format, plan.values.allow)
        columns[target] = converted.values.alias(target)
        heals += [(target, heal) for heal in (*gathered.heals, *converted.heals)]
        losers |= dict(gathered.losers)
        rejects += _column_rejects(plan, column, gathered, converted, rows)
        lacks.append(None if gathered.present is None else ~gathered.present)
        if gathered.present is not None and _server_fills(column):
            absent[target] = ~gathered.present
    leftovers = _leftovers(batch, plan, losers)
    if leftovers is not None and plan.unknown_columns == "reject":
        rejects.append(_unknown_rejects(rows, leftover_objects(leftovers, batch.kinds)))
    elif leftovers is not None and plan.rescue:
        rescued = leftover_objects(leftovers, batch.kinds)
        columns[plan.rescue] = rescued.alias(plan.rescue)
        lacks.append(rescued.is_null())
        if plan.table.column(plan.rescue).default is not None:
            absent[plan.rescue] = rescued.is_null()
    rejects += _nothing_rejects(batch, plan, lacks)
    refused = merge_rejects(rejects)
    good, bad = _parted(pl.DataFrame(columns), refused)
    to_file = leftovers is not None and plan.rescue is None and plan.unknown_columns in {"rescue", "add"}
    return Healed(
        parts=_parts(good, rows, absent),
        rejects=pl.concat([batch.broken, refused]).sort(ROW),
        heals=tuple(heals),
        rows=rows,
        leftovers=leftovers if to_file else None,
        refused=bad,
    )


def _parted(frame: pl.DataFrame, refused: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """The rows that are not refused, and those that are; None where all are good."""
    if not refused.height:
        return frame, None
    is_bad = frame[ROW].is_in(refused[ROW].implode())
    return frame.filter(~is_bad), frame.filter(is_bad)


def _format(batch: Batch, column: ColumnPlan) -> ColumnFormat:
    """The column's format; where the source itself tells texts from nulls, no text stands for one unasked."""
    nulls = column.format.nulls
    if column.source in batch.quoted and nulls[:1] == (DATABASE_NULL,):
        return replace(column.format, nulls=nulls[1:])
    return column.format


def _server_fills(column: ColumnPlan) -> bool:
    """An absent key leaves the column to the server: DEFAULT, or an identity's next value."""
    return column.column.default is not None or bool(column.column.identity)


def _parts(good: pl.DataFrame, rows: pl.Series, absent: dict[str, pl.Series]) -> tuple[pl.DataFrame, ...]:
    """Rows grouped by the columns they leave to the server's DEFAULT."""
    groups = {name: mask for name, mask in absent.items() if mask.any()}
    if not groups or not good.height:
        return (good,)
    keys = pl.DataFrame({ROW: rows, **{f"absent {name}": mask for name, mask in groups.items()}})
    marked = good.join(keys, on=ROW, how="left", maintain_order="left")
    marks = [f"absent {name}" for name in groups]
    return tuple(
        part.drop([*marks, *(name for name, is_absent in zip(groups, key, strict=True) if is_absent)])
        for key, part in marked.partition_by(marks, as_dict=True, maintain_order=True).items()
    )


def _leftovers(batch: Batch, plan: Plan, losers: dict[str, pl.Series]) -> pl.DataFrame | None:
    if plan.unknown_columns == "drop":
        return None
    names = leftover_names(batch, planned_sources(plan))
    return leftover_columns(batch, names, {name: mask for name, mask in losers.items() if mask.any()})


def _column_rejects(
    plan: Plan, column: ColumnPlan, gathered: Gathered, converted: Converted, rows: pl.Series
) -> Iterable[pl.DataFrame]:
    target = column.column.name
    for fault in converted.faults:
        said = _said(rows, gathered.values, fault.mask)
        yield _rejects(said, fault.reason, fault.attempts, column=target)
    if column.column.nullable or plan.table.mending_triggers:
        return
    missing = converted.values.is_null()
    failed = converted.failed
    if failed is not None:
        missing &= ~failed
    if gathered.present is not None and _server_fills(column):
        missing &= gathered.present
    if missing.any():
        why = (f"{target} is NOT NULL",)
        said = _said(rows, gathered.values, missing)
        yield _rejects(said, "not_null_violation", why, column=target, sqlstate="23502")


def _said(rows: pl.Series, values: pl.Series, mask: pl.Series) -> pl.DataFrame:
    """ROW and what the source said, of the rows in `mask`."""
    return pl.DataFrame({ROW: rows.filter(mask), "value": as_text(values.filter(mask))})


def _rejects(
    said: pl.DataFrame,
    reason: str,
    attempts: Sequence[str],
    *,
    column: str | None,
    sqlstate: str | None = None,
) -> pl.DataFrame:
    """REJECTS for the rows of `said` (ROW, value), all for the same reason."""
    return said.select(
        ROW,
        reason=pl.lit(reason),
        sqlstate=pl.lit(sqlstate, pl.String),
        constraint=pl.lit(None, pl.String),
        column=pl.lit(column, pl.String),
        value="value",
        attempts=pl.lit(pl.Series([list(attempts)], dtype=pl.List(pl.String))).first(),
    )


def _unknown_rejects(rows: pl.Series, leftovers: pl.Series) -> pl.DataFrame:
    said = pl.DataFrame({ROW: rows, "value": leftovers}).drop_nulls("value")
    return _rejects(said, "unknown_column", ("No column of the table takes these",), column=None)


def _nothing_rejects(batch: Batch, plan: Plan, lacks: Sequence[pl.Series | None]) -> Iterable[pl.DataFrame]:
    """JSON objects that have none of the keys that go into the table: they would be rows of defaults."""
    some = [lack for lack in lacks if lack is not None]
    is_typed = any(
        dtype.is_nested() for dtype in batch.frame.dtypes
    )  # where an object that is null is a value
    if is_typed or len(some) < len(lacks) or not some:
        return
    lacking = reduce(and_, some)
    if not lacking.any():
        return
    record = leftover_columns(batch, leftover_names(batch, frozenset({ROW})), {})
    values = None if record is None else leftover_objects(record, batch.kinds).filter(lacking)
    rows = batch.frame[ROW].filter(lacking)
    said = pl.DataFrame({ROW: rows, "value": values}, schema_overrides={"value": pl.String})
    why = f"no key of it goes to a column of {plan.table.qualified}"
    yield _rejects(said, "no_known_key", (why,), column=None)


def merge_rejects(rejects: list[pl.DataFrame]) -> pl.DataFrame:
    """One reject a row: the first fault leads, the attempts of all stand in order."""
    if not rejects:
        return REJECTS.to_frame()
    every = pl.concat([frame.match_to_schema(REJECTS) for frame in rejects])
    if every[ROW].is_unique().all():
        return every
    said = pl.format("{}: {}", pl.col("column").fill_null("row"), pl.col("attempts").list.join("; "))
    return (
        every.with_columns(said=said)
        .group_by(ROW, maintain_order=True)
        .agg(pl.col(*REJECTS.names()[1:-1]).first(), pl.col("said").alias("attempts"))
        .match_to_schema(REJECTS)
    )

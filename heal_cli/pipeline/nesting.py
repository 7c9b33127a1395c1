"""Which values inside of objects are columns of their own: those that columns of the table would else lack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import polars as pl

from heal_cli.heal import planned_sources
from heal_cli.model import KnownValues, Plan, TableSchema
from heal_cli.model.column_names import path_of
from heal_cli.patterns import Knowledge
from heal_cli.pipeline.planning import draft_plan
from heal_cli.pipeline.run import Run
from heal_cli.read import NestedReader, SourceReader, inner_values, unnest

_ROWS: Final = 500
"""Records whose objects are looked into: a quarter of those that matching looks at, since it is done twice here."""


def open_objects(
    run: Run,
    reader: SourceReader,
    table: TableSchema,
    *,
    knowledge: Knowledge,
    known: Mapping[str, KnownValues],
    kept: Plan | None = None,
) -> SourceReader:
    """The reader, with a column for each value inside of an object that the plan takes.

    A value that is called like a column of the table goes there first. What else is inside of objects is matched
    as columns are, for those of the table that nothing at the top is for.

    Args:
        kept: The plan of an earlier run that this one goes on with.
    """
    targets = [column.name for column in table.columns]
    reader = unnest(reader, targets)
    if kept is not None:
        return _with(reader, planned_sources(kept))
    paths = inner_values(reader.sample(), targets, rows=_ROWS).paths
    if not paths:
        return reader
    if run.saved is not None:
        columns = run.saved.saved.column
        named = {source for column in columns for source in (column.source, *column.fallbacks) if source}
        return _with(reader, named & {*paths})
    reader = _with(reader, {source for source, _ in run.options.match.renames} & {*paths})
    return _with(reader, _taken(run, reader, table, knowledge, known))


def _with(reader: SourceReader, names: Iterable[str]) -> SourceReader:
    """The reader with these values, of those that it has none for, as columns."""
    there = reader.sample().frame.columns
    paths = {name: path_of(name) for name in sorted(names) if name not in there}
    paths = {name: path for name, path in paths.items() if len(path) > 1 and path[0] in there}
    return NestedReader(reader, paths) if paths else reader


def _taken(
    run: Run,
    reader: SourceReader,
    table: TableSchema,
    knowledge: Knowledge,
    known: Mapping[str, KnownValues],
) -> set[str]:
    """Values inside of objects that a plan has for columns which have nothing without them; of none, those it asks about."""
    sample = reader.sample()
    first = sample.frame.head(_ROWS)

    def plan(frame: pl.DataFrame) -> Plan:
        return draft_plan(run, reader, replace(sample, frame=frame), table, knowledge=knowledge, known=known)

    without = plan(first)
    filled = {column.name for column in table.columns if column.generated or column.identity}
    missing = {*without.unmatched_target} - filled - {without.rescue}
    if not missing:
        return set()
    inner = inner_values(
        sample, [column.name for column in table.columns], rows=_ROWS, besides=planned_sources(without)
    )
    if not inner.paths:
        return set()
    whole = plan(
        first.hstack(inner.columns.select(name for name in inner.paths if name not in first.columns))
    )
    taken = {column.source for column in whole.columns if column.column.name in missing}
    asked = {match.winner.source for match in whole.refused} if whole.gap else set()
    return {name for name in taken or asked if name is not None and name in inner.paths}

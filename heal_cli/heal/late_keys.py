"""Keys of records that the sample of their source did not have: placed where a free column is called so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from heal_cli.heal.plan import PlanOptions, make_plan, planned_sources
from heal_cli.match.names import parse
from heal_cli.model import ROW, Batch, Plan
from heal_cli.patterns import Catalogue

_MOST_TOLD: Final = 1_000
"""Keys without a column that a plan names; a source may have ids for keys, and new ones in each record."""


def late_keys(plan: Plan, batch: Batch, known: Collection[str]) -> tuple[str, ...]:
    """Source columns of this batch that neither the plan nor the sample knows.

    Args:
        known: Source columns of the sample.
    """
    met = planned_sources(plan).union(known, plan.unmatched_source)
    late = tuple(name for name in batch.frame.columns if name not in met)
    if len(plan.unmatched_source) < _MOST_TOLD:
        return late
    return tuple(_called(plan, late))


def place_late(plan: Plan, batch: Batch, names: Sequence[str], *, options: PlanOptions) -> Plan:
    """The plan with these keys in the columns that are called so, all else as it was.

    Only names that are equal but for case and separators count: the rows before have been loaded without the key, so
    that no better match can be weighed any more.

    Args:
        batch: The first that has them.
    """
    called = _called(plan, names)
    columns = plan.columns
    if called:
        wanted = frozenset(called.values())
        open_columns = tuple(column for column in plan.table.columns if column.name in wanted)
        made = make_plan(
            replace(batch, frame=batch.frame.select(ROW, *called)),
            replace(plan.table, columns=open_columns),
            Catalogue(tuple),
            options=replace(options, match=replace(options.match, renames=(), added=()), values=plan.values),
        )
        added = [column for column in made.columns if column.source]
        columns = tuple(sorted((*columns, *added), key=lambda column: column.column.position))
    placed = {column.column.name for column in columns}
    used = {column.source for column in columns}
    left = [name for name in names if name not in used]
    return replace(
        plan,
        columns=columns,
        unmatched_source=(*plan.unmatched_source, *left)[:_MOST_TOLD],
        unmatched_target=tuple(name for name in plan.unmatched_target if name not in placed),
    )


def _called(plan: Plan, names: Sequence[str]) -> dict[str, str]:
    """Key -> the free column that is called so, where there is one of each."""
    writable = {column.name for column in plan.table.columns if column.insertable and not column.generated}
    free = [name for name in plan.unmatched_target if name in writable and name != plan.rescue]
    columns = {parse(name).key: name for name in free}
    targets, sources = (Counter(parse(name).key for name in each) for each in (free, names))
    by_key = {name: parse(name).key for name in names}
    return {name: columns[key] for name, key in by_key.items() if targets[key] == 1 == sources[key]}

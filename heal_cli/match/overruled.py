"""Which patterns the user overruled: they would have placed a column otherwise than they were told to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from heal_cli.match.by_names import ByNames
from heal_cli.match.by_pattern import Pattern, applies, is_named
from heal_cli.match.cells import Pair
from heal_cli.match.learned import Learned, touch
from heal_cli.match.names import parse
from heal_cli.match.tiers import Target
from heal_cli.model import TableSchema


def find_overruled(
    said: Collection[Pair],
    columns: Iterable[str],
    table: TableSchema,
    *,
    patterns: Sequence[Pattern],
    learned: Sequence[Learned],
) -> frozenset[str]:
    """Ids of the patterns that give a column of `said` another place, or its place to another column.

    A column that has a namesake on the other side is no case: no pattern would have been asked.

    Args:
        said: What `--map` or a saved plan placed, fallbacks among it.
        columns: Of the source.
    """
    targets = [Target.of(column) for column in table.columns]
    sources = [parse(name) for name in columns]
    shared = {target.name.key for target in targets} & {source.key for source in sources}
    known = ByNames(patterns, table.name, (), ())
    found = {each.id for each in learned if _is_against((each.source, each.target), said)}
    for target in targets:
        for source in sources:
            is_asked = not shared & {source.key, target.name.key}
            if not is_asked or not _is_against((source.raw, target.column.name), said):
                continue
            found |= {
                pattern.id
                for pattern in known.of(source, target.name)
                if is_named(pattern, source, target) and applies(pattern.scope, table, target.column)
            }
    return frozenset(found)


def _is_against(pair: Pair, said: Collection[Pair]) -> bool:
    return pair not in said and any(touch(pair, other) for other in said)

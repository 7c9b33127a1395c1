"""Patterns of a catalogue by the tables and names they speak of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from heal_cli.match.by_pattern import Pattern, within
from heal_cli.match.names import Name, parse
from heal_cli.match.vocabulary import vocabulary
from heal_cli.model import Kind

CROWDED: Final = 0.85
"""What is left of a group of names of which source or table has several: `name` and `description` of a product."""

ENOUGH: Final = 4
"""Things of one trade that source and table both name, from which they are of that trade, whatever the table is called."""

_TRADE: Final = "trade_"  # how the ids of a trade's names begin
_LETTERS: Final = 2  # of a field that others may have, too: `dl`, `sr`
_HALF: Final = 0.5  # of a thing that only such letters speak of


class ByNames:
    """Renames and mappings by what source and target name mean.

    The names of a catalogue are many, and those of a table few: of a pattern that speaks of other tables no
    name is taken apart, and of one that speaks of none of the columns no source.
    """

    def __init__(
        self, patterns: Iterable[Pattern], table: str, sources: Iterable[Name], targets: Iterable[Name]
    ) -> None:
        sources, targets, patterns = tuple(sources), tuple(targets), tuple(patterns)
        self._columns = [[name.meaning_key for name in names] for names in (sources, targets)]
        self._trust: dict[str, float] = {}
        speaks_of = dict.fromkeys(_recognised(patterns, sources, targets), True)
        self._found: dict[str, dict[str, list[Pattern]]] = {}
        self._unread: dict[str, list[Pattern]] = {}
        self._spoken_of: dict[str, bool] = {}
        for pattern in patterns:
            tables = pattern.scope.tables
            if tables not in speaks_of:
                speaks_of[tables] = within(tables, {table.lower()})
            if speaks_of[tables] and pattern.kind in (Kind.RENAME, Kind.MAPPING):
                for target in {parse(name).meaning_key for name in pattern.targets}:
                    self._unread.setdefault(target, []).append(pattern)

    def of(self, source: Name, target: Name) -> Sequence[Pattern]:
        """Those for this pair of names, in the order of the catalogue; a unit behind the source's may be left out."""
        if not self._speaks_of(target) or source.is_in_another_unit(target):
            return ()
        found = self._between(source.meaning_key, target.meaning_key)
        if not found and (whole := parse(source.raw)).plain != source.plain:  # `emails.0.value`, `MV_LCL`
            found = self._between(whole.meaning_key, target.meaning_key)
        if found or not _are_units(source, target):
            return found
        return self._between(source.unitless, target.meaning_key) or (
            self._between(source.unitless, target.unitless) if target.units else ()
        )

    def _speaks_of(self, target: Name) -> bool:
        """Some pattern is for such a target, whatever its source."""
        if target.raw not in self._spoken_of:
            keys = {target.meaning_key, target.unitless} if target.units else {target.meaning_key}
            self._spoken_of[target.raw] = any(map(self._by_source, keys))
        return self._spoken_of[target.raw]

    def _between(self, source: str, target: str) -> Sequence[Pattern]:
        """The patterns for a source and a target that mean this."""
        return self._by_source(target).get(source, ())

    def _by_source(self, target: str) -> dict[str, list[Pattern]]:
        """The patterns for a target, by what their sources mean."""
        found = self._found.get(target)
        if found is None:
            found = self._found[target] = {}
            for pattern in self._unread.pop(target, ()):
                for key in {parse(name).meaning_key for name in pattern.sources}:
                    found.setdefault(key, []).append(pattern)
        return found

    def trust(self, pattern: Pattern) -> float:
        """1, or less for a group that cannot tell which of several columns is meant."""
        if pattern.id not in self._trust:
            group = {parse(name).meaning_key for name in pattern.sources}
            is_group = pattern.sources == pattern.targets
            often = max(sum(key in group for key in keys) for keys in self._columns) if is_group else 1
            self._trust[pattern.id] = CROWDED if often > 1 else 1.0
        return self._trust[pattern.id]


def _recognised(
    patterns: Iterable[Pattern], sources: Sequence[Name], targets: Sequence[Name]
) -> list[tuple[str, ...]]:
    """The tables of a trade that source and table speak the words of, whatever the table is called.

    A trade is recognised by the things that both name, and name differently; a format by its own fields.
    """
    ours, theirs = _said_only_here(sources, targets), _said_only_here(targets, sources)
    ours |= {parse(name.raw).key for name in sources if name.key in ours}
    met: dict[tuple[str, ...], float] = defaultdict(float)
    for pattern in patterns:
        if pattern.id.startswith(_TRADE) and pattern.scope.tables:
            said = ours.intersection(_run_together(pattern.sources))
            if said and not theirs.isdisjoint(_run_together(pattern.targets)):
                met[pattern.scope.tables] += 1
            elif said and pattern.sources != pattern.targets:
                met[pattern.scope.tables] += 1 if any(len(name) > _LETTERS for name in said) else _HALF
    return [tables for tables, count in met.items() if count >= ENOUGH]


def _run_together(names: Iterable[str]) -> list[str]:
    """The names as keys have them."""
    return "\n".join(names).replace("_", "").split("\n")


def _said_only_here(names: Sequence[Name], others: Sequence[Name]) -> set[str]:
    """What names are called and what they mean, of those that mean nothing that any other means."""
    meant = {name.meaning_key for name in others}
    return {key for name in names if name.meaning_key not in meant for key in (name.key, name.meaning_key)}


def _are_units(source: Name, target: Name) -> bool:
    """True where a unit says nothing of what a source is: the target's own one, or one that no other thing has.

    `staff hours` are no `staff`, and a `discount percent` is no `discount`.
    """
    if not source.units or (target.units and target.units != source.units):
        return False
    kinds = vocabulary().kinds
    counts = {*kinds["length"], *kinds["counted"]}
    is_bracketed = source.raw.rstrip().endswith((")", "]"))
    is_written = is_bracketed or all(len(unit) > 1 for unit in source.units)  # `team c` has no unit
    return bool(target.units) or (is_written and counts.isdisjoint(source.units))

"""Patterns of a catalogue by the tables and names they speak of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heal_cli.match.by_pattern import Pattern, within
from heal_cli.match.names import Name, parse
from heal_cli.model import Kind


class ByNames:
    """Renames and mappings by what source and target name mean.

    The names of a catalogue are many, and those of a table few: of a pattern that speaks of other tables no
    name is taken apart, and of one that speaks of none of the columns no source.
    """

    def __init__(self, patterns: Iterable[Pattern], table: str) -> None:
        speaks_of: dict[tuple[str, ...], bool] = {}
        self._found: dict[str, dict[str, list[Pattern]]] = {}
        self._unread: dict[str, list[Pattern]] = {}
        for pattern in patterns:
            tables = pattern.scope.tables
            if tables not in speaks_of:
                speaks_of[tables] = within(tables, {table.lower()})
            if speaks_of[tables] and pattern.kind in (Kind.RENAME, Kind.MAPPING):
                for target in {parse(name).meaning_key for name in pattern.targets}:
                    self._unread.setdefault(target, []).append(pattern)

    def of(self, source: Name, target: Name) -> Sequence[Pattern]:
        """Those for this pair of names, in the order of the catalogue."""
        sources = self._found.get(target.meaning_key)
        if sources is None:
            sources = self._found[target.meaning_key] = self._by_source(target.meaning_key)
        return sources.get(source.meaning_key, ()) if sources else ()

    def _by_source(self, target: str) -> dict[str, list[Pattern]]:
        """The patterns for a target, by what their sources mean."""
        found: dict[str, list[Pattern]] = {}
        for pattern in self._unread.pop(target, ()):
            for key in {parse(name).meaning_key for name in pattern.sources}:
                found.setdefault(key, []).append(pattern)
        return found

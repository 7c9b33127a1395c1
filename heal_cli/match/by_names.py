"""Patterns of a catalogue by the names they speak of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heal_cli.match.names import Name, parse
from heal_cli.match.tiers import Pattern
from heal_cli.model import Kind


class ByNames:
    """Renames and mappings by what source and target name mean.

    The names of a catalogue are many, and those of a table few: of a pattern that speaks of none of them
    the sources are never taken apart.
    """

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self._found: dict[str, dict[str, list[Pattern]]] = {}
        self._unread: dict[str, list[Pattern]] = {}
        for pattern in patterns:
            if pattern.kind in (Kind.RENAME, Kind.MAPPING):
                for target in {parse(name).meaning_key for name in pattern.targets}:
                    self._unread.setdefault(target, []).append(pattern)

    def of(self, source: Name, target: Name) -> Sequence[Pattern]:
        """Those for this pair of names, in the order of the catalogue."""
        sources = self._found.setdefault(target.meaning_key, {})
        for pattern in self._unread.pop(target.meaning_key, ()):
            for key in {parse(name).meaning_key for name in pattern.sources}:
                sources.setdefault(key, []).append(pattern)
        return sources.get(source.meaning_key, ())

"""Which spooled entries have to wait for one that could not be brought home."""

from __future__ import annotations

from heal_cli.pipeline import bare_name
from heal_cli.resilience import Manifest


class Queues:
    """What failed entries hold back, in one round of replay."""

    def __init__(self) -> None:
        self._sources: set[str] = set()
        self._runs: set[str] = set()
        self._tables: set[tuple[str, str]] = set()
        self._changed_tables: set[tuple[str, str]] = set()
        self._away: set[tuple[str, str]] = set()

    def hold(self, manifest: Manifest) -> None:
        """Note an entry that failed."""
        table = _table(manifest)
        self._tables.add(table)
        if manifest.options.write.changes_rows:
            self._changed_tables.add(table)
        if manifest.kind == "source":
            self._sources.add(manifest.source.name)
        if manifest.options.write.keeps_order or (manifest.plan and manifest.plan.table.own_references):
            self._runs.add(manifest.run)

    def hold_table(self, manifest: Manifest) -> None:
        """Note an entry whose table takes nothing now: each other one of it would wait as long for nothing."""
        self.hold(manifest)
        self._away.add(_table(manifest))

    def is_held(self, manifest: Manifest) -> bool:
        """The entry must not overtake one that failed."""
        table = _table(manifest)
        if table in self._away | self._changed_tables or manifest.run in self._runs:
            return True
        if manifest.options.write.changes_rows:
            return table in self._tables  # it may change what the failed one adds
        # A source may begin with one that was spooled before it: only what is in the ledger tells.
        return manifest.kind == "source" and manifest.source.name in self._sources


def _table(manifest: Manifest) -> tuple[str, str]:
    """As far as names tell, where nobody asked the server."""
    return manifest.target.database, bare_name(manifest.target.table)

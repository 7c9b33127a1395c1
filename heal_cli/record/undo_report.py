"""What an undo came to."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from heal_cli.record.report import VERSION


@dataclass(frozen=True, slots=True)
class UndoneSource:
    """What was taken back of one source of a run."""

    name: str
    batches: int
    loaded: int  # rows that the run had written
    removed: int  # rows that are out of the table again


@dataclass(frozen=True, slots=True)
class UndoReport:
    """The outcome of `heal undo`."""

    run: str  # the undo's own
    undone: str  # the run that was undone
    table: str
    sources: tuple[UndoneSource, ...]
    notes: tuple[str, ...]
    seconds: float
    dry_run: bool
    brought_back: str | None = None  # the run whose rows are back, where an undo was undone

    @property
    def loaded(self) -> int:
        """Rows that the run had written."""
        return sum(source.loaded for source in self.sources)

    @property
    def removed(self) -> int:
        """Rows that are out of the table again."""
        return sum(source.removed for source in self.sources)


def undo_document(report: UndoReport) -> dict[str, Any]:
    """The `--json` document of `heal undo`."""
    return {
        "heal": VERSION,
        "run": report.run,
        "undone": report.undone,
        "brought_back": report.brought_back,
        "table": report.table,
        "rows": {"loaded": report.loaded, "removed": report.removed, "kept": report.loaded - report.removed},
        "sources": [dataclasses.asdict(source) for source in report.sources],
        "notes": list(report.notes),
        "dry_run": report.dry_run,
        "seconds": round(report.seconds, 3),
        "exit": 0,
    }

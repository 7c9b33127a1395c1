"""What a run came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from heal_cli.model.plan import Plan
from heal_cli.model.source import Source


@dataclass(frozen=True, slots=True)
class Rows:
    """Row counts of a batch, a source or a run; they add up with `+`."""

    read: int = 0
    loaded: int = 0
    healed: int = 0
    duplicates: int = 0
    rejected: int = 0
    spooled: int = 0
    already: int = 0

    def __add__(self, other: Rows) -> Rows:
        return Rows(
            self.read + other.read,
            self.loaded + other.loaded,
            self.healed + other.healed,
            self.duplicates + other.duplicates,
            self.rejected + other.rejected,
            self.spooled + other.spooled,
            self.already + other.already,
        )

    @property
    def is_conserved(self) -> bool:
        """P1: read = loaded + duplicates + rejected + spooled."""
        return self.read == self.loaded + self.duplicates + self.rejected + self.spooled


@dataclass(frozen=True, slots=True)
class HealTally:
    """How often one rule changed one column, over rows that were loaded."""

    column: str
    rule: str
    rows: int
    lossy: bool = False
    assumption: bool = False


@dataclass(frozen=True, slots=True)
class PatternTrial:
    """A pattern's confidence before and after this run."""

    pattern: str
    before: float
    after: float
    success: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """What the terminal shows while a run goes on."""

    source: str
    position: int
    size: int | None
    rows: Rows


@dataclass(frozen=True, slots=True)
class LoadReport:
    """The outcome of a run: what `heal load` prints and `--json` serialises (design 4)."""

    run: str
    table: str
    schema_version: str
    sources: tuple[Source, ...]
    plan: Plan | None
    rows: Rows
    heals: tuple[HealTally, ...]
    reject_reasons: Mapping[str, int]
    rejects_path: str | None
    leftovers_path: str | None
    trials: tuple[PatternTrial, ...]
    notes: tuple[str, ...]
    seconds: float
    exit_code: int
    mode: str = "insert"  # what loaded rows did to the table's
    dry_run: bool = False  # all of it was rolled back
    resume: str | None = None  # command that goes on, when the run stopped early

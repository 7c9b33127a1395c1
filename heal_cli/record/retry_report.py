"""What a retry of rejects came to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heal_cli.model import HealTally
from heal_cli.record.report import VERSION


@dataclass(frozen=True, slots=True)
class RetryReport:
    """The outcome of `heal rejects retry`."""

    run: str
    path: str
    tables: tuple[str, ...]
    tried: int  # records that were tried
    loaded: int
    duplicates: int  # of those tried
    rejected: int  # of those tried
    settled: int  # that other retries had loaded, and that the file now says so of
    unknown: int  # lines of attempts that the ledger does not hold: never committed, or another database
    remaining: Mapping[str, int]  # reason -> records that are in the file and not loaded
    heals: tuple[HealTally, ...]
    leftovers_path: str | None
    notes: tuple[str, ...]
    seconds: float
    exit_code: int  # 3 as long as rejects remain


def retry_document(report: RetryReport) -> dict[str, Any]:
    """The `--json` document of `heal rejects retry`."""
    return {
        "heal": VERSION,
        "run": report.run,
        "tables": list(report.tables),
        "rows": {
            "tried": report.tried,
            "loaded": report.loaded,
            "duplicates": report.duplicates,
            "rejected": report.rejected,
            "settled_before": report.settled,
            "unknown": report.unknown,
        },
        "heals": [dataclasses.asdict(heal) for heal in report.heals],
        "rejects": {"path": report.path, "reasons": dict(report.remaining)},
        "leftovers": report.leftovers_path,
        "notes": list(report.notes),
        "seconds": round(report.seconds, 3),
        "exit": report.exit_code,
    }

"""What a run or a plan came to, as plain data: the `--json` document, and the plan's own report."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import polars as pl

from heal_cli.errors import HealError
from heal_cli.model import (
    REJECTS,
    Candidate,
    ColumnPlan,
    HealTally,
    LoadReport,
    Plan,
    Rows,
    Source,
)

VERSION: Final = 1
"""Of the `--json` document; grows when a key changes its meaning or goes."""


@dataclass(frozen=True, slots=True)
class PlanReport:
    """What `heal plan` found out without writing anything."""

    plan: Plan
    sources: tuple[Source, ...]
    sampled: Rows  # rows looked at, and what would become of them
    heals: tuple[HealTally, ...] = ()  # over the sample
    reject_reasons: Mapping[str, int] = field(default_factory=dict)  # over the sample
    rejects: pl.DataFrame = field(default_factory=REJECTS.to_frame)  # REJECTS: some of them, as examples
    samples: Mapping[str, tuple[tuple[str | None, str | None], ...]] = field(default_factory=dict)
    """Target column -> a few (what the source says, what would be loaded), changed ones first."""
    suggestions: tuple[str, ...] = ()  # commands, flags or SQL, each to be run or not
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    exit_code: int = 0  # 6 when the plan does not cover the table


def load_document(report: LoadReport) -> dict[str, Any]:
    """The `--json` document of `heal load`."""
    return {
        "heal": VERSION,
        "run": report.run,
        "table": report.table,
        "schema_version": report.schema_version,
        "mode": report.mode,
        "dry_run": report.dry_run,
        "sources": [_source(source) for source in report.sources],
        **_mapping(report.plan),
        "rows": dataclasses.asdict(report.rows),
        "heals": [dataclasses.asdict(heal) for heal in report.heals],
        "rejects": {"path": report.rejects_path, "reasons": dict(report.reject_reasons)},
        "leftovers": report.leftovers_path,
        "trials": [dataclasses.asdict(trial) for trial in report.trials],
        "suggestions": [],
        "notes": list(report.notes),
        "resume": report.resume,
        "seconds": round(report.seconds, 3),
        "rows_per_s": round(report.rows.read / report.seconds) if report.seconds > 0 else 0,
        "exit": report.exit_code,
    }


def plan_document(report: PlanReport) -> dict[str, Any]:
    """The `--json` document of `heal plan`; `rows` are those of the sample."""
    table = report.plan.table
    mapping = _mapping(report.plan)
    for column in mapping["columns"]:
        column["samples"] = [list(sample) for sample in report.samples.get(column["target"], ())]
    return {
        "heal": VERSION,
        "run": None,
        "table": table.qualified,
        "schema_version": table.version,
        "sources": [_source(source) for source in report.sources],
        **mapping,
        "rows": dataclasses.asdict(report.sampled),
        "heals": [dataclasses.asdict(heal) for heal in report.heals],
        "rejects": {"path": None, "reasons": dict(report.reject_reasons)},
        "suggestions": list(report.suggestions),
        "notes": list(report.notes),
        "seconds": round(report.seconds, 3),
        "exit": report.exit_code,
    }


def error_document(error: HealError) -> dict[str, Any]:
    """The `--json` document of a command that ended in an error."""
    return {
        "heal": VERSION,
        "error": {"kind": type(error).__name__, "message": error.message, "hint": error.hint},
        "exit": error.exit_code,
    }


def encode(document: Mapping[str, Any]) -> str:
    """The document as one line of JSON."""
    return msgspec.json.encode(document).decode()


def _source(source: Source) -> dict[str, Any]:
    return dataclasses.asdict(source)


def _mapping(plan: Plan | None) -> dict[str, Any]:
    """Keys `columns`, `unmatched` and `questions` of a plan, empty without one."""
    if plan is None:
        return {"columns": [], "unmatched": {"source": [], "target": []}, "questions": []}
    return {
        "columns": [_column(column) for column in plan.columns],
        "unmatched": {"source": list(plan.unmatched_source), "target": list(plan.unmatched_target)},
        "questions": [
            {
                "target": match.target,
                "source": match.winner.source,
                "confidence": match.winner.confidence,
                "rival": match.runner_up.source if match.runner_up else None,
                "margin": match.margin,
                "votes": [_vote(vote) for vote in match.votes],
            }
            for match in plan.refused
        ],
    }


def _column(column: ColumnPlan) -> dict[str, Any]:
    winner, rival = column.match.winner, column.match.runner_up
    return {
        "source": column.source,
        "target": column.column.name,
        "tier": winner.tier,
        "pattern": winner.pattern,
        "confidence": winner.confidence,
        "conversion": column.conversion,
        "evidence": list(winner.evidence),
        "votes": [_vote(vote) for vote in column.match.votes],
        "fallbacks": [fallback.source for fallback in column.match.fallbacks],
        "runner_up": {"source": rival.source, "confidence": rival.confidence} if rival else None,
    }


def _vote(vote: Candidate) -> dict[str, Any]:
    return {
        "tier": vote.tier,
        "source": vote.source,
        "target": vote.target,
        "confidence": vote.confidence,
        "pattern": vote.pattern,
    }

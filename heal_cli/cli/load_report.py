"""The report of a run as a person reads it in five seconds.

Plain lines with a little colour: rich would add 0.16 s to every load, and there is no table here.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from heal_cli.cli.terminal import clean, styled
from heal_cli.wording import counted

if TYPE_CHECKING:
    from heal_cli.model import HealTally, LoadReport, Plan

_LABEL_WIDTH: Final = 11
_MOST_HEALS: Final = 6
_MOST_TRIALS: Final = 4
_MOST_KEYS: Final = 5
_MOST_NAMES: Final = 8
_INTERRUPTED: Final = (130, 143)
_NO_SUCH_ROW: Final = "no_such_row"
_DONE: Final = {
    "insert": "loaded into",
    "upsert": "inserted or updated in",
    "update": "updated in",
    "delete": "deleted from",
    "replace": "now stand in",
}
"""What became of the loaded rows, by mode."""
_WOULD: Final = {mode: f"would be {done}" for mode, done in _DONE.items()} | {"replace": "would stand in"}


def load_report(report: LoadReport, *, verbose: bool = False, by_path: bool = False) -> str:
    """The lines of the report: outcome first, then heals, rejects, notes and the next command.

    Args:
        by_path: The rejects are where `heal rejects show RUN` does not look by itself.
    """
    lines = [_headline(report)]
    lines += _columns(report)
    lines += _heals(report.heals, None if verbose else _MOST_HEALS)
    lines += _patterns(report, None if verbose else _MOST_TRIALS)
    lines += _rejects(report)
    lines += _unmatched(report)
    lines += _unplaced(report)
    if report.leftovers_path:
        lines += block("leftovers", [clean(report.leftovers_path)])
    lines += block("note", [clean(note) for note in report.notes])
    lines += block("next", [clean(command) for command in _next(report, by_path=by_path)])
    return "\n".join(lines)


def counts(reasons: Mapping[str, int]) -> str:
    """'unique_violation 30 · not_convertible 2', the most frequent first."""
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return " · ".join(f"{clean(reason)} {rows:,}" for reason, rows in ordered)


def _headline(report: LoadReport) -> str:
    rows = report.rows
    if report.exit_code == 0:
        mark = styled("✔", color="green", bold=True)
    elif report.exit_code == 3:
        mark = styled("●", color="yellow", bold=True)
    else:
        mark = styled("✘", color="red", bold=True)
    if not rows.read and rows.already and report.exit_code in (0, 3):
        those = "the only row" if rows.already == 1 else f"all {rows.already:,} rows"
        return f"{mark} nothing new: earlier runs have loaded or rejected {those}"
    loaded = styled(f"{rows.loaded:,}", bold=True)
    speed = f"{rows.read / report.seconds:,.0f} rows/s" if report.seconds > 0 else ""
    pace = styled("  ".join(filter(None, [_duration(report.seconds), speed])), dim=True)
    others = [f"{count:,} {name}" for name, count in _others(report)]
    if report.exit_code in _INTERRUPTED:
        others.append("stopped before the end")
    more = f"; {', '.join(others)}" if others else ""
    done = (_WOULD if report.dry_run else _DONE)[report.mode]
    return f"{mark} {loaded} of {counted(rows.read, 'row')} {done} {clean(report.table)}{more}  {pace}"


def _others(report: LoadReport) -> Iterable[tuple[str, int]]:
    rows = report.rows
    named = {
        "healed": rows.healed,
        "rejected": rows.rejected,
        "duplicate" if rows.duplicates == 1 else "duplicates": rows.duplicates,
        "spooled": rows.spooled,
        "already there": rows.already,
    }
    return ((name, count) for name, count in named.items() if count)


def _columns(report: LoadReport) -> list[str]:
    """Where the columns that go by another name went, and why."""
    moved = []
    for column in report.plan.columns if report.plan and report.rows.read else ():
        winner = column.match.winner
        if winner.tier != "exact" and winner.source is not None:
            taught = f": {clean(winner.evidence[0])}" if winner.tier == "learned" else ""
            why = styled(f"({winner.tier.value} {winner.confidence:.2f}{taught})", dim=True)
            moved.append(f"{clean(winner.source)} → {clean(winner.target)} {why}")
    return block("columns", [", ".join(moved)] if moved else [])


def _heals(heals: tuple[HealTally, ...], most: int | None) -> list[str]:
    """A line a column: its rules with their counts; lossy ones and assumptions say so."""
    columns: dict[str, list[HealTally]] = defaultdict(list)
    for heal in heals:
        columns[heal.column].append(heal)
    ordered = sorted(columns.items(), key=lambda item: -sum(heal.rows for heal in item[1]))
    lines = [f"{clean(column)}: {' · '.join(map(_heal, tallies))}" for column, tallies in ordered[:most]]
    hidden = len(ordered) - len(lines)
    if hidden > 0:
        lines.append(f"and {hidden} more columns (--verbose)")
    return block("healed", lines)


def _heal(heal: HealTally) -> str:
    flag = " (lossy)" if heal.lossy else " (assumed)" if heal.assumption else ""
    return f"{clean(heal.rule)} {heal.rows:,}{styled(flag, color='yellow')}"


def _patterns(report: LoadReport, most: int | None) -> list[str]:
    """Each pattern that was used, with its confidence before and after: 0.95 → 0.96."""
    lines = []
    for trial in report.trials[:most]:
        color = "green" if trial.success else "red"
        moved = styled(f"{trial.before:.2f} → {trial.after:.2f}", color=color)
        lines.append(f"{clean(trial.pattern)}  {moved}")
    hidden = len(report.trials) - len(lines)
    if hidden > 0:
        lines.append(f"and {hidden} more (--verbose)")
    return block("patterns", lines)


def _rejects(report: LoadReport) -> list[str]:
    lines = [counts(report.reject_reasons)] if report.reject_reasons else []
    if report.rejects_path and report.rows.rejected + report.rows.duplicates:
        lines.append(clean(report.rejects_path))
    return block("rejected" if report.rows.rejected else "duplicates", lines)


def _unmatched(report: LoadReport) -> list[str]:
    """The first keys that an update or delete found no row for; the rejects file has all."""
    count = report.reject_reasons.get(_NO_SUCH_ROW, 0)
    if not count or not report.rejects_path:
        return []
    from heal_cli.record import iter_rejects

    said = (
        record.attempts[0].removeprefix("No row of the table has ")
        for record in iter_rejects(Path(report.rejects_path))
        if record.run == report.run and record.reason == _NO_SUCH_ROW and record.attempts
    )
    keys = list(islice(said, _MOST_KEYS))
    names = keys[0].partition(" = ")[0] if keys else ""
    listed = ", ".join([*keys[:1], *(key.removeprefix(f"{names} = ") for key in keys[1:])])
    more = f" and {count - len(keys):,} more" if count > len(keys) else ""
    kind = "key" if count == 1 else "keys"
    return block("unmatched", [clean(f"{count:,} {kind} that no row has: {listed}{more}")])


def _unplaced(report: LoadReport) -> list[str]:
    """The source columns that no column took, and where their values are."""
    if report.plan is None or not report.rows.read or not report.plan.unmatched_source:
        return []
    to_file = report.plan.unknown_columns == "rescue" and not report.plan.rescue
    if to_file and not report.leftovers_path:  # they held nothing, or no row was loaded
        return []
    names = [clean(name) for name in report.plan.unmatched_source]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return block("no target", [f"{', '.join(names[:_MOST_NAMES])}{more}  ({home(report.plan)})"])


def home(plan: Plan) -> str:
    """What becomes of source columns that have no target."""
    if plan.unknown_columns == "rescue":
        return f"kept in column {clean(plan.rescue)}" if plan.rescue else "kept in the leftovers file"
    return {"drop": "dropped", "reject": "their rows are rejects", "add": "columns are added"}[
        plan.unknown_columns
    ]


def _next(report: LoadReport, *, by_path: bool) -> list[str]:
    if report.resume:
        return [report.resume]
    if report.rows.rejected:
        name = shlex.quote(report.rejects_path) if by_path and report.rejects_path else report.run
        return [f"heal rejects show {name}"]
    return []


def heal_lines(heals: tuple[HealTally, ...], *, verbose: bool) -> list[str]:
    """The lines under 'healed'."""
    return _heals(heals, None if verbose else _MOST_HEALS)


def block(label: str, lines: list[str]) -> list[str]:
    """`lines` under one label, the label on the first only."""
    labels = [label, *[""] * (len(lines) - 1)]
    return [
        f"  {styled(name.ljust(_LABEL_WIDTH), dim=True)}{line}"
        for name, line in zip(labels, lines, strict=False)
    ]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{seconds:.1f} s" if seconds < 60 else f"{minutes:.0f} min {rest:.0f} s"

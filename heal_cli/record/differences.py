"""Where the reports of two runs differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Difference(NamedTuple):
    """One fact of two runs that is not the same in both; None where a run has none of the kind."""

    what: str
    first: str | int | float | None
    second: str | int | float | None


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Difference]:
    """What is not the same, in the order of the report.

    Args:
        first: The `--json` document of a load or retry, with `command`, `state`, and `now`, the rows that the
            ledger holds of it; any key may be missing.
    """
    ours, theirs = _facts(first), _facts(second)
    names = dict.fromkeys([*ours, *theirs])
    return [
        Difference(name, ours.get(name), theirs.get(name))
        for name in names
        if ours.get(name) != theirs.get(name)
    ]


def _facts(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document in one level, each fact by its name."""
    facts: dict[str, Any] = {
        name: document[name]
        for name in ("command", "state", "table", "mode", "schema_version")
        if document.get(name)
    }
    rows = document.get("rows")
    if isinstance(rows, Mapping):
        facts |= {f"rows {name}": count for name, count in rows.items()}
    facts |= {f"rows {name} now": count for name, count in document.get("now", {}).items()}
    for column in document.get("columns", ()):
        facts[f"column {column['target']}"] = _origin(column)
    for heal in document.get("heals", ()):
        facts[f"heal {heal['column']}: {heal['rule']}"] = heal["rows"]
    rejects = document.get("rejects")
    if isinstance(rejects, Mapping):
        facts |= {f"rejected {reason}": count for reason, count in rejects.get("reasons", {}).items()}
    return facts | {name: document[name] for name in ("seconds", "exit") if name in document}


def _origin(column: Mapping[str, Any]) -> str:
    source = column.get("source")
    how = ", ".join(str(column[name]) for name in ("tier", "conversion") if column.get(name))
    return f"{source if source is not None else '(none)'} ({how})"

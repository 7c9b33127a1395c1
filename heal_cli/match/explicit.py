"""`--map SRC=DST`: what the user said outright, checked before anything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rapidfuzz import process

from heal_cli.errors import UsageError
from heal_cli.model import ROW, Column, MatchOptions, TableSchema


def is_writable(column: Column, options: MatchOptions) -> bool:
    """True when a load may give the column values."""
    return not why_not_writable(column, options)


def why_not_writable(column: Column, options: MatchOptions) -> str:
    """Why a load cannot give the column values, for people; empty when it can."""
    if column.name == ROW:
        return "has the name that heal numbers rows by, and takes values under another name only"
    if column.generated:
        return "is generated, PostgreSQL computes it"
    if column.identity == "a" and not options.override_identity:
        return "is GENERATED ALWAYS AS IDENTITY, --override-identity takes the source's values"
    return "" if column.insertable else "may not be written by this role"


def check_renames(options: MatchOptions, sources: Sequence[str], table: TableSchema) -> None:
    """Raise unless each rename names one source column and one column that may be written."""
    columns = {column.name: column for column in table.columns}
    for source, target in options.renames:
        flag = f"--map {source}={target}"
        if source not in sources:
            raise UsageError(f"{flag}: the source has no column {source!r}", hint=nearest(source, sources))
        if target not in columns:
            raise UsageError(
                f"{flag}: {table.qualified} has no column {target!r}", hint=nearest(target, columns)
            )
        reason = why_not_writable(columns[target], options)
        if reason:
            raise UsageError(f"{flag}: column {target!r} of {table.qualified} {reason}")
    for side, names in zip(("source", "target"), zip(*options.renames, strict=True), strict=False):
        name, times = Counter(names).most_common(1)[0]
        if times > 1:
            raise UsageError(
                f"--map names {side} column {name!r} {times} times", hint="Name each column once"
            )


def nearest(name: str, names: Iterable[str], limit: int = 3) -> str:
    """Names spelt nearest, as a sentence for a hint."""
    found = process.extract(name, sorted(names), processor=str.casefold, limit=limit)
    return f"Nearest are {', '.join(repr(match) for match, *_ in found)}" if found else "There are no columns"

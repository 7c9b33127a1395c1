"""A source without names: its columns are the table's, in order, if there are as many and all values fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from heal_cli.match.names import parse
from heal_cli.match.values import Evidence
from heal_cli.model import Column

_ENOUGH: Final = 2  # names of columns that no record has by chance


def by_position(
    sources: Sequence[str], columns: Sequence[Column], evidence: Evidence
) -> tuple[tuple[str, Column], ...]:
    """Pairs of source and target in order; none where the number differs or some value does not fit.

    Args:
        columns: Those that a load may write, in the table's order. The file may lack those that the server fills.
    """
    if _are_names(sources, columns, evidence):
        return ()
    given = [column for column in columns if not column.is_filled]
    for targets in (columns, given):
        if len(targets) != len(sources):
            continue
        pairs = tuple(zip(sources, targets, strict=True))
        if all(_fits(source, target, evidence) for source, target in pairs):
            return pairs
    return ()


def _are_names(sources: Sequence[str], columns: Sequence[Column], evidence: Evidence) -> bool:
    """Two first values, or all, are names of the table's columns: a header that looks like values, as `no,yes` does."""
    first = [evidence.profile(source).text[:1].to_list() for source in sources]
    names = {parse(column.name).key for column in columns}
    named = sum(1 for values in first for value in values if parse(value).key in names)
    return 0 < len(sources) <= named or named >= _ENOUGH


def _fits(source: str, target: Column, evidence: Evidence) -> bool:
    profile = evidence.profile(source)
    is_filled = profile.filled == profile.rows or not target.is_required
    return is_filled and evidence.fit(source, target)[0] == 1.0

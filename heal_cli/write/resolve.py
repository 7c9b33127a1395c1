"""Which rows of one batch win where several claim the same key: the first, as if written one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence


def first_of_each(keys: Sequence[Mapping[int, int]], refused: set[int]) -> list[dict[int, int]]:
    """For each unique constraint, group -> the row that has the key.

    Args:
        keys: For each unique constraint, row number -> the number of its group of equal keys.
        refused: Rows that are not written anyway, and so win nothing.
    """
    holders: list[dict[int, int]] = [{} for _ in keys]
    for row in sorted({row for groups in keys for row in groups} - refused):
        mine = [(at, groups[row]) for at, groups in enumerate(keys) if row in groups]
        if any(key in holders[at] for at, key in mine):
            continue
        for at, key in mine:
            holders[at][key] = row
    return holders


def lost_claims(
    keys: Sequence[Mapping[int, int]], holders: Sequence[Mapping[int, int]]
) -> dict[int, dict[int, int]]:
    """Row -> {constraint: the earlier row that has the key}, refused rows among them."""
    lost: dict[int, dict[int, int]] = defaultdict(dict)
    for at, groups in enumerate(keys):
        for row, key in groups.items():
            if (holder := holders[at].get(key, row)) < row:
                lost[row][at] = holder
    return lost


def all_but_last(groups: Mapping[int, int], refused: set[int]) -> dict[int, int]:
    """Row -> the later row of the same key that supersedes it."""
    last: dict[int, int] = {}
    rows = sorted(set(groups) - refused)
    for row in rows:
        last[groups[row]] = row
    return {row: last[groups[row]] for row in rows if last[groups[row]] != row}


def orphans(parents: Sequence[Iterable[tuple[int, int | None]]], gone: set[int]) -> dict[int, int]:
    """Row -> the place of the reference to its own table that nothing in the batch satisfies.

    Args:
        parents: For each self-reference, (row, row of the batch it refers to); the second is None where
            the batch has none. Rows whose parent is in the table already are not listed.
        gone: Rows that are not written.
    """
    losses: dict[int, int] = {}
    children: dict[int, list[tuple[int, int]]] = defaultdict(list)
    hopes: dict[tuple[int, int], set[int]] = defaultdict(set)
    for at, pairs in enumerate(parents):
        for row, parent in pairs:
            hopes[at, row] |= {parent} - gone - {None}  # type: ignore[arg-type]
            if parent is not None:
                children[parent].append((at, row))
    left = [(at, row) for (at, row), rows in hopes.items() if not rows]
    while left:
        at, row = left.pop()
        if row in losses or row in gone:
            continue
        losses[row] = at
        for key in children[row]:
            hopes[key].discard(row)
            if not hopes[key]:
                left.append(key)
    return losses

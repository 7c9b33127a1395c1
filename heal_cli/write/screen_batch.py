"""Faults between the rows of one batch, as they would come up if the rows were written one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from heal_cli.model import ROW
from heal_cli.write.conflict import SUPERSEDED
from heal_cli.write.facts import Foreign, Unique
from heal_cli.write.resolve import all_but_last, first_of_each, lost_claims, orphans
from heal_cli.write.screen_cells import to_faults
from heal_cli.write.screen_keys import Parent
from heal_cli.write.sqlstate import FOREIGN_KEY_VIOLATION, UNIQUE_VIOLATION


class Group(NamedTuple):
    """Rows of the batch that claim equal keys of one unique constraint."""

    unique: Unique
    groups: dict[int, int]  # row -> number of its group
    keys: dict[int, str]  # row -> its key, for people


def faults_between(
    groups: Sequence[Group],
    references: Sequence[Foreign],
    parents: Sequence[Sequence[Parent]],
    refused: set[int],
    *,
    is_last_written: Callable[[Unique], bool],
) -> list[pl.DataFrame]:
    """FAULTS of rows whose key another row of the batch has, and of those whose parent falls with it.

    Args:
        references: Foreign keys of the table to itself, each with its `parents`.
        refused: Rows that are not written anyway.
        is_last_written: Of the rows that claim a key of that constraint the last is written, and not the first.
    """
    claims = [group for group in groups if is_last_written(group.unique)]
    groups = [group for group in groups if not is_last_written(group.unique)]
    keys = [group.groups for group in groups]
    pairs = [[(p.row, p.parent) for p in rows] for rows in parents]
    lonely: list[pl.DataFrame] = []
    while True:
        losers = [all_but_last(group.groups, refused) for group in claims]
        gone = refused.union(*losers)
        lost = lost_claims(keys, first_of_each(keys, gone))
        orphaned = orphans(pairs, gone | lost.keys())
        # The last row of a key supersedes none of the others unless it stands itself.
        beaten = {winner for each in losers for winner in each.values()} & lost.keys()
        if not orphaned and not beaten:
            break
        refused = refused | orphaned.keys() | beaten
        lonely += _lonely(references, parents, orphaned)
    found = [superseded(group, each) for group, each in zip(claims, losers, strict=True) if each]
    found += lonely
    for at, group in enumerate(groups):
        if winners := {row: held[at] for row, held in lost.items() if at in held}:
            found.append(_beaten(group, winners, "is in row {}"))
    return found


def superseded(group: Group, winners: Mapping[int, int]) -> pl.DataFrame:
    """FAULTS of rows whose key a later row of the batch has: row -> that row."""
    return _beaten(group, winners, "is in row {} again", reason=SUPERSEDED)


def no_parent(foreign: Foreign, rows: pl.DataFrame) -> pl.DataFrame:
    """FAULTS of rows whose reference leads to nothing.

    Args:
        rows: ROW and `said`.
    """
    columns = [pair.column for pair in foreign.pairs]
    return to_faults(rows, FOREIGN_KEY_VIOLATION, constraint=foreign.name, columns=columns)


def _beaten(group: Group, winners: Mapping[int, int], how: str, *, reason: str | None = None) -> pl.DataFrame:
    unique = group.unique
    said = [
        (row, f"Key {unique.named} = ({group.keys[row]}) {how.format(winner)}")
        for row, winner in winners.items()
    ]
    faults = to_faults(said, UNIQUE_VIOLATION, constraint=unique.name, columns=unique.columns, reason=reason)
    return faults.with_columns(winner=pl.Series(list(winners.values()), dtype=pl.Int64))


def _lonely(
    references: Sequence[Foreign], parents: Sequence[Sequence[Parent]], orphaned: Mapping[int, int]
) -> Iterator[pl.DataFrame]:
    """FAULTS of rows that refer to nothing in their own table: row -> the place of that reference."""
    for at, foreign in enumerate(references):
        said = [
            (p.row, f"Key {foreign.named} = ({p.key}) is not in {foreign.references}, nor loaded here")
            for p in parents[at]
            if orphaned.get(p.row) == at
        ]
        if said:
            rows = pl.DataFrame(said, schema={ROW: pl.Int64, "said": pl.String}, orient="row")
            yield no_parent(foreign, rows.unique(ROW, maintain_order=True))

"""What two rows with one key mean under `--on-conflict`, and which constraint decides it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from heal_cli.errors import WriteError
from heal_cli.model import WriteOptions
from heal_cli.write.facts import Unique

IGNORED = "duplicate_ignored"
SUPERSEDED = "duplicate_superseded"

IS_DUPLICATE = pl.col("reason").is_in([IGNORED, SUPERSEDED])
"""Of REJECTS: the row is a duplicate and no reject."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """The mode, and the unique constraints whose violation is a duplicate and no fault."""

    mode: Literal["reject", "ignore", "update"]
    arbiters: tuple[Unique, ...]

    def is_arbiter(self, name: str | None) -> bool:
        """A violation of that constraint makes a duplicate."""
        return any(unique.name == name for unique in self.arbiters)

    def ignored(self, rejects: pl.DataFrame) -> pl.DataFrame:
        """The same REJECTS, where losing an arbiter's key is `duplicate_ignored`."""
        if self.mode != "ignore":
            return rejects
        names = [name for unique in self.arbiters for name in (unique.name, *unique.partitions)]
        loses = (pl.col("reason") == "unique_violation") & pl.col("constraint").is_in(names)
        return rejects.with_columns(reason=pl.when(loses).then(pl.lit(IGNORED)).otherwise("reason"))


def choose_conflict(options: WriteOptions, uniques: Sequence[Unique], table: str) -> Conflict:
    """The arbiter is the key that was given, else the primary key; to ignore, any unique constraint will do.

    Raises:
        WriteError: No unique constraint has exactly the columns of `--key`, there is none to update by, or
            only a deferrable one.
    """
    conflicts = options.conflicts
    if conflicts == "reject":
        return Conflict("reject", ())
    if options.key:
        # A partial index says nothing of the rows outside of it.
        fits = [
            unique
            for unique in uniques
            if set(unique.columns) == set(options.key)
            and len(unique.columns) == len(unique.keys)
            and unique.predicate is None
        ]
    else:
        fits = [unique for unique in uniques if unique.is_primary]
    if fits and fits[0].is_deferrable and conflicts == "update" and options.mode in ("insert", "replace"):
        raise WriteError(
            f"Constraint {fits[0].name!r} of {table} is deferrable, and ON CONFLICT takes no such constraint to update by",
            hint=f"Update by it with --mode upsert --key {','.join(fits[0].columns)}",
        )
    if fits:
        return Conflict(conflicts, tuple(fits[:1]))
    if conflicts == "ignore" and not options.key:
        return Conflict("ignore", tuple(uniques))
    key = ", ".join(options.key)
    whole = [unique for unique in uniques if len(unique.columns) == len(unique.keys) and not unique.predicate]
    keys = ["--key " + ",".join(unique.columns) for unique in whole]
    raise WriteError(
        f"Table {table} has no unique constraint on exactly {key!r}"
        if key
        else f"Table {table} has no primary key to tell duplicates by",
        hint=f"It has {' and '.join(keys)}"
        if keys
        else "Add a unique constraint, then name its columns with --key",
    )

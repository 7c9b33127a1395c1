"""The plan, and a batch that went through it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

import polars as pl

from heal_cli.model.matching import ColumnMatch
from heal_cli.model.table import Column, TableSchema
from heal_cli.model.values import ColumnFormat, HealMask, ValueOptions


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """One target column: where its values come from and how they are read."""

    column: Column
    match: ColumnMatch
    format: ColumnFormat
    conversion: str  # for people: 'text', 'text -> numeric(10,4), decimal comma'

    @property
    def source(self) -> str | None:
        """The direct source column; None for a default."""
        return self.match.winner.source


@dataclass(frozen=True, slots=True)
class Plan:
    """The candidates accepted for one shape and one schema version."""

    table: TableSchema
    columns: tuple[ColumnPlan, ...]
    unmatched_source: tuple[str, ...]
    unmatched_target: tuple[str, ...]
    refused: tuple[ColumnMatch, ...]
    rescue: str | None  # jsonb column that takes unmatched source values; None: the leftovers file
    unknown_columns: Literal["rescue", "drop", "reject", "add"]
    values: ValueOptions
    gap: str | None  # why the plan does not cover the table; None when it does
    notes: tuple[str, ...]  # what a person should know beside the mapping
    now: datetime  # when the run that made the plan began, UTC: what a default 'now' means
    unless_filled: str | None = None  # why it does not cover the table if no trigger fills what is missing


class Healed(NamedTuple):
    """A batch after healing.

    `parts` together hold every good row once. Each part is a frame of ROW + target columns in wire
    dtypes; parts differ in which columns they leave to the server's DEFAULT.
    """

    parts: tuple[pl.DataFrame, ...]
    rejects: pl.DataFrame  # REJECTS
    heals: tuple[tuple[str, HealMask], ...]  # target column, mask over `rows`
    rows: pl.Series  # row numbers the masks refer to, Int64
    leftovers: pl.DataFrame | None  # ROW + unmatched source columns as text
    refused: pl.DataFrame | None = (
        None  # rejects that were parsed, like `parts`; what did not convert is null
    )


class Written(NamedTuple):
    """What became of a healed batch."""

    loaded: pl.Series  # row numbers committed by this run
    rejects: pl.DataFrame  # REJECTS: those found before the server saw them, and those it refused
    duplicates: pl.DataFrame  # REJECTS: losers under --on-conflict ignore|update
    already: int  # rows that another run had settled

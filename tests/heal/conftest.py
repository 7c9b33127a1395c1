"""Batches and plans made by hand: healing is tested without a reader, a matcher or a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import polars as pl
import pytest

from heal_cli.convert import decide_format
from heal_cli.model import (
    REJECTS,
    ROW,
    Batch,
    Candidate,
    Chunk,
    Column,
    ColumnMatch,
    ColumnPlan,
    Kind,
    PgType,
    Plan,
    TableSchema,
    Tier,
    ValueOptions,
)

MakeBatch = Callable[..., Batch]
MakePlan = Callable[..., Plan]


def _batch(
    columns: Mapping[str, Sequence[str | None]], *, absent: Mapping[str, Sequence[bool]] | None = None
) -> Batch:
    """A batch of texts; of JSON where `absent` says which rows lack a key."""
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    rows = pl.Series(ROW, range(1, frame.height + 1), dtype=pl.Int64)
    return Batch(
        chunk=Chunk(0, 0, 1, 1, 1, "digest", frame.height, 1, None),
        frame=frame.insert_column(0, rows),
        broken=REJECTS.to_frame(),
        locate=lambda rows: pl.DataFrame({ROW: rows}),
        absent={name: pl.Series(mask) for name, mask in (absent or {}).items()},
        kinds=dict.fromkeys(columns, "string") if absent is not None else {},
    )


def _column_plan(batch: Batch, column: Column, sources: Sequence[str], options: ValueOptions) -> ColumnPlan:
    winner, *fallbacks = [
        Candidate(
            Kind.RENAME, column.name, source, Tier.EXACT if source == column.name else Tier.PATTERN, 1.0
        )
        for source in sources
    ]
    values = pl.concat([batch.frame[source].alias("v") for source in sources])
    match = ColumnMatch(column.name, winner, fallbacks=tuple(fallbacks))
    return ColumnPlan(column, match, decide_format(values, column.type, options), "")


def _plan(batch: Batch, *columns: tuple[Column, Sequence[str]], options: ValueOptions | None = None) -> Plan:
    """A plan that fills each column from its sources: the direct one, then its fallbacks."""
    options = options or ValueOptions()
    table = TableSchema.of("t", tuple(column for column, _ in columns))
    return Plan(
        table=table,
        columns=tuple(_column_plan(batch, column, sources, options) for column, sources in columns),
        unmatched_source=(),
        unmatched_target=(),
        refused=(),
        rescue=None,
        unknown_columns="rescue",
        values=options,
        gap=None,
        notes=(),
        now=datetime(2024, 1, 1, tzinfo=UTC),
    )


def pg_column(name: str, base: str, *, nullable: bool = True, default: str | None = None) -> Column:
    """A column of a plain type."""
    return Column(name, 1, PgType(0, base, base, "b"), nullable=nullable, default=default)


@pytest.fixture
def make_batch() -> MakeBatch:
    """Builds a batch of texts."""
    return _batch


@pytest.fixture
def make_plan() -> MakePlan:
    """Builds a plan for a batch."""
    return _plan


@pytest.fixture
def column() -> Callable[..., Column]:
    """Builds a column of a plain type."""
    return pg_column

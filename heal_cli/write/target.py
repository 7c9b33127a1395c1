"""Where a writer writes to, and what it writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
import psycopg

from heal_cli.model import Chunk, Spans, TableSchema, WriteOptions

Record = Callable[[pl.DataFrame, pl.Series, int], None]
"""Makes what one attempt leaves behind durable: its rejects (REJECTS), the row numbers it loads, its
number. Called before the commit that they belong to."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a writer needs to know once per run."""

    conninfo: str
    table: TableSchema
    options: WriteOptions
    run: str
    has_ledger: bool
    version_of: Callable[[psycopg.Connection], str]  # the schema version now


@dataclass(frozen=True, slots=True)
class BatchRef:
    """Which batch of which source is being written."""

    source: int  # the ledger's number; 0 without a ledger
    source_name: str
    chunk: Chunk
    left_out: Spans = ()  # rows of the chunk that `--limit` leaves to later runs

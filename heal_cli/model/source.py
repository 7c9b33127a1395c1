"""Sources, chunks and batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from heal_cli.model.spans import Spans


class Format(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    JSON = "json"
    PARQUET = "parquet"
    ARROW = "arrow"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the reader found out about a source, and the flag that overrides it."""

    what: str  # 'delimiter', 'encoding', 'header', ...
    value: str
    flag: str | None = None
    evidence: str = ""
    lines: int = 0  # of the source, which are no records for this reason


@dataclass(frozen=True, slots=True)
class Source:
    """A source as it was opened."""

    name: str  # as the user wrote it, or '-' for standard input
    format: Format
    columns: tuple[str, ...]  # stable, unique names in file order; JSON may grow more
    size: int | None  # bytes on disk, None for a stream
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """The raw matter of one batch: cut at a record boundary, not yet parsed."""

    index: int  # 0-based within the source
    start: int  # first byte (Parquet: first row, 0-based) in the decompressed source
    stop: int  # one past the last
    first_row: int  # 1-based row number of its first record
    first_line: int  # 1-based physical line of its first record; 0 where lines mean nothing
    digest: str  # hash of this chunk chained on those before it, hex
    rows: int  # records in it, broken ones included
    position: int  # bytes of the file consumed so far (compressed), for progress
    data: bytes | None  # None: the parser fetches rows start:stop itself (Parquet)

    @property
    def last_row(self) -> int:
        """Row number of its last record; of none, of the last before it."""
        return self.first_row + self.rows - 1

    def past(self, limit: int | None) -> Spans:
        """Its rows behind the first `limit` of the source."""
        if limit is None or self.last_row <= limit:
            return ()
        return ((max(self.first_row, limit + 1), self.last_row),)


@dataclass(frozen=True, slots=True)
class Batch:
    """One chunk, parsed.

    Invariant: `chunk.rows == frame.height + broken.height`.
    """

    chunk: Chunk
    frame: pl.DataFrame  # ROW + source columns; text for CSV and JSON, typed for Parquet
    broken: pl.DataFrame  # REJECTS: records that are not even records
    locate: Callable[[pl.Series], pl.DataFrame]
    """Row numbers (Int64) -> LOCATIONS, one row each, same order."""
    absent: Mapping[str, pl.Series] = field(default_factory=dict)
    """Source column -> Boolean mask over `frame`: the row lacks the key (JSON). A null is not an absence."""
    quoted: Mapping[str, pl.Series] = field(default_factory=dict)
    """Source column -> Boolean mask: the JSON value is a string (so the text `null` is not a null).
    Only columns that mix strings with other JSON kinds are listed; see `kinds`. In text of COPY, which tells
    nulls from texts, it is where a cell is the text `\\N`."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Source column -> 'string' | 'number' | 'boolean' | 'json' | 'mixed' for JSON sources; empty for CSV."""
    mended: Mapping[str, pl.Series] = field(default_factory=dict)
    """Rule -> Boolean mask over `frame`: rows whose record had to be mended before it could be read."""

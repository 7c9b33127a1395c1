"""Parquet: row slices as typed frames."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from decimal import Decimal
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final

import polars as pl
import xxhash
from polars.datatypes import DataTypeClass

from heal_cli.errors import SourceError
from heal_cli.model import LOCATIONS, REJECTS, ROW, Batch, Chunk, Format, ReadOptions, Source
from heal_cli.read.jsonl_keys import column_name
from heal_cli.read.parquet_footer import Footer, RowGroup, check_pages, read_footer

_MAX_ROWS: Final = 2**18
"""Rows in a slice, however narrow they are."""

_SAMPLE_ROWS: Final = 2**12
"""Rows that are weighed to see what a row needs in memory: dictionaries hide it from the footer."""

_BLOCK: Final = 2**20


class ParquetReader:
    """Chunks and batches of a Parquet file.

    Args:
        name: The source as the user wrote it.

    Raises:
        SourceError: It is not a Parquet file, or a damaged one, or has no rows.
    """

    def __init__(self, path: Path, name: str, options: ReadOptions) -> None:
        self.stream = None  # it is read by its end first
        self.options = ReadOptions(format=Format.PARQUET, batch_bytes=options.batch_bytes)
        self._path = path
        self._name = name
        self._footer = read_footer(path, name)
        if not self._footer.rows:
            raise SourceError(f"{name!r} has no rows")
        self._size = path.stat().st_size
        sample_rows = min(_SAMPLE_ROWS, self._footer.rows)
        start = 0
        for group in self._footer.groups:
            if start < sample_rows:
                self._take_in(group)
            start += group.rows
        head = self._fetch(0, sample_rows)
        self._rows = rows_per_slice(self._footer, head, options.batch_bytes)
        self.source = Source(name, Format.PARQUET, tuple(head.columns), self._size)

    def sample(self) -> Batch:
        """The first chunk, read."""
        return self.parse(next(self.chunks()))

    def chunks(self) -> Iterator[Chunk]:
        """All slices in order, each hashed by the bytes of the row groups that it begins or goes on with."""
        digest = xxhash.xxh3_128(self._footer.raw)
        rows = self._footer.rows
        hashed = group_start = 0
        for index, start in enumerate(range(0, rows, self._rows)):
            stop = min(start + self._rows, rows)
            while hashed < len(self._footer.groups) and group_start < stop:
                self._take_in(self._footer.groups[hashed], digest)
                group_start += self._footer.groups[hashed].rows
                hashed += 1
            digest.update(struct.pack("<qq", start, stop))
            position = self._size * stop // rows
            yield Chunk(index, start, stop, start + 1, 0, digest.hexdigest(), stop - start, position, None)

    def parse(self, chunk: Chunk) -> Batch:
        """The rows of a slice; several threads may call it at once.

        Raises:
            SourceError: Its pages are damaged.
        """
        values = self._fetch(chunk.start, chunk.stop)
        rows = pl.int_range(chunk.first_row, chunk.first_row + chunk.rows, dtype=pl.Int64, eager=True)
        frame = pl.DataFrame({ROW: rows}).hstack(values)
        return Batch(chunk, frame, REJECTS.to_frame(), lambda wanted: locate(frame, wanted))

    def column(self, name: str) -> Iterator[pl.Series]:
        """One column over the whole file, slice by slice: text as text, and so what has a text form."""
        for start in range(0, self._footer.rows, self._rows):
            values = self._fetch(start, min(start + self._rows, self._footer.rows), name)[name]
            yield values if values.dtype.is_nested() else values.cast(pl.String)

    def close(self) -> None:
        """Nothing is held open between slices."""

    def _fetch(self, start: int, stop: int, column: str | None = None) -> pl.DataFrame:
        """Rows start to stop; the file's own reading of its pages is checked against the footer."""
        try:
            scan = pl.scan_parquet(self._path, glob=False, low_memory=True).slice(start, stop - start)
            schema = scan.collect_schema()
            wanted = [place for place, key in enumerate(schema) if column in (None, column_name(key))]
            keys, dtypes = schema.names(), schema.dtypes()
            frame = scan.select(_plain(place, keys[place], dtypes[place]) for place in wanted).collect()
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as exc:
            reason = str(exc).split("\n", 1)[0]
            raise SourceError(
                f"{self._name!r} is a damaged Parquet file: rows {start + 1:,} to {stop:,} cannot be read: {reason}"
            ) from exc
        if frame.height != stop - start:
            raise SourceError(
                f"{self._name!r} is a damaged Parquet file: its footer says {self._footer.rows:,} rows,"
                f" its pages end after {start + frame.height:,}"
            )
        return frame

    def _take_in(self, group: RowGroup, digest: xxhash.xxh3_128 | None = None) -> None:
        """Make sure that polars can read the row group's pages; hash their bytes."""
        with self._path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            check_pages(data, group, self._name)
            start, stop = group.span
            if digest:
                for block in range(start, stop, _BLOCK):
                    digest.update(data[block : min(block + _BLOCK, stop)])


def rows_per_slice(footer: Footer, head: pl.DataFrame, batch_bytes: int) -> int:
    """Rows that need about `batch_bytes` in memory, by the file's own sizes and by its first rows."""
    encoded = max((group.uncompressed / group.rows for group in footer.groups if group.rows), default=1)
    row_bytes = max(encoded, memory(head) / head.height, 1)
    return max(1, min(_MAX_ROWS, int(batch_bytes / row_bytes)))


def memory(frame: pl.DataFrame) -> int:
    """Bytes of the values; texts count in full each time, as they will when they travel."""
    texts = frame.select(pl.selectors.string().str.len_bytes().sum())
    return int(frame.estimated_size() + sum(texts.row(0) if texts.width else ()))


def _plain(place: int, key: str, dtype: pl.DataType) -> pl.Expr:
    """The column without dictionaries, under the name it has as a source column.

    It is asked for by its place: `pl.col` takes a name like `*` or `^a$` for a pattern.
    """
    plain = _without_dictionaries(dtype)
    column = pl.nth(place) if plain == dtype else pl.nth(place).cast(plain)
    return column.alias(column_name(key))


def _without_dictionaries(dtype: pl.DataType) -> pl.DataType:
    match dtype:
        case pl.Categorical() | pl.Enum():
            return pl.String()
        case pl.List(inner=inner):
            return pl.List(_without_dictionaries(_instance(inner)))
        case pl.Array(inner=inner, size=size):
            return pl.Array(_without_dictionaries(_instance(inner)), size)
        case pl.Struct(fields=fields):
            return pl.Struct({field.name: _without_dictionaries(_instance(field.dtype)) for field in fields})
    return dtype


def _instance(dtype: pl.DataType | DataTypeClass) -> pl.DataType:
    return dtype if isinstance(dtype, pl.DataType) else dtype()


def locate(frame: pl.DataFrame, wanted: pl.Series) -> pl.DataFrame:
    """LOCATIONS of rows of a slice: Parquet has no lines, so `raw` is the row as JSON."""
    rows = pl.DataFrame({ROW: wanted.cast(pl.Int64)}).join(frame, on=ROW, how="left", maintain_order="left")
    # Python's times end at microseconds, polars' text forms do not.
    exact = rows.drop(ROW).with_columns(pl.selectors.temporal().cast(pl.String)).to_dicts()
    raw = [json.dumps(_json(row), ensure_ascii=False, default=str).encode() for row in exact]
    return pl.DataFrame({ROW: rows[ROW], "line": None, "offset": None, "raw": raw}, schema=LOCATIONS)


def _json(value: object) -> object:
    """What the json module can write; numbers that JSON lacks become texts."""
    match value:
        case dict():
            return {key: _json(item) for key, item in value.items()}
        case list():
            return [_json(item) for item in value]
        case float() if not math.isfinite(value):
            return str(value)
        case Decimal():
            return str(value)
        case bytes():
            return f"\\x{value.hex()}"
    return value

"""Parquet: row slices as typed frames."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path
from threading import Lock
from typing import Final

import polars as pl
import xxhash

from heal_cli.errors import NoRecords, SourceError
from heal_cli.model import Batch, Chunk, Format, ReadOptions, Source
from heal_cli.read.jsonl_keys import column_name
from heal_cli.read.parquet_footer import Footer, RowGroup, check_pages, read_footer
from heal_cli.read.typed_rows import MAX_ROWS, SAMPLE_ROWS, as_texts, batch_of, memory, plain
from heal_cli.wording import counted

_BLOCK: Final = 2**20

_WINDOW: Final = 8
"""Slices that are read at once where a page holds more rows than a slice: polars decodes it anew each time."""


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
            columns = tuple(self._fetch(0, 0).columns)
            raise NoRecords(f"{name!r} has no rows", columns=columns, format=Format.PARQUET)
        self._size = path.stat().st_size
        self._page_rows = 0  # most of any page seen so far
        self._windows: dict[int, pl.DataFrame] = {}
        self._lock = Lock()
        sample_rows = min(SAMPLE_ROWS, self._footer.rows)
        start = 0
        for group in self._footer.groups:
            if start < sample_rows:
                self._take_in(group)
            start += group.rows
        head = self._fetch(0, sample_rows)
        self._rows = rows_per_slice(self._footer, head, options.batch_bytes)
        self.source = Source(name, Format.PARQUET, tuple(head.columns), self._size)
        self._sample: Batch | None = None

    def sample(self) -> Batch:
        """The first chunk, read."""
        if self._sample is None:
            self._sample = self.parse(next(self.chunks()))
        return self._sample

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
        if chunk.index == 0 and self._sample is not None:
            batch, self._sample = self._sample, None
            return batch
        return batch_of(chunk, self._slice(chunk.start, chunk.stop))

    def column(self, name: str) -> Iterator[pl.Series]:
        """One column over the whole file, slice by slice: text as text, and so what has a text form."""
        step = self._rows * (_WINDOW if self._has_large_pages else 1)
        for start in range(0, self._footer.rows, step):
            yield as_texts(self._fetch(start, min(start + step, self._footer.rows), name)[name])

    def close(self) -> None:
        """Let go of the first slice; no file is held open between slices."""
        self._sample = None
        self._windows.clear()

    @property
    def _has_large_pages(self) -> bool:
        """So many rows in a page that reading it for each slice costs more than the rows do."""
        return self._page_rows > 2 * self._rows

    def _slice(self, start: int, stop: int) -> pl.DataFrame:
        """Rows start to stop, which are a chunk; of large pages several chunks are read at once."""
        if not self._has_large_pages:
            return self._fetch(start, stop)
        size = _WINDOW * self._rows
        first = start // size * size
        with self._lock:
            if first not in self._windows:
                # The one before may still be asked for by another thread; those before that are done with.
                self._windows = {at: kept for at, kept in self._windows.items() if at >= first - size}
                self._windows[first] = self._fetch(first, min(first + size, self._footer.rows))
            return self._windows[first].slice(start - first, stop - start)

    def _fetch(self, start: int, stop: int, column: str | None = None) -> pl.DataFrame:
        """Rows start to stop; the file's own reading of its pages is checked against the footer."""
        try:
            scan = pl.scan_parquet(self._path, glob=False, low_memory=True).slice(start, stop - start)
            schema = scan.collect_schema()
            wanted = [place for place, key in enumerate(schema) if column in (None, column_name(key))]
            keys, dtypes = schema.names(), schema.dtypes()
            frame = scan.select(plain(place, keys[place], dtypes[place]) for place in wanted).collect()
        except pl.exceptions.DuplicateError as exc:
            raise SourceError(
                f"{self._name!r} cannot be read: {exc}",
                hint="Have each column written under a name of its own",
            ) from exc
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as exc:
            reason = str(exc).split("\n", 1)[0]
            raise SourceError(
                f"{self._name!r} is a damaged Parquet file: rows {start + 1:,} to {stop:,} cannot be read: {reason}",
                hint="Copy or download it again",
            ) from exc
        if frame.height != stop - start:
            raise SourceError(
                f"{self._name!r} is a damaged Parquet file: its footer says {counted(self._footer.rows, 'row')},"
                f" its pages end after {start + frame.height:,}"
            )
        return frame

    def _take_in(self, group: RowGroup, digest: xxhash.xxh3_128 | None = None) -> None:
        """Make sure that polars can read the row group's pages; hash their bytes."""
        with self._path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            self._page_rows = max(self._page_rows, check_pages(data, group, self._name))
            start, stop = group.span
            if digest:
                for block in range(start, stop, _BLOCK):
                    digest.update(data[block : min(block + _BLOCK, stop)])


def rows_per_slice(footer: Footer, head: pl.DataFrame, batch_bytes: int) -> int:
    """Rows of a batch, by the file's own sizes and by its first rows.

    They take twice `batch_bytes` in memory: of text the bytes stand beside what is read of them.
    """
    encoded = max((group.uncompressed / group.rows for group in footer.groups if group.rows), default=1)
    row_bytes = max(encoded, memory(head) / head.height, 1)
    return max(1, min(MAX_ROWS, int(2 * batch_bytes / row_bytes)))

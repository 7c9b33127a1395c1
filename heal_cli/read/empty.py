"""A source that names its columns and has no record, as a reader of nothing."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from heal_cli.model import REJECTS, ROW, Batch, Chunk, Format, ReadOptions, Source


class EmptyReader:
    """No chunks under the names of a header or a schema; see `SourceReader`."""

    def __init__(self, name: str, columns: tuple[str, ...], format: Format) -> None:
        self.stream = None
        self.options = ReadOptions()
        self.source = Source(name, format, columns, 0)

    def sample(self) -> Batch:
        """No rows."""
        frame = pl.DataFrame(schema={ROW: pl.Int64(), **dict.fromkeys(self.source.columns, pl.String())})
        chunk = Chunk(0, 0, 0, 1, 1, "", 0, 0, None)
        return Batch(chunk, frame, REJECTS.to_frame(), lambda rows: rows.to_frame(ROW))

    def chunks(self) -> Iterator[Chunk]:
        """None."""
        return iter(())

    def parse(self, chunk: Chunk) -> Batch:
        """No rows, of whatever chunk."""
        return self.sample()

    def column(self, name: str) -> Iterator[pl.Series]:
        """No values."""
        return iter(())

    def close(self) -> None:
        """Nothing is held open."""

"""Where rows of a chunk stand in the source, found out only when somebody asks."""

from __future__ import annotations

from functools import cached_property
from typing import Final

import polars as pl

from heal_cli.model import LOCATIONS, ROW, Chunk
from heal_cli.read.cut import CsvChunk
from heal_cli.read.encoding import UTF8, encode_back, stored_length
from heal_cli.read.fields import Grammar
from heal_cli.read.octets import octets_of, places
from heal_cli.read.records import lay_out

_LF: Final = 0x0A


class Locator:
    """Row numbers to LOCATIONS for one chunk; `raw` is the record without its line end, as stored.

    Args:
        encoding: Of the decompressed source, which `offset` and `raw` refer to.
    """

    def __init__(self, chunk: Chunk, grammar: Grammar, encoding: str) -> None:
        self._chunk = chunk
        self._grammar = grammar
        self._encoding = encoding

    @cached_property
    def _records(self) -> pl.DataFrame:
        """Line (0-based), start and stop of each record; what the cutter knows is not looked for again."""
        chunk = self._chunk
        assert chunk.data is not None
        if isinstance(chunk, CsvChunk) and chunk.is_plain:
            stops = places(octets_of(chunk.data) == _LF)
            if not chunk.data.endswith(b"\n"):
                stops = stops.append(pl.Series([len(chunk.data)]))
            lines = pl.int_range(chunk.rows, dtype=pl.Int64, eager=True)
            return pl.DataFrame({"line": lines, "start": (stops + 1).shift(1, fill_value=0), "stop": stops})
        records = lay_out(chunk.data, self._grammar, final=True, details=True).records
        assert records is not None
        return records

    def __call__(self, rows: pl.Series) -> pl.DataFrame:
        """One row for each of `rows`, in the same order."""
        data = self._chunk.data
        assert data is not None
        picked = self._records[(rows - self._chunk.first_row).cast(pl.UInt32)]
        spans = picked.select("start", "stop").rows()
        raw = [data[start:stop] for start, stop in spans]
        offsets = picked["start"]
        if self._encoding != UTF8:
            raw = [encode_back(record, self._encoding) for record in raw]
            offsets = self._stored_offsets(data, picked["start"])
        return pl.DataFrame(
            {
                ROW: rows,
                "line": picked["line"] + self._chunk.first_line,
                "offset": offsets + self._chunk.start,
                "raw": raw,
            },
            schema=LOCATIONS,
        )

    def _stored_offsets(self, data: bytes, starts: pl.Series) -> pl.Series:
        """Offsets in the source's own encoding, each stretch between two starts encoded once."""
        stored, at, total = {}, 0, 0
        for start in starts.unique().sort():
            total += stored_length(data[at:start], self._encoding)
            stored[start], at = total, start
        return starts.replace_strict(stored, return_dtype=pl.Int64)

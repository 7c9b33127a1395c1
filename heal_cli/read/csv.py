"""CSV sources: every cell as text, every record accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import polars as pl

from heal_cli.errors import NoRecords
from heal_cli.model import REJECTS, ROW, Batch, Chunk, Finding, Format, ReadOptions, Source
from heal_cli.read.asides import without
from heal_cli.read.backslash import null_texts
from heal_cli.read.bytes import HEAD_BYTES, ByteStream
from heal_cli.read.cut import CsvChunk, cut
from heal_cli.read.dialect import Dialect, decode_dialect, encode_dialect, sniff
from heal_cli.read.exact import Exact, doubt_from, drop_trailing, parse_exact, without_groups
from heal_cli.read.fast import parse_fast
from heal_cli.read.locate import Locator
from heal_cli.read.padding import strip_padding
from heal_cli.read.passed import Passed
from heal_cli.wording import counted

_WIDE: Final = 32  # columns


class CsvReader:
    """A CSV source; see `SourceReader`.

    Args:
        size: Bytes on disk, None for a stream.

    Raises:
        SourceError: There is no record in it.
        UsageError: A flag that cannot be what was meant.
    """

    def __init__(
        self,
        stream: ByteStream,
        name: str,
        options: ReadOptions,
        size: int | None,
    ) -> None:
        self.stream = stream
        self._dialect = _sniff(stream, name, options)
        self.options = ReadOptions(
            format=Format.CSV,
            encoding=stream.encoding.name,
            batch_bytes=options.batch_bytes,
            footer=options.footer,
            dialect=encode_dialect(self._dialect),
        )
        self._grammar = self._dialect.grammar
        self._passed = Passed()
        size_of_chunk = _chunk_bytes(options.batch_bytes, self._grammar.width)
        self._chunks = cut(stream, self._dialect, size_of_chunk, footer=options.footer, passed=self._passed)
        self._first: CsvChunk | None = None
        self._sample: Batch | None = None
        findings = (*_findings(stream), *self._dialect.findings)
        self._source = Source(name, Format.CSV, self._dialect.columns, size, findings)

    @property
    def source(self) -> Source:
        """What was found out about it, as far as it has been read."""
        return replace(self._source, findings=(*self._source.findings, *self._passed.findings()))

    @property
    def _above_footer(self) -> str:
        return (
            f" above the last {counted(self.options.footer, 'line')} (--footer)"
            if self.options.footer
            else ""
        )

    def sample(self) -> Batch:
        """The first chunk, parsed; `chunks` still yields it."""
        if self._first is None:
            self._first = next(self._chunks, None)
        if self._first is None:
            raise NoRecords(
                f"{self.source.name!r} has a header and no records{self._above_footer}",
                hint="If its first line is a record, say --no-header",
                columns=self.source.columns,
            )
        if self._sample is None:
            self._sample = self._batch(self._first)
        return self._sample

    def chunks(self) -> Iterator[Chunk]:
        """All chunks in order; to be called once."""
        self.stream.let_go()
        if self._first is not None:
            yield self._first
        yield from self._chunks

    def parse(self, chunk: Chunk) -> Batch:
        """The rows of a chunk, from any thread."""
        if chunk is self._first and self._sample is not None:
            batch, self._sample = self._sample, None
            return batch
        return self._batch(chunk)

    def _batch(self, chunk: Chunk) -> Batch:
        frame, broken = self._parse(chunk)
        if isinstance(chunk, CsvChunk) and chunk.doubtful:
            first = chunk.first_row + chunk.rows - chunk.doubtful
            frame, broken = doubt_from(first, frame, broken, self._grammar)
        if self._grammar.groups:
            frame, broken = without_groups(frame, broken, self._grammar)
        columns = self._dialect.columns
        if len(columns) < self._grammar.width:
            frame, broken = drop_trailing(frame, broken, self._grammar)
        if self._grammar.is_padded:
            frame = strip_padding(frame, self._grammar)
        frame = frame.rename(dict(zip(frame.columns[1:], columns, strict=True)))
        locator = Locator(chunk, self._grammar, self.stream.encoding.name)
        quoted = null_texts(frame) if self._grammar.is_backslashed else {}
        return Batch(chunk, frame, broken, locator, quoted=quoted)

    def _parse(self, chunk: Chunk) -> Exact:
        assert chunk.data is not None
        if isinstance(chunk, CsvChunk) and not (chunk.broken or self._grammar.is_wrapped):
            frame = parse_fast(
                without(chunk.data, chunk.asides) if chunk.asides else chunk.data,
                self._grammar,
                chunk.rows,
                quotes=chunk.quotes,
                multiline=chunk.multiline,
                blanks=chunk.blanks - len(chunk.asides),
            )
            if frame is not None:
                rows = pl.int_range(chunk.first_row, chunk.first_row + chunk.rows, dtype=pl.Int64, eager=True)
                return Exact(frame.insert_column(0, rows.alias(ROW)), REJECTS.to_frame())
        return parse_exact(chunk.data, self._grammar, chunk.first_row)

    def column(self, name: str) -> Iterator[pl.Series]:
        """One column over the whole source, read anew, chunk by chunk."""
        stream = self.stream.reopen()
        try:
            again = CsvReader(stream, self.source.name, self.options, self.source.size)
            for chunk in again.chunks():
                yield again.parse(chunk).frame[name]
        finally:
            stream.close()

    def close(self) -> None:
        """Let go of the file and of its first chunk."""
        self._first = self._sample = None
        self.stream.close()


def _sniff(stream: ByteStream, name: str, options: ReadOptions) -> Dialect:
    if options.dialect is not None:
        return decode_dialect(options.dialect)
    head = stream.peek(HEAD_BYTES)
    return sniff(head, name, options, whole=len(head) < HEAD_BYTES)


def _chunk_bytes(batch_bytes: int, width: int) -> int:
    """What a chunk has of a file: a third less of a wide one, where each cell takes 16 bytes beside its text."""
    return batch_bytes if width <= _WIDE else batch_bytes * 2 // 3


def _findings(stream: ByteStream) -> Iterator[Finding]:
    yield Finding("encoding", stream.encoding.name, "--encoding", stream.encoding.evidence)
    if stream.compression:
        yield Finding("compression", stream.compression)

"""JSON of any layout: objects whose keys differ from one to the next, every value as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

import polars as pl

from heal_cli.errors import NoRecords
from heal_cli.model import ROW, Batch, Chunk, Format, ReadOptions, Source
from heal_cli.read.bytes import HEAD_BYTES, ByteStream
from heal_cli.read.json_cut import DocumentCutter
from heal_cli.read.json_forms import encode_form
from heal_cli.read.json_objects import Applied, apply, rejects_of
from heal_cli.read.json_shape import Shape, tell_shape
from heal_cli.read.jsonl_keys import MAX_COLUMNS, Fault
from heal_cli.read.jsonl_lines import LineCutter, Lines
from heal_cli.read.jsonl_parts import Part, merge, part_of_records
from heal_cli.read.jsonl_regex import DOCUMENT_BLANK, LINE_BLANK, Template, learn
from heal_cli.read.jsonl_slow import read_records

_MAX_ROWS: Final = 2**18
"""Rows in a chunk: bounds what many columns cost where lines are short and sparse."""

_MAX_CELLS: Final = 2**25
"""Rows x columns that late keys may grow a frame to; a cell costs 16 bytes even where it is null."""

_TEMPLATES: Final = 4
_TEMPLATES_KEPT: Final = 8

_LESSON: Final = 256
"""Lines that templates are learned from."""

_WORTH_LEARNING: Final = 512
"""Lines from which templates are learned; fewer are as quick one by one."""


class _Cutter(Protocol):
    """Records cut off a stream; `records` and `locate` may be called from several threads."""

    def chunks(self) -> Iterator[Chunk]: ...
    def records(self, chunk: Chunk) -> Lines: ...
    def locate(self, chunk: Chunk) -> Callable[[pl.Series], pl.DataFrame]: ...


class JsonReader:
    """Chunks and batches of a JSON source.

    Args:
        name: The source as the user wrote it.
        size: Bytes on disk, None for a stream.

    Raises:
        SourceError: There is no record in it.
    """

    def __init__(self, stream: ByteStream, name: str, options: ReadOptions, size: int | None) -> None:
        self.stream = stream
        self._name = name
        self._size = size
        self._known: tuple[str, ...] = ()
        head = stream.peek(HEAD_BYTES)
        shape = tell_shape(head, HEAD_BYTES, name, options)
        del head
        is_lines = shape.kind == "lines"
        self._form = shape.form
        self.options = ReadOptions(
            format=Format.JSONL if is_lines else Format.JSON,
            encoding=stream.encoding.name,
            json_path=options.json_path,
            header=options.header,
            columns=options.columns,
            json_form=encode_form(shape.form),
            batch_bytes=options.batch_bytes,
        )
        self._blank = LINE_BLANK if is_lines else DOCUMENT_BLANK
        lesson = shape.records[:: max(1, len(shape.records) // _LESSON)]
        self._templates: tuple[Template, ...] = ()
        if len(shape.records) >= _WORTH_LEARNING:
            self._templates = learn(lesson, limit=_TEMPLATES, blank=self._blank)
        self._cutter = _cutter(
            stream, name, shape, options.batch_bytes, _row_limit(lesson, options.batch_bytes)
        )
        self._chunks = self._cutter.chunks()
        self._first = next(self._chunks, None)
        if self._first is None:
            raise NoRecords(f"{name!r} holds no record", columns=() if shape.kind == "array" else None)
        self._sample: Batch | None = self._parse(self._first)
        self._known = tuple(self._sample.frame.columns[1:])
        self.source = Source(
            name,
            Format.JSONL if is_lines else Format.JSON,
            self._known,
            size,
            (*stream.findings(), *shape.findings),
        )

    def sample(self) -> Batch:
        """The first chunk, parsed; to be asked for before `chunks`."""
        assert self._sample is not None
        return self._sample

    def chunks(self) -> Iterator[Chunk]:
        """All chunks in order; one thread calls this, once."""
        self.stream.let_go()
        first, self._first = self._first, None
        if first is not None:
            yield first
        del first  # its bytes need not stay
        yield from self._chunks

    def parse(self, chunk: Chunk) -> Batch:
        """The rows of a chunk, its broken lines beside them; several threads may call it at once."""
        if chunk.index == 0 and self._sample is not None:
            batch, self._sample = self._sample, None
            return batch
        return self._parse(chunk)

    def column(self, name: str) -> Iterator[pl.Series]:
        """One column's values over the whole source, chunk by chunk; null where a row lacks the key.

        Raises:
            SourceError: The source is a stream.
        """
        again = JsonReader(self.stream.reopen(), self._name, self.options, self._size)
        try:
            for chunk in again.chunks():
                frame = again.parse(chunk).frame
                yield (
                    frame[name]
                    if name in frame.columns
                    else pl.Series(name, [None] * frame.height, dtype=pl.String)
                )
        finally:
            again.close()

    def close(self) -> None:
        """Let go of the file and of its first chunk."""
        self._first = self._sample = None
        self.stream.close()

    def _parse(self, chunk: Chunk) -> Batch:
        assert chunk.data is not None
        lines = self._cutter.records(chunk)
        parts, rest = self._by_templates(lines.frame, may_escape=b"\\" in chunk.data)
        faults: dict[int, Fault] = {}
        mended: dict[str, list[int]] = {}
        if rest.height:
            records = read_records(lines.exact(rest), self._names(parts), may_add=self._may_add(chunk, parts))
            faults = {
                rest[ROW][i]: self._explained(fault, rest["line"][i]) for i, fault in records.faults.items()
            }
            mended = {rule: rest[ROW].gather(places).to_list() for rule, places in records.mended.items()}
            slow = part_of_records(rest[ROW], records)
            parts += [slow] if slow else []
        merged = merge(parts, self._known)
        return Batch(
            chunk=chunk,
            frame=merged.frame,
            broken=rejects_of(faults),
            locate=self._cutter.locate(chunk),
            absent=merged.absent,
            quoted=merged.quoted,
            kinds=merged.kinds,
            mended={rule: merged.frame[ROW].is_in(rows) for rule, rows in mended.items()},
        )

    def _explained(self, fault: Fault, record: str) -> Fault:
        return (self._form.fault(record.encode()) if self._form else None) or fault

    def _by_templates(self, lines: pl.DataFrame, *, may_escape: bool) -> Applied:
        """All lines that known templates fit; then those that templates learned from the others fit."""
        parts, rest = apply(self._templates, lines, may_escape=may_escape)
        if rest.height >= _WORTH_LEARNING:
            lesson = rest["line"].gather_every(rest.height // _LESSON).cast(pl.Binary).to_list()
            learned = learn(lesson, limit=_TEMPLATES, blank=self._blank)
            more, rest = apply(learned, rest, may_escape=may_escape)
            parts += more
            used = sorted(parts, key=lambda part: len(part.rows), reverse=True)
            # A lost update by another thread costs learning once more, nothing else.
            self._templates = tuple(part.template for part in used if part.template)[:_TEMPLATES_KEPT]
        return Applied(parts, rest)

    def _names(self, parts: Sequence[Part]) -> list[str]:
        return list(dict.fromkeys([*self._known, *(name for part in parts for name in part.cells)]))

    def _may_add(self, chunk: Chunk, parts: Sequence[Part]) -> int:
        fit = min(MAX_COLUMNS, max(_MAX_CELLS // chunk.rows, 1))
        return max(0, fit - len(self._names(parts)))


def _cutter(stream: ByteStream, name: str, shape: Shape, batch_bytes: int, max_rows: int) -> _Cutter:
    if shape.kind == "lines":
        return LineCutter(stream, name, form=shape.form, batch_bytes=batch_bytes, max_rows=max_rows)
    return DocumentCutter(stream, name, shape, batch_bytes=batch_bytes, max_rows=max_rows)


def _row_limit(lesson: Sequence[bytes], batch_bytes: int) -> int:
    """Most rows for a chunk: few files have more than one cell in 6 bytes, and a sparse one gets no more."""
    columns = len(read_records(lesson, ()).columns)
    return max(1, min(_MAX_ROWS, batch_bytes // 6 // max(columns, 1)))

"""A JSON document as chunks of whole records: the elements of its array, or values one after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import msgspec
import polars as pl
import xxhash

from heal_cli.errors import SourceError
from heal_cli.model import LOCATIONS, Chunk
from heal_cli.read.bytes import ByteStream
from heal_cli.read.json_shape import Shape, tail_fault
from heal_cli.read.json_walk import MemberWalker, Walker
from heal_cli.read.jsonl_lines import MAX_LINE_BYTES, Lines, lines_from

_ELEMENTS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_GAP: Final = re.compile(rb"(?:[ \t\r\n,\x1e]+|\xef\xbb\xbf|//[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)
_JOINT: Final = re.compile(rb"\][ \t\r\n,\x1e]*\[")
_BETWEEN: Final = re.compile(rb"([\]}])([ \t\r]*\n[ \t\r\n]*)(?=[\[{])")
_READ_AT_LEAST: Final = 2**16
_TRIES: Final = 3  # cuts that are guessed before a chunk is walked value by value
_MAX_TAIL_BYTES: Final = 2**24  # of a wrapping object behind its array


@dataclass(frozen=True, slots=True)
class DocumentChunk(Chunk):
    """A chunk whose records were found one by one, because some are broken or oddly parted."""

    spans: tuple[tuple[int, int], ...] | None = None  # bytes in `data`; None: `data` is valid throughout


class _Piece(NamedTuple):
    """Records at the beginning of the buffer."""

    stop: int  # one past the last
    rows: int
    spans: tuple[tuple[int, int], ...] | None  # in the buffer


class DocumentCutter:
    """Chunks of about `batch_bytes`, each beginning with a record and ending with one.

    Where a chunk is valid JSON, as nearly all are, msgspec proves a guessed cut right by reading the records up to
    there: brackets pair and strings end only where a record does. Else its values are walked one by one.

    Args:
        max_rows: No chunk has more records than this.
    """

    def __init__(
        self, stream: ByteStream, name: str, shape: Shape, *, batch_bytes: int, max_rows: int
    ) -> None:
        self._stream = stream
        self._name = name
        self._shape = shape
        self._batch_bytes = batch_bytes
        self._max_rows = max_rows
        is_object = shape.kind == "members"
        self._walker = MemberWalker() if is_object else Walker(shape.kind == "array", shape.record_start)
        self._buffer = b""
        self._ended = False
        self._damage: SourceError | None = None

    def chunks(self) -> Iterator[Chunk]:
        """All chunks in order; a document that is damaged gives its whole records first, then its error."""
        head = self._take_head()
        digest = xxhash.xxh3_128(head)
        at, row, line = self._stream.origin + self._stream.measure(head), 1, 1 + head.count(b"\n")
        index = 0
        while True:
            gap = self._skip_gap()
            digest.update(gap)
            at, line = at + self._stream.measure(gap), line + gap.count(b"\n")
            piece = self._guessed() or self._walked()
            if piece is None and (joint := self._take_joint()):
                digest.update(joint)
                at, line = at + self._stream.measure(joint), line + joint.count(b"\n")
                continue
            if piece is None:
                break
            data, self._buffer = self._buffer[: piece.stop], self._buffer[piece.stop :]
            digest.update(data)
            stop = at + self._stream.measure(data)
            position = self._stream.position
            yield DocumentChunk(
                index, at, stop, row, line, digest.hexdigest(), piece.rows, position, data, piece.spans
            )
            index, at, row, line = index + 1, stop, row + piece.rows, line + data.count(b"\n")
        self._check_tail(head)

    def records(self, chunk: Chunk) -> Lines:
        """The records of a chunk, each as one text."""
        records, form = self._elements(chunk), self._shape.form
        return lines_from(form.objects(records) if form else records, chunk.first_row)

    def locate(self, chunk: Chunk) -> DocumentLocator:
        """Where the chunk's records stand."""
        return DocumentLocator(chunk, self._elements, self._stream)

    def _elements(self, chunk: Chunk) -> list[bytes]:
        assert chunk.data is not None
        if isinstance(chunk, DocumentChunk) and chunk.spans is not None:
            return [chunk.data[start:stop] for start, stop in chunk.spans]
        found = self._valid(chunk.data)
        assert found is not None
        return [bytes(raw) for raw in found]

    def _take_head(self) -> bytes:
        self._fill(self._shape.start + 1)
        head, self._buffer = self._buffer[: self._shape.start], self._buffer[self._shape.start :]
        return head

    def _skip_gap(self) -> bytes:
        """What parts the next record from the one before; afterwards the buffer holds a batch of what follows."""
        self._fill(self._batch_bytes)
        size = self._gap_size()
        while size == len(self._buffer) and not self._ended and size <= MAX_LINE_BYTES:
            self._fill(2 * size + _READ_AT_LEAST)
            size = self._gap_size()
        gap, self._buffer = self._buffer[:size], self._buffer[size:]
        return gap

    def _take_joint(self) -> bytes:
        """The end of one array and the beginning of the next, as joined files have it."""
        found = _JOINT.match(self._buffer) if self._shape.kind == "array" and not self._shape.path else None
        if found is None:
            return b""
        self._buffer = self._buffer[found.end() :]
        return found[0]

    def _gap_size(self) -> int:
        found = _GAP.match(self._buffer)
        assert found is not None
        return found.end()

    def _fill(self, wanted: int) -> None:
        blocks, have = [self._buffer], len(self._buffer)
        while not self._ended and have < wanted:
            try:
                block = self._stream.read(max(wanted - have, _READ_AT_LEAST))
            except SourceError as exc:
                if self._stream.is_cut_off:
                    raise
                self._damage, block = exc, b""
            self._ended = not block
            blocks.append(block)
            have += len(block)
        self._buffer = b"".join(blocks)

    def _guessed(self) -> _Piece | None:
        """The records up to a likely cut, if it is one."""
        for stop in self._likely_cuts():
            found = self._valid(self._buffer[:stop])
            if found is None:
                continue
            if len(found) <= self._max_rows:
                return _Piece(stop, len(found), None)
            return _Piece(_end_of(self._buffer, found[: self._max_rows]), self._max_rows, None)
        return None

    def _likely_cuts(self) -> Iterator[int]:
        """One past the record before the last one's beginning, or before the bracket at the end, latest first."""
        if self._ended and len(self._buffer) <= self._batch_bytes:
            yield from self._likely_ends()
            return
        if not self._shape.parted:
            return
        stop = min(self._batch_bytes, len(self._buffer))
        for _ in range(_TRIES):
            stop = self._buffer.rfind(self._shape.parted, 0, stop)
            if stop < 0:
                return
            yield stop + 1

    def _likely_ends(self) -> Iterator[int]:
        if self._damage:
            return
        if self._shape.kind == "values":
            yield len(self._buffer.rstrip())
            return
        stop = len(self._buffer)
        for _ in range(_TRIES):
            stop = self._buffer.rfind(b"]", 0, stop)
            if stop < 0:
                return
            yield len(self._buffer[:stop].rstrip(b", \t\r\n"))

    def _valid(self, data: bytes) -> list[msgspec.Raw] | None:
        """The records, if this is nothing but valid ones."""
        if not data or self._shape.kind == "members":
            return None
        if self._shape.kind == "values":
            # A bracket, a line end and a bracket cannot follow one another inside of a valid value.
            data = _BETWEEN.sub(rb"\1\2,", data)
        try:
            return _ELEMENTS.decode(b"[%b]" % data)
        except (msgspec.DecodeError, RecursionError):
            return None

    def _walked(self) -> _Piece | None:
        """The records up to about a batch, found one by one; None at the end."""
        while True:
            text = self._buffer.decode(errors="surrogateescape")
            walk = self._walker.walk(
                text, limit=self._batch_bytes, most=self._max_rows, is_end=self._ended and not self._damage
            )
            if walk.spans:
                return _piece(text, walk.spans)
            if self._ended or not walk.goes_on:
                return None
            if len(self._buffer) > MAX_LINE_BYTES:
                raise SourceError(
                    f"{self._name!r} has a JSON value longer than {MAX_LINE_BYTES // 2**20} MiB, which is no record",
                    hint="If its records are inside of an object, say where with --json-path",
                )
            self._fill(2 * len(self._buffer) + _READ_AT_LEAST)

    def _check_tail(self, head: bytes) -> None:
        """Say so if the document is not whole.

        Raises:
            SourceError: It ends early, or goes on behind its array.
        """
        if not self._damage and self._shape.kind != "values":
            self._fill(_MAX_TAIL_BYTES)
        if self._damage:
            raise self._damage
        if self._shape.kind == "values":
            return
        fault = tail_fault(
            head.decode(errors="surrogateescape"), self._buffer.decode(errors="surrogateescape")
        )
        if fault:
            raise SourceError(
                f"{self._name!r} {fault}; the records that were whole up to there have been read",
                hint="Get the file again, or look at its end",
            )


def _piece(text: str, spans: Sequence[tuple[int, int]]) -> _Piece:
    """The same spans, in bytes."""
    if text.isascii():
        return _Piece(spans[-1][1], len(spans), tuple(spans))
    found, place, at = [], 0, 0
    for start, stop in spans:
        begin = at + len(text[place:start].encode(errors="surrogateescape"))
        at = begin + len(text[start:stop].encode(errors="surrogateescape"))
        place = stop
        found.append((begin, at))
    return _Piece(at, len(found), tuple(found))


def _end_of(data: bytes, elements: Sequence[msgspec.Raw | bytes]) -> int:
    """One past the last of these, which follow one another in `data`."""
    at = 0
    for element in elements:
        at = data.index(element, at) + len(bytes(element))
    return at


class DocumentLocator:
    """Where the records of a chunk stand, worked out when first asked."""

    def __init__(self, chunk: Chunk, cut: Callable[[Chunk], list[bytes]], stream: ByteStream) -> None:
        self._chunk = chunk
        self._cut = cut
        self._stream = stream

    @cached_property
    def _elements(self) -> list[bytes]:
        return self._cut(self._chunk)

    def __call__(self, rows: pl.Series) -> pl.DataFrame:
        """LOCATIONS of these rows, in their order."""
        return pl.DataFrame(map(self._place, rows.to_list()), schema=LOCATIONS, orient="row")

    def _place(self, row: int) -> tuple[int, int, int, bytes]:
        assert self._chunk.data is not None
        i = row - self._chunk.first_row
        start = self._starts[i]
        return (
            row,
            self._chunk.first_line + self._chunk.data.count(b"\n", 0, start),
            self._chunk.start + self._stream.measure(self._chunk.data[:start]),
            self._stream.original(self._elements[i]),
        )

    @cached_property
    def _starts(self) -> list[int]:
        """First byte of each record in the chunk's text."""
        assert self._chunk.data is not None
        if isinstance(self._chunk, DocumentChunk) and self._chunk.spans is not None:
            return [start for start, _ in self._chunk.spans]
        starts, at = [], 0
        for element in self._elements:
            # Only white space and a comma stand before it, so the first place that fits is its own.
            starts.append(self._chunk.data.index(element, at))
            at = starts[-1] + len(element)
        return starts

"""A CSV stream cut into chunks of whole records, counted but not parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import xxhash

from heal_cli.errors import SourceError
from heal_cli.model import Chunk
from heal_cli.read.bytes import ByteStream
from heal_cli.read.dialect import Dialect
from heal_cli.read.fields import Grammar
from heal_cli.read.records import MAX_RECORD_BYTES, lay_out, lay_out_lines

BLANK: Final = {b"\n": re.compile(rb"(?m)^(?:\r?\n|\r\Z)"), b"\r": re.compile(rb"(?:\A|(?<=\r))\r")}
"""Empty lines with their terminator, by terminator."""


@dataclass(frozen=True, slots=True)
class CsvChunk(Chunk):
    """A chunk and what the cutter saw in it, so that the parser need not look again."""

    quotes: int | None = 0  # None: some, not counted
    multiline: bool = False  # some record has several lines
    blanks: int = 0  # lines that are no record
    broken: bool = False  # some quote is not paired


class _Piece(NamedTuple):
    stop: int
    lines: int
    rows: int
    quotes: int | None
    multiline: bool
    blanks: int
    broken: bool


def cut(stream: ByteStream, dialect: Dialect, batch_bytes: int) -> Iterator[CsvChunk]:
    """Chunks of about `batch_bytes`, larger where a record is.

    The digest of a chunk is that of all text from the beginning of the source to the chunk's end, as UTF-8
    without byte-order mark. `start` and `stop` count bytes of the decompressed source as it is stored.

    Raises:
        SourceError: A record beyond `records.MAX_RECORD_BYTES`, or a stream that breaks off; the whole
            records before that have been yielded.
    """
    head = _read_exactly(stream, dialect.body)
    digest = xxhash.xxh3_128(head)
    offset = stream.origin + stream.measure(head)
    index, row, line = 0, 1, dialect.body_line
    for data, piece in _pieces(stream, dialect, batch_bytes):
        digest.update(data)
        stop = offset + stream.measure(data)
        if piece.rows:
            yield CsvChunk(
                index=index,
                start=offset,
                stop=stop,
                first_row=row,
                first_line=line,
                digest=digest.hexdigest(),
                rows=piece.rows,
                position=stream.position,
                data=data,
                quotes=piece.quotes,
                multiline=piece.multiline,
                blanks=piece.blanks,
                broken=piece.broken,
            )
            index += 1
        offset, row, line = stop, row + piece.rows, line + piece.lines


def _read_exactly(stream: ByteStream, count: int) -> bytes:
    parts: list[bytes] = []
    while count > 0 and (block := stream.read(count)):
        parts.append(block)
        count -= len(block)
    return b"".join(parts)


def _pieces(stream: ByteStream, dialect: Dialect, batch_bytes: int) -> Iterator[tuple[bytes, _Piece]]:
    """The stream in stretches that end at a record boundary."""
    grammar, carry, wanted, line = dialect.grammar, b"", batch_bytes, dialect.body_line
    while True:
        fill = _fill(stream, carry, wanted, grammar.terminator)
        piece = _measure(fill.data, grammar, final=fill.is_last) if fill.data else None
        if piece and piece.rows > 1 and piece.stop > 2 * batch_bytes:
            data = _first_records(fill.data[: piece.stop], grammar, batch_bytes)
            piece = _measure(data, grammar, final=True)
        if piece and piece.stop:
            yield (fill.data if piece.stop == len(fill.data) else fill.data[: piece.stop]), piece
            carry, wanted, line = fill.data[piece.stop :] + fill.rest, batch_bytes, line + piece.lines
        else:
            carry = fill.data + fill.rest
            wanted = min(2 * max(len(carry), batch_bytes), len(carry) + MAX_RECORD_BYTES)
        if fill.trouble and not (piece and piece.stop):
            raise fill.trouble
        if fill.is_last and not carry:
            return
        if not fill.data and len(carry) > MAX_RECORD_BYTES:
            raise SourceError(
                f"Line {line} of {stream.name!r} is longer than {MAX_RECORD_BYTES:,} bytes; the records before it have been read",
                hint="Give the delimiter and line ends that the file has, or its format with --format",
            )


class _Fill(NamedTuple):
    data: bytes  # whole lines
    rest: bytes  # the line begun after them
    is_last: bool
    trouble: SourceError | None


def _fill(stream: ByteStream, carry: bytes, wanted: int, terminator: bytes) -> _Fill:
    """At least `wanted` bytes, `carry` first, unless the stream ends before."""
    if len(carry) > wanted:  # what an open quote made us read ahead
        whole = carry.rfind(terminator, 0, wanted) + 1 or carry.find(terminator, wanted) + 1
        return _Fill(carry[:whole], carry[whole:], False, None)
    blocks: list[bytes | memoryview] = [carry]
    size = len(carry)
    block = carry
    while size < wanted:
        try:
            more = stream.read(wanted - size)
        except SourceError as exc:
            data = b"".join(blocks)
            whole = data.rfind(terminator) + 1
            return _Fill(data[:whole], b"", False, exc)
        if not more:
            return _Fill(b"".join(blocks), b"", True, None)
        block = more
        blocks.append(block)
        size += len(block)
    if size > wanted:  # a transcoded text, in blocks as its pipe gave them: the cut must not depend on those
        return _fill(stream, b"".join(blocks), wanted, terminator)
    whole = block.rfind(terminator) + 1
    if not whole:
        data = b"".join(blocks)
        whole = data.rfind(terminator) + 1
        return _Fill(data[:whole], data[whole:], False, None)
    # The last block is cut before it is joined: 16 MiB less to copy.
    blocks[-1] = memoryview(block)[:whole]
    return _Fill(b"".join(blocks), block[whole:], False, None)


def _first_records(data: bytes, grammar: Grammar, batch_bytes: int) -> bytes:
    """The records of about one batch, from bytes that are many because a quote stayed open for long."""
    records = lay_out(data, grammar, final=True, details=True).records
    assert records is not None
    beyond = records["start"].filter(records["start"] >= batch_bytes)
    return data[: beyond[0]] if len(beyond) else data


def _measure(data: bytes, grammar: Grammar, *, final: bool) -> _Piece:
    has_quotes = bool(grammar.quote) and grammar.quote.encode() in data
    layout = lay_out_lines(data, grammar)
    if layout is None and has_quotes:
        layout = lay_out(data, grammar, final=final)
    if layout is not None:
        quotes = layout.quotes if has_quotes else 0
        return _Piece(
            layout.stop, layout.lines, layout.rows, quotes, layout.multiline, layout.blanks, layout.broken
        )
    terminator = grammar.terminator
    lines = data.count(terminator) + (not data.endswith(terminator))
    blanks = len(BLANK[terminator].findall(data)) if grammar.width > 1 else 0
    return _Piece(len(data), lines, lines - blanks, 0, False, blanks, False)

"""A CSV stream cut into chunks of whole records, counted but not parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import xxhash

from heal_cli.errors import SourceError
from heal_cli.model import Chunk
from heal_cli.read.asides import NONE, Aside, find_asides
from heal_cli.read.backslash import holds_escaped_end
from heal_cli.read.bytes import HEAD_BYTES, ByteStream
from heal_cli.read.declared import find_end, names_others
from heal_cli.read.dialect import Dialect
from heal_cli.read.endings import find_ending
from heal_cli.read.fields import Grammar
from heal_cli.read.passed import Kind, Passed
from heal_cli.read.quote_pairs import MAX_RECORD_BYTES
from heal_cli.read.quotes import NO_QUOTES, Quotes
from heal_cli.read.records import lay_out, lay_out_lines
from heal_cli.read.tables import NextTable, find_table

BLANK: Final = {b"\n": re.compile(rb"(?m)^(?:\r*\n|\r+\Z)"), b"\r": re.compile(rb"(?:\A|(?<=\r))\r")}
"""Empty lines with their terminator, by terminator."""

# What is read on with the last batch, so that the notes at the end of a file are seen together.
_TAIL_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class CsvChunk(Chunk):
    """A chunk and what the cutter saw in it, so that the parser need not look again."""

    quotes: Quotes | None = NO_QUOTES  # None: some, and nobody has found them all sound
    multiline: bool = False  # some record has several lines
    blanks: int = 0  # lines that are no record
    broken: bool = False  # some quote is not paired
    asides: tuple[Aside, ...] = NONE  # those of the blanks that are comments or the header again
    doubtful: int = 0  # so many of the last records may be sums
    is_plain: bool = False  # each record is one line, and ends with nothing but LF


class _Piece(NamedTuple):
    stop: int
    lines: int
    rows: int
    quotes: Quotes | None
    blanks: int
    multiline: bool = False
    broken: bool = False
    asides: tuple[Aside, ...] = NONE
    doubtful: int = 0
    has_words: bool = False
    is_plain: bool = False


def cut(
    stream: ByteStream, dialect: Dialect, batch_bytes: int, *, footer: int | None, passed: Passed
) -> Iterator[CsvChunk]:
    """Chunks of about `batch_bytes`, larger where a record is.

    Args:
        footer: Lines at the end that are no records; None finds out.
        passed: Told of all lines that are no records.

    The digest of a chunk is that of all text from the beginning of the source to the chunk's end, as UTF-8
    without byte-order mark, up to the last record. `start` and `stop` count bytes of the decompressed source as it is stored.

    Raises:
        SourceError: A record beyond `quote_pairs.MAX_RECORD_BYTES`, or a stream that breaks off; the whole
            records before that have been yielded.
    """
    head = _read_exactly(stream, dialect.body)
    digest = xxhash.xxh3_128(head)
    offset = stream.origin + stream.measure(head)
    index, row, line = 0, 1, dialect.body_line
    pieces = _pieces(stream, dialect, batch_bytes)
    for data, piece in _records_only(pieces, dialect, footer, passed):
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
                asides=piece.asides,
                doubtful=piece.doubtful,
                is_plain=piece.is_plain,
            )
            index += 1
        offset, row, line = stop, row + piece.rows, line + piece.lines


def _read_exactly(stream: ByteStream, count: int) -> bytes:
    parts: list[bytes] = []
    while count > 0 and (block := stream.read(count)):
        parts.append(block)
        count -= len(block)
    return b"".join(parts)


def _records_only(
    pieces: Iterator[tuple[bytes, _Piece, bool]], dialect: Dialect, footer: int | None, passed: Passed
) -> Iterator[tuple[bytes, _Piece]]:
    """The pieces without what follows the table: notes and sums, and further tables."""
    line, look = dialect.body_line, HEAD_BYTES
    for data, piece, is_last in pieces:
        if passed.is_over:
            passed.add_rest(data, line, piece.lines)
            line += piece.lines
            continue
        records, kept = _first_table(data, piece, dialect, passed, line, look)
        if is_last or (passed.is_over and not dialect.grammar.is_backslashed):
            records, kept = _without_ending(records, kept, dialect.grammar, footer, passed, line)
        for aside in kept.asides:
            passed.add(_kind(aside, dialect.grammar), line + aside.line, _visible(aside.text))
        if records:
            yield records, kept
        line, look = line + piece.lines, max(look - len(data), 0)


def _first_table(
    data: bytes, piece: _Piece, dialect: Dialect, passed: Passed, line: int, look: int
) -> tuple[bytes, _Piece]:
    """What of the piece is above the end of the table; what is below is noted.

    Args:
        line: Number of the first line.
        look: Bytes of which every line is looked at.
    """
    grammar = dialect.grammar
    end = find_end(data, grammar)
    table = None if end is not None else _next_table(data, piece, dialect, look)
    if end is None and table is None:
        return data, piece
    stop = end if table is None else table.start
    assert stop is not None
    below = data.count(grammar.terminator, 0, stop)
    if table:
        header = line + data.count(grammar.terminator, 0, table.header)
        passed.add_table(line + below, header, table.names)
    passed.add_rest(data[stop:], line + below, piece.lines - below)
    return data[:stop], _measure_kept(data[:stop], piece, grammar)


def _next_table(data: bytes, piece: _Piece, dialect: Dialect, look: int) -> NextTable | None:
    grammar = dialect.grammar
    others = (aside for aside in piece.asides if names_others(aside.text, grammar.heading))
    if (other := next(others, None)) is not None:
        return NextTable(other.start, other.start, other.text)
    has_blanks = piece.blanks > sum(1 for aside in piece.asides if aside.text.strip())
    return find_table(
        data, grammar, dialect.columns, has_blanks=has_blanks, look=look, has_words=piece.has_words
    )


def _without_ending(
    records: bytes, kept: _Piece, grammar: Grammar, footer: int | None, passed: Passed, line: int
) -> tuple[bytes, _Piece]:
    """The last records without the notes and sums below them."""
    ending = find_ending(records, grammar, footer)
    for back, text in ending.lines:
        passed.add("footer", line + kept.lines - back, text)
    records = records[: ending.stop]
    if ending.lines:
        kept = _measure_kept(records, kept, grammar)
    return records, kept._replace(doubtful=ending.doubtful)


def _measure_kept(records: bytes, piece: _Piece, grammar: Grammar) -> _Piece:
    """The first records of the piece, measured again."""
    return _measure(records, grammar, final=True) if records else piece._replace(rows=0, asides=NONE)


def _visible(text: str) -> str:
    return text.removeprefix("\ufeff") if text.strip() else repr(text)


def _kind(aside: Aside, grammar: Grammar) -> Kind:
    text = aside.text.rstrip("\r")
    if text.removeprefix("\ufeff") == grammar.heading:
        return "repeated header"
    return "blank row" if text == grammar.blank or not text.strip() else "comment"


def _pieces(stream: ByteStream, dialect: Dialect, batch_bytes: int) -> Iterator[tuple[bytes, _Piece, bool]]:
    """The stream in stretches that end at a record boundary, and whether each is the last."""
    grammar, carry, wanted, line = dialect.grammar, b"", batch_bytes, dialect.body_line
    while True:
        fill = _fill(stream, carry, wanted, grammar.terminator, tail=min(_TAIL_BYTES, batch_bytes // 4))
        piece = _measure(fill.data, grammar, final=fill.is_last) if fill.data else None
        if piece and piece.rows > 1 and piece.stop > 2 * batch_bytes:
            data = _first_records(fill.data[: piece.stop], grammar, batch_bytes)
            piece = _measure(data, grammar, final=True)
        if piece and piece.stop:
            is_whole = piece.stop == len(fill.data)
            yield (fill.data if is_whole else fill.data[: piece.stop]), piece, fill.is_last and is_whole
            carry, wanted, line = fill.data[piece.stop :] + fill.rest, batch_bytes, line + piece.lines
        else:
            carry = fill.data + fill.rest
            wanted = min(2 * wanted, wanted + MAX_RECORD_BYTES)
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
    rest: bytes = b""  # the line begun after them
    is_last: bool = False
    trouble: SourceError | None = None


def _fill(stream: ByteStream, carry: bytes, wanted: int, terminator: bytes, *, tail: int) -> _Fill:
    """The whole lines of `wanted` bytes, `carry` first; all there is where fewer than `tail` bytes more follow.

    Where it ends depends on the text alone, not on the blocks that a pipe or a decoder gives.
    """
    if len(carry) < wanted and (data := stream.read_lines(len(carry), wanted, terminator, beyond=tail)):
        return _Fill(data)
    blocks: list[bytes | memoryview] = [carry]
    size = len(carry)
    block = carry
    while size < wanted or (size < wanted + tail and len(stream.peek(tail)) < tail):
        try:
            more = stream.read(max(wanted - size, tail))
        except SourceError as exc:
            if stream.is_cut_off:
                raise
            data = b"".join(blocks)
            whole = data.rfind(terminator) + 1
            return _Fill(data[:whole], trouble=exc)
        if not more:
            return _Fill(b"".join(blocks), is_last=True)
        block = more
        blocks.append(block)
        size += len(block)
    whole = block.rfind(terminator) + 1
    if size > wanted or not whole:
        data = b"".join(blocks)
        whole = data.rfind(terminator, 0, wanted) + 1 or data.find(terminator, wanted) + 1
        return _Fill(data[:whole], data[whole:])
    # The last block is cut before it is joined: a whole batch less to copy.
    blocks[-1] = memoryview(block)[:whole]
    return _Fill(b"".join(blocks), block[whole:])


def _first_records(data: bytes, grammar: Grammar, batch_bytes: int) -> bytes:
    """The records of about one batch, from bytes that are many because a quote stayed open for long."""
    records = lay_out(data, grammar, final=True, details=True).records
    assert records is not None
    beyond = records["start"].filter(records["start"] >= batch_bytes)
    return data[: beyond[0]] if len(beyond) else data


def _measure(data: bytes, grammar: Grammar, *, final: bool) -> _Piece:
    has_quotes = bool(grammar.quote) and grammar.quote.encode() in data
    goes_on = grammar.is_backslashed and holds_escaped_end(data, grammar.terminator)
    asides, layout = NONE, lay_out_lines(data, grammar)
    if layout is None:
        asides, layout = find_asides(data, grammar, final=final)
    if layout is None and (has_quotes or goes_on):
        layout = lay_out(data, grammar, final=final)
    if layout is not None:
        return _Piece(
            layout.stop,
            layout.lines,
            layout.rows,
            quotes=layout.quotes if has_quotes else NO_QUOTES,
            blanks=layout.blanks,
            multiline=layout.multiline,
            broken=layout.broken,
            asides=asides,
            has_words=layout.has_words,
            is_plain=layout.is_plain,
        )
    terminator = grammar.terminator
    lines = data.count(terminator) + (not data.endswith(terminator))
    blanks = 0
    if grammar.width > 1 and _may_have_blanks(data, terminator):
        blanks = len(BLANK[terminator].findall(data))
    return _Piece(len(data), lines, lines - blanks, quotes=NO_QUOTES, blanks=blanks)


def _may_have_blanks(data: bytes, terminator: bytes) -> bool:
    """Found out at memchr's speed; the pattern looks at every line."""
    if data.startswith((b"\r", b"\n")) or terminator * 2 in data:
        return True
    return terminator == b"\n" and b"\n\r" in data

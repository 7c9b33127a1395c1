"""A stream as lines: chunks of whole lines, the lines of a chunk, the places of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate
from typing import Final, NamedTuple

import polars as pl
import xxhash

from heal_cli.errors import SourceError
from heal_cli.model import LOCATIONS, ROW, Chunk
from heal_cli.read.bytes import ByteStream
from heal_cli.read.json_forms import Form
from heal_cli.read.octets import count, octets_of

MAX_LINE_BYTES: Final = 256 * 2**20
"""Longest line; a jsonb value cannot pass 255 MiB either."""

_READ_AT_LEAST: Final = 2**16
_BLANKS: Final = " \t\r"
_LF: Final = 10
_BLANK: Final = 32


class LineCutter:
    """Chunks of about `batch_bytes`, each ending with a line.

    Args:
        form: What makes objects of the lines, if they hold them.
        max_rows: No chunk has more lines than this.
    """

    def __init__(
        self, stream: ByteStream, name: str, *, form: Form | None = None, batch_bytes: int, max_rows: int
    ) -> None:
        self._stream = stream
        self._name = name
        self._form = form
        self._batch_bytes = batch_bytes
        self._max_rows = max_rows
        self._carry = b""
        self._ended = False
        self._damage: SourceError | None = None

    def chunks(self) -> Iterator[Chunk]:
        """All chunks in order; a damaged archive gives its whole lines first, then its error."""
        digest = xxhash.xxh3_128()
        index, start, row, line = 0, self._stream.origin, 1, 1
        while data := self._take():
            lines, rows = count_lines(data)
            if lines > self._max_rows:
                data = self._give_back(data)
                lines, rows = count_lines(data)
            digest.update(data)
            stop = start + self._stream.measure(data)
            if rows:
                at = self._stream.position
                yield Chunk(index, start, stop, row, line, digest.hexdigest(), rows, at, data)
                index += 1
            start, row, line = stop, row + rows, line + lines
        if self._damage:
            raise self._damage

    def records(self, chunk: Chunk) -> Lines:
        """The lines of a chunk, numbered as rows."""
        if self._form is None:
            return lines_of(chunk)
        assert chunk.data is not None
        lines = [line for line in split_lines(chunk.data) if not is_blank(line)]
        return lines_from(self._form.objects(lines), chunk.first_row)

    def locate(self, chunk: Chunk) -> Locator:
        """Where the chunk's lines stand."""
        return Locator(chunk, self._stream)

    def _take(self) -> bytes:
        given, wanted = len(self._carry), self._batch_bytes
        if given < wanted and (data := self._stream.read_lines(given, wanted, b"\n", beyond=0)):
            self._carry = b""
            return data
        blocks, have = [self._carry], len(self._carry)
        ends_line = b"\n" in self._carry
        while not self._ended and (have < self._batch_bytes or not ends_line):
            blocks.append(self._read(max(self._batch_bytes - have, _READ_AT_LEAST)))
            have += len(blocks[-1])
            ends_line = ends_line or b"\n" in blocks[-1]
            if have > MAX_LINE_BYTES and not ends_line:
                raise self._too_long()
        room = max(self._batch_bytes - given, 0)
        if len(blocks) == 2 and (cut := blocks[1].rfind(b"\n", 0, room) + 1):
            data = b"".join((self._carry, memoryview(blocks[1])[:cut]))  # the usual case, with one copy less
            self._carry = blocks[1][cut:]
            return data
        data = b"".join(blocks)
        cut = self._cut(data)
        self._carry = data[cut:]
        return data[:cut]

    def _read(self, n: int) -> bytes:
        try:
            block = self._stream.read(n)
        except SourceError as exc:
            if self._stream.is_cut_off:
                raise
            self._damage, block = exc, b""
        self._ended = not block
        return block

    def _cut(self, data: bytes) -> int:
        """One past the last line of the chunk that begins here."""
        if len(data) <= self._batch_bytes and self._ended and not self._damage:
            return len(data)
        within = data.rfind(b"\n", 0, self._batch_bytes) + 1
        first = data.find(b"\n") + 1
        return within or first or (0 if self._damage else len(data))

    def _give_back(self, data: bytes) -> bytes:
        """As many lines as a chunk may have; the others are for the next."""
        cut = _after_lines(data, self._max_rows)
        self._carry = data[cut:] + self._carry
        return data[:cut]

    def _too_long(self) -> SourceError:
        return SourceError(
            f"{self._name!r} has a line longer than {MAX_LINE_BYTES // 2**20} MiB, so it cannot be JSON lines",
            hint="If it is one JSON document, say --format json",
        )


def _after_lines(data: bytes, lines: int) -> int:
    """One past the end of that many lines, found by halves: counting is quicker than walking."""
    low, high, left = 0, len(data), lines
    while high - low > _READ_AT_LEAST:
        middle = (low + high) // 2
        count = data.count(b"\n", low, middle)
        low, high, left = (low, middle, left) if count >= left else (middle, high, left - count)
    for _ in range(left):
        low = data.index(b"\n", low) + 1
    return low


class Lines(NamedTuple):
    """The lines of a chunk that are not blank."""

    frame: pl.DataFrame  # ROW, line
    invalid: dict[int, bytes]  # row -> its bytes, where they are no UTF-8; the line in `frame` is a stand-in

    def exact(self, some: pl.DataFrame) -> list[bytes]:
        """The bytes of some of the frame's lines."""
        lines: list[bytes] = some["line"].cast(pl.Binary).to_list()
        if not self.invalid:
            return lines
        return [self.invalid.get(row, line) for row, line in zip(some[ROW], lines, strict=True)]


def lines_of(chunk: Chunk) -> Lines:
    """The lines of a chunk, numbered as rows."""
    assert chunk.data is not None
    spoiled: dict[int, bytes] = {}
    try:
        lines = pl.read_lines(chunk.data).to_series()
    except pl.exceptions.ComputeError:  # some bytes are no UTF-8
        texts = [_text(line) for line in split_lines(chunk.data)]
        spoiled = {i: text for i, text in enumerate(texts) if isinstance(text, bytes)}
        lines = pl.Series([text if isinstance(text, str) else "�" for text in texts], dtype=pl.String)
    if len(lines) != chunk.rows:
        kept = ~blank(lines)
        places = kept.cum_sum()
        spoiled = {places[i] - 1: line for i, line in spoiled.items()}
        lines = lines.filter(kept)
    rows = pl.int_range(chunk.first_row, chunk.first_row + chunk.rows, dtype=pl.Int64, eager=True)
    frame = pl.DataFrame({ROW: rows, "line": lines})
    return Lines(frame, {chunk.first_row + i: line for i, line in spoiled.items()})


def lines_from(records: list[bytes], first_row: int) -> Lines:
    """Records that were cut out of a document, numbered as rows."""
    spoiled: dict[int, bytes] = {}
    raw = pl.Series("line", records, dtype=pl.Binary)
    try:
        lines = raw.cast(pl.String)
    except pl.exceptions.ComputeError:  # some bytes are no UTF-8
        texts = [_text(record) for record in records]
        spoiled = {i: text for i, text in enumerate(texts) if isinstance(text, bytes)}
        lines = pl.Series([text if isinstance(text, str) else "�" for text in texts], dtype=pl.String)
    rows = pl.int_range(first_row, first_row + len(records), dtype=pl.Int64, eager=True)
    return Lines(
        pl.DataFrame({ROW: rows, "line": lines}), {first_row + i: line for i, line in spoiled.items()}
    )


def _text(line: bytes) -> str | bytes:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line


def count_lines(data: bytes) -> tuple[int, int]:
    """Physical lines, and how many of them are not blank."""
    octets = octets_of(data)
    if not _may_have_blanks(octets):
        records = count(octets == _LF) + (not data.endswith(b"\n"))
        return records, records
    try:
        lines = pl.read_lines(data).to_series()
    except pl.exceptions.ComputeError:
        split = split_lines(data)
        return len(split), sum(not is_blank(line) for line in split)
    return len(lines), len(lines) - int(blank(lines).sum())


def _may_have_blanks(octets: pl.Series) -> bool:
    """Some line begins with a blank, or is none."""
    if octets.is_empty() or octets[0] <= _BLANK:
        return True
    ends = octets.slice(0, len(octets) - 1) == _LF
    return bool((ends & (octets.slice(1) <= _BLANK)).any())


def blank(lines: pl.Series) -> pl.Series:
    """Where lines hold nothing, or blanks only."""
    suspects = lines < "!"  # the first byte decides nearly always, and comparing it costs next to nothing
    return suspects & (lines.str.strip_chars(_BLANKS) == "") if suspects.any() else suspects


def is_blank(line: bytes) -> bool:
    """The same for one line."""
    return not line.strip(_BLANKS.encode())


def split_lines(data: bytes) -> list[bytes]:
    """The lines without their ends."""
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix(b"\r") for line in lines]


class Locator:
    """Where the rows of a chunk stand, worked out when first asked."""

    def __init__(self, chunk: Chunk, stream: ByteStream) -> None:
        self._chunk = chunk
        self._stream = stream

    def __call__(self, rows: pl.Series) -> pl.DataFrame:
        """LOCATIONS of these rows, in their order."""
        places = [self._place(row) for row in rows.to_list()]
        return pl.DataFrame(places, schema=LOCATIONS, orient="row")

    def _place(self, row: int) -> tuple[int, int, int, bytes]:
        assert self._chunk.data is not None
        i = self._records[row - self._chunk.first_row]
        raw = self._chunk.data[self._starts[i] : self._starts[i + 1]].removesuffix(b"\n").removesuffix(b"\r")
        return (
            row,
            self._chunk.first_line + i,
            self._chunk.start + self._offsets[i],
            self._stream.original(raw),
        )

    @cached_property
    def _split(self) -> list[bytes]:
        assert self._chunk.data is not None
        return self._chunk.data.split(b"\n")

    @cached_property
    def _records(self) -> list[int]:
        """Line of each row, 0-based in the chunk."""
        return [i for i, line in enumerate(self._split) if not is_blank(line)]

    @cached_property
    def _starts(self) -> list[int]:
        """Where each line starts in the chunk's text, and one more: past the last."""
        return list(accumulate((len(line) + 1 for line in self._split), initial=0))

    @cached_property
    def _offsets(self) -> list[int]:
        """The same in bytes of the source, which may be written in another encoding."""
        if self._stream.is_utf8:
            return self._starts
        sizes = (self._stream.measure(line + b"\n") for line in self._split)
        return list(accumulate(sizes, initial=0))

"""Which earlier sources of the table a source begins with, judged by its bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Final

import msgspec

from heal_cli.errors import SourceError, UsageError
from heal_cli.model import Format, ReadOptions
from heal_cli.read import SourceReader, Walk, open_source, reopen
from heal_cli.read.dialect import decode_dialect
from heal_cli.write import EarlierSource

NO_QUOTE: Final = ""

_CLOSING: Final = "]}"
"""What follows the last record of a JSON document."""

_BY_THEIR_CUTS: Final = frozenset({Format.PARQUET, Format.ARROW})
"""Formats whose digests are not those of the bytes up to a place."""


@dataclass(frozen=True, slots=True)
class Known:
    """An earlier source that this one begins with."""

    earlier: EarlierSource
    reading: ReadOptions
    is_all: bool = True  # this one has no record beside those of the earlier
    is_open: bool = False  # the earlier one may have been cut off inside a quoted cell
    is_cut: bool = False  # the last record of the earlier one goes on in this one

    @property
    def is_finished(self) -> bool:
        """All of the earlier one is loaded."""
        return self.earlier.rows is not None

    @property
    def has_ended(self) -> bool:
        """All of the earlier one is loaded that was asked for."""
        return self.is_finished or self.earlier.limited_to is not None


def known_sources(reader: SourceReader, earlier: list[EarlierSource]) -> tuple[SourceReader, list[Known]]:
    """The earlier sources that this one begins with, newest first; finished ones whole.

    Returns:
        A reader of the same source as well: one that is no text, or no file, is cut anew to be compared.
    """
    # Thousands of files of one kind were read in one way: it is decoded once.
    readings = {text: msgspec.json.decode(text, type=ReadOptions) for text in {e.reading for e in earlier}}
    candidates = [(e, readings[e.reading]) for e in earlier]
    if reader.options.format in _BY_THEIR_CUTS or _is_pipe(reader):
        return _compare_cuts(reader, candidates)
    texts = [(e, reading) for e, reading in candidates if reading.format not in _BY_THEIR_CUTS]
    known: list[Known] = []
    for encoding, quote in sorted({_spelling(reading) for _, reading in texts}):
        walk = Walk(reader.source.name, encoding=encoding, quote=quote)
        try:
            known += _walk([each for each in texts if _spelling(each[1]) == (encoding, quote)], walk)
        finally:
            walk.close()
    return reader, sorted(known, key=lambda each: each.earlier.source, reverse=True)


def _spelling(reading: ReadOptions) -> tuple[str, str]:
    """Encoding, and quote where there are any."""
    assert reading.encoding is not None
    quote = decode_dialect(reading.dialect).grammar.quote if reading.dialect else NO_QUOTE
    return reading.encoding, quote


def _walk(candidates: list[tuple[EarlierSource, ReadOptions]], walk: Walk) -> Iterator[Known]:
    """Those that the file begins with, in one pass that goes no further than the last that may be one."""
    stops = [(e.first_stop, e.first_digest, place) for place, (e, _) in enumerate(candidates)]
    heapify(stops)
    while stops:
        stop, digest, place = heappop(stops)
        earlier, reading = candidates[place]
        if walk.digest_at(stop) != digest:
            continue
        if stop < earlier.stop:
            heappush(stops, (earlier.stop, earlier.digest, place))
        else:
            # The values of a JSON document end where their brackets do, whatever follows.
            is_json = reading.format is Format.JSON
            is_all = walk.is_at_end(_CLOSING if is_json else "")
            yield Known(earlier, reading, is_all, walk.has_open_quote, not (is_json or walk.ends_line))


def _compare_cuts(
    reader: SourceReader, candidates: list[tuple[EarlierSource, ReadOptions]]
) -> tuple[SourceReader, list[Known]]:
    """Those whose batches are batches of this source when it is cut as they were."""
    known, own = [], reader.options
    for reading in dict.fromkeys(reading for _, reading in candidates):
        if (reading.format, reading.encoding) != (own.format, own.encoding):
            continue
        try:
            reader = reader if reading == reader.options else reopen(reader, reading)
            first = reader.sample().chunk
        except (SourceError, UsageError):
            # Read as another source was it may hold no record; by its own way it says itself what is wrong.
            reader = reopen(reader, own)
            continue
        for earlier in (e for e, its in candidates if its == reading):
            if (first.stop, first.digest) != (earlier.first_stop, earlier.first_digest):
                continue
            if _is_pipe(reader):
                # Only its first batch can be compared; the others are when they come.
                known += [] if earlier.inherits else [Known(earlier, reading)]
            elif (is_all := _has_cut(reader, earlier)) is not None:
                known.append(Known(earlier, reading, is_all))
    return reader, sorted(known, key=lambda each: each.earlier.source, reverse=True)


def _is_pipe(reader: SourceReader) -> bool:
    return reader.stream is not None and not reader.stream.is_seekable


def _has_cut(reader: SourceReader, earlier: EarlierSource) -> bool | None:
    """Whether the furthest batch that the ledger knows is the last of this file; None if it is none of its batches."""
    again = open_source(reader.source.name, reader.options)
    try:
        chunks = again.chunks()
        for chunk in chunks:
            if chunk.stop >= earlier.stop:
                is_same = (chunk.stop, chunk.digest) == (earlier.stop, earlier.digest)
                return next(chunks, None) is None if is_same else None
        return None
    finally:
        again.close()

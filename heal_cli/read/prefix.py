"""Whether a file begins with what was loaded before, whatever its batches were."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import xxhash

from heal_cli.errors import SourceError
from heal_cli.model import ReadOptions
from heal_cli.read.bytes import ByteStream

_BLOCK_BYTES = 1 << 20


class Prefix(NamedTuple):
    """The beginning of a file."""

    digest: str  # as `Chunk.digest`
    is_closed: bool  # no quoted cell is open at its end


def prefixes(location: str, options: ReadOptions, stops: Iterable[int]) -> dict[int, Prefix]:
    """`Chunk.digest` as it was or would be at each `Chunk.stop` that ends a record of this file.

    Stops beyond the file's end, or in the middle of a line, are left out: nothing that ended there is a
    beginning of this file. So are all stops of a file that is not stored as UTF-8 text.
    """
    found: dict[int, Prefix] = {}
    quote = (options.quote or '"').encode()
    quotes = 0
    stream = ByteStream(location, encoding=options.encoding)
    try:
        if not stream.is_utf8:
            return found
        digest, at, last = xxhash.xxh3_128(), stream.origin, b"\n"
        for stop in sorted(stops):
            while at < stop and (block := stream.read(min(stop - at, _BLOCK_BYTES))):
                digest.update(block)
                quotes += block.count(quote)
                at += len(block)
                last = block[-1:]
            if at < stop:
                break
            if last in b"\r\n" or stream.peek(1) in {b"", b"\n", b"\r"}:
                found[stop] = Prefix(digest.hexdigest(), quotes % 2 == 0)
    except SourceError:
        return found  # a damaged archive; loading it says so
    finally:
        stream.close()
    return found

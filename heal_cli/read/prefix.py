"""Whether a file begins with what was loaded before, whatever its batches were."""

from __future__ import annotations

import codecs
from typing import Final

import xxhash

from heal_cli.errors import SourceError
from heal_cli.read.bytes import HEAD_BYTES, ByteStream
from heal_cli.read.encoding import UTF8, error_handler, tell_encoding

_BLOCK_BYTES: Final = 1 << 20


class Walk:
    """One pass over a file of text, told in rising order where to stop and say what it has seen.

    Args:
        encoding: As a reader found it.
    """

    def __init__(self, location: str, *, encoding: str, quote: str) -> None:
        self._bytes = ByteStream(location, encoding=UTF8)  # as they are
        mark = tell_encoding(self._bytes.peek(8), encoding).mark if encoding != UTF8 else 0
        self._at = self._bytes.origin
        self._decoder = codecs.getincrementaldecoder(encoding)(error_handler(encoding))
        self._encoding = encoding
        self._digest = xxhash.xxh3_128()
        self._quote, self._quotes = quote.encode(), 0
        self._last = b"\n"
        while self._at < mark:
            self._at += len(self._bytes.read(mark - self._at))

    def digest_at(self, stop: int) -> str | None:
        """`Chunk.digest` as it was or would be at a `Chunk.stop`; None if the file is shorter or damaged before."""
        try:
            while self._at < stop and (block := self._bytes.read(min(stop - self._at, _BLOCK_BYTES))):
                self._at += len(block)
                self._take(block)
        except SourceError:
            return None  # loading it says so
        return self._digest.hexdigest() if self._at == stop else None

    @property
    def ends_line(self) -> bool:
        """What ends here is not cut off by what follows."""
        following = self._bytes.peek(8)[:8].decode(self._encoding, "replace")
        return self._last in b"\r\n" or following[:1] in {"", "\n", "\r"}

    def is_at_end(self, brackets: str = "") -> bool:
        """Nothing follows but blank lines, and these."""
        ahead = self._bytes.peek()
        rest = ahead.decode(self._encoding, "replace").translate(dict.fromkeys(map(ord, brackets)))
        return len(ahead) < HEAD_BYTES and not rest.strip()

    @property
    def has_open_quote(self) -> bool:
        """The quotes up to here are not paired."""
        return self._quotes % 2 == 1

    def close(self) -> None:
        """Let go of the file."""
        self._bytes.close()

    def _take(self, block: bytes) -> None:
        text = block
        if self._encoding != UTF8:
            text = self._decoder.decode(block).encode(UTF8, error_handler(self._encoding))
        self._digest.update(text)
        if self._quote:
            self._quotes += text.count(self._quote)
        self._last = text[-1:] or self._last

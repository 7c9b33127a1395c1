"""Compressed files, told by their first bytes and read without ever unpacking more than was asked for."""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from heal_cli.errors import SourceError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAGIC: Final[Mapping[str, tuple[bytes, ...]]] = {
    "gzip": (b"\x1f\x8b\x08",),
    "zstd": (b"\x28\xb5\x2f\xfd",),
    "bzip2": tuple(b"BZh%d" % level for level in range(1, 10)),
    "xz": (b"\xfd7zXZ\x00",),
    "lz4": (b"\x04\x22\x4d\x18",),
    "zip": (b"PK\x03\x04", b"PK\x05\x06"),
}

# Bytes put in and taken out at a time: large enough for speed; at damage zlib keeps back what one step gave.
STEP_BYTES: Final = 2**16


class _Decompressor(Protocol):
    """What bz2, lzma and zstd have in common; `_Gzip` makes zlib look the same."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes: ...


class _Gzip:
    """One gzip member."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        text = self._member.decompress(self._member.unconsumed_tail + data, max(max_length, 0))
        # A full answer may mean that zlib holds more, even when it took all the input.
        self.needs_input = not self._member.unconsumed_tail and len(text) < max_length
        return text


def _lz4() -> _Decompressor:
    from lz4.frame import LZ4FrameDecompressor

    decompressor: _Decompressor = LZ4FrameDecompressor()
    return decompressor


_DECOMPRESSORS: Final[Mapping[str, Callable[[], _Decompressor]]] = {
    "gzip": _Gzip,
    "zstd": zstd.ZstdDecompressor,
    "bzip2": bz2.BZ2Decompressor,
    "xz": lzma.LZMADecompressor,
    "lz4": _lz4,
}

# What the libraries raise on damaged data; bz2 says OSError, lz4 RuntimeError.
DAMAGE: Final = (zlib.error, lzma.LZMAError, zstd.ZstdError, OSError, EOFError, RuntimeError)

BOMB_RATIO: Final = 1000
"""Times its size that an archive may unpack to, beyond `BOMB_BYTES`: gzip's own limit is 1,032, and files of
records stay under 100."""
BOMB_BYTES: Final = 2**30


def tell_compression(head: bytes) -> str | None:
    """Name of the compression that these first bytes belong to, None for plain data."""
    for name, magics in MAGIC.items():
        if head.startswith(magics):
            return name
    return None


class Decompressed:
    """The plain bytes of a compressed stream, one member after the other.

    Raises:
        SourceError: From `read`, once everything before the damage was given out.
    """

    def __init__(self, read: Callable[[int], bytes], compression: str, name: str) -> None:
        self._read = read
        self._compression = compression
        self._name = name
        self._member = _DECOMPRESSORS[compression]()
        self._pending = b""
        self._taken = 0
        self._given = 0

    def read(self, n: int) -> bytes:
        """At least one and at most `n` bytes; b'' at the end."""
        while True:
            if self._member.eof and not self._next_member():
                return b""
            text = self._step(n)
            if text:
                self._given += len(text)
                check_bomb(self._name, self._taken, self._given)
                return text

    def _step(self, n: int) -> bytes:
        feed = b""
        if self._member.needs_input:
            feed = self._pending or self._read(STEP_BYTES)
            self._taken += len(feed)
            self._pending = b""
            if not feed:
                raise self._damaged("ends before its archive does")
        try:
            return self._member.decompress(feed, min(n, STEP_BYTES))
        except DAMAGE as exc:
            raise self._damaged(f"is damaged ({exc})") from exc

    def _next_member(self) -> bool:
        """Go on to the member after this one; padding with NULs is no member."""
        rest = self._member.unused_data or b""  # lz4 says None
        while not (rest := rest.lstrip(b"\0")):
            if not (rest := self._read(STEP_BYTES)):
                return False
        while len(rest) < max(map(len, MAGIC[self._compression])) and (more := self._read(STEP_BYTES)):
            rest += more
        if tell_compression(rest) != self._compression:
            raise self._damaged(f"has {self._compression} data and then something else")
        self._member, self._pending = _DECOMPRESSORS[self._compression](), rest
        return True

    def _damaged(self, what: str) -> SourceError:
        return broken_off(self._name, what, self._given)


def broken_off(name: str, what: str, given: int) -> SourceError:
    """The error of an archive of which all that was whole was given out."""
    return SourceError(
        f"{name!r} {what}, after {given:,} decompressed bytes; "
        "the records that were whole up to there have been read",
        hint="Get the file again; a second load goes on where this one ended",
    )


def check_bomb(name: str, taken: int, given: int) -> None:
    """Stop an archive that is made to fill a disk.

    Raises:
        SourceError: It has unpacked to more than any file of records would.
    """
    if given > BOMB_BYTES and given > BOMB_RATIO * taken:
        raise SourceError(
            f"{name!r} unpacks to more than {BOMB_RATIO:,} times its size ({given:,} bytes so far), as no file of"
            " records does; what came before has been read",
            hint="If it is meant so, unpack it and load that",
        )

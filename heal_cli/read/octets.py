"""The bytes of a chunk as numbers, which polars counts and compares at the speed of memory and without the GIL."""

from __future__ import annotations

from typing import Final

import polars as pl

# Of the numbers that places are picked from: for a whole batch they would be 48 MB, and in no cache.
_BLOCK: Final = 1 << 18


def octets_of(data: bytes) -> pl.Series:
    """One UInt8 for each byte, none copied."""
    from arro3.core import Array  # after the start of the process, which it would slow

    return pl.Series(Array.from_buffer(data))


def is_utf8(data: bytes) -> bool:
    """They are the bytes of a text."""
    if data.isascii():
        return True
    try:
        pl.Series([data], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


def count(mask: pl.Series) -> int:
    """How often it is true."""
    return int(mask.sum())


def places(mask: pl.Series) -> pl.Series:
    """Int64: where it is true, at a fourth of the cost of `arg_true`."""
    numbers = pl.int_range(min(_BLOCK, len(mask)), dtype=pl.UInt32, eager=True)
    found = [numbers.clear().cast(pl.Int64)]
    for start in range(0, len(mask), _BLOCK):
        block = mask.slice(start, _BLOCK)
        found.append(numbers.head(len(block)).filter(block).cast(pl.Int64) + start)
    return pl.concat(found, rechunk=True)


def behind(octets: pl.Series, mask: pl.Series, steps: int, *, end: int) -> pl.Series:
    """The bytes so many places behind those that are marked, with `end` for all beyond the last."""
    stop = max(len(octets) - steps, 0)
    found = octets.slice(steps).filter(mask.head(stop))
    return _padded(found, count(mask.slice(stop)), end, is_first=False)


def before(octets: pl.Series, mask: pl.Series, *, end: int) -> pl.Series:
    """The bytes right before those that are marked, `end` before the very first."""
    found = octets.head(max(len(octets) - 1, 0)).filter(mask.slice(1))
    return _padded(found, count(mask.head(1)), end, is_first=True)


def _padded(found: pl.Series, lacking: int, end: int, *, is_first: bool) -> pl.Series:
    if not lacking:
        return found
    ends = pl.repeat(end, lacking, dtype=pl.UInt8, eager=True)
    return pl.concat([ends, found] if is_first else [found, ends], rechunk=True)

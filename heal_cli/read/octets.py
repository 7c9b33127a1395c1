"""The bytes of a chunk as numbers, which polars counts and compares at the speed of memory and without the GIL."""

from __future__ import annotations

import polars as pl


def octets_of(data: bytes) -> pl.Series:
    """One UInt8 for each byte, none copied."""
    from arro3.core import Array  # after the start of the process, which it would slow

    return pl.Series(Array.from_buffer(data))


def count(mask: pl.Series) -> int:
    """How often it is true."""
    return int(mask.sum())

"""Runs of row numbers, as the ledger keeps them."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

Spans = tuple[tuple[int, int], ...]
"""First and last row number of each run, both included; in order, apart from each other."""


def spans_of(rows: pl.Series) -> Spans:
    """The spans that hold these row numbers and no others."""
    ordered = rows.cast(pl.Int64).unique().sort()
    run = ordered - pl.int_range(ordered.len(), dtype=pl.Int64, eager=True)
    ends = pl.DataFrame({"row": ordered, "run": run}).group_by("run", maintain_order=True)
    return tuple(ends.agg(first=pl.col("row").min(), last=pl.col("row").max()).select("first", "last").rows())


def within(rows: pl.Series, spans: Spans) -> pl.Series:
    """Boolean, for each row number: some span holds it."""
    if not spans:
        return pl.repeat(False, rows.len(), dtype=pl.Boolean, eager=True)
    firsts = pl.Series([first for first, _ in spans], dtype=pl.Int64)
    lasts = pl.Series([last for _, last in spans], dtype=pl.Int64)
    place = firsts.search_sorted(rows.cast(pl.Int64), side="right").cast(pl.Int64) - 1
    return (place >= 0) & (rows <= lasts.gather(place.clip(lower_bound=0)))


def joined(spans: Iterable[tuple[int, int]]) -> Spans:
    """The same rows in as few spans as will do."""
    whole: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if whole and first <= whole[-1][1] + 1:
            whole[-1] = (whole[-1][0], max(last, whole[-1][1]))
        else:
            whole.append((first, last))
    return tuple(whole)


def without(spans: Spans, taken: Spans) -> Spans:
    """The rows of `spans` that `taken` does not hold."""
    left = []
    for first, last in spans:
        at = first
        for begin, end in taken:
            if end < at or begin > last:
                continue
            if begin > at:
                left.append((at, begin - 1))
            at = end + 1
        if at <= last:
            left.append((at, last))
    return tuple(left)


def row_count(spans: Spans) -> int:
    """Rows that the spans hold."""
    return sum(last - first + 1 for first, last in spans)

"""Spans of row numbers behave as the sets they stand for."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.model import joined, row_count, spans_of, within, without

ROWS = st.sets(st.integers(1, 60))


def spans(rows: set[int]):
    """The spans of a set."""
    return spans_of(pl.Series(sorted(rows), dtype=pl.Int64))


@given(ROWS, ROWS)
def test_spans_are_sets_of_rows(some: set[int], others: set[int]) -> None:
    """Union, difference, membership and size agree with Python's sets."""
    everything = pl.int_range(0, 62, dtype=pl.Int64, eager=True)
    assert set(everything.filter(within(everything, spans(some))).to_list()) == some
    assert joined([*spans(some), *spans(others)]) == spans(some | others)
    assert without(spans(some), spans(others)) == spans(some - others)
    assert row_count(spans(some)) == len(some)

"""Integers of a few bits go into floats, which hold more than they do."""

from __future__ import annotations

import polars as pl
import pytest

from heal_cli.convert import convert
from heal_cli.model import ColumnFormat, PgType


@pytest.mark.parametrize("base", ["float4", "float8"])
@pytest.mark.parametrize("dtype", [pl.Int8, pl.Int16, pl.Int32, pl.UInt8, pl.UInt16, pl.UInt32, pl.Int64])
def test_a_narrow_integer_is_a_float(dtype, base) -> None:
    """No limit of the float is beyond the dtype, and null stays null."""
    made = convert(
        pl.Series("c", [1, None, 100], dtype=dtype),
        PgType(0, base, base, "b"),
        ColumnFormat(),
        allow=frozenset(),
    )
    assert made.values.to_list() == [1.0, None, 100.0]
    assert not made.faults

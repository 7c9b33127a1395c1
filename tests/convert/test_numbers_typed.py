"""Numbers that come typed: exactly, or failed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from heal_cli.convert import convert
from heal_cli.model import ColumnFormat, Converted, PgType


def _type(base: str, precision: int | None = None, scale: int | None = None) -> PgType:
    return PgType(0, base, base, "b", precision, scale)


def _convert(values: pl.Series, type: PgType, *allow: str) -> Converted:
    return convert(values, type, ColumnFormat(), allow=frozenset(allow))


@pytest.mark.parametrize(
    ("values", "type", "expected"),
    [
        (pl.Series([1, 300, None], dtype=pl.Int64), _type("int2"), [1, 300, None]),
        (pl.Series([2**63, 5], dtype=pl.UInt64), _type("int8"), [None, 5]),
        (pl.Series([70000, 5]), _type("int2"), [None, 5]),
        (pl.Series([1, -2]), _type("numeric", 5, 2), [Decimal(1), Decimal(-2)]),
        (pl.Series([1000, 2]), _type("numeric", 5, 2), [None, Decimal(2)]),
        (pl.Series([7]), _type("numeric"), ["7"]),
        (pl.Series([1, 2**60]), _type("float8"), [1.0, 2.0**60]),
        (pl.Series([1.0, -2.0, 2.5, 1e30, float("nan")]), _type("int4"), [1, -2, None, None, None]),
        (pl.Series([0.1, 1.005, 1e30, None]), _type("numeric", 6, 2), [Decimal("0.10"), None, None, None]),
        (pl.Series([0.1], dtype=pl.Float32), _type("numeric", 6, 2), [Decimal("0.10")]),
        (pl.Series([0.1], dtype=pl.Float32), _type("float8"), [0.1]),
        (pl.Series([0.1, 1e-7]), _type("numeric", 38, 20), [Decimal("0.1"), Decimal("1e-7")]),
        (pl.Series([0.1, float("inf"), 1e22]), _type("numeric"), ["0.1", "Infinity", "1e+22"]),
        (pl.Series([1.5, 1e300]), _type("float4"), [1.5, None]),
        (pl.Series([Decimal("1.10"), Decimal("2.25")]), _type("numeric", 6, 1), [Decimal("1.1"), None]),
        (pl.Series([Decimal("12.00"), Decimal("12.50")]), _type("int4"), [12, None]),
        (pl.Series([Decimal("1.25")]), _type("float8"), [1.25]),
        (pl.Series([Decimal("1.10")]), _type("numeric"), ["1.10"]),
        (pl.Series(["5", "x"], dtype=pl.Categorical), _type("int4"), [5, None]),
        (pl.Series([b"5", b"6"]), _type("int4"), [5, 6]),
        (pl.Series([b"5", b"\xff"]), _type("int4"), [None, None]),
        (pl.Series([dt.date(2024, 1, 2)]), _type("int4"), [None]),
        (pl.Series([[1]]), _type("int4"), [None]),
        (pl.Series([None, None]), _type("int4"), [None, None]),
    ],
)
def test_typed_number(values: pl.Series, type: PgType, expected: list[Any]) -> None:
    """What the target holds exactly arrives; what it does not hold fails, and nothing is rounded."""
    made = _convert(values, type)
    assert made.values.to_list() == expected
    assert [heal for heal in made.heals if heal.rule != "float_precision"] == []
    failed = [False] * len(values) if made.failed is None else made.failed.to_list()
    assert failed == [was is not None and now is None for was, now in zip(values, expected, strict=True)]


def test_booleans_become_numbers_by_name() -> None:
    """A typed boolean in a number column is 1 or 0, counted."""
    made = _convert(pl.Series([True, False, None]), _type("int2"))
    assert made.values.to_list() == [1, 0, None]
    assert [(heal.rule, heal.mask.to_list()) for heal in made.heals] == [
        ("boolean_as_number", [True, True, False])
    ]


def test_typed_numbers_round_only_when_allowed() -> None:
    """--allow round holds for typed sources too, half away from zero."""
    values = pl.Series([Decimal("2.25"), Decimal("-2.25"), Decimal("1.10")])
    made = _convert(values, _type("numeric", 6, 1), "round")
    assert made.values.to_list() == [Decimal("2.3"), Decimal("-2.3"), Decimal("1.1")]
    assert [(heal.rule, heal.mask.to_list()) for heal in made.heals] == [("round", [True, True, False])]

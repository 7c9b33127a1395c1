"""Dressed columns by integer arithmetic: what a cell becomes does not depend on its neighbours."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heal_cli.convert import convert
from heal_cli.model import ColumnFormat, Converted, PgType

NUMERIC = PgType(1700, "numeric(10,4)", "numeric", "b", 10, 4)
INT4 = PgType(23, "integer", "int4", "b")
FLOAT8 = PgType(701, "double precision", "float8", "b")
POINT = ColumnFormat(decimal=".", currencies=("USD",))


def _convert(values: list[str | None], type: PgType) -> Converted:
    return convert(pl.Series(values, dtype=pl.String), type, POINT, allow=frozenset())


_AMOUNTS = st.decimals(-99_999, 99_999, places=4, allow_nan=False)
_ODD = st.sampled_from(
    [
        "$0,123.0000",
        "$1,23.0000",
        "$12.00001",
        "$9,999,999.0000",
        "€1.0",
        "$٣.0000",
        "$",
        None,
        "5",
        "$-0.00",
        "$007",
    ]
)


@settings(max_examples=20)
@given(st.lists(_AMOUNTS.map(lambda amount: f"${amount:,}") | _ODD, min_size=1, max_size=8))
@pytest.mark.parametrize("type", [NUMERIC, FLOAT8], ids=lambda type: type.base)
def test_a_column_is_its_cells(type: PgType, cells: list[str | None]) -> None:
    """Behind a dressed head each cell gives the value, the heals and the reason that it gives alone."""
    head: list[str | None] = ["$1,234.5678", "$12.0000"] * 40
    made = _convert([*head, *cells], type)
    alone = [_convert([cell], type) for cell in cells]
    assert [str(value) for value in made.values[len(head) :]] == [str(one.values[0]) for one in alone]
    for index, one in enumerate(alone, start=len(head)):
        assert {heal.rule for heal in made.heals if heal.mask[index]} == {heal.rule for heal in one.heals}
        assert [f.reason for f in made.faults if f.mask[index]] == [f.reason for f in one.faults]


@pytest.mark.parametrize(
    ("type", "value"), [(NUMERIC, Decimal("1234.5000")), (FLOAT8, 1234.5), (INT4, None)], ids=str
)
def test_each_type_gets_its_own_value(type: PgType, value: object) -> None:
    """The digits arrive as the target's own dtype; what it cannot hold fails."""
    made = _convert(["$1,234.5"] * 100, type)
    assert made.values.to_list() == [value] * 100
    assert [heal.rule for heal in made.heals] == (["currency_sign", "thousands_mark"] if value else [])


def test_many_layouts_are_all_read() -> None:
    """Amounts of every length, one of them once: none is left out."""
    amounts = [Decimal(10**n) + Decimal("0.25") for n in range(6)]
    cells = [f"${amount:,}" for amount in amounts * 200]
    assert _convert([*cells, "$0.5"], NUMERIC).values.to_list() == [*amounts * 200, Decimal("0.5")]

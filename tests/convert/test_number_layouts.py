"""Dressed columns by integer arithmetic: what a cell becomes does not depend on its neighbours."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Literal

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


def _convert(values: list[str | None], type: PgType, format: ColumnFormat = POINT) -> Converted:
    return convert(pl.Series(values, dtype=pl.String), type, format, allow=frozenset())


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
    _compare(made, [_convert([cell], type) for cell in cells], len(head))


_SUFFIXES = st.sampled_from(["%", " %", " kg", "kg", "  kg", " KG", "k", " m2", "% kg", "", " g", "\n kg"])
_ODD_SUFFIXED = st.sampled_from(["0012 kg", "(5 kg)", "$5 kg", "(5%)", "5 kg ", "-%", "kg", "1,23 kg", None])


@settings(max_examples=30)
@given(
    st.lists(
        st.builds(lambda amount, unit: f"{amount:,}{unit}", _AMOUNTS, _SUFFIXES) | _ODD_SUFFIXED,
        min_size=1,
        max_size=8,
    )
)
@pytest.mark.parametrize("percent", ["number", "fraction"])
@pytest.mark.parametrize("type", [NUMERIC, INT4], ids=lambda type: type.base)
def test_signs_and_units_behind_numbers_are_those_of_each_cell(
    type: PgType, percent: Literal["number", "fraction"], cells: list[str | None]
) -> None:
    """Behind a head of percents and weights, too, a cell is what it is alone."""
    format = replace(POINT, percent=percent, units=("kg", "m2", "k"))
    head: list[str | None] = ["12%", "5.25 kg", "-1,200 kg", "7.5%", "40 m2"] * 30
    made = _convert([*head, *cells], type, format)
    _compare(made, [_convert([cell], type, format) for cell in cells], len(head))


def _compare(made: Converted, alone: list[Converted], start: int) -> None:
    assert [str(value) for value in made.values[start:]] == [str(one.values[0]) for one in alone]
    for index, one in enumerate(alone, start=start):
        healed = {(heal.rule, heal.assumption) for heal in made.heals if heal.mask[index]}
        assert healed == {(heal.rule, heal.assumption) for heal in one.heals}
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

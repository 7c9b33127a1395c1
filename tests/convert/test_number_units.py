"""Units behind numbers: taken off where the whole column has one, read as powers of ten where they are."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest

from heal_cli.convert import convert, decide_format
from heal_cli.model import Converted, PgType, ValueOptions

NUMERIC = PgType(1700, "numeric(12,2)", "numeric", "b", 12, 2)


def _convert(values: list[str]) -> Converted:
    texts = pl.Series(values)
    return convert(texts, NUMERIC, decide_format(texts, NUMERIC, ValueOptions()), allow=frozenset())


@pytest.mark.parametrize(
    ("values", "read", "rule"),
    [
        (["12.0 oz", "3 oz", "4"], ["12", "3", "4"], "unit_suffix"),
        (["1,5 kg"], ["1.5"], "unit_suffix"),
        (["-3 °C", "1,234.5°C"], ["-3", "1234.5"], "unit_suffix"),
        (["3.2k", "1.5M", "7"], ["3200", "1500000", "7"], "power_suffix"),
        (["$1.5M", "$20K"], ["1500000", "20000"], "power_suffix"),
    ],
)
def test_the_unit_of_a_column_is_taken_off(values: list[str], read: list[str], rule: str) -> None:
    """One unit throughout, or short forms of powers of ten: the number is what stands before it."""
    made = _convert(values)
    assert made.values.to_list() == [Decimal(text) for text in read]
    assert rule in {heal.rule for heal in made.heals}


@pytest.mark.parametrize(
    "values", [["5 kg", "3 oz"], ["5 apples"], ["300 K"], ["100 B"], ["5 m"], ["3k", "3 kg"], ["kg"]]
)
def test_what_could_be_two_units_fails(values: list[str]) -> None:
    """Two units are no single number; Kelvin, bytes and metres are no thousands, billions and millions."""
    assert _convert(values).values.null_count() == len(values)


def test_the_unit_is_an_assumption() -> None:
    """That a number without the unit means the same one is said in the report."""
    (heal,) = _convert(["5 kg", "7"]).heals
    assert (heal.rule, heal.assumption, heal.mask.to_list()) == ("unit_suffix", True, [True, False])

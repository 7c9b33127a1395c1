"""Units behind numbers: taken off where a rule names the unit of the column, else refused."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest

from heal_cli.convert import convert, decide_format, units_named
from heal_cli.model import Converted, PgType, ValueOptions

NUMERIC = PgType(1700, "numeric(12,2)", "numeric", "b", 12, 2)


def _convert(values: list[str], *units: str) -> Converted:
    texts = pl.Series(values)
    format = decide_format(texts, NUMERIC, ValueOptions(units=units))
    return convert(texts, NUMERIC, format, allow=frozenset())


@pytest.mark.parametrize(
    ("units", "values", "read", "rule"),
    [
        (["oz"], ["12.0 oz", "3 oz", "4"], ["12", "3", "4"], "unit_suffix"),
        (["kg"], ["1,5 kg"], ["1.5"], "unit_suffix"),
        (["°C"], ["-3 °C", "1,234.5°C"], ["-3", "1234.5"], "unit_suffix"),
        (["k", "M"], ["3.2k", "1.5M", "7"], ["3200", "1500000", "7"], "power_suffix"),
        (["m²", "m2", "sqm", "qm"], ["50,0 m²", "71,25 m2", "80 qm"], ["50", "71.25", "80"], "unit_suffix"),
        (["M", "K"], ["$1.5M", "$20K"], ["1500000", "20000"], "power_suffix"),
    ],
)
def test_the_named_unit_is_taken_off(units: list[str], values: list[str], read: list[str], rule: str) -> None:
    """The number is what stands before the unit; short forms of powers of ten are written out."""
    made = _convert(values, *units)
    assert made.values.to_list() == [Decimal(text) for text in read]
    assert rule in {heal.rule for heal in made.heals}


@pytest.mark.parametrize("text", ["5 kg", "3.2k", "1.5M", "5 m", "kg"])
def test_without_a_rule_a_unit_is_refused(text: str) -> None:
    """Nobody said in what the column counts, so no number is made of it."""
    assert _convert([text]).values.to_list() == [None]


def test_another_unit_is_refused() -> None:
    """Ounces in a column of kilograms are no number of kilograms."""
    made = _convert(["5 kg", "3 oz"], "kg")
    assert made.values.to_list() == [Decimal(5), None]
    assert made.faults[0].attempts[-1] == "unit that is not the column's"


@pytest.mark.parametrize(
    ("names", "units"),
    [
        (("weight_kg", "weight"), ("kg",)),
        (("Size (oz)", "size_oz"), ("oz",)),
        (("weight_kg", "weight_lbs"), ()),
        (("weight", "size"), ()),
        (("background", "kgs"), ()),
        (("weight_kg2", "weight2"), ("kg",)),
        (("area_m2", "Wohnfläche"), ("m²", "m2", "sqm", "qm")),
        (("area_sqm", "Area [m²]"), ("m²", "m2", "sqm", "qm")),
        (("volume_l", "volume"), ("l", "L")),
        (("area_mm2", "area"), ("mm²", "mm2")),
        (("depth_m", "Depth (m)"), ("m",)),
        (("Length in m", "length_m"), ("m",)),
        (("period_s", "Period"), ("s",)),
        (("m_owner", "M rate"), ()),
        (("temp_c", "Temp (°C)"), ("°C", "C")),
        (("temp", "Temperature Fahrenheit"), ("°F", "F")),
        (("temp_c", "temp_f"), ()),
        (("w_kg", "W (kg)"), ("kg",)),
        (("w_kg", "W (lb)"), ()),
        (("driver's weight (kg)", "weight_kg"), ("kg",)),
    ],
)
def test_names_of_columns_name_units(names: tuple[str, str], units: tuple[str, ...]) -> None:
    """A unit is a word of its own in the name of either column, and both agree on it."""
    assert units_named(*names) == units

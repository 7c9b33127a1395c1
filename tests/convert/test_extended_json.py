"""Extended JSON of MongoDB: what is wrapped in objects arrives as the value it stands for."""

from __future__ import annotations

import polars as pl
import pytest

from heal_cli.convert import convert, decide_format
from heal_cli.model import Converted, PgType, ValueOptions

BINARY = '{"$binary":{"base64":"EjRWeBI0VngSNFZ4EjRWeA==","subType":"04"}}'


def type_named(base: str) -> PgType:
    """A plain type of that name."""
    return PgType(0, base, base, "b")


def converted(values: list[str], type: PgType) -> Converted:
    """The values in that type, read by the format they show."""
    column = pl.Series("c", values)
    return convert(column, type, decide_format(column, type, ValueOptions()), allow=frozenset())


@pytest.mark.parametrize(
    ("base", "value", "want"),
    [
        ("text", '{"$oid":"507f1f77bcf86cd799439011"}', "507f1f77bcf86cd799439011"),
        ("text", '{ "$numberLong" : "5" }', "5"),
        ("text", '{"$date":1704164645123}', "2024-01-02T03:04:05.123Z"),
        ("int8", '{"$numberLong":"9007199254740993"}', "9007199254740993"),
        ("float8", '{"$numberDouble":"-Infinity"}', "-inf"),
        ("numeric", '{"$numberDecimal":"1E+3"}', "1E+3"),
        ("timestamptz", '{"$date":"2024-01-02T03:04:05.123Z"}', "2024-01-02 03:04:05.123000+00:00"),
        ("timestamptz", '{"$date":{"$numberLong":"-1"}}', "1969-12-31 23:59:59.999000+00:00"),
        ("uuid", BINARY, "12345678-1234-5678-1234-567812345678"),
        ("uuid", '{"$uuid":"12345678-1234-5678-1234-567812345678"}', "12345678-1234-5678-1234-567812345678"),
    ],
)
def test_wrapped_values_are_taken_out(base: str, value: str, want: str) -> None:
    """Each wrapping gives the value that stands in it, exactly, and is counted."""
    made = converted([value], type_named(base))
    shown = made.values
    if shown.dtype == pl.Datetime("us", "UTC"):
        shown = shown.dt.to_string("%Y-%m-%d %H:%M:%S%.6f%:z")
    assert shown.cast(pl.String).to_list() == [want]
    assert not made.faults
    assert "extended_json" in {heal.rule for heal in made.heals}


def test_json_keeps_the_wrapping() -> None:
    """A jsonb column takes the object as it is."""
    value = '{"$oid":"507f1f77bcf86cd799439011"}'
    made = converted([value], type_named("jsonb"))
    assert made.values.to_list() == [value]
    assert not made.heals


@pytest.mark.parametrize(
    "value",
    [
        '{"$oid":"507f"}',
        '{"$date":"yesterday"}',
        '{"$timestamp":{"t":1,"i":1}}',
        '{"$oid":"507f1f77bcf86cd799439011","x":1}',
        '{"price":"$oid"}',
        '{"$binary":{"base64":"AQ==","subType":"00"}}',
    ],
)
def test_other_objects_stay_texts(value: str) -> None:
    """What is not exactly one wrapped value is a text like any other."""
    made = converted([value, "x"], type_named("text"))
    assert made.values.to_list() == [value, "x"]


def test_wrapped_elements_of_arrays() -> None:
    """References in a list are taken out one by one."""
    ids = '[{"$oid":"507f1f77bcf86cd799439011"},"x"]'
    made = converted([ids], PgType(0, "text[]", "_text", "b", element=type_named("text")))
    assert made.values.to_list() == ['{"507f1f77bcf86cd799439011","x"}']
    assert {heal.rule for heal in made.heals} == {"extended_json"}

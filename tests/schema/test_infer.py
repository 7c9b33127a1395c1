"""A type is inferred only when it holds every value of the sample."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.schema.infer import infer_text, infer_types


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "-2", "0"], "bigint"),
        ([" 1 ", "2"], "bigint"),
        (["9223372036854775807"], "bigint"),
        (["9223372036854775808"], "numeric"),
        (["1" * 40], "numeric"),
        (["007", "12"], "text"),
        (["+491234567"], "text"),
        (["1.50", "2"], "numeric"),
        ([".5", "-0.25"], "numeric"),
        (["1.5e10", "3E-7"], "numeric"),
        (["12e4"], "text"),
        (["1,234.50", "999.00", "2", "1,000"], "numeric"),
        (["-1.234.567,50", "2,5", "0,25", "1.000"], "numeric"),
        (["1,234", "5"], "text"),
        (["2,50", "1.000"], "text"),
        (["1,234.50", "1.234,50"], "text"),
        (["1,23,456.50"], "text"),
        (["0,123.5"], "text"),
        (["00.5"], "text"),
        (["NaN"], "text"),
        (["true", "False"], "boolean"),
        (["yes"], "boolean"),
        (["Y", "n"], "boolean"),
        (["Y", "Y"], "text"),
        (["t", "f", "x"], "text"),
        (["yes", "false"], "text"),
        (["0", "1"], "bigint"),
        (["2024-02-29", "2023-12-31"], "date"),
        (["2023-02-29"], "text"),
        (["31.12.2023"], "text"),
        (["2024-01-02 03:04", "2024-01-02T03:04:05.123456"], "timestamp"),
        (["2024-01-02", "2024-01-02T03:04:05"], "timestamp"),
        (["2024-01-02T03:04:05Z", "2024-01-02 03:04:05+0530"], "timestamptz"),
        (["2024-01-02T03:04:05Z", "2024-01-02 03:04:05"], "timestamptz"),
        (["2024-01-02T03:04:05.1234567"], "text"),
        (["2024-01-02T24:00:00"], "text"),
        (["2024-01-02T03:04:60"], "text"),
        (["2024-13-02T03:04:05"], "text"),
        (["550e8400-e29b-41d4-a716-446655440000"], "uuid"),
        (["550e8400e29b41d4a716446655440000"], "text"),
        (['{"a": 1}', "[]"], "jsonb"),
        (["{'a': 1}"], "text"),
        (['{"a": NaN}'], "text"),
        (['{"a": "\\u0000"}'], "text"),
        (["[" * 5000 + "]" * 5000], "text"),
        (["{1,2}"], "text"),
        (["3", None, "", "N/A", "-"], "bigint"),
        (["-", "", None], "text"),
        ([None], "text"),
        ([], "text"),
        (["1.23E+15", "1234"], "text"),
        (["1.23E+15"], "text"),
        (["1.23E+15", "0.5"], "numeric"),
        (["1.5E-3", "1.23E+15"], "numeric"),
        (['{"$oid":"507f1f77bcf86cd799439011"}'], "text"),
        (['{"$date":"2024-01-02T03:04:05Z"}', '{ "$date" : {"$numberLong":"5"}}'], "timestamptz"),
        (['{"$numberLong":"5"}', "3"], "bigint"),
        (['{"$numberDouble":"NaN"}', "1.5"], "double precision"),
        (['{"$numberDecimal":"1.50"}'], "numeric"),
        (['{"$oid":"507f1f77bcf86cd799439011"}', '{"a": 1}'], "jsonb"),
    ],
)
def test_infer_text(values: list[str | None], expected: str) -> None:
    """The narrowest type of all values, null words aside; text wherever something would be lost."""
    assert infer_text(pl.Series(values, dtype=pl.String)) == expected


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_any_integers_are_bigint(numbers: list[int]) -> None:
    """Whatever fits eight bytes is bigint."""
    assert infer_text(pl.Series([str(number) for number in numbers])) == "bigint"


@given(st.lists(st.text(), max_size=5))
def test_any_text_gets_a_type(values: list[str]) -> None:
    """No text makes inference fail."""
    assert infer_text(pl.Series(values, dtype=pl.String))


def test_typed_columns_keep_their_types() -> None:
    """A source with types of its own is believed, its text columns too."""
    schema = {
        "small": pl.Int8, "huge": pl.UInt64, "real": pl.Float32, "dec": pl.Decimal(10, 2), "day": pl.Date,
        "naive": pl.Datetime("ns"), "zoned": pl.Datetime("us", "Europe/Berlin"), "bin": pl.Binary,
        "list": pl.List(pl.Int32), "nested": pl.List(pl.List(pl.Int32)), "struct": pl.Struct({"a": pl.Int8}),
        "structs": pl.List(pl.Struct({"a": pl.Int8})), "text": pl.String, "cat": pl.Categorical, "null": pl.Null,
    }  # fmt: skip
    assert infer_types(pl.DataFrame(schema=schema)) == [
        "bigint", "numeric", "real", "numeric(10,2)", "date",
        "timestamp", "timestamptz", "bytea",
        "bigint[]", "jsonb", "jsonb",
        "jsonb", "text", "text", "text",
    ]  # fmt: skip


def test_text_of_a_typed_source_stays_text() -> None:
    """A file that has integers and calls a column text means it."""
    assert infer_types(pl.DataFrame({"id": [1], "zip": ["12345"]})) == ["bigint", "text"]

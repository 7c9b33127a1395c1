"""hstore from flat JSON."""

from __future__ import annotations

import polars as pl
import pytest

from heal_cli import convert
from heal_cli.model import Converted, PgType, ValueOptions

HSTORE = PgType(0, "hstore", "hstore", "b")


def test_a_map_of_parquet_is_pairs() -> None:
    """As its JSON in a CSV file is: the server takes no JSON for an hstore."""
    values = pl.Series("v", [{"k": "v, w", "n": None}, None], pl.Struct({"k": pl.String, "n": pl.String}))
    format_ = convert.decide_format(values, HSTORE, ValueOptions())
    made = convert.convert(values, HSTORE, format_, allow=frozenset())
    assert (made.values.to_list(), made.failed) == (['"k"=>"v, w", "n"=>NULL', None], None)


def _converted(texts: list[str | None]) -> Converted:
    values = pl.Series("v", texts, pl.String)
    format_ = convert.decide_format(values, HSTORE, ValueOptions())
    return convert.convert(values, HSTORE, format_, allow=frozenset())


@pytest.mark.parametrize(
    ("cell", "literal"),
    [
        ('{"a": "x", "b": 1.50}', '"a"=>"x", "b"=>"1.50"'),
        ('{"a": null, "b": true}', '"a"=>NULL, "b"=>"true"'),
        (r'{"say \"no\"": "back\\slash"}', r'"say \"no\""=>"back\\slash"'),
        ("{}", ""),
        ('"a"=>"1"', '"a"=>"1"'),
        ("a=>1, b=>{2}", "a=>1, b=>{2}"),
    ],
)
def test_flat_objects_are_pairs(cell: str, literal: str) -> None:
    """Keys and values arrive to the letter, null as NULL; hstore's own literal is left alone."""
    made = _converted([cell, None])
    assert (made.values.to_list(), made.failed) == ([literal, None], None)


@pytest.mark.parametrize(
    "cell", ['{"a": [1]}', '{"a": {"b": 1}}', "{a: 1}", '{"a": 1, "a": 2}', '{"a": NaN}']
)
def test_what_is_nested_is_refused(cell: str) -> None:
    """A list or an object is no text, one of two equal keys would be lost, and broken JSON is nothing."""
    made = _converted([cell, "a=>1"])
    assert made.failed is not None
    assert (made.failed.to_list(), made.values.to_list()) == ([True, False], [None, "a=>1"])

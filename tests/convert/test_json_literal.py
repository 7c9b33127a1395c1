"""What Python prints, as JSON: by columns where that is safe, else by reading each literal."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.convert.json_literal import _from_literal, from_literals

TEXTS = st.sampled_from(
    ["a", "it's", 'say "hi"', "True", "a None b", "No", "TFN", "a, b: c", "[1]", ""]
) | st.text("aTrueNoF'\"\\,: \té", max_size=5)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**25),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-99, 99).map(lambda n: n / 8),
    TEXTS,
)
PRINTABLE: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
SLIPS = st.sampled_from(
    ["", "'", '"', ",", ", ", "0", "True", "1.50", "}", "-0", "1e5", "\\", "'a': 1, ", "'a' 'b'"]
)


@given(things=st.lists(PRINTABLE, min_size=1, max_size=4))
def test_what_python_prints_is_the_json_of_it(things: list[Any]) -> None:
    """Whatever is printed comes out as `json.dumps` writes it."""
    texts = pl.Series([repr({"k": thing}) for thing in things])
    assert from_literals(texts).to_list() == [
        json.dumps({"k": thing}, ensure_ascii=False) for thing in things
    ]


@given(thing=PRINTABLE, slip=SLIPS, place=st.integers(0, 40))
def test_by_columns_is_as_one_by_one(thing: Any, slip: str, place: int) -> None:
    """Literals with something put in between are read, or are none, as the reader of single literals says."""
    printed = repr([thing, {"a": 1}])
    text = printed[:place] + slip + printed[place:]
    assert from_literals(pl.Series([text])).to_list() == [_from_literal(text)]


@pytest.mark.parametrize(
    "text", ["{'a': 1, 'a': 2}", "{1: 2}", "{'a'}", "[1.50.2]", "{'a': 1e5000000000000000000}"]
)
def test_what_json_has_no_word_for_is_none(text: str) -> None:
    """Keys twice or of numbers, sets, numbers beyond all decimals."""
    assert from_literals(pl.Series([text])).to_list() == [None]

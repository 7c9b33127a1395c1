"""Cells that are JSON by the layout of their neighbours, as reading each would say."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.convert.json_layouts import PYTHON_RULE, read_layouts
from heal_cli.convert.json_literal import _from_literal

TEXTS = st.sampled_from(["a", "it's", 'say "hi"', "True", "N", "a, b: c", "\\", "é", ""])
SCALARS = st.none() | st.booleans() | st.integers(-99, 10**20) | st.integers(-99, 99).map(lambda n: n / 8)
ROWS = st.fixed_dictionaries(
    {"id": SCALARS | TEXTS, "tags": st.lists(TEXTS, max_size=3), "of": st.fixed_dictionaries({"x": SCALARS})},
    optional={"ok, {": SCALARS},
)
SLIPS = st.sampled_from(
    ["", "'", '"', ",", ", ", "0", "True", "}", "-0", "e5", "\\", "'id': 1, ", '"id": 1, ']
)


@given(rows=st.lists(ROWS, min_size=1, max_size=6), slip=SLIPS, place=st.integers(0, 60))
def test_what_a_layout_takes_from_python_is_what_python_says(
    rows: list[dict[str, Any]], slip: str, place: int
) -> None:
    """Of literals with something put in between none is taken that their reader refuses, and all alike."""
    printed = [repr(row) for row in rows]
    texts = pl.Series([*printed, printed[0][:place] + slip + printed[0][place:]])
    for text, made in zip(texts, read_layouts(texts).values, strict=True):
        assert made is None or made == _from_literal(text) or json.loads(text) == json.loads(made)


@given(rows=st.lists(ROWS, min_size=1, max_size=6), slip=SLIPS, place=st.integers(0, 60))
def test_what_a_layout_takes_for_json_is_json(rows: list[dict[str, Any]], slip: str, place: int) -> None:
    """It stays to the letter, and no object of it names a key twice."""
    printed = [json.dumps(row) for row in rows]
    texts = pl.Series([*printed, printed[0][:place] + slip + printed[0][place:]])
    made = read_layouts(texts)
    assert not any(heal.mask.any() for heal in made.heals)
    for text in made.values.drop_nulls():
        read = json.loads(text, object_pairs_hook=lambda pairs: pairs)
        assert text in texts.to_list()
        assert len(dict(read)) == len(read)


def test_cells_with_other_values_are_told_by_one_pattern() -> None:
    """Objects of the same keys, lists of any length; a heal only where Python printed them."""
    printed = pl.Series([f"{{'id': {n}, 'tags': {['a'] * n}, 'ok': {n % 2 == 0}}}" for n in range(9)])
    made = read_layouts(printed)
    assert made.values[2] == '{"id": 2, "tags": ["a", "a"], "ok": true}'
    assert [(heal.rule, heal.mask.sum()) for heal in made.heals] == [(PYTHON_RULE, 9)]
    assert read_layouts(made.values).values.to_list() == made.values.to_list()


@pytest.mark.parametrize(
    "text",
    ["[]", "[1, 2]", "{}", "{'a': {'b': 1, 'b': 2}}", '{"a": 1, "a": 2}', '{"a": "\\u0000"}', "{'a'}", "7"],
)
def test_what_needs_a_second_thought_is_left(text: str) -> None:
    """Keys twice, escapes, sets and scalars are none of a layout; what is JSON is no literal of Python's."""
    made = read_layouts(pl.Series([text, "{'a': [{'b': 1}]}", "{'a': 1}"]))
    assert made.values[0] in (None, text)
    assert not made.heals[0].mask[0]
    assert text in ("[]", "[1, 2]", "{}") or made.values[0] is None


def test_deep_lists_have_no_layout() -> None:
    """A pattern would be twice as long with each level."""
    texts = pl.Series(["[" * 900 + "]" * 900] * 3)
    assert read_layouts(texts).values.to_list() == [None] * 3

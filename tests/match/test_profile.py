"""What is left of a column's values to judge by."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.match.profile import Profiles

CELLS = st.lists(st.sampled_from(["a", " b ", "7"]) | st.sampled_from(["", "  ", None]), max_size=6)


@given(one=CELLS, other=CELLS)
def test_nulls_and_blank_texts_are_no_values(one: list[str | None], other: list[str | None]) -> None:
    """They are left out of the values, whatever stands in the columns beside; only empty ones are not filled."""
    rows = min(len(one), len(other))
    frame = pl.DataFrame(
        {"one": one[:rows], "other": other[:rows]}, schema=dict.fromkeys(("one", "other"), pl.String)
    )
    profile = Profiles(frame).of("one")
    assert profile.values.to_list() == [cell for cell in one[:rows] if cell and cell.strip()]
    assert (profile.filled, profile.rows) == (sum(bool(cell) for cell in one[:rows]), rows)


def test_of_many_values_some_are_looked_at() -> None:
    """Evenly spaced over the whole column, nulls aside, fewer than 2000."""
    frame = pl.DataFrame({"full": [str(n) for n in range(3000)], "gaps": ["", "x", None] * 1000})
    profiles = Profiles(frame)
    assert profiles.of("full").values.to_list() == [str(n) for n in range(0, 3000, 3)]
    assert (profiles.of("gaps").count, profiles.of("gaps").filled) == (1000, 1000)


def test_typed_columns_have_texts_too_and_nested_ones_none() -> None:
    """Numbers are judged by their digits; lists and structs have no text to look at."""
    profiles = Profiles(pl.DataFrame({"n": [1, None, 3], "l": [[1], [2], None]}))
    assert profiles.of("n").text.to_list() == ["1", "3"]
    assert (profiles.of("l").count, profiles.of("l").text.len()) == (2, 0)

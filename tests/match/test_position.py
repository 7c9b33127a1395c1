"""A source without header: its columns are the table's in order, or nobody knows."""

from __future__ import annotations

import pytest

SAMPLE = {"column_1": ["1", "2"], "column_2": ["x", None], "column_3": ["3", "4"]}


@pytest.mark.parametrize(
    ("specs", "targets"),
    [
        (("id int4", "name text", "n int4"), ["id", "name", "n"]),
        (("id int4 serial", "a int4", "name text", "n int4"), ["a", "name", "n"]),
        (("id int4 always", "a int4", "name text", "n int4"), ["a", "name", "n"]),
        (("id int4", "name text", "n int4", "more text"), []),
        (("name text", "id int4", "n int4"), []),
        (("id int4", "name text required", "n int4"), []),
    ],
)
def test_columns_are_placed_by_position_only_if_all_fit(make_table, match, specs, targets) -> None:
    """As many columns as the table takes, every value of its column's type, no gap in a required one."""
    matching = match(SAMPLE, make_table("t", *specs), is_nameless=True)
    placed = [found for found in matching.matches if found.winner.source]
    assert [found.target for found in placed] == targets
    reason = "by position: there is no header, and all values fit"
    assert {found.winner.evidence for found in placed} <= {(reason,)}


@pytest.mark.parametrize(
    ("first", "is_placed"),
    [(("no", "Yes"), False), (("YES", "no"), False), (("no", "up"), True), (("a", "b"), True)],
)
def test_a_first_row_of_names_is_no_record(make_table, match, first, is_placed) -> None:
    """Who calls columns `no` and `yes` has a header that looks like values; to load it would be a row too many."""
    sample = {"column_1": [first[0], "kiln a"], "column_2": [first[1], "down"]}
    matching = match(sample, make_table("t", "no text", "yes text"), is_nameless=True)
    assert any(found.winner.source for found in matching.matches) == is_placed


def test_names_are_never_placed_by_position(make_table, match) -> None:
    """With a header the order of the columns says nothing."""
    matching = match({"p": ["1"], "q": ["x"]}, make_table("t", "id int4", "name text"))
    assert [found.target for found in matching.matches] == []

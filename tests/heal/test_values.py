"""Which source a value comes from: direct, a fallback, or none."""

from __future__ import annotations

import pytest

from heal_cli.heal import heal_batch
from heal_cli.model import ROW


@pytest.mark.parametrize(
    ("direct", "fallback", "lacks"),
    [
        ((None, True), (None, False), False),  # {"sender": null}
        ((None, True), (None, True), True),  # {}
        (("a", False), (None, True), False),
        ((None, False), ("b", False), False),  # a null of the direct key stays
    ],
)
def test_a_null_under_any_key_is_a_null(make_batch, make_plan, column, direct, fallback, lacks) -> None:
    """A JSON null is NULL, by whatever name it comes; only a row with neither key takes the DEFAULT."""
    batch = make_batch(
        {"id": ["1"], "role": [direct[0]], "sender": [fallback[0]]},
        absent={"role": [direct[1]], "sender": [fallback[1]]},
    )
    role = column("role", "text", default="'user'")
    plan = make_plan(batch, (column("id", "int4"), ["id"]), (role, ["role", "sender"]))
    (part,) = heal_batch(batch, plan).parts
    assert part.columns == ([ROW, "id"] if lacks else [ROW, "id", "role"])
    assert lacks or part["role"].to_list() == [direct[0]]


def test_a_null_fallback_is_no_heal(make_batch, make_plan, column) -> None:
    """Nothing was changed where a fallback brings a null."""
    batch = make_batch(
        {"role": [None, None], "sender": [None, "b"]},
        absent={"role": [True, True], "sender": [False, False]},
    )
    plan = make_plan(batch, (column("role", "text"), ["role", "sender"]))
    assert [heal.mask.to_list() for _, heal in heal_batch(batch, plan).heals] == [[False, True]]


def test_an_empty_cell_of_csv_lacks_its_value(make_batch, make_plan, column) -> None:
    """A CSV cell has no way to say null, so the next source is asked."""
    batch = make_batch({"role": [None, "a"], "sender": ["b", "c"]})
    plan = make_plan(batch, (column("role", "text"), ["role", "sender"]))
    (part,) = heal_batch(batch, plan).parts
    assert part["role"].to_list() == ["b", "a"]

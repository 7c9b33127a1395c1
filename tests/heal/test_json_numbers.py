"""A JSON number has a decimal point; only texts can mean thousands by it."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from heal_cli.heal import heal_batch
from heal_cli.heal.json_numbers import telling_cells
from heal_cli.model import ROW, Batch, ValueOptions


def _mixed(batch: Batch, are_texts: list[bool]) -> Batch:
    return replace(batch, kinds={"n": "mixed"}, quoted={"n": pl.Series(are_texts)})


@pytest.mark.parametrize("options", [ValueOptions(), ValueOptions(decimal=",")])
def test_texts_with_a_decimal_comma_leave_numbers_alone(
    make_batch, make_plan, column, options: ValueOptions
) -> None:
    """Beside the text '12,5' the number 1.234 is no thousand, and the text '1.234' is one."""
    batch = _mixed(make_batch({"n": ["1.234", "12,5", "1.234", None]}), [False, True, True, False])
    plan = make_plan(batch, (column("n", "numeric"), ["n"]), options=options)
    healed = heal_batch(batch, plan)
    assert healed.parts[0]["n"].to_list() == ["1.234", "12.5", "1234", None]
    tallies = {heal.rule: int(heal.mask.sum()) for _, heal in healed.heals}
    assert tallies == {"decimal_comma": 1, "thousands_mark": 1}


def test_a_column_of_numbers_asks_nothing(make_batch, make_plan, column) -> None:
    """302.000 is 302 for a whole-number column too, and 12.125 not whole: neither is a question."""
    batch = replace(make_batch({"n": ["302.000", "12.125"]}), kinds={"n": "number"})
    assert telling_cells(batch, 9)["n"].to_list() == [None, None]
    healed = heal_batch(batch, make_plan(batch, (column("n", "int4"), ["n"])))
    assert healed.parts[0]["n"].to_list() == [302]
    assert healed.rejects["reason"].to_list() == ["would_round"]


def test_a_word_among_the_numbers_takes_the_column_along_as_text(make_batch, make_plan, column) -> None:
    """Where the texts hold one that only the server knows, all of the column travels as text."""
    batch = _mixed(make_batch({"n": ["1.5", "infinity"]}), [False, True])
    (part,) = heal_batch(batch, make_plan(batch, (column("n", "float8"), ["n"]))).parts
    assert [float(value) for value in part["n"]] == [1.5, float("inf")]


def test_what_a_question_can_be_asked_about_stays_in_sight(make_batch) -> None:
    """Texts, other numbers and other columns decide as ever."""
    batch = _mixed(make_batch({"n": ["1.234", "1.234", "0.5"], "t": ["1.234"] * 3}), [False, True, False])
    seen = telling_cells(batch, 9)
    assert (seen["n"].to_list(), seen["t"].to_list()) == ([None, "1.234", "0.5"], ["1.234"] * 3)
    assert seen[ROW].to_list() == [1, 2, 3]

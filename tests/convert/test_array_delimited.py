"""Lists with a mark between their elements: one mark for a column, and only where it can be no other."""

from __future__ import annotations

import polars as pl
import pytest

from heal_cli.convert import convert, decide_format
from heal_cli.model import Converted, PgType, ValueOptions


def _convert(values: list[str | None], element: str, *allow: str) -> Converted:
    column = pl.Series("c", values, dtype=pl.String)
    type = PgType(0, f"{element}[]", f"_{element}", "b", element=PgType(0, element, element, "b"))
    options = ValueOptions(allow=frozenset(allow))
    return convert(column, type, decide_format(column, type, options), allow=options.allow)


@pytest.mark.parametrize(
    ("element", "values", "arrays"),
    [
        ("text", ["red;green", "blue", None], ['{"red","green"}', '{"blue"}', None]),
        ("text", ["a | b, c"], ['{"a","b, c"}']),
        ("int4", ["1|2", "{3,4}"], ['{"1","2"}', '{"3","4"}']),
        ("text", ['say "hi" \\ ;b'], ['{"say \\"hi\\" \\\\","b"}']),
        ("int4", ["1,2,3", "4"], ['{"1","2","3"}', '{"4"}']),
        ("int4", ["1;2", "3"], ['{"1","2"}', '{"3"}']),
        ("numeric", ["1.5,2.25"], ['{"1.5","2.25"}']),
        ("numeric", ["1,5;2,25"], ['{"1.5","2.25"}']),
        ("date", ["31.01.2024, 01.02.2024"], ['{"2024-01-31","2024-02-01"}']),
        ("bool", ["yes,no"], ['{"true","false"}']),
    ],
)
def test_lists_with_one_mark(element: str, values: list[str | None], arrays: list[str | None]) -> None:
    """The elements are converted as values of their own, the heal is counted."""
    made = _convert(values, element)
    assert (made.values.to_list(), made.faults) == (arrays, ())
    assert "delimited_list" in {heal.rule for heal in made.heals}


@pytest.mark.parametrize(
    ("element", "values"),
    [
        ("text", ["Smith, John"]),
        ("text", ["a;b|c", "d"]),
        ("text", ["a;;b"]),
        ("int4", ["1,234", "5,678"]),
        ("numeric", ["1,5", "2,5"]),
        ("int4", ["1,x"]),
        ("text", ["single"]),
    ],
)
def test_what_may_be_something_else_is_a_reject(element: str, values: list[str]) -> None:
    """A comma may be part of a text or of a number, two marks contradict each other: nothing is guessed."""
    made = _convert(values, element)
    assert made.values.null_count() == len(values)
    assert made.failed is not None


def test_beside_literals_a_text_is_no_list() -> None:
    """A text with a semicolon among array literals is prose that somebody forgot to wrap."""
    made = _convert(["{x,y}", "Hello; world"], "text")
    assert (made.values.to_list(), made.failed is not None) == (['{"x","y"}', None], True)


def test_commas_between_texts_are_asked_for() -> None:
    """--allow comma_list says that they stand between the elements."""
    asked = _convert(["a,b", "c"], "text")
    assert asked.faults[0].attempts == (
        "array: {a,b} or [a, b], nested ones with rows of one length;"
        " a list with commas between its elements with --allow comma_list",
    )
    assert _convert(["a,b", "c"], "text", "comma_list").values.to_list() == ['{"a","b"}', '{"c"}']

"""Characters that nobody sees: taken out of values that are no texts, kept in texts."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from heal_cli.convert import convert, decide_format
from heal_cli.model import Converted, PgType, ValueOptions

UUID = "12345678-1234-5678-1234-567812345678"


def _convert(values: list[str | None], base: str, **more: Any) -> Converted:
    column = pl.Series("c", values, dtype=pl.String)
    type = PgType(0, base, base, "e" if "labels" in more else "b", **more)
    return convert(column, type, decide_format(column, type, ValueOptions()), allow=frozenset())


@pytest.mark.parametrize(
    ("base", "clean", "dirty", "value"),
    [
        ("bool", "no", "Yes\u200b", True),
        ("date", "25.01.2024", "\u200e31.12.2024\u200e", dt.date(2024, 12, 31)),
        ("uuid", UUID, f"\ufeff{UUID}", UUID),
        ("bool", "no", "\u200b", None),
    ],
)
def test_they_are_taken_out_and_counted(base: str, clean: str, dirty: str, value: Any) -> None:
    """A value of a type is read without them; the others of its column are as they were."""
    made = _convert([clean, dirty, None], base)
    assert (made.values[1], made.values[2], made.faults) == (value, None, ())
    changed = {heal.rule for heal in made.heals if heal.mask[1]}
    assert "invisible_characters" in changed or value is None
    assert not any(heal.mask[0] for heal in made.heals if heal.rule == "invisible_characters")


def test_labels_are_found_without_them() -> None:
    """An enum label behind a mark of direction is that label."""
    made = _convert(["DE", "\u200fFR\u200b"], "country", labels=("DE", "FR"))
    assert (made.values.to_list(), made.faults) == (["DE", "FR"], ())


def test_what_is_broken_beside_them_stays_a_reject() -> None:
    """Taking them out does not make a date of what is none."""
    made = _convert(["25.01.2024", "31.02.2024\u200b"], "date")
    assert made.values.to_list() == [dt.date(2024, 1, 25), None]
    assert made.faults[0].mask.to_list() == [False, True]


@pytest.mark.parametrize("base", ["text", "jsonb"])
def test_texts_keep_them(base: str) -> None:
    """In a text a joiner may be part of a word, or of an emoji."""
    text = '"a\u200db"'
    assert _convert([text], base).values.to_list() == [text]


@pytest.mark.parametrize(
    ("base", "texts", "values"),
    [
        ("int4", ['="1"', "'2", "3", '=""'], [1, 2, 3, None]),
        ("date", ['="25.01.2024"', "'03.04.2024"], [dt.date(2024, 1, 25), dt.date(2024, 4, 3)]),
        ("bool", ['="true"', "no"], [True, False]),
        ("uuid", [f'="{UUID}"', f"'{UUID}"], [UUID, UUID]),
    ],
)
def test_marks_of_spreadsheets_are_taken_off(base: str, texts: list[str | None], values: list[Any]) -> None:
    """`="1"` and `'1` are 1 where no text is meant; what is no value without them stays a reject."""
    made = _convert(texts, base)
    assert (made.values.to_list(), made.faults) == (values, ())
    (marked,) = [heal.mask.to_list() for heal in made.heals if heal.rule == "sheet_text"]
    assert marked == [text is not None and text[0] in "='" for text in texts]
    assert _convert(['="x"', "'y", "'5'"], "int4").faults[0].mask.to_list() == [True, True, True]

"""One number of each layout says what all of its column say."""

from __future__ import annotations

import random

import polars as pl
import pytest

from heal_cli.convert.number_alike import one_of_each
from heal_cli.convert.number_decide import asks_values, decide
from heal_cli.convert.number_target import target_of
from heal_cli.model import ColumnFormat, PgType

MONEY = PgType(0, "numeric(12,2)", "numeric", "b", 12, 2)
WHOLE = PgType(0, "integer", "int4", "b")

WAYS = (
    "{}",
    "{:,}",
    "{:,}.50",
    "$ {:,}",
    "€{}.000",
    "{},50 €",
    "({:,}.00)",
    "{} m2",
    "{} m3",
    "0{}",
    "{}%",
    "-{}.5",
)


def _column(ways: list[str], rows: int, seed: int) -> pl.Series:
    chance = random.Random(seed)
    return pl.Series([chance.choice(ways).format(chance.randrange(10**6)) for _ in range(rows)])


def test_layouts_stand_once_and_whatever_else_all() -> None:
    """Of a long column little is left but what has a layout of its own, and of that all."""
    texts = pl.Series([f"${n % 900 + 100}.00" for n in range(5000)])
    odd = pl.Series(["x", "007", "1,5"])
    left = one_of_each(pl.concat([texts, odd])).to_list()
    assert len(left) < 10
    assert left[-3:] == ["x", "007", "1,5"]


def test_units_with_digits_are_no_layout() -> None:
    """m2 and m3 differ by more than a digit."""
    texts = pl.Series([f"{n} m2" for n in range(10, 99)] * 10 + ["50 m3"])
    assert set(one_of_each(texts)) == {"10 m2", "50 m3"}


@pytest.mark.parametrize("text", ["x" * 100, *["\n", "a\\b", "(", "[1]", "^", "é€#&~- "]])
def test_any_text_is_a_layout_of_its_own(text: str) -> None:
    """No text of any signs is lost, or breaks the pattern."""
    texts = pl.Series([text, "1", *["5"] * 1000])
    assert set(one_of_each(texts)) >= {text}


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("type", [MONEY, WHOLE])
def test_the_format_is_that_of_all_numbers(seed: int, type: PgType) -> None:
    """Mark, currencies and open questions are the same, whether one of each layout is asked or all."""
    chance = random.Random(seed)
    texts = _column(chance.sample(WAYS, 3), 2000, seed)
    few = one_of_each(texts)
    base = ColumnFormat(percent="number")
    by_all, by_few = (decide(each, target_of(type), base) for each in (texts, few))
    assert (by_few.decimal, by_few.unproven, by_few.currencies, by_few.question is None) == (
        by_all.decimal,
        by_all.unproven,
        by_all.currencies,
        by_all.question is None,
    )


@pytest.mark.parametrize(("text", "asks"), [("5%", True), ("5٪", True), ("5 €", False)])
def test_percents_are_asked_for_their_values(text: str, asks: bool) -> None:
    """What a percent means depends on what fits the type; where it is told, nothing does."""
    assert asks_values(pl.Series([text]), ColumnFormat()) is asks
    assert not asks_values(pl.Series([text]), ColumnFormat(percent="number"))

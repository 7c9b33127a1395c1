"""Months by their names, in seven languages."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from heal_cli.convert import convert, decide_format
from heal_cli.convert.temporal_names import MONTH_NAMES, MONTH_NUMBERS
from heal_cli.model import PgType, ValueOptions

DATE = PgType(1082, "date", "date", "b")

WRITTEN = [
    ("15. Januar 2024", date(2024, 1, 15)), ("3 février 2024", date(2024, 2, 3)), ("3 févr. 2024", date(2024, 2, 3)),
    ("15 März 2024", date(2024, 3, 15)), ("12 de marzo de 2024", date(2024, 3, 12)), ("7 ABR 2024", date(2024, 4, 7)),
    ("5 maggio 2024", date(2024, 5, 5)), ("5 mei 2024", date(2024, 5, 5)), ("1er juin 2024", date(2024, 6, 1)),
    ("9-juillet-2024", date(2024, 7, 9)), ("20 août 2024", date(2024, 8, 20)), ("1º de setembro de 2024", date(2024, 9, 1)),
    ("2 ottobre 2024", date(2024, 10, 2)), ("5-DEZ-2024", date(2024, 12, 5)), ("2024-Mai-05", date(2024, 5, 5)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "day"), WRITTEN)
def test_a_month_by_its_name(text: str, day: date) -> None:
    """A name says which month it is, in any of the languages, in full or short, in any case."""
    values = pl.Series([text])
    made = convert(values, DATE, decide_format(values, DATE, ValueOptions()), allow=frozenset())
    assert made.values.to_list() == [day]
    assert [heal.rule for heal in made.heals] == ["month_name"]


def test_no_name_is_two_months() -> None:
    """Every language agrees on every word, so the column's language need not be known."""
    words = [name for names in MONTH_NAMES for name in names.split()]
    assert len(words) == len(set(words)) == len(MONTH_NUMBERS)

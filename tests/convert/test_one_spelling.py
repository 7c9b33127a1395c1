"""Columns written in one common way: what is taken at a glance is what the whole conversion takes."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.convert import best_fit, dispatch
from heal_cli.convert.one_spelling import is_one_spelling
from heal_cli.model import PgType, ValueOptions

TYPES = [
    *(PgType(0, base, base, "b") for base in ("float8", "numeric", "date", "timestamp", "timestamptz", "text")),
    PgType(0, "numeric(10,2)", "numeric", "b", 10, 2),
    PgType(0, "numeric(4,3)", "numeric", "b", 4, 3),
    PgType(0, "numeric(5,1)", "numeric", "b", 5, 1),
    PgType(0, "numeric(9,0)", "numeric", "b", 9, 0),
]  # fmt: skip
SPELLINGS = [
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m-%d-%Y", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d",
]  # fmt: skip
TIMES = st.datetimes().map(lambda when: when.replace(year=1900 + when.year % 200))


def _number(cents: int, group: str, point: str, digits: int) -> str:
    whole = f"{cents // 100:,}".replace(",", group)
    return f"{whole}{point}{cents % 100:02}"[: len(whole) + 1 + digits]


def _numbers(group: str, point: str) -> st.SearchStrategy[list[str]]:
    cents = st.one_of(st.integers(-(10**5), 10**5), st.integers(-(10**12), 10**12))
    return st.lists(st.builds(_number, cents, st.just(group), st.just(point), st.integers(1, 2)), min_size=1)


COLUMNS = st.one_of(
    st.sampled_from(SPELLINGS).flatmap(
        lambda spelling: st.lists(TIMES.map(lambda when: when.strftime(spelling)), min_size=1)
    ),
    *(_numbers(group, point) for group in (".", ",", "'", "") for point in ",."),
)


@pytest.mark.parametrize("type", TYPES, ids=lambda type: type.name)
@given(texts=COLUMNS)
def test_what_is_of_one_spelling_converts(type: PgType, texts: list[str]) -> None:
    """Whatever is taken at a glance, the conversion takes to the last value, too."""
    values = pl.Series([*texts, None])
    if is_one_spelling(values, type, ValueOptions()):
        with pytest.MonkeyPatch.context() as slow:
            slow.setattr(dispatch, "is_one_spelling", lambda *_: False)
            assert best_fit(values, type, ValueOptions()) == 1.0


@pytest.mark.parametrize(
    ("base", "texts"),
    [
        ("date", ["31.12.2025", "01.02.2026"]),
        ("date", ["12/31/2025", "1/2/2026"]),
        ("timestamptz", ["31/12/2025 10:00", "01/02/2026"]),
        ("timestamp", ["2026-01-28 10:00"]),
        ("numeric", ["1.500,00", "-50,5"]),
        ("numeric", ["12'100.00", "98.00"]),
        ("float8", ["1,234.50"]),
    ],
)
def test_how_people_write_dates_and_amounts_is_seen_at_a_glance(base: str, texts: list[str]) -> None:
    """Days or months first, decimal commas and points with their marks of thousands."""
    assert is_one_spelling(pl.Series([*texts, None]), PgType(0, base, base, "b"), ValueOptions())


@pytest.mark.parametrize(
    ("base", "texts", "options"),
    [
        ("date", ["31.12.2025", "12.31.2025"], ValueOptions()),
        ("date", ["31.02.2026"], ValueOptions()),
        ("date", ["31.12.2025"], ValueOptions(date_order="MDY")),
        ("date", ["31.12.2025 10:00"], ValueOptions()),
        ("timestamptz", ["31.03.2024 02:30"], ValueOptions(timezone="Europe/Berlin")),
        ("numeric", ["1.500,00", "1,500.00"], ValueOptions()),
        ("numeric", ["1,500"], ValueOptions()),
        ("numeric", ["$5.00"], ValueOptions()),
        ("int4", ["1.500,00"], ValueOptions()),
    ],
)
def test_what_is_not_certain_is_looked_at(base: str, texts: list[str], options: ValueOptions) -> None:
    """Two orders, no day of the calendar, an order or a zone that the user named, three digits behind a mark."""
    assert not is_one_spelling(pl.Series(texts), PgType(0, base, base, "b"), options)

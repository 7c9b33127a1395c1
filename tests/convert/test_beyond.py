"""Values that the wire dtypes do not know travel as text."""

from __future__ import annotations

import polars as pl
import pytest

from heal_cli import convert
from heal_cli.model import PgType, ValueOptions

NUMERIC = PgType(1700, "numeric(10,2)", "numeric", "b", precision=10, scale=2)


def _type(base: str) -> PgType:
    return NUMERIC if base == "numeric" else PgType(0, base, base, "b")


def _converted(texts: list[str | None], base: str):
    values, type_ = pl.Series("v", texts, pl.String), _type(base)
    return convert.convert(
        values, type_, convert.decide_format(values, type_, ValueOptions()), allow=frozenset()
    )


@pytest.mark.parametrize(
    ("base", "texts", "answer"),
    [
        ("date", ["2026-01-05", "infinity", None], ["2026-01-05", "infinity", None]),
        ("date", ["-Infinity", "05.01.2026", "31.01.2026"], ["-infinity", "2026-01-05", "2026-01-31"]),
        ("timestamp", ["inf", "2026-01-05 08:00"], ["infinity", "2026-01-05 08:00:00"]),
        (
            "timestamptz",
            ["infinity", "2026-01-05T08:00:00.5+01:00"],
            ["infinity", "2026-01-05 07:00:00.500+00:00"],
        ),
        ("time", ["24:00", "8:30", " 24:00:00 "], ["24:00:00", "08:30:00", "24:00:00"]),
        ("numeric", ["NaN", "1,250.50", "3.50"], ["NaN", "1250.50", "3.50"]),
    ],
)
def test_they_stand_beside_the_others(base: str, texts: list[str | None], answer: list[str | None]) -> None:
    """The server's own words arrive, and every other value of the column is what it was."""
    made = _converted(texts, base)
    assert (made.values.to_list(), made.failed) == (answer, None)


@pytest.mark.parametrize(
    ("base", "text"), [("date", "infinite"), ("time", "24:01"), ("timestamptz", "now"), ("numeric", "inf")]
)
def test_no_other_word_does(base: str, text: str) -> None:
    """What the server would read by its clock, or not at all, is refused as before."""
    made = _converted([text, None], base)
    assert made.failed is not None
    assert (made.failed.to_list(), made.values.to_list()) == ([True, False], [None, None])


@pytest.mark.parametrize("base", ["date", "time", "timestamptz", "numeric"])
def test_a_column_without_them_keeps_its_dtype(base: str) -> None:
    """Failed cells alone do not make a column text."""
    assert _converted(["rubbish"], base).values.dtype == convert.wire_dtype(_type(base))

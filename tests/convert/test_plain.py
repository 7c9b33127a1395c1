"""Values at a glance: what is plain converts, all of it."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.convert import best_fit, decide_format, fit
from heal_cli.convert.plain import are_plain
from heal_cli.model import PgType, ValueOptions

TYPES = [
    *(
        PgType(0, base, base, "b")
        for base in (
            "int2", "int4", "int8", "float8", "numeric", "bool", "uuid", "date", "timestamp", "timestamptz", "text",
        )
    ),
    PgType(0, "numeric(10,2)", "numeric", "b", 10, 2),
    PgType(0, "numeric(4,3)", "numeric", "b", 4, 3),
    PgType(0, "numeric(40,9)", "numeric", "b", 40, 9),
    PgType(0, "varchar(3)", "varchar", "b", length=3),
]  # fmt: skip
DIGITS = st.text("0123456789", min_size=1, max_size=19)
NUMBERS = st.one_of(DIGITS, st.builds("{}.{}".format, DIGITS, DIGITS), st.builds("-{}".format, DIGITS))
DAYS = st.dates().map(str) | st.builds(
    "{}-{}".format, st.sampled_from(["2024", "1999"]), st.sampled_from(["02-30", "06-31"])
)
TIMES = st.datetimes().map(str) | st.builds(
    "{}{}".format, st.datetimes(), st.sampled_from(["Z", "+02", "-13:59", "+14:00"])
)
OTHERS = st.sampled_from(
    ["true", "false", "t", "", "NaN", "1.234", "0012", "\\N", "'1", '="1"', "a\0b", '{"$oid": "1"}']
)
ANY = st.one_of(NUMBERS, DAYS, TIMES, OTHERS, st.uuids().map(str), st.text(max_size=4))


@pytest.mark.parametrize("type", TYPES, ids=lambda type: type.name)
@given(drawn=st.data())
def test_what_is_plain_converts(type: PgType, drawn: st.DataObject) -> None:
    """Of whatever is plain one by one, columns of any mixture convert to the last value."""
    values = pl.Series(drawn.draw(st.lists(ANY, min_size=1, max_size=4)), dtype=pl.String)
    plain = pl.Series([value for value in values if are_plain(pl.Series([value]), type)], dtype=pl.String)
    assert are_plain(plain, type) == (len(plain) > 0)
    assert len(plain) == 0 or fit(plain, type, decide_format(plain, type, ValueOptions())) == 1.0


@pytest.mark.parametrize(
    ("base", "text"),
    [
        ("int4", "12"),
        ("numeric", "-3.50"),
        ("float8", "52.5200"),
        ("date", "2026-01-31"),
        ("timestamp", "2026-01-31 10:00:00.5"),
        ("timestamptz", "2026-01-31T10:00:00Z"),
        ("text", "Größe, 5 \n lines"),
    ],
)
def test_how_files_write_most_values_is_plain(base: str, text: str) -> None:
    """Whole numbers, decimals, ISO dates and times, and texts that begin with a letter or a digit."""
    assert are_plain(pl.Series([text, None]), PgType(0, base, base, "b"))


@pytest.mark.parametrize(
    ("base", "text"),
    [
        ("int4", "1,234"),
        ("int4", "0012"),
        ("numeric", "1.234"),
        ("date", "2026-02-29"),
        ("date", "01/02/2026"),
        ("timestamptz", "2026-01-31T10:00:00"),
        ("text", "\\N"),
        ("text", '="0012"'),
        ("varchar", "a\0"),
        ("money", "1"),
    ],
)
def test_what_has_to_be_thought_about_is_not_plain(base: str, text: str) -> None:
    """Marks of thousands, leading zeros, other dates, times without zone, null tokens, a spreadsheet's marks."""
    assert not are_plain(pl.Series(["1", text]), PgType(0, base, base, "b"))


def test_nothing_is_plain_without_values() -> None:
    """Nulls convert to nothing, so a column of them fits no type."""
    for values in (pl.Series([None], dtype=pl.String), pl.Series([], dtype=pl.String), pl.Series([1, 2])):
        assert not are_plain(values, TYPES[0])


@pytest.mark.parametrize(
    ("values", "options", "share"),
    [
        (["13/01/2026", "01/02/2026"], ValueOptions(), 1.0),
        (["01/02/2026", "03/04/2026"], ValueOptions(), 1.0),
        (["13/01/2026", "01/13/2026", "02/14/2026"], ValueOptions(), 2 / 3),
        (["13/01/2026", "2026-01-05"], ValueOptions(date_order="MDY"), 0.5),
        (["2026-01-05", "2026-01-06"], ValueOptions(nulls=("2026-01-05",)), 1.0),
        (["2026-01-05", "x"], ValueOptions(), 0.5),
    ],
)
def test_the_order_that_suits_dates_best_counts(
    values: list[str], options: ValueOptions, share: float
) -> None:
    """Which order of day and month is meant is asked later; one that the user named is no question."""
    assert best_fit(pl.Series(values), PgType(0, "date", "date", "b"), options) == pytest.approx(share)


@pytest.mark.parametrize(
    ("values", "share"),
    [(["65,000", "47,000"], 1.0), (["302.000 €", "266.000 €"], 1.0), (["65,000", "x"], 0.5)],
)
def test_the_decimal_mark_that_suits_numbers_best_counts(values: list[str], share: float) -> None:
    """What '65,000' means is asked later; a number it is."""
    price = PgType(0, "numeric(12,2)", "numeric", "b", 12, 2)
    assert best_fit(pl.Series(values), price, ValueOptions()) == pytest.approx(share)

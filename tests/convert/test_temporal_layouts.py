"""The layouts that are cast at once say what the slower ways say of each text."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.convert import convert
from heal_cli.convert.temporal_layouts import cast_layouts
from heal_cli.convert.temporal_settle import Target
from heal_cli.model import ColumnFormat, PgType

DATE = PgType(0, "date", "date", "b")
STAMP = PgType(0, "timestamp", "timestamp", "b")
FORMAT = ColumnFormat(serial=True)

DAYS = st.builds(
    lambda form, day, month, year: form.format(d=day, m=month, y=year),
    st.sampled_from(
        ["{d:02} {m} {y}", "{d} {m} {y}", "{d:02}-{m}-{y}", "{d}/{m}/{y}", "{m} {d}, {y}", "{d} {m} {y}T"]
    ),
    st.integers(0, 32),
    st.sampled_from(["Jan", "Feb", "may", "Sept", "Dec", "Dez", "Foo"]),
    st.sampled_from(["2024", "1999", "0000", "24", "02023"]),
)
SERIALS = st.sampled_from(["45000", "00045", "32873", "73051", "+4500", "45000.5", "450001"])
CLOCKS = st.sampled_from(["", " 10:30", "T23:59:59", " 24:00", " 09:61", " 10:30:00.5", " 9:30 PM"])


@given(texts=st.lists(st.builds(str.__add__, DAYS, CLOCKS) | SERIALS, min_size=1, max_size=8))
def test_a_layout_says_what_the_slower_ways_say(texts: list[str]) -> None:
    """A cell that a layout reads has the value and the heals that it has by itself, as an odd one of its column."""
    values = pl.Series(texts)
    for type in (DATE, STAMP):
        cast = cast_layouts(values, Target.of(type, FORMAT, frozenset()), FORMAT)
        for place, text in enumerate(texts):
            if cast.values[place] is None:
                continue
            alone = convert(pl.Series([f" {text}"]), type, FORMAT, allow=frozenset())
            assert cast.values[place] == alone.values[0]
            healed = {heal.rule for heal in cast.heals if heal.mask[place]}
            assert healed == {heal.rule for heal in alone.heals}


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("21 Jan 2022", "2022-01-21"),
        ("1-Feb-2022", "2022-02-01"),
        ("Mar 3, 2022", "2022-03-03"),
        ("44582", "2022-01-21"),
    ],
)
def test_days_by_the_months_name_and_by_number_are_cast(text: str, iso: str) -> None:
    """As most programs write them."""
    cast = cast_layouts(pl.Series([text]), Target.of(DATE, FORMAT, frozenset()), FORMAT)
    assert cast.values.cast(pl.String).to_list() == [iso]

"""Times read by their places: the same as the calendar has them, and nothing that it has not."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.convert.temporal_digits import read_walls

WALL = pl.Datetime("us", "UTC")
FORMS = {"YMD": "%Y-%m-%d %H:%M:%S", "DMY": "%d-%m-%Y %H:%M:%S", "MDY": "%m-%d-%Y %H:%M:%S"}
TIMES = st.datetimes(timezones=st.just(UTC)).filter(lambda time: time.year >= 1000)


@given(st.lists(TIMES, min_size=1), st.sampled_from(sorted(FORMS)))
def test_every_time_is_read_as_it_is_written(times, order):
    """Whatever the year, the month and the day, in each order."""
    texts = pl.Series([time.strftime(FORMS[order]) for time in times])
    layout = "0000-00-00 00:00:00" if order == "YMD" else "00-00-0000 00:00:00"
    micros, found = read_walls(texts, layout, order, "")
    assert found is None
    assert micros.cast(WALL).to_list() == [time.replace(microsecond=0) for time in times]


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-29 00:00:00Z",
        "2023-04-31 00:00:00Z",
        "1900-02-29 00:00:00Z",
        "2023-00-10 00:00:00Z",
        "2023-13-10 00:00:00Z",
        "0000-00-00 00:00:00Z",
        "2023-01-00 00:00:00Z",
        "2023-01-10 24:00:00Z",
        "2023-01-10 23:60:00Z",
        "2023-01-10 23:59:60Z",
        "2023-01-10T23:59:59Z",
        "2023-01-10 23:59:59z",
        "2023-01-1o 23:59:59Z",
        "2023-01-10 23:59:5é",
    ],
)
def test_no_other_time_is(text):
    """Days of no month, the second 60, another mark: left to others, and its neighbours are read."""
    cells = pl.Series(["2024-02-29 10:20:30Z", text, "2023-12-31 23:59:59Z"])
    micros, found = read_walls(cells, "0000-00-00 00:00:00", "YMD", "Z")
    assert found is not None
    assert found.to_list() == [0, 2]
    assert micros.cast(WALL).to_list() == [
        datetime(2024, 2, 29, 10, 20, 30, tzinfo=UTC),
        datetime(2023, 12, 31, 23, 59, 59, tzinfo=UTC),
    ]


def test_digits_of_an_offset_are_to_the_letter():
    """Of two offsets only the layout's own is read."""
    cells = pl.Series(["2024-02-29 10:20+0200", "2024-02-29 10:20+0300"])
    micros, found = read_walls(cells, "0000-00-00 00:00", "YMD", "+0200")
    assert found is not None
    assert found.to_list() == [0]
    assert len(micros) == 1

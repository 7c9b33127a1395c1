"""time and timetz."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.convert import convert, decide_format
from heal_cli.model import Converted, PgType, ValueOptions


def _convert(
    texts: list[str | None], base: str, *allow: str, digits: int | None = None, **said: Any
) -> Converted:
    type = PgType(oid=0, name=base, base=base, kind="b", scale=digits)
    values = pl.Series("c", texts, dtype=pl.String)
    format = decide_format(values, type, ValueOptions(**said))
    return convert(values, type, format, allow=frozenset(allow))


TIMES = [
    ("22:13:20", time(22, 13, 20), []),
    ("22:13", time(22, 13), []),
    ("9:05", time(9, 5), []),
    (" 22:13:20.5 ", time(22, 13, 20, 500_000), []),
    ("10:13 PM", time(22, 13), ["twelve_hour_clock"]),
    ("12:00 a.m.", time(0), ["twelve_hour_clock"]),
    ("12:00 pm", time(12), ["twelve_hour_clock"]),
    ("10 PM", time(22), ["twelve_hour_clock"]),
]


@pytest.mark.parametrize(("text", "value", "rules"), TIMES)
def test_time(text: str, value: time, rules: list[str]) -> None:
    """Times of day, with AM and PM under their own rule."""
    made = _convert([text], "time")
    assert (made.values.to_list(), [heal.rule for heal in made.heals], made.failed) == ([value], rules, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("24:01", "not_convertible"), ("25:00", "not_convertible"), ("23:59:60", "not_convertible"),
        ("13:00 PM", "not_convertible"), ("0:30 AM", "not_convertible"), ("22", "not_convertible"),
        ("2213", "not_convertible"), ("2024-01-05 22:13", "not_convertible"), ("noon", "not_convertible"),
        ("22:13:20+02:00", "would_drop_zone"), ("22:13:20.1234567", "would_round"),
    ],
)  # fmt: skip
def test_what_is_no_time_fails(text: str, reason: str) -> None:
    """What a time cannot hold is refused with its reason."""
    made = _convert([text], "time")
    assert (made.values.to_list(), made.faults[0].reason) == ([None], reason)


def test_rounding_to_the_next_day_fails() -> None:
    """A time that rounds up to 24:00 is refused even where rounding is allowed."""
    made = _convert(["23:59:59.9999999", "23:59:58.9999999"], "time", "subsecond")
    assert made.values.to_list() == [None, time(23, 59, 59)]
    assert made.faults[0].reason == "out_of_range"


TIMETZ = [
    ("22:13:20+02", {}, "22:13:20+02:00"),
    ("22:13:20.5 -02:30", {}, "22:13:20.500-02:30"),
    ("22:13Z", {}, "22:13:00+00:00"),
    ("22:13", {"timezone": "+05:30"}, "22:13:00+05:30"),
    ("22:13", {}, "22:13:00+00:00"),
]


@pytest.mark.parametrize(("text", "said", "value"), TIMETZ)
def test_timetz(text: str, said: dict[str, str], value: str) -> None:
    """A time with time zone travels as ISO text with its offset written out."""
    made = _convert([text], "timetz", **said)
    assert (made.values.to_list(), made.failed) == ([value], None)


def test_timetz_needs_a_fixed_offset() -> None:
    """A named zone has no offset without a date; the cell fails and says so."""
    made = _convert(["22:13"], "timetz", timezone="Europe/Berlin")
    assert (made.faults[0].reason, made.values.to_list()) == ("ambiguous", [None])


@given(st.lists(st.times(), min_size=1, max_size=20))
def test_isoformat_round_trips(values: list[time]) -> None:
    """What Python writes is read back, and is no heal."""
    made = _convert([value.isoformat() for value in values], "time")
    assert (made.values.to_list(), made.failed, made.heals) == (values, None, ())


def test_typed_times() -> None:
    """Typed times stay; a typed date and time fails."""
    type = PgType(oid=0, name="time", base="time", kind="b")
    format = decide_format(pl.Series([time(1)]), type, ValueOptions())
    times = convert(pl.Series([time(22, 13), None]), type, format, allow=frozenset())
    assert times.values.to_list() == [time(22, 13), None]
    dates = convert(pl.Series([datetime(2024, 1, 5)]), type, format, allow=frozenset())  # noqa: DTZ001
    assert dates.failed is not None
    assert dates.faults[0].attempts == ("Datetime(time_unit='us', time_zone=None) as time",)

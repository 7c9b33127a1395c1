"""Intervals against the server: what heal sends is what a reader of the text means."""

from __future__ import annotations

import polars as pl
import psycopg
import pytest

from heal_cli.convert import convert, decide_format
from heal_cli.model import PgType, ValueOptions

INTERVAL = PgType(1186, "interval", "interval", "b")

MEANT = [
    ("1h 30m", "01:30:00"), ("1h30m", "01:30:00"), ("1h30m20s", "01:30:20"), ("5m 30s", "00:05:30"), ("1.5 hours", "01:30:00"),
    ("-1.5h", "-01:30:00"), ("90 min", "01:30:00"), ("1w", "7 days"), ("2d 3h", "2 days 03:00:00"), ("1.5 days", "1 day 12:00:00"),
    ("500ms", "00:00:00.5"), ("30s", "00:00:30"), ("1y 2mons", "1 year 2 mons"), ("P1.5D", "1 day 12:00:00"),
    ("PT1.5H", "01:30:00"), ("P1DT2H", "1 day 02:00:00"), ("1 hour ago", "-01:00:00"), ("3 weeks", "21 days"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "meant"), MEANT)
def test_the_server_reads_what_is_meant(
    text: str, meant: str, conn: psycopg.Connection[tuple[object, ...]]
) -> None:
    """Units, short and long, whole and with a fraction, arrive as the duration that they name."""
    values = pl.Series([text])
    made = convert(values, INTERVAL, decide_format(values, INTERVAL, ValueOptions()), allow=frozenset())
    row = conn.execute("select %s::interval::text", [made.values[0]]).fetchone()
    assert row == (meant,)


@pytest.mark.parametrize("text", ["3m", "1y 2m", "1.5 months", "1.5 years", "5", "1:30"])
def test_what_may_be_two_durations_fails(text: str) -> None:
    """A lone m is months or minutes, and a fraction of a month has no length."""
    values = pl.Series([text])
    made = convert(values, INTERVAL, decide_format(values, INTERVAL, ValueOptions()), allow=frozenset())
    assert made.values.to_list() == [None]


def test_a_hidden_fraction_is_not_rounded_away() -> None:
    """Half a second without its digits is no more lost in an interval of whole seconds than 0.5 is."""
    whole = PgType(1186, "interval(0)", "interval", "b", scale=0)
    values = pl.Series(["500ms", "1.0001h", "90 min"])
    made = convert(values, whole, decide_format(values, whole, ValueOptions()), allow=frozenset())
    assert made.values.to_list() == [None, None, "90 min"]

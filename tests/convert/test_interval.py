"""interval."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import psycopg
import pytest

from heal_cli.convert import convert, decide_format
from heal_cli.model import Converted, PgType, ValueOptions

INTERVAL = PgType(oid=1186, name="interval", base="interval", kind="b")


def _convert(values: pl.Series, type: PgType = INTERVAL) -> Converted:
    return convert(values, type, decide_format(values, type, ValueOptions()), allow=frozenset())


CLEAR = [
    "P1Y2M3DT4H5M6.5S", "P1W", "PT36H", "PT-1.5S", "P-1Y", "1 day 02:00:00", "-3 mons", "1 year 2 mons -3 days +04:05:06.789",
    "02:00:00", "-00:00:01", "100:00:00", "1 day ago", "2 hrs 3 mins", "90 minutes", "1.5 seconds", "3 weeks 2 days",
    "@ 1 day ago", "@ 1 year 2 mons -3 days 4 hours 5 mins 6.789 secs ago", "@ 0",
]  # fmt: skip


def test_clear_intervals_stay(conn: psycopg.Connection) -> None:
    """ISO durations and PostgreSQL's own spellings travel as they are, and the server takes each."""
    made = _convert(pl.Series(CLEAR))
    assert (made.values.to_list(), made.failed, made.heals) == (CLEAR, None, ())
    count = conn.execute(
        "select count(v::interval) from unnest(%s::text[]) v", [made.values.to_list()]
    ).fetchone()
    assert count == (len(CLEAR),)


@pytest.mark.parametrize(
    ("text", "value", "rules"),
    [
        (" 1  day ", "1 day", []),
        ("1 day, 2:03:04", "1 day 2:03:04", ["interval_comma"]),
        ("-1 day, 23:59:00", "-1 day 23:59:00", ["interval_comma"]),
    ],
)
def test_rewritten(text: str, value: str, rules: list[str]) -> None:
    """Python's comma goes under its own rule; blanks mean nothing."""
    made = _convert(pl.Series([text]))
    assert (made.values.to_list(), [heal.rule for heal in made.heals]) == ([value], rules)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("5", "ambiguous"), ("1.5", "ambiguous"), ("03:25", "ambiguous"), ("5m", "not_convertible"),
        ("P", "not_convertible"), ("PT", "not_convertible"), ("P1DT", "not_convertible"), ("P1.5Y", "not_convertible"),
        ("1.5 months", "not_convertible"), ("yesterday", "not_convertible"), ("00:99:00", "not_convertible"),
        ("infinity", "not_convertible"), ("PT0.1234567S", "would_round"), ("00:00:01.1234567", "would_round"),
    ],
)  # fmt: skip
def test_unclear_intervals_fail(text: str, reason: str) -> None:
    """What the server would guess at never gets to it."""
    made = _convert(pl.Series([text]))
    assert (made.values.to_list(), made.faults[0].reason) == ([None], reason)
    assert made.faults[0].attempts


def test_digits_of_the_type() -> None:
    """interval(0) refuses a fraction rather than let the server round it."""
    type = PgType(oid=1186, name="interval(0)", base="interval", kind="b", scale=0)
    made = _convert(pl.Series(["00:00:01.5", "00:00:01", "00:00:01.0"]), type)
    assert made.values.to_list() == [None, "00:00:01", "00:00:01.0"]


def test_typed_durations(conn: psycopg.Connection) -> None:
    """Durations arrive as exactly that many seconds."""
    values = [
        timedelta(days=-1, seconds=1, microseconds=500_000),
        timedelta(days=2),
        timedelta(microseconds=1),
    ]
    made = _convert(pl.Series(values))
    assert made.values.to_list() == ["PT-86398.500000S", "PT172800.000000S", "PT0.000001S"]
    rows = conn.execute("select v::interval from unnest(%s::text[]) v", [made.values.to_list()]).fetchall()
    assert [row[0] for row in rows] == values
    assert _convert(pl.Series([5])).failed is not None

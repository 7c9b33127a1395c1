"""What we send is what PostgreSQL understands: the same instant, day or time of day."""

from __future__ import annotations

from typing import Any

import polars as pl
import psycopg
import pytest

from heal_cli.convert import convert, decide_format
from heal_cli.model import PgType, ValueOptions

TEXTS = [
    "2024-01-05T15:04:06Z", "2024-01-05 15:04:06.123456+02:00", "2024-01-05 15:04:06-0530", "2024-01-05 15:04+00",
    "0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00", "1969-12-31 23:59:59.999999Z", "2024-02-29T00:00:00Z",
    "2024-01-05 03:04:06 PM +01:00", "20240105T150406Z", "Jan 5 2024 15:04:06 UTC", "Fri, 05 Jan 2024 15:04:06 +0100",
]  # fmt: skip
"""Texts that the server itself reads without guessing, to compare with."""


def _text(values: pl.Series) -> list[str]:
    if values.dtype == pl.Date:
        return values.cast(pl.String).to_list()
    form = "%Y-%m-%d %H:%M:%S%.6f" + ("+00" if getattr(values.dtype, "time_zone", None) else "")
    return values.dt.strftime(form).to_list()


def _server(conn: psycopg.Connection[Any], texts: list[str], type: str) -> list[str]:
    conn.execute("set timezone = 'UTC'; set datestyle = 'ISO, DMY'")
    query = f"select v::{type}::text from unnest(%s::text[]) with ordinality u(v, n) order by n"
    return [row[0] for row in conn.execute(query, [texts]).fetchall()]


@pytest.mark.parametrize("type", ["timestamptz", "timestamp", "date"])
def test_same_instant_as_the_server(type: str, conn: psycopg.Connection[Any]) -> None:
    """Our value, cast by the server, is the value the server makes of the source text."""
    texts = TEXTS if type == "timestamptz" else ["2024-01-05", "2024-02-29", "0001-01-01", "9999-12-31"]
    pg = PgType(oid=0, name=type, base=type, kind="b")
    made = convert(
        pl.Series(texts), pg, decide_format(pl.Series(texts), pg, ValueOptions()), allow=frozenset()
    )
    assert made.failed is None
    assert _server(conn, _text(made.values), type) == _server(conn, texts, type)


@pytest.mark.parametrize(
    ("type", "texts"),
    [
        ("time", ["00:00", "22:13:20", "22:13:20.5", "10:13 PM", "12:00 AM"]),
        ("timetz", ["22:13:20+02", "22:13:20.123456-05:30", "10:13 PM +01:00", "00:00Z"]),
    ],
)
def test_same_time_of_day_as_the_server(type: str, texts: list[str], conn: psycopg.Connection[Any]) -> None:
    """Times of day, with and without offset, mean the same to the server as the source text did."""
    pg = PgType(oid=0, name=type, base=type, kind="b")
    made = convert(
        pl.Series(texts), pg, decide_format(pl.Series(texts), pg, ValueOptions()), allow=frozenset()
    )
    assert made.failed is None
    sent = made.values.to_list() if type == "timetz" else made.values.dt.strftime("%H:%M:%S%.6f").to_list()
    assert _server(conn, sent, type) == _server(conn, texts, type)


def test_zone_of_naive_times_as_the_server(conn: psycopg.Connection[Any]) -> None:
    """A naive time in a named zone is the instant that the server finds for it."""
    texts = ["2024-01-05 15:04:06", "2024-07-05 15:04:06", "1950-07-05 15:04:06", "2037-07-05 15:04:06"]
    pg = PgType(oid=0, name="timestamptz", base="timestamptz", kind="b")
    options = ValueOptions(timezone="America/New_York")
    made = convert(pl.Series(texts), pg, decide_format(pl.Series(texts), pg, options), allow=frozenset())
    asked = [f"{text} America/New_York" for text in texts]
    assert _server(conn, _text(made.values), "timestamptz") == _server(conn, asked, "timestamptz")

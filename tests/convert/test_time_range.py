"""Ranges of dates and times."""

from __future__ import annotations

from typing import Any

import polars as pl
import psycopg
import pytest

from heal_cli.convert import convert, decide_format
from heal_cli.model import Converted, PgType, ValueOptions


def _convert(values: list[str | None], base: str, **said: Any) -> Converted:
    type = PgType(oid=0, name=base, base=base, kind="m" if "multi" in base else "r")
    options, texts = ValueOptions(**said), pl.Series("c", values, dtype=pl.String)
    return convert(texts, type, decide_format(texts, type, options), allow=options.allow)


RANGES = [
    ("tstzrange", "[2024-01-01 00:00,2024-07-01 00:00)", '["2023-12-31 23:00:00+00","2024-06-30 22:00:00+00")'),
    ("tstzrange", '["2024-01-01 00:00+05",)', '["2023-12-31 19:00:00+00",)'),
    ("tstzrange", "[2024-01-01, infinity]", '["2023-12-31 23:00:00+00",infinity]'),
    ("tstzmultirange", "{[2024-01-01,2024-01-02), (,2023-01-01)}", '{(,"2022-12-31 23:00:00+00"),["2023-12-31 23:00:00+00","2024-01-01 23:00:00+00")}'),
    ("daterange", "[13.02.2024,01.03.2024)", "[2024-02-13,2024-03-01)"),
    ("tsrange", "(13/02/2024 1:00 PM,]", '("2024-02-13 13:00:00",)'),
    ("daterange", "empty", "empty"),
]  # fmt: skip


@pytest.mark.parametrize(("base", "text", "stored"), RANGES)
def test_bounds_are_read_as_columns_of_them_are(
    base: str, text: str, stored: str, conn: psycopg.Connection
) -> None:
    """Order and zone of bounds are the column's, never the server's guess."""
    made = _convert([text, None, "n/a"], base, timezone="Europe/Berlin")
    assert (made.faults, made.values.to_list()[1:]) == ((), [None, None])
    row = conn.execute(
        f"select set_config('TimeZone', 'UTC', true), %s::{base}::text", [made.values[0]]
    ).fetchone()
    assert row is not None
    assert row[1] == stored


def test_an_assumed_zone_is_counted() -> None:
    """A naive bound without a zone named is UTC, as an assumption."""
    made = _convert(["[2024-01-01,)", "[2024-01-01 00:00+00,)"], "tstzrange")
    assert [(heal.rule, heal.mask.to_list(), heal.assumption) for heal in made.heals] == [
        ("naive_time_zone", [True, False], True)
    ]


@pytest.mark.parametrize(
    ("base", "text", "reason"),
    [
        ("daterange", "[01/02/2024,03/04/2024)", "ambiguous"),
        ("daterange", "[2024-02-30,)", "not_convertible"),
        ("tstzrange", "[2024-03-31 02:30,)", "dst_gap"),
        ("tsrange", "[soon,later)", "not_convertible"),
    ],
)
def test_a_bound_that_fails_names_its_reason(base: str, text: str, reason: str) -> None:
    """One bad bound makes its cell a reject; the neighbours load."""
    made = _convert([text, "[2024-01-01,)"], base, timezone="Europe/Berlin")
    assert [fault.reason for fault in made.faults] == [reason]
    assert made.values.is_null().to_list() == [True, False]


def test_what_is_no_range_is_left_to_the_server() -> None:
    """A text of another form goes as it came."""
    assert _convert(["2024-01-01 - 2024-02-01"], "daterange").values.to_list() == ["2024-01-01 - 2024-02-01"]

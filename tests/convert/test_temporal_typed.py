"""date, timestamp and timestamptz from typed columns."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import polars as pl
import pytest

from heal_cli.convert import convert, decide_format
from heal_cli.model import ValueOptions

from .conftest import INSTANT, rules_of, type_of

TYPED = [
    (
        pl.Series([date(2024, 1, 5)]),
        "timestamptz",
        [datetime(2024, 1, 5, tzinfo=UTC)],
        {"naive_time_zone": 1},
    ),
    (pl.Series([INSTANT]), "timestamptz", [INSTANT], {}),
    (pl.Series([INSTANT]).dt.convert_time_zone("Asia/Tokyo"), "timestamptz", [INSTANT], {}),
    (pl.Series([INSTANT]), "timestamp", [INSTANT.replace(tzinfo=None)], {"zone_dropped": 1}),
    (pl.Series([datetime(2024, 1, 5)]), "date", [date(2024, 1, 5)], {"midnight_dropped": 1}),  # noqa: DTZ001
    (pl.Series([1_704_467_046, None]), "timestamptz", [INSTANT, None], {"epoch_seconds": 1}),
    (pl.Series([1_704_467_046.0]), "timestamptz", [INSTANT], {"epoch_seconds": 1}),
    (pl.Series([20240105]), "date", [date(2024, 1, 5)], {"compact_date": 1}),
]


@pytest.mark.parametrize(("values", "base", "typed", "rules"), TYPED)
def test_typed_columns(values: pl.Series, base: str, typed: list[Any], rules: dict[str, int]) -> None:
    """Typed columns keep their instant; what is assumed or dropped is counted as for texts."""
    format = decide_format(values, type_of(base), ValueOptions())
    made = convert(values, type_of(base), format, allow=frozenset())
    assert (made.values.to_list(), rules_of(made), made.failed) == (typed, rules, None)


@pytest.mark.parametrize(
    "values", [pl.Series([True]), pl.Series([time(1)]), pl.Series([[1]]), pl.Series([7])]
)
def test_typed_columns_without_a_time_fail(values: pl.Series) -> None:
    """What holds no date fails and says its dtype or its shapes."""
    made = convert(
        values,
        type_of("timestamptz"),
        decide_format(values, type_of("timestamptz"), ValueOptions()),
        allow=frozenset(),
    )
    assert made.failed is not None
    assert made.failed.all()
    assert made.faults[0].attempts


def test_nanoseconds_of_a_typed_column() -> None:
    """Nanoseconds that a microsecond cannot hold are refused."""
    values = pl.Series([1_704_467_046_000_000_001, 1_704_467_046_000_000_000]).cast(pl.Datetime("ns"))
    made = convert(
        values,
        type_of("timestamp"),
        decide_format(values, type_of("timestamp"), ValueOptions()),
        allow=frozenset(),
    )
    assert made.failed is not None
    assert (made.faults[0].reason, made.failed.to_list()) == ("would_round", [True, False])

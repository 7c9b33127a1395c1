"""Dates as spreadsheets count them, and epoch numbers in date columns."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from heal_cli import convert
from heal_cli.model import PgType, ValueOptions


def _converted(texts: list[str | None], base: str):
    values, type_ = pl.Series("v", texts, pl.String), PgType(0, base, base, "b")
    return convert.convert(
        values, type_, convert.decide_format(values, type_, ValueOptions()), allow=frozenset()
    )


def test_serials_are_days() -> None:
    """46027 is 2026-01-05, as an assumption that is counted."""
    made = _converted(["46027", "46040", "46053", "2026-02-01", None], "date")
    assert made.values.to_list()[:2] == [date(2026, 1, 5), date(2026, 1, 18)]
    assert made.values[3] == date(2026, 2, 1)
    assert [(heal.rule, heal.assumption, heal.mask.sum()) for heal in made.heals] == [
        ("excel_serial", True, 3)
    ]


def test_a_fraction_is_the_time_of_day() -> None:
    """Half a day is noon, and a float's last digit makes no second; a date does not drop it."""
    made = _converted(["46027.5", "46028.333333333", "46029"], "timestamp")
    assert made.values.dt.to_string("%d %H:%M:%S").to_list() == ["05 12:00:00", "06 08:00:00", "07 00:00:00"]
    assert [fault.reason for fault in _converted(["46027.5", "46028", "46029"], "date").faults] == [
        "would_drop_time"
    ]


@pytest.mark.parametrize(
    "texts",
    [
        ["46027"],
        ["46027", "46028"],
        ["46027", "46028", "12"],
        ["10115", "46027", "46028"],
        ["46027", "460281", "46029"],
    ],
)
def test_without_evidence_a_number_is_no_date(texts: list[str]) -> None:
    """Too few, other numbers beside them, or years out of range: rejects."""
    made = _converted(texts, "date")
    assert made.failed is not None
    assert made.failed.all()


def test_epoch_numbers_at_midnight_are_dates() -> None:
    """A date takes an epoch number that loses no time of day; the others are refused for that."""
    made = _converted(["1767571200", "1767571201"], "date")
    assert made.values.to_list() == [datetime.fromtimestamp(1767571200, UTC).date(), None]
    assert [fault.reason for fault in made.faults] == ["would_drop_time"]

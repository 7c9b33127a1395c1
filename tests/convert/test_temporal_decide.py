"""How a column of times is read, decided from all its values."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from heal_cli.convert import decide_format
from heal_cli.errors import UsageError
from heal_cli.model import ColumnFormat, PgType, ValueOptions


def _decide(texts: list[str], base: str = "timestamptz", options: ValueOptions | None = None) -> ColumnFormat:
    type = PgType(oid=0, name=base, base=base, kind="b")
    return decide_format(pl.Series(texts, dtype=pl.String), type, options or ValueOptions())


def _order(format: ColumnFormat) -> str | None:
    """The one order that the layouts of a column have."""
    assert format.date_order is None
    return next(iter({order for _, order in format.date_orders}), None)


ORDERS = [
    (["13/02/2024"], "DMY"),
    (["02/13/2024"], "MDY"),
    (["01/02/2024 10:00", "13/02/2024 10:00"], "DMY"),
    (["1.2.2024", "31.1.2024"], "DMY"),
    (["2024/02/13", "2024-13-02", "20240213"], None),
    (["31/12/99", "01/01/99"], "DMY"),
    (["hello", ""], None),
]


@pytest.mark.parametrize(("texts", "order"), ORDERS)
def test_order(texts: list[str], order: str | None) -> None:
    """One value that fits a single order settles the column, without a question."""
    format = _decide(texts, "date")
    assert (_order(format), format.question) == (order, None)


def test_each_layout_proves_its_own_order() -> None:
    """What points prove about their dates says nothing about those with slashes."""
    format = _decide(["31.12.2024", "04/05/2024", "12-31-2024"], "date")
    assert format.date_orders == (("-4", "MDY"), (".4", "DMY"))
    assert format.question == (
        "all dates such as '04/05/2024' fit day-month and month-day order; --date-order DMY or --date-order MDY says which"
    )


@pytest.mark.parametrize(
    ("texts", "orders"),
    [
        (["31/12/2024", "05/06/24"], (("/4", "DMY"), ("/2", "DMY"))),
        (["31/12/1990", "05/06/24"], (("/4", "DMY"),)),
        (["31/12/2024", "24/01/12"], (("/4", "DMY"),)),
        (["31.12.2024", "24-01-31"], ((".4", "DMY"),)),
    ],
)
def test_short_years_lean_on_long_ones(texts: list[str], orders: tuple[tuple[str, str], ...]) -> None:
    """05/06/24 is read as its neighbour 31/12/2024 is, if that makes it a date of the same years; else it is asked."""
    format = _decide(texts, "date")
    assert format.date_orders == orders
    assert (format.question is None) == (len(orders) == 2)


def test_a_long_date_of_another_order_hinders_no_short_one() -> None:
    """One 01/31/2024 among many days first is no day of theirs, and their years are known all the same."""
    days = [f"{day}/{month}/2024" for day in range(13, 29) for month in (1, 3)]
    assert _decide([*days, "01/31/2024", "05/06/24"], "date").date_orders == (("/4", "DMY"), ("/2", "DMY"))


def test_ambiguous_order_asks() -> None:
    """Where no value proves an order the question names an example and the flag."""
    assert _decide(["03/04/2024", "01/02/2024"], "date").question == (
        "all dates such as '01/02/2024' fit day-month and month-day order; --date-order DMY or --date-order MDY says which"
    )


def test_contradiction_asks() -> None:
    """Proofs of both orders are a contradiction, unless one kind outweighs the other twentyfold."""
    format = _decide(["13/02/2024", "02/13/2024"], "date")
    assert _order(format) is None
    assert format.question == (
        "dates such as '13/02/2024' are day-month (1 of them) and such as '02/13/2024' month-day (1); "
        "--date-order DMY or --date-order MDY says which"
    )
    days = [f"{day}/02/{year}" for day in range(13, 28) for year in (2023, 2024)]
    assert _order(_decide([*days, "02/13/2024"], "date")) == "DMY"


def test_two_digits_each_need_a_margin() -> None:
    """24-01-31 is read only when days clearly outnumber years in the column; else it is a question."""
    days = [date(2024, 1, 1) + timedelta(days=3 * n) for n in range(40)]
    assert _order(_decide([f"{day:%y-%m-%d}" for day in days], "date")) == "YMD"
    assert _order(_decide([f"{day:%d-%m-%y}" for day in days], "date")) == "DMY"
    few = _decide(["24-01-12", "24-01-31"], "date")
    assert _order(few) is None
    assert few.question == (
        "dates such as '24-01-12' fit several orders of day, month and two-digit year; "
        "--date-order DMY, --date-order MDY or --date-order YMD says which"
    )


def test_said_order_wins() -> None:
    """`--date-order` is not argued with."""
    format = _decide(["13/02/2024"], "date", ValueOptions(date_order="MDY"))
    assert (format.date_order, format.question) == ("MDY", None)


@given(st.lists(st.dates(date(1000, 1, 1), date(9999, 12, 31)), min_size=1, max_size=30), st.booleans())
def test_decided_order_is_never_the_wrong_one(days: list[date], day_first: bool) -> None:
    """From dates all written in one order either that order is found or a question is asked."""
    assume(any(day.day != day.month for day in days))
    form = "%d/%m/" if day_first else "%m/%d/"
    format = _decide([day.strftime(form) + f"{day.year:04}" for day in days], "date")
    assert _order(format) in ({"DMY", None} if day_first else {"MDY", None})
    assert (_order(format) is None) == (format.question is not None)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("631152000", "s"), ("4102444799", "s"), ("1704467046.5", "s"), ("1704467046123", "ms"),
        ("1704467046123456", "us"), ("1704467046123456789", "ns"), ("631151999", None), ("4102444800", None),
        ("20240131", None), ("20240131235959", None), ("0", None), ("-1704467046", None),
    ],
)  # fmt: skip
def test_epoch_unit(text: str, unit: str | None) -> None:
    """The unit follows from the digits, inside the years 1990 to 2099 alone."""
    assert _decide([text]).epoch == unit


def test_epoch_units_may_not_mix() -> None:
    """Two units in one column are a question."""
    format = _decide(["1704467046", "1704467046123"])
    assert (format.epoch, format.question) == (
        None,
        "epoch numbers of several units (ms, s) stand in one column",
    )


ZONES = [
    (["2024-01-05 15:04:06"], "UTC"),
    (["2024-01-05 15:04:06+02:00", "2024-01-05 15:04:06"], "+02:00"),
    (["2024-01-05T15:04:06Z", "2024-01-05 15:04:06 UTC", "2024-01-05 15:04"], "UTC"),
    (["Fri Jan 05 10:04:06 EST 2024", "2024-01-05 15:04"], "-05:00"),
    (["2024-01-05T15:04:06+01:00", "2024-01-05T15:04:06+02:00"], None),
]


@pytest.mark.parametrize(("texts", "zone"), ZONES)
def test_zone_of_naive_times(texts: list[str], zone: str | None) -> None:
    """Naive times take the column's single offset, else UTC; both are assumptions."""
    format = _decide(texts)
    assert (format.timezone, format.timezone_assumed, format.question) == (zone, zone is not None, None)


def test_naive_beside_several_offsets_asks() -> None:
    """Several offsets beside naive times are a question."""
    texts = ["2024-01-05T15:04:06+01:00", "2024-01-05T15:04:06+02:00", "2024-01-05T15:04:06"]
    assert _decide(texts).question == (
        "times without offset stand beside several offsets (+01:00, +02:00); --timezone says in which zone they are"
    )


def test_unknown_zone_is_refused() -> None:
    """A zone that does not exist is a usage error that says what to type."""
    with pytest.raises(UsageError) as caught:
        _decide(["2024-01-05"], options=ValueOptions(timezone="Mars/Olympus"))
    assert str(caught.value) == (
        "Time zone 'Mars/Olympus' is not known. "
        "Name one of the time zone database, such as --timezone Europe/Berlin, or an offset such as +02:00"
    )

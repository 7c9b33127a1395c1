"""date, timestamp and timestamptz from texts and typed columns."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from .conftest import INSTANT, convert_texts, rules_of

MINUTE = INSTANT.replace(second=0)

ISO_INSTANTS = [
    ("2024-01-05T15:04:06Z", INSTANT),
    ("2024-01-05t15:04:06z", INSTANT),
    ("2024-01-05 15:04:06Z", INSTANT),
    ("2024-01-05 15:04:06 UTC", INSTANT),
    ("2024-01-05T17:04:06+02:00", INSTANT),
    ("2024-01-05T17:04:06+0200", INSTANT),
    ("2024-01-05 17:04:06+02", INSTANT),
    ("2024-01-05 17:04:06 +0200", INSTANT),
    ("2024-01-05T09:34:06-05:30", INSTANT),
    ("2024-01-05T15:04Z", MINUTE),
    ("2024-01-05T15:04:06.5Z", INSTANT.replace(microsecond=500_000)),
    ("2024-01-05T15:04:06,5Z", INSTANT.replace(microsecond=500_000)),
    ("2024-01-05T15:04:06.123456000Z", INSTANT.replace(microsecond=123_456)),
    ("  2024-01-05T15:04:06Z ", INSTANT),
    ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
    ("9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
]


@pytest.mark.parametrize(("text", "instant"), ISO_INSTANTS)
def test_iso_is_no_heal(text: str, instant: datetime) -> None:
    """Every ISO spelling is its instant and counts as no heal."""
    made = convert_texts([text], "timestamptz")
    assert (made.values.to_list(), made.failed, made.heals) == ([instant], None, ())


SHAPES = [
    ("20240105T150406Z", "compact_date", INSTANT),
    ("20240105150406", "compact_date", INSTANT),
    ("202401051504", "compact_date", MINUTE),
    ("2024年1月5日 15:04:06", "date_cjk", INSTANT),
    ("2024년 1월 5일 15:04:06", "date_cjk", INSTANT),
    ("2024-01-05-15.04.06", "timestamp_db2", INSTANT),
    ("2024/01/05 15:04:06", "date_ymd_slashed", INSTANT),
    ("2024.1.5 15:04:06", "date_ymd_slashed", INSTANT),
    ("2024-1-5 15:04:06", "date_ymd", INSTANT),
    ("Jan 5, 2024 15:04:06", "month_name", INSTANT),
    ("January 5 2024, 15:04:06", "month_name", INSTANT),
    ("Jan. 5th, 2024 at 15:04:06", "month_name", INSTANT),
    ("5 January 2024 15:04:06", "month_name", INSTANT),
    ("05-JAN-2024 15:04:06", "month_name", INSTANT),
    ("Friday, 5 January 2024 15:04:06", "month_name", INSTANT),
    ("Fri Jan  5 15:04:06 2024", "month_name", INSTANT),
    ("Fri Jan 05 15:04:06 UTC 2024", "month_name", INSTANT),
    ("Fri Jan 05 10:04:06 EST 2024", "month_name", INSTANT),
    ("Fri Jan 05 2024 16:04:06 GMT+0100 (Central European Time)", "month_name", INSTANT),
    ("05/Jan/2024:16:04:06 +0100", "month_name", INSTANT),
    ("2024-Jan-05 15:04:06", "month_name", INSTANT),
    ("Fri, 05 Jan 2024 15:04:06 GMT", "rfc2822", INSTANT),
    ("5 Jan 2024 10:04:06 EST", "rfc2822", INSTANT),
    ("2024-01-05 3:04:06 PM", "twelve_hour_clock", INSTANT),
    ("1704467046", "epoch_seconds", INSTANT),
    ("1704467046.25", "epoch_seconds", INSTANT.replace(microsecond=250_000)),
    ("1704467046123", "epoch_milliseconds", INSTANT.replace(microsecond=123_000)),
    ("1704467046123456", "epoch_microseconds", INSTANT.replace(microsecond=123_456)),
    ("1704467046123456000", "epoch_nanoseconds", INSTANT.replace(microsecond=123_456)),
]


@pytest.mark.parametrize(("text", "rule", "instant"), SHAPES)
def test_shape_has_a_name(text: str, rule: str, instant: datetime) -> None:
    """A shape that is not ISO is read as its instant under its own rule."""
    made = convert_texts([text], "timestamptz", timezone="UTC")
    assert (made.values.to_list(), rules_of(made), made.failed) == ([instant], {rule: 1}, None)


NO_TIMES = [
    "2024-02-30", "2024-13-01", "2024-00-10", "0000-00-00", "0000-01-01", "2023-02-29", "2024-01-05T24:00:01Z",
    "2024-01-05 24:30", "2024-01-05 24",
    "2024-01-05T15:04:60Z", "2024-01-05T15:60:00Z", "2024-01-05T15", "2024-01-05T15:04:06+25:00", "2024-01-05T",
    "2024-01-05 15:04:06 IST", "2024-01-0515:04:06", "+2024-1-05T15:04:06Z", "2024-01- 5T15:04:06Z",
    "2024-01-05T15:04:06Zx", "12024-01-05T15:04:06Z", "0044-03-15 BC", "yesterday", "now",
    "today", "10", "1.5", "May", "noon", "1729131122172", "20241301", "Mon, 05 Jan 2024 15:04:06 GMT", "Feb 30, 2024",
    "2024-01-05 13:04 PM", "2024-01-05 0:04 AM", "31/02/2024", "2024/13/01", "45291", "999999999999999999999",
    "\uff12\uff10\uff12\uff14-01-05", "2024-01-05\n2024-01-05", "2024-01/05", "01/02.2024", "Jan 2024", "2024",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_TIMES)
@pytest.mark.parametrize("base", ["timestamptz", "timestamp", "date"])
def test_what_is_no_time_fails(text: str, base: str) -> None:
    """No such day, no such time, words and bare numbers fail with attempts; nothing is guessed."""
    made = convert_texts([text], base, date_order="DMY")
    if text == "1729131122172" and base != "date":
        assert made.failed is None  # a plausible epoch in milliseconds
        return
    assert made.failed is not None
    assert (made.failed.to_list(), made.values.to_list()) == ([True], [None])
    assert made.faults[0].attempts


@pytest.mark.parametrize(
    "text", ["2024-01-31", "31/01/2024", "31.1.2024", "31 Jan 2024", "Jan 31, 2024", "2024/1/31"]
)
def test_blanks_around_a_date_are_none_of_it(text: str) -> None:
    """A blank behind a date is no beginning of a time of day."""
    for base in ("date", "timestamp"):
        bare = convert_texts([text], base).values
        for padded in (f"{text} ", f"  {text}", f" {text}  "):
            assert convert_texts([padded], base).values.equals(bare)


@pytest.mark.parametrize("text", ["2024-01-31 24:00", "2024-01-31T24:00:00.000", "31.01.2024 24:00:00"])
def test_24_00_ends_the_day(text: str) -> None:
    """It is midnight of the day after, counted; a date cannot say which of the two is meant."""
    made = convert_texts([text], "timestamp", date_order="DMY")
    assert (made.values.to_list(), made.failed) == ([datetime(2024, 2, 1)], None)  # noqa: DTZ001 -- a timestamp
    assert rules_of(made)["end_of_day"] == 1
    assert convert_texts([text], "date", date_order="DMY").faults[0].reason == "would_drop_time"
    dropped = convert_texts([text], "date", date_order="DMY", allow=("drop_time",))
    assert dropped.values.to_list() == [date(2024, 1, 31)]


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-05 16:04:06 CET", "2024-01-05 17:04:06 EET", "2024-01-06 00:04:06 JST", "2024-01-05 10:04:06 EST",
        "2024-01-05T16:04:06+01:00[Europe/Berlin]", "2024-01-05 15:04:06Z[Etc/UTC]",
    ],
)  # fmt: skip
def test_zones_behind_a_time(text: str) -> None:
    """An abbreviation of one meaning is its offset; a zone's name behind an offset adds nothing."""
    made = convert_texts([text], "timestamptz")
    assert (made.values.to_list(), made.failed) == ([INSTANT], None)


def test_days_with_the_signs_of_east_asia() -> None:
    """Blanks behind a sign are none of the number; a day that is none is a reject."""
    made = convert_texts(["2024年1月5日", "2024年 1月 5日", "2024년 1월 5일", "2024年13月5日"], "date")
    assert made.values.to_list() == [date(2024, 1, 5)] * 3 + [None]
    assert rules_of(made) == {"date_cjk": 3}


def test_shapes_may_mix() -> None:
    """One column may hold several shapes, of which no value has two."""
    texts = [
        "2024-01-05T15:04:06Z",
        "05/01/2024 15:04:06",
        "31/12/2023",
        "1704467046",
        None,
        "Jan 5, 2024 3:04:06 PM",
    ]
    made = convert_texts(texts, "timestamptz", timezone="UTC")
    new_year = datetime(2023, 12, 31, tzinfo=UTC)
    assert made.values.to_list() == [INSTANT, INSTANT, new_year, INSTANT, None, INSTANT]
    assert rules_of(made) == {"date_dmy": 2, "epoch_seconds": 1, "month_name": 1, "twelve_hour_clock": 1}


ORDERED = [
    (["13/02/2024", "01/02/2024"], [date(2024, 2, 13), date(2024, 2, 1)], "date_dmy"),
    (["02/13/2024", "01/02/2024"], [date(2024, 2, 13), date(2024, 1, 2)], "date_mdy"),
    (["31.01.2024", "1.2.2024"], [date(2024, 1, 31), date(2024, 2, 1)], "date_dmy"),
    (["31-01-2024", "01-02-2024"], [date(2024, 1, 31), date(2024, 2, 1)], "date_dmy"),
]


@pytest.mark.parametrize(("texts", "dates", "rule"), ORDERED)
def test_one_value_proves_the_order(texts: list[str], dates: list[date], rule: str) -> None:
    """The order of day and month holds for the whole column once a value proves it."""
    made = convert_texts(texts, "date")
    assert (made.values.to_list(), rules_of(made)) == (dates, {rule: 2})


def test_each_mark_has_its_own_order() -> None:
    """A column of two systems is read by what each of them proves; what nobody proves is a question."""
    texts = ["31.01.2024", "1.2.2024", "12/31/2024", "04/05/2024", "01-02-2024"]
    made = convert_texts(texts, "date")
    assert made.values.to_list() == [*(date(2024, *d) for d in ((1, 31), (2, 1), (12, 31), (4, 5))), None]
    assert (rules_of(made), [fault.reason for fault in made.faults]) == (
        {"date_dmy": 2, "date_mdy": 2},
        ["ambiguous"],
    )


def test_ambiguous_order_is_a_question() -> None:
    """Where every value fits both orders the cells fail as ambiguous and name the flag; the flag settles it."""
    made = convert_texts(["01/02/2024", "03/04/2024", "2024-05-06"], "date")
    assert made.failed is not None
    assert (made.faults[0].reason, made.failed.to_list()) == ("ambiguous", [True, True, False])
    assert any("--date-order DMY or --date-order MDY" in attempt for attempt in made.faults[0].attempts)
    said = convert_texts(["01/02/2024", "03/04/2024"], "date", date_order="MDY")
    assert said.values.to_list() == [date(2024, 1, 2), date(2024, 3, 4)]


def test_value_against_the_order_fails() -> None:
    """In a month-first column a value that is only day-first is a reject, and the attempt names the order."""
    made = convert_texts(["02/13/2024", "13/02/2024"], "date", date_order="MDY")
    assert made.failed is not None
    assert (made.faults[0].reason, made.failed.to_list()) == ("not_convertible", [False, True])
    assert (
        "month-day-year date (MDY, the order of this column): no such day in the calendar"
        in made.faults[0].attempts
    )


@pytest.mark.parametrize(("text", "year"), [("31/12/69", 2069), ("31/12/70", 1970), ("31-DEC-24", 2024)])
def test_two_digit_years_are_an_assumption(text: str, year: int) -> None:
    """Two-digit years turn over between 69 and 70 and are shown as an assumption."""
    made = convert_texts([text], "date", date_order="DMY")
    assert made.values.to_list() == [date(year, 12, 31)]
    assert [heal.assumption for heal in made.heals if heal.rule == "two_digit_year"] == [True]


ZONES = [
    ({"timezone": "Europe/Berlin"}, "2024-07-01 12:00:00", datetime(2024, 7, 1, 10, tzinfo=UTC)),
    ({"timezone": "Europe/Berlin"}, "2024-01-01 12:00:00", datetime(2024, 1, 1, 11, tzinfo=UTC)),
    ({"timezone": "+05:30"}, "2024-01-01 12:00", datetime(2024, 1, 1, 6, 30, tzinfo=UTC)),
    ({"timezone": "UTC"}, "2024-01-01", datetime(2024, 1, 1, tzinfo=UTC)),
]


@pytest.mark.parametrize(("said", "text", "instant"), ZONES)
def test_named_zone_places_naive_times(said: dict[str, str], text: str, instant: datetime) -> None:
    """A zone that the user named is no assumption."""
    made = convert_texts([text], "timestamptz", **said)
    assert (made.values.to_list(), made.heals) == ([instant], ())


def test_naive_times_without_a_zone_are_utc_by_assumption() -> None:
    """With no zone anywhere UTC is taken, counted and marked as an assumption."""
    made = convert_texts(["2024-01-05 15:04:06", None], "timestamptz")
    assert made.values.to_list() == [INSTANT, None]
    assert [(h.rule, h.assumption, h.mask.to_list()) for h in made.heals] == [
        ("naive_time_zone", True, [True, False])
    ]


def test_naive_times_take_the_column_s_only_offset() -> None:
    """The offset that all other values bear is taken for the naive ones, as an assumption."""
    made = convert_texts(["2024-01-05 17:04:06+02:00", "2024-01-05 17:04:06"], "timestamptz")
    assert made.values.to_list() == [INSTANT, INSTANT]
    assert rules_of(made) == {"naive_time_zone": 1}


def test_naive_times_beside_several_offsets_are_ambiguous() -> None:
    """Several offsets do not say which is the naive ones'; these fail and name the flag."""
    made = convert_texts(
        ["2024-01-05T17:04:06+02:00", "2024-01-05T15:04:06Z", "2024-01-05T15:04:06"], "timestamptz"
    )
    assert made.failed is not None
    assert (made.values.to_list(), made.failed.to_list()) == ([INSTANT, INSTANT, None], [False, False, True])
    assert made.faults[0].reason == "ambiguous"
    assert any("--timezone" in attempt for attempt in made.faults[0].attempts)


@pytest.mark.parametrize(
    ("text", "reason"), [("2024-03-31 02:30", "dst_gap"), ("2024-10-27 02:30", "dst_fold")]
)
def test_wall_clock_that_jumps_fails(text: str, reason: str) -> None:
    """A time that the zone's clocks skipped or showed twice is a reject, not a guess."""
    made = convert_texts([text, "2024-06-01 12:00"], "timestamptz", timezone="Europe/Berlin")
    assert made.failed is not None
    assert (made.faults[0].reason, made.failed.to_list()) == (reason, [True, False])


def test_timestamp_keeps_no_offset() -> None:
    """UTC drops its mark as an assumption; another offset fails unless --timezone names the wall clock."""
    made = convert_texts(["2024-01-05T15:04:06Z"], "timestamp")
    assert made.values.to_list() == [INSTANT.replace(tzinfo=None)]
    assert [(heal.rule, heal.assumption) for heal in made.heals] == [("zone_dropped", True)]
    lost = convert_texts(["2024-01-05T15:04:06+02:00"], "timestamp")
    assert lost.faults[0].reason == "would_drop_zone"
    said = convert_texts(["2024-01-05T15:04:06Z"], "timestamp", timezone="Europe/Berlin")
    assert said.values.to_list() == [datetime(2024, 1, 5, 16, 4, 6)]  # noqa: DTZ001


def test_date_drops_midnight_alone() -> None:
    """A date takes a midnight as a heal; another time of day fails unless allowed."""
    texts = ["2024-01-05", "2024-01-05T00:00:00Z", "2024-01-05 15:04:06"]
    made = convert_texts(texts, "date")
    assert made.values.to_list() == [date(2024, 1, 5), date(2024, 1, 5), None]
    assert (rules_of(made), made.faults[0].reason) == ({"midnight_dropped": 1}, "would_drop_time")
    dropped = convert_texts(texts, "date", allow=["drop_time"])
    assert dropped.values.to_list() == [date(2024, 1, 5)] * 3
    assert [heal.lossy for heal in dropped.heals if heal.rule == "time_dropped"] == [True]


@pytest.mark.parametrize(
    ("text", "digits", "rounded"),
    [
        ("2024-01-05 15:04:06.1234565Z", None, INSTANT.replace(microsecond=123_457)),
        ("2024-01-05 15:04:06.15Z", 1, INSTANT.replace(microsecond=200_000)),
        ("2024-01-05 15:04:05.9999999Z", None, INSTANT),
        ("2024-01-05 15:04:05.5Z", 0, INSTANT),
    ],
)
def test_rounding_needs_leave(text: str, digits: int | None, rounded: datetime) -> None:
    """Digits of a second that the type cannot hold fail, or round to the nearest under --allow subsecond."""
    made = convert_texts([text], "timestamptz", digits=digits)
    assert (made.faults[0].reason, made.values.to_list()) == ("would_round", [None])
    allowed = convert_texts([text], "timestamptz", digits=digits, allow=["subsecond"])
    assert allowed.values.to_list() == [rounded]
    assert [(heal.rule, heal.lossy) for heal in allowed.heals] == [("subsecond", True)]


def test_epoch_needs_one_unit() -> None:
    """Epoch numbers of two units in one column are a question."""
    made = convert_texts(["1704467046", "1704467046123"], "timestamptz")
    assert made.failed is not None
    assert (made.faults[0].reason, made.failed.to_list()) == ("ambiguous", [True, True])


def test_year_10000_cannot_travel() -> None:
    """An offset that leads out of the years 1 to 9999 is refused."""
    made = convert_texts(["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00"], "timestamptz")
    assert made.failed is not None
    assert (made.faults[0].reason, made.failed.to_list()) == ("out_of_range", [True, True])


def test_oracles_clock_behind_a_date() -> None:
    """Points may stand for the colons of a time, but only behind a date."""
    made = convert_texts(["02-JAN-24 03.04.05.123456 PM", "31-DEC-2023 00.30.00"], "timestamp")
    assert made.values.cast(pl.String).to_list() == [
        "2024-01-02 15:04:05.123456",
        "2023-12-31 00:30:00.000000",
    ]
    assert convert_texts(["03.04.05"], "time").values.to_list() == [None]

"""The shapes in which dates are written, of which no text can have two.

A text is a date and, perhaps, a time of day behind it. Dates and times are read apart and once per
distinct spelling: a column of a million times holds a few thousand days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import polars as pl

from heal_cli.convert.constant import constant
from heal_cli.convert.temporal_clock import DAY, MAIL_ZONES, by_distinct, read_clocks_of_days
from heal_cli.convert.temporal_names import DAY_NUMBERS, DAYS, MONTH_NUMBERS, MONTHS, OF
from heal_cli.model import DateOrder

PIVOT: Final = 70
"""Two-digit years from here on are 19xx, below 20xx: the rule of POSIX and of PostgreSQL."""

_LETTERS: Final = r"\p{L}{3}"
_NTH: Final = r"[0-9]{1,2}(?:st|nd|rd|th|er|º|°|ª)?"

_NUMBERS: Final = r"^(?<y>[0-9]+)[-/.](?<m>[0-9]+)[-/.](?<d>[0-9]+)$"
_ORDERS: Final = {
    "DMY": r"^(?<d>[0-9]+)[-/.](?<m>[0-9]+)[-/.](?<y>[0-9]+)$",
    "MDY": r"^(?<m>[0-9]+)[-/.](?<d>[0-9]+)[-/.](?<y>[0-9]+)$",
    "YMD": r"^(?<y>[0-9]{2})[-/.](?<m>[0-9]+)[-/.](?<d>[0-9]{1,2})$",
}


class Shape(NamedTuple):
    """One way to write a date, with or without a time of day."""

    name: str  # for people, in a reject's attempts
    date: str  # pattern of the date
    fields: str  # pattern of a text that has the form of `date`, with groups y, m, d (and w for a weekday)
    rule: str | None  # the heal it counts as; None for ISO 8601
    between: str = r"(?:[Tt]|,? +(?:at +)?|,)"  # pattern of what stands between date and time
    clock: str = r"\S.*"  # pattern of what follows; judged by `read_clocks`
    tidy: Callable[[pl.Expr], pl.Expr] | None = None  # the whole text into a spelling the patterns know
    hint: str = ""  # cheap pattern that all texts of the shape have; few others

    @property
    def pattern(self) -> str:
        """The whole text: groups `date` and, where there is a time, `clock`."""
        return rf"(?i)^\s*(?<date>{self.date})(?:{self.between}\s*(?<clock>{self.clock}))?\s*$"


class Reading(NamedTuple):
    """What texts say; all of one height, `wall` null where they say nothing.

    A single value in place of a column stands for all of them.
    """

    wall: pl.Series  # Datetime('us'): the date and time as written
    timed: pl.Series | bool  # a time of day was given
    nanos: pl.Series | None = None  # 0-999 beyond the microsecond; None: nowhere any
    offset: pl.Series | int | None = None  # seconds east of UTC; null or None where naive
    twelve: pl.Series | None = None  # written with AM or PM
    short: pl.Series | None = None  # written with a two-digit year
    ends_day: pl.Series | None = None  # written as 24:00, the midnight that ends the day; None: nowhere
    no_day: pl.Series | None = None  # the date is none of the calendar


def _tidy_compact(text: pl.Expr) -> pl.Expr:
    """'20240131T235959Z' and '202401312359' as '20240131 23:59:59Z' and '20240131 23:59'."""
    return text.str.replace(
        r"^\s*([0-9]{8})[Tt ]?([0-9]{2})([0-9]{2})([0-9]{2})", "${1} ${2}:${3}:${4}"
    ).str.replace(r"^\s*([0-9]{8})[Tt ]?([0-9]{2})([0-9]{2})", "${1} ${2}:${3}")


def _tidy_year_last(text: pl.Expr) -> pl.Expr:
    """'Jan  5 10:00:00 UTC 2024' (ctime, date) as 'Jan 5 2024 10:00:00 UTC'.

    JavaScript's zone name in brackets goes: the offset before it says the same.
    """
    return text.str.replace(r"([+-][0-9]{4}) *\([^()]*\)\s*$", "${1}").str.replace(
        rf"(?i)^(\s*(?:{DAYS},? +)?{MONTHS} +[0-9]{{1,2}}) +([0-9:.]{{5,}})( +[A-Z]+| +[+-][0-9]{{4}})? +([0-9]{{4}})\s*$",
        "${1} ${4} ${2}${3}",
    )


def _tidy_db2(text: pl.Expr) -> pl.Expr:
    """'2024-01-05-10.11.12.5' as '2024-01-05 10:11:12.5'."""
    return text.str.replace(
        r"^(\s*[0-9]{4}-[0-9]{2}-[0-9]{2})-([0-9]{2})\.([0-9]{2})\.([0-9]{2})", "${1} ${2}:${3}:${4}"
    )


def _tidy_log(text: pl.Expr) -> pl.Expr:
    """'05/Jan/2024:10:00:00' (Apache's log) with a blank before the time."""
    return text.str.replace(r"^(\s*[0-9]{1,2}/[A-Za-z]{3}/[0-9]{4}):", "${1} ")


ISO: Final = Shape("ISO 8601 date", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", _NUMBERS, None, between=r"(?:[Tt]| +)")
LAYOUTS: Final = ("-4", "/4", ".4", "-2", "/2", ".2")
"""The mark in a numeric date and the digits of its year: 01/02/2024 is '/4', 1.2.24 is '.2'. Each has its own order."""


def _date_of(layouts: Iterable[str]) -> str:
    marks = ((f"[{layout[0]}]", layout[1]) for layout in layouts)
    return "|".join(f"[0-9]{{1,2}}{mark}[0-9]{{1,2}}{mark}[0-9]{{{digits}}}" for mark, digits in marks)


ORDERED: Final = Shape("date in the order of the column", f"(?:{_date_of(LAYOUTS)})", _NUMBERS, None)
"""The one shape whose order has to be known."""

OTHERS: Final = (
    Shape(
        "year-month-day without leading zeros",
        r"[0-9]{4}-(?:[0-9]-[0-9]{1,2}|[0-9]{2}-[0-9])",
        _NUMBERS,
        "date_ymd",
    ),
    Shape(
        "year first, with slashes or dots",
        r"[0-9]{4}(?:/[0-9]{1,2}/|\.[0-9]{1,2}\.)[0-9]{1,2}",
        _NUMBERS,
        "date_ymd_slashed",
    ),
    Shape(
        "year, month and day with the signs of Japan, China or Korea",
        r"[0-9]{4}(?:年 ?[0-9]{1,2}月 ?[0-9]{1,2}日|년 ?[0-9]{1,2}월 ?[0-9]{1,2}일)",
        r"^(?<y>[0-9]+)[年년] ?(?<m>[0-9]+)[月월] ?(?<d>[0-9]+)[日일]$",
        "date_cjk",
        between=" ?",
        clock=r"[0-9]{1,2}:.*",
        hint="[年년]",
    ),
    Shape(
        "timestamp of DB2",
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
        _NUMBERS,
        "timestamp_db2",
        between=" ",
        clock=r"[0-9]{2}:.*",
        tidy=_tidy_db2,
        hint=r"-[0-9]{2}\.[0-9]{2}\.[0-9]{2}",
    ),
    Shape(
        "compact date, YYYYMMDD",
        r"(?:19|20)[0-9]{6}",
        r"^(?<y>[0-9]{4})(?<m>[0-9]{2})(?<d>[0-9]{2})$",
        "compact_date",
        between=" ",
        clock=r"[0-9]{2}:.*",
        tidy=_tidy_compact,
        hint=r"^\s*(?:19|20)[0-9]{6}",
    ),
    Shape(
        "RFC 2822 date",
        rf"(?:{DAYS}, +)?[0-9]{{1,2}} +[A-Z]{{3}} +[0-9]{{4}} ",
        r"(?i)^(?:(?<w>[a-z]+), +)?(?<d>[0-9]+) +(?<m>\p{L}+) +(?<y>[0-9]+) $",
        "rfc2822",
        between="",
        clock=rf"[0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}})? +(?:[+-][0-9]{{4}}|UTC?|GMT|{'|'.join(MAIL_ZONES)})",
        hint=_LETTERS,
    ),
    Shape(
        "day, month name, year",
        rf"(?:{DAYS}\.?,? +)?{_NTH}(?: +{OF}?|[-/]|\. *)?{MONTHS}(?:\.?,? +{OF}?|[-/]|\. *)?(?:[0-9]{{4}}|[0-9]{{2}})",
        rf"(?i)^(?:(?<w>[a-z]+)\.?,? +)?(?<d>[0-9]+)(?:st|nd|rd|th|er|º|°|ª)?[-/. ]*{OF}?(?<m>\p{{L}}+)[-/., ]*{OF}?(?<y>[0-9]+)$",
        "month_name",
        tidy=_tidy_log,
        hint=_LETTERS,
    ),
    Shape(
        "month name, day, year",
        rf"(?:{DAYS}\.?,? +)?{MONTHS}(?:\.? +|[-/]|\. *){_NTH}(?:,? +|[-/]|,)[0-9]{{4}}",
        r"(?i)^(?:(?<w>[a-z]+)\.?,? +)?(?<m>\p{L}+)[-/. ]+(?<d>[0-9]+)(?:st|nd|rd|th)?[-/, ]+(?<y>[0-9]+)$",
        "month_name",
        tidy=_tidy_year_last,
        hint=_LETTERS,
    ),
    Shape(
        "year, month name, day",
        rf"[0-9]{{4}}[-/ ]{MONTHS}[-/ ][0-9]{{1,2}}",
        r"(?i)^(?<y>[0-9]+)[-/ ](?<m>\p{L}+)[-/ ](?<d>[0-9]+)$",
        "month_name",
        hint=_LETTERS,
    ),
)
"""Shapes that say by themselves which number is which."""


def of_layouts(layouts: Iterable[str]) -> Shape:
    """ORDERED, of these layouts alone."""
    return ORDERED._replace(date=f"(?:{_date_of(layouts)})")


def in_order(order: DateOrder, layout: str | None = None) -> Shape:
    """ORDERED, of one layout or all, read as that order."""
    words = {"DMY": "day-month-year", "MDY": "month-day-year", "YMD": "year-month-day (two digits each)"}
    return (of_layouts([layout]) if layout else ORDERED)._replace(
        name=f"{words[order]} date ({order}, the order of this column)",
        fields=_ORDERS[order],
        rule=f"date_{order.lower()}",
    )


def positions_of(shape: Shape, texts: pl.Series) -> pl.Series:
    """Where texts have that shape, well-formed or not in their numbers (UInt32)."""
    if not shape.hint:
        return texts.str.contains(shape.pattern).arg_true()
    near = texts.str.contains(shape.hint).arg_true()
    if not len(near):
        return near
    return near.filter(_tidied(shape, texts[near]).str.contains(shape.pattern))


def _tidied(shape: Shape, texts: pl.Series) -> pl.Series:
    if shape.tidy is None:
        return texts
    return texts.to_frame("text").select(shape.tidy(pl.col("text"))).to_series()


def read_shape(shape: Shape, texts: pl.Series) -> Reading:
    """What texts of that shape say."""
    parts = _tidied(shape, texts).str.extract_groups(shape.pattern).struct.unnest()
    days = read_days(parts["date"], shape)
    clocks = read_clocks_of_days(parts["clock"].str.strip_chars())
    timed = parts["clock"].is_not_null()
    micros = clocks["us"].zip_with(timed, constant(0, len(texts), pl.Int64))
    wall = days["date"].cast(pl.Datetime("us")).to_physical() + micros
    ends_day = (clocks["us"] == DAY).fill_null(False)
    return Reading(
        wall.cast(pl.Datetime("us")),
        timed,
        nanos=clocks["nanos"].fill_null(0),
        offset=clocks["offset"],
        twelve=clocks["twelve"].fill_null(False),
        short=days["short"],
        ends_day=ends_day if ends_day.any() else None,
        no_day=days["date"].is_null(),
    )


def read_days(texts: pl.Series, shape: Shape) -> pl.DataFrame:
    """`date` (null: none of the calendar, or not on the weekday it names) and `short` (two-digit year)."""
    return by_distinct(texts, lambda distinct: _read_days(distinct, shape.fields))


def _read_days(texts: pl.Series, fields: str) -> pl.DataFrame:
    parts = texts.str.extract_groups(fields).struct.unnest()
    if "w" not in parts.columns:
        parts = parts.with_columns(w=pl.lit(None, dtype=pl.String))
    short = (pl.col("y").str.len_bytes() == 2).fill_null(False)
    year = pl.col("y").cast(pl.Int32, strict=False)
    month = pl.col("m").cast(pl.Int32, strict=False)
    named = pl.col("m").str.to_lowercase().replace_strict(MONTH_NUMBERS, default=None)
    weekday = pl.col("w").str.head(3).str.to_lowercase().replace_strict(DAY_NUMBERS, default=None)
    return (
        parts.select(
            full_year(year, short).alias("y"),
            pl.coalesce(month, named.cast(pl.Int32)).alias("m"),
            pl.col("d").cast(pl.Int32, strict=False),
            pl.col("w").is_null().alias("any_weekday"),
            weekday.cast(pl.Int8).alias("w"),
            short.alias("short"),
        )
        .with_columns(calendar_day(pl.col("y"), pl.col("m"), pl.col("d")).alias("date"))
        .select(
            pl.when(pl.col("any_weekday") | (pl.col("date").dt.weekday() == pl.col("w"))).then("date"),
            "short",
        )
    )


def full_year(year: pl.Expr, is_short: pl.Expr) -> pl.Expr:
    """The year, of two digits by PIVOT."""
    return pl.when(is_short).then(year + pl.when(year < PIVOT).then(2000).otherwise(1900)).otherwise(year)


def calendar_day(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """The date, null where there is none; pl.date itself raises."""
    month_exists = month.is_between(1, 12) & (year >= 1)
    first = pl.date(pl.when(month_exists).then(year), pl.when(month_exists).then(month), 1)
    date = (first.cast(pl.Int32) + day - 1).cast(pl.Date)
    return pl.when((date.dt.month() == month) & (day >= 1)).then(date)

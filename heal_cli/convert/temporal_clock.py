"""Times of day with their offsets: '22:13', '22:13:20.5+02:00', '3 PM', as columns of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

SECOND: Final = 1_000_000  # microseconds
DAY: Final = 86_400 * SECOND

OFFSET: Final = r"[+-][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?"
ZONE: Final = rf"(?:[Zz]|(?:UTC|GMT|UT)(?:[+-][0-9]{{2}}:?[0-9]{{2}})?|{OFFSET})"
"""'GMT+0100' is what JavaScript prints, east positive; PostgreSQL would read the sign the POSIX way."""

MAIL_ZONES: Final = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "SAST": 2, "JST": 9, "KST": 9,
    "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "AKST": -9, "AKDT": -8, "HST": -10,
}  # fmt: skip
"""RFC 2822 4.3 fixes the first eight, the others have one meaning and PostgreSQL's list has the same;
any other abbreviation has several (IST, BST) or none."""

NAMED: Final = r"(?:\[[A-Za-z_]+(?:/[A-Za-z_+-]+[0-9]*)+\])"
"""The zone's name that Java writes behind the offset, which has said it all."""

WIDEST_OFFSET: Final = 16 * 3600  # PostgreSQL takes offsets below 16 hours (datatype/timestamp.h)

_CLOCK: Final = (
    r"^(?<h>[0-9]{1,2})(?::(?<mi>[0-5][0-9])(?::(?<s>[0-5][0-9])(?:[.,](?<f>[0-9]{1,9}))?)?)?"
    rf"(?: ?(?<ap>[AaPp])\.?[Mm]\.?)?(?: ?(?<z>{ZONE}|{'|'.join(MAIL_ZONES)}){NAMED}?)?$"
)

_DOTTED: Final = r"^([0-9]{1,2})\.([0-5][0-9])\.([0-5][0-9])"
"""Oracle's clock, '03.04.05.123456 PM': only behind a date, since alone it might be one."""

CLOCKS: Final = pl.Schema(
    {
        "us": pl.Int64(),  # since midnight, `DAY` for the end of a day; null: no time of day
        "nanos": pl.Int16(),  # 0-999 beyond the microsecond
        "offset": pl.Int32(),  # seconds east of UTC; null: none given
        "twelve": pl.Boolean(),  # written with AM or PM
    }
)


def by_distinct(texts: pl.Series, read: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """`read(texts)`, computed once per distinct text: days and minutes repeat, and reading them costs most."""
    distinct = texts.unique()
    if len(distinct) * 2 > len(texts):
        return read(texts)
    answers = read(distinct).with_columns(distinct.alias("__text"))
    asked = texts.alias("__text").to_frame()
    return asked.join(answers, on="__text", how="left", maintain_order="left", nulls_equal=True).drop(
        "__text"
    )


def read_clocks(texts: pl.Series) -> pl.DataFrame:
    """Times of day as CLOCKS; all null where the text is none, or there is no text."""
    return by_distinct(texts, _read)


def read_clocks_of_days(texts: pl.Series) -> pl.DataFrame:
    """`read_clocks` of times that stand behind a date, where points may stand for colons, and 24:00 ends the day."""
    return by_distinct(
        texts, lambda distinct: _read(distinct.str.replace(_DOTTED, "$1:$2:$3"), may_end_day=True)
    )


def _read(texts: pl.Series, *, may_end_day: bool = False) -> pl.DataFrame:
    parts = texts.str.extract_groups(_CLOCK).struct.unnest()
    number = pl.col("h", "mi", "s").cast(pl.Int64, strict=False)
    twelve = pl.col("ap").is_not_null()
    afternoon = pl.col("ap").is_in(["P", "p"])
    noon_free = (
        pl.when(twelve)
        .then(pl.col("h") % 12 + pl.when(afternoon).then(12).otherwise(0))
        .otherwise(pl.col("h"))
    )
    nothing = pl.sum_horizontal(pl.col("mi", "s", "f").cast(pl.Int64, strict=False)) == 0
    ends_day = (pl.col("h") == 24) & nothing & may_end_day
    legal = (
        pl.when(twelve)
        .then(pl.col("h").is_between(1, 12))
        .otherwise(pl.col("mi").is_not_null() & ((pl.col("h") <= 23) | ends_day))
    )
    fraction = pl.col("f").fill_null("").str.pad_end(9, "0").cast(pl.Int64)
    seconds = noon_free * 3600 + pl.col("mi").fill_null(0) * 60 + pl.col("s").fill_null(0)
    return (
        parts.with_columns(number, fraction.alias("f"), offset_seconds(pl.col("z")).alias("offset"))
        .with_columns((legal & (pl.col("z").is_null() | pl.col("offset").is_not_null())).alias("legal"))
        .select(
            pl.when("legal").then(seconds * SECOND + pl.col("f") // 1000).alias("us"),
            (pl.col("f") % 1000).cast(pl.Int16).alias("nanos"),
            pl.col("offset"),
            twelve.alias("twelve"),
        )
    )


def offset_seconds(zone: pl.Expr) -> pl.Expr:
    """Seconds east of UTC of '+02:00', '-0530', 'Z', 'GMT+0100', 'EST'; null where there is no such offset."""
    digits = zone.str.replace_all(r"[^0-9]", "").str.pad_end(6, "0")
    hours, minutes, seconds = (digits.str.slice(at, 2).cast(pl.Int32, strict=False) for at in (0, 2, 4))
    size = hours * 3600 + minutes * 60 + seconds
    legal = (minutes < 60) & (seconds < 60) & (size < WIDEST_OFFSET)
    named = zone.replace_strict(MAIL_ZONES, default=None, return_dtype=pl.Int32) * 3600
    signed = pl.when(zone.str.contains("-", literal=True)).then(-size).otherwise(size)
    return pl.when(named.is_not_null()).then(named).when(legal).then(signed).cast(pl.Int32)


def offset_text(seconds: int) -> str:
    """'+02:00' for 7200; 'UTC' for 0."""
    if not seconds:
        return "UTC"
    minutes, rest = divmod(abs(seconds), 60)
    text = f"{'-' if seconds < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{rest:02}" if rest else text

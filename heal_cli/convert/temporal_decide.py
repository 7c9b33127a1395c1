"""How a column of times is read, from all its values: order of day and month, epoch unit, zone."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import polars as pl

from heal_cli.convert.temporal_clock import MAIL_ZONES, NAMED, ZONE, offset_seconds, offset_text
from heal_cli.convert.temporal_orders import ORDERS, read_orders
from heal_cli.convert.temporal_shapes import LAYOUTS
from heal_cli.convert.temporal_zones import UTC
from heal_cli.model import DateOrder

Unit = Literal["s", "ms", "us", "ns"]

EPOCH: Final = r"^\s*([0-9]{9,10}|[0-9]{12,13}|[0-9]{15,16}|[0-9]{18,19})(\.[0-9]{1,9})?\s*$"
EPOCH_DIGITS: Final[dict[Unit, int]] = {"s": 0, "ms": 3, "us": 6, "ns": 9}
EPOCH_FIRST: Final = 631_152_000  # 1990-01-01, seconds
EPOCH_LAST: Final = 4_102_444_800  # 2100-01-01
"""Outside these years a number of that many digits is more likely something else; units cannot overlap inside."""

DOMINANT: Final = 20
"""Proofs of one order that outweigh one proof of the other: below that the column contradicts itself."""

_MIN_SPREAD: Final = 5  # distinct days, before days against years can tell which is which


class Found(NamedTuple):
    """What the values of one layout say, and what to ask where they do not."""

    order: DateOrder | None
    question: str | None


class Orders(NamedTuple):
    """What the values say of each layout of numeric dates, and what to ask where they do not."""

    orders: tuple[tuple[str, DateOrder], ...]
    question: str | None


def decide_orders(texts: pl.Series) -> Orders:
    """The order of day, month and year among the numeric dates that do not say it by themselves.

    Each layout speaks for itself: 31.12.2024 proves nothing about 01/02/2024, which may come from elsewhere.
    """
    read = read_orders(texts)
    by_layout = read.partition_by("layout", as_dict=True, maintain_order=True) if read.height else {}
    orders: dict[str, DateOrder] = {}
    questions: list[str] = []
    for layout in LAYOUTS:
        own = by_layout.get((layout,))
        if own is None:
            continue
        found, long = _decide_layout(own), f"{layout[0]}4"
        order = found.order
        if order is None and long in orders:
            order = _order_of_long(own, by_layout[long,], orders[long])
        if order is not None:
            orders[layout] = order
        elif found.question is not None:
            questions.append(found.question)
    return Orders(tuple(orders.items()), "; ".join(questions) or None)


def _decide_layout(own: pl.DataFrame) -> Found:
    """The order of one layout's dates, from `read_orders`."""
    tokens = own["text"]
    fits = {order: own[order].is_not_null() for order in ORDERS}
    short = own["layout"][0].endswith("2") and own["years_first"].all()
    if short and fits["YMD"].sum() >= max(fits["DMY"].sum(), fits["MDY"].sum()):
        return _two_digits_each(tokens, fits)
    return _day_or_month_first(tokens, fits)


def _order_of_long(short: pl.DataFrame, long: pl.DataFrame, order: DateOrder) -> DateOrder | None:
    """The order of 31/12/2024 for 5/6/24 beside it, where that leads to the same years; else None."""
    known = long[order].dt.year()
    span = pl.lit(known.min()) - 1, pl.lit(known.max()) + 1
    years = pl.col(order).dt.year().is_between(*span).fill_null(False)
    return order if short.select(years.all()).item() else None


def _day_or_month_first(tokens: pl.Series, fits: dict[str, pl.Series]) -> Found:
    day_first, month_first = fits["DMY"] & ~fits["MDY"], fits["MDY"] & ~fits["DMY"]
    days, months = int(day_first.sum()), int(month_first.sum())
    if days > months * DOMINANT:
        return Found("DMY", None)
    if months > days * DOMINANT:
        return Found("MDY", None)
    if days or months:
        return Found(
            None,
            f"dates such as {tokens.filter(day_first)[0]!r} are day-month ({days} of them) and such as "
            f"{tokens.filter(month_first)[0]!r} month-day ({months}); --date-order DMY or --date-order MDY says which",
        )
    if not (fits["DMY"] | fits["MDY"]).any():
        return Found(None, None)
    example = tokens.filter(fits["DMY"])[0]
    return Found(
        None,
        f"all dates such as {example!r} fit day-month and month-day order; "
        "--date-order DMY or --date-order MDY says which",
    )


def _two_digits_each(tokens: pl.Series, fits: dict[str, pl.Series]) -> Found:
    """24-01-31 may be of 2024 or of 2031: days take more values than years, with a margin, or we ask."""
    firsts, thirds = (tokens.str.extract(rf"{at}").n_unique() for at in ("^([0-9]+)", "([0-9]+)$"))
    by_fit = fits["YMD"].sum() > max(fits["DMY"].sum(), fits["MDY"].sum()) * DOMINANT
    if by_fit or (thirds >= _MIN_SPREAD and thirds >= 2 * firsts and fits["YMD"].all()):
        return Found("YMD", None)
    seconds = tokens.str.extract("[^0-9]([0-9]+)[^0-9]").n_unique()
    found = _day_or_month_first(tokens, fits)
    days = firsts if found.order == "DMY" else seconds
    if found.order is not None and days >= _MIN_SPREAD and days >= 2 * thirds:
        return found
    return Found(
        None,
        f"dates such as {tokens[0]!r} fit several orders of day, month and two-digit year; "
        "--date-order DMY, --date-order MDY or --date-order YMD says which",
    )


def epoch_unit(numbers: pl.Series) -> pl.Series:
    """'s', 'ms', 'us' or 'ns' for whole numbers (Int64) that lie between 1990 and 2100 in that unit, else null."""
    unit = pl.lit(None, dtype=pl.String)
    for name, digits in EPOCH_DIGITS.items():
        scale = 10**digits
        inside = pl.col("n").is_between(EPOCH_FIRST * scale, EPOCH_LAST * scale, closed="left")
        unit = pl.when(inside).then(pl.lit(name)).otherwise(unit)
    return numbers.to_frame("n").select(unit).to_series()


def decide_epoch(texts: pl.Series) -> tuple[Unit | None, str | None]:
    """The one unit of the column's epoch numbers, or a question where there are several."""
    is_epoch = texts.str.contains(EPOCH)
    if not is_epoch.any():
        return None, None
    numbers = _whole_numbers(texts if is_epoch.all() else texts.filter(is_epoch))
    units: list[Unit] = epoch_unit(numbers).drop_nulls().unique().sort().to_list()
    if len(units) < 2:
        return (units[0] if units else None), None
    return None, f"epoch numbers of several units ({', '.join(units)}) stand in one column"


def _whole_numbers(texts: pl.Series) -> pl.Series:
    """What stands before the point of unsigned numbers."""
    numbers = texts.str.strip_chars().cast(pl.Int64, strict=False)
    if not numbers.null_count():
        return numbers
    return texts.str.extract("([0-9]+)").cast(pl.Int64, strict=False)


_ZONED: Final = rf":[0-9]{{2}}(?:[.,][0-9]+)?(?: ?[AaPp]\.?[Mm]\.?)? ?({ZONE}|{'|'.join(MAIL_ZONES)})(?: [0-9]{{4}}| ?\([^()]*\)|{NAMED})?\s*$"
"""A time of day with an offset; what ctime and JavaScript write behind it may follow."""
_NAIVE: Final = (
    r"(?:^\s*[0-9A-Za-z]{1,9}[-/. ][0-9A-Za-z]+[-/. ,]|^\s*[0-9]{8}(?:T|\s*$)|^\s*[0-9]{1,2}:[0-9]{2})"
)
"""A date or a time of day, roughly: enough to know that naive times may be there."""


def decide_zone(texts: pl.Series) -> tuple[str | None, str | None]:
    """The zone of naive times: the column's single offset, else UTC; None and a question beside several."""
    zones = texts.str.extract(_ZONED)
    if zones.null_count() == len(zones):
        return UTC, None
    distinct = zones.drop_nulls().unique().to_frame("zone")
    offsets = (
        distinct.select(offset_seconds(pl.col("zone"))).to_series().drop_nulls().unique().sort().to_list()
    )
    if not offsets:
        return UTC, None
    if len(offsets) == 1:
        return offset_text(offsets[0]), None
    if not texts.filter(zones.is_null()).str.contains(_NAIVE).any():
        return None, None
    named = ", ".join(map(offset_text, offsets[:4]))
    return (
        None,
        f"times without offset stand beside several offsets ({named}); --timezone says in which zone they are",
    )

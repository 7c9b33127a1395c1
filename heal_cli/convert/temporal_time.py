"""time and timetz: times of day without a date."""

from __future__ import annotations

from typing import Final

import polars as pl

from heal_cli.convert.constant import constant
from heal_cli.convert.residue import NOT_CONVERTIBLE, Attempt, Healer, Refusal, heal_residue
from heal_cli.convert.temporal_clock import DAY, read_clocks
from heal_cli.convert.temporal_zones import fixed_offset
from heal_cli.model import ColumnFormat, Converted, HealMask, PgType

_STRICT: Final = r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"
_END_OF_DAY: Final = r"^\s*24:00"  # `beyond` has it for a time without offset


def wire(type: PgType) -> pl.DataType:
    """Time, or ISO text for timetz."""
    return pl.Time() if type.base == "time" else pl.String()


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Texts as times of day: 22:13, 22:13:20.5, 10:13 PM; with an offset for timetz."""
    healers = (
        Healer(
            "time of day (00:00 to 23:59:59.999999)",
            lambda texts: _read(read_clocks(texts.str.strip_chars()), type, format, allow),
        ),
        Healer("", lambda texts: _end_of_day(texts, type)),
    )
    return heal_residue(values, _strict(values, type), healers, nulls=format.nulls)


def from_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Times of a typed column; what has a date in it, or no time, fails."""
    healer = Healer(f"{values.dtype} as {type.name}", lambda cells: _read_typed(cells, type, format, allow))
    return heal_residue(values, _nulls(len(values), type), (healer,))


def _nulls(height: int, type: PgType) -> pl.Series:
    return constant(None, height, wire(type))


def _strict(values: pl.Series, type: PgType) -> pl.Series:
    if type.base == "timetz":  # an offset is missing, or to be written out
        return _nulls(len(values), type)
    hits = values.str.contains(_STRICT)
    frame = pl.DataFrame({"text": values, "hit": hits})
    return frame.select(
        pl.when("hit").then("text").str.to_time("%H:%M:%S", strict=False, cache=False).alias(values.name)
    ).to_series()


def _read_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Attempt:
    if values.dtype != pl.Time:
        return Attempt(_nulls(len(values), type))
    nanos = values.to_physical()
    clocks = pl.DataFrame({"us": nanos // 1000, "nanos": nanos % 1000}).with_columns(
        offset=pl.lit(None, dtype=pl.Int32), twelve=False
    )
    return _read(clocks, type, format, allow)


def _end_of_day(texts: pl.Series, type: PgType) -> Attempt:
    mask = texts.str.contains(_END_OF_DAY)
    attempt = "24:00: PostgreSQL knows it, the wire to it does not"
    return Attempt(_nulls(len(texts), type), (), (Refusal(NOT_CONVERTIBLE, mask, attempt),))


def _read(clocks: pl.DataFrame, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Attempt:
    """CLOCKS as values of the type, refused where a digit, an offset or the day would be lost."""
    digits = 6 if type.scale is None else type.scale
    unit = 10 ** (6 - digits)
    rest = (clocks["us"] % unit) * 1000 + clocks["nanos"].cast(pl.Int64)
    inexact = (rest != 0).fill_null(False)
    up = (rest * 2 >= unit * 1000).cast(pl.Int64)
    micros = clocks["us"] - clocks["us"] % unit + up * unit
    refused = []
    heals = [HealMask("twelve_hour_clock", (clocks["twelve"] & micros.is_not_null()).fill_null(False))]
    if "subsecond" in allow:
        heals.append(HealMask("subsecond", inexact, lossy=True))
        refused.append(Refusal("out_of_range", (micros >= DAY).fill_null(False), "rounded up to 24:00"))
    else:
        attempt = f"more than {digits} digits of a second; --allow subsecond would round to the nearest"
        refused.append(Refusal("would_round", inexact, attempt))
    zones = _offset_refusals(clocks, type, format)
    if type.base == "timetz" and format.timezone and format.timezone_assumed:
        naive = clocks["offset"].is_null() & micros.is_not_null()
        heals.append(HealMask("naive_time_zone", naive, assumption=True))
    return _values(micros, clocks["offset"], (*refused, *zones), heals, type, format)


def _offset_refusals(clocks: pl.DataFrame, type: PgType, format: ColumnFormat) -> list[Refusal]:
    read = clocks["us"].is_not_null()
    if type.base == "time":
        aware = clocks["offset"].is_not_null() & read
        return [Refusal("would_drop_zone", aware, "offset that a time without time zone cannot hold")]
    if format.timezone is None or fixed_offset(format.timezone) is None:
        naive = clocks["offset"].is_null() & read
        attempt = (
            "time without offset: only a fixed one, such as --timezone +02:00, fits a time without a date"
        )
        return [Refusal("ambiguous", naive, attempt)]
    return []


def _values(
    micros: pl.Series,
    offset: pl.Series,
    refused: tuple[Refusal, ...],
    heals: list[HealMask],
    type: PgType,
    format: ColumnFormat,
) -> Attempt:
    frame = pl.DataFrame({"us": micros, "offset": offset, "bad": pl.repeat(False, len(micros), eager=True)})
    for refusal in refused:
        frame = frame.with_columns(bad=pl.col("bad") | refusal.mask)
    time = pl.when(~pl.col("bad")).then(pl.col("us") * 1000).cast(pl.Time)
    if type.base == "timetz":
        frame = frame.with_columns(pl.col("offset").fill_null(fixed_offset(format.timezone or "UTC") or 0))
        time = time.dt.strftime("%H:%M:%S%.f") + _offset_suffix(pl.col("offset"))
    values = frame.select(time.alias("value")).to_series()
    return Attempt(values, tuple(heals), tuple(refusal for refusal in refused if refusal.mask.any()))


def _offset_suffix(offset: pl.Expr) -> pl.Expr:
    """'+02:00', with seconds where there are any."""
    size = offset.abs()
    parts = [(size // 3600), (size // 60 % 60), (size % 60)]
    hours, minutes, seconds = (part.cast(pl.String).str.pad_start(2, "0") for part in parts)
    sign = pl.when(offset < 0).then(pl.lit("-")).otherwise(pl.lit("+"))
    rest = pl.when(size % 60 != 0).then(pl.lit(":") + seconds).otherwise(pl.lit(""))
    return sign + hours + ":" + minutes + rest

"""Zones: wall clocks of a named zone or a fixed offset to UTC and back."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import polars as pl

from heal_cli.convert.constant import constant
from heal_cli.convert.temporal_clock import SECOND, WIDEST_OFFSET
from heal_cli.errors import UsageError

UTC: Final = "UTC"
_FIXED: Final = re.compile(r"([+-])([0-9]{2})(?::?([0-9]{2})(?::?([0-9]{2}))?)?")


class FromLocal(NamedTuple):
    """Wall clock times as instants."""

    micros: pl.Series  # since the epoch, UTC; null where the wall clock never or twice showed that time
    gap: pl.Series  # Boolean: skipped when clocks went forward
    fold: pl.Series  # Boolean: shown twice when clocks went back


def fixed_offset(zone: str) -> int | None:
    """Seconds east of UTC of 'UTC', 'Z', '+02:00'; None for a named zone and for what no clock shows."""
    if zone.upper() in ("UTC", "Z", "GMT", "ETC/UTC"):
        return 0
    match = _FIXED.fullmatch(zone)
    if match is None:
        return None
    sign, *parts = match.groups(default="0")
    hours, minutes, seconds = map(int, parts)
    if hours >= WIDEST_OFFSET // 3600 or minutes > 59 or seconds > 59:
        return None
    return (-1 if sign == "-" else 1) * (hours * 3600 + minutes * 60 + seconds)


def check_zone(zone: str) -> None:
    """Nothing, where the zone is known.

    Raises:
        UsageError: It is neither a fixed offset nor a name of the time zone database.
    """
    if fixed_offset(zone) is not None:
        return
    try:
        pl.Series([0]).cast(pl.Datetime("us")).dt.replace_time_zone(zone)
    except pl.exceptions.ComputeError as exc:
        raise UsageError(
            f"Time zone {zone!r} is not known",
            hint="Name one of the time zone database, such as --timezone Europe/Berlin, or an offset such as +02:00",
        ) from exc


def from_local(micros: pl.Series, zone: str) -> FromLocal:
    """Wall clock microseconds in `zone` as instants."""
    nowhere = constant(False, len(micros), pl.Boolean)
    offset = fixed_offset(zone)
    if offset is not None:
        return FromLocal(micros - offset * SECOND if offset else micros, nowhere, nowhere)
    wall = micros.cast(pl.Datetime("us"))
    instants = wall.dt.replace_time_zone(zone, ambiguous="null", non_existent="null")
    if instants.null_count() == micros.null_count():
        return FromLocal(instants.to_physical(), nowhere, nowhere)
    lost = instants.is_null() & micros.is_not_null()
    earliest = wall.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    gap = lost & earliest.is_null()
    return FromLocal(instants.to_physical(), gap, lost & ~gap)


def to_local(micros: pl.Series, zone: str) -> pl.Series:
    """Instants as the microseconds that the wall clock of `zone` shows."""
    offset = fixed_offset(zone)
    if offset is not None:
        return micros + offset * SECOND if offset else micros
    instants = micros.cast(pl.Datetime("us", UTC))
    return instants.dt.convert_time_zone(zone).dt.replace_time_zone(None).to_physical()


def utc_offsets(values: pl.Series) -> pl.Series:
    """Seconds east of UTC of each value of a zoned Datetime column."""
    frame = values.to_frame("t")
    offset = pl.col("t").dt.base_utc_offset() + pl.col("t").dt.dst_offset()
    return frame.select(offset.dt.total_seconds().cast(pl.Int32)).to_series()

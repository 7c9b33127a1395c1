"""From what a text says to the value that travels: precision, zones, dropped times, each counted or refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from heal_cli.convert.constant import constant
from heal_cli.convert.residue import Attempt, Refusal, blank
from heal_cli.convert.temporal_clock import DAY, SECOND
from heal_cli.convert.temporal_shapes import Reading
from heal_cli.convert.temporal_zones import UTC, from_local, to_local
from heal_cli.model import ColumnFormat, HealMask, PgType

FIRST: Final = -62_135_596_800 * SECOND  # 0001-01-01 00:00:00
LAST: Final = 253_402_300_800 * SECOND - 1  # 9999-12-31 23:59:59.999999
"""Years that ISO text and Python can name; PostgreSQL knows more, the wire does not."""

WIRES: Final = {"date": pl.Date(), "timestamp": pl.Datetime("us"), "timestamptz": pl.Datetime("us", UTC)}


@dataclass(frozen=True, slots=True)
class Target:
    """What readings are settled for."""

    base: str  # 'date', 'timestamp' or 'timestamptz'
    digits: int  # of a second's fraction, 0-6
    zone: str | None  # of naive times; None: not known
    assumed: bool  # nobody named that zone
    allow: frozenset[str]

    @classmethod
    def of(cls, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Target:
        """The target for a PostgreSQL type and the format of a source column."""
        digits = 6 if type.scale is None else type.scale
        return cls(type.base, digits, format.timezone, format.timezone_assumed, allow)

    @property
    def wire(self) -> pl.DataType:
        """The dtype of the settled values."""
        return WIRES[self.base]


@dataclass(frozen=True, slots=True)
class _Draft:
    """Microseconds on their way, with what was healed and refused so far; a refused cell is null."""

    micros: pl.Series
    heals: tuple[HealMask, ...] = ()
    refused: tuple[Refusal, ...] = ()

    def heal(self, rule: str, mask: pl.Series, *, lossy: bool = False, assumption: bool = False) -> _Draft:
        return replace(self, heals=(*self.heals, HealMask(rule, mask, lossy, assumption)))

    def refuse(self, reason: str, mask: pl.Series, attempt: str) -> _Draft:
        if not mask.any():
            return self
        return replace(
            self,
            micros=blank(self.micros, mask),
            refused=(*self.refused, Refusal(reason, mask, attempt)),
        )


def settle(reading: Reading, target: Target) -> Attempt:
    """The reading as values of the target; refused where that would lose or guess something."""
    draft = _Draft(reading.wall.to_physical())
    if target.base == "date":
        draft = _drop_time(draft, reading, target)
    else:
        draft = _fit_precision(draft, reading.nanos, target)
        place = _place_wall if target.base == "timestamp" else _place_instant
        draft = place(draft, reading.offset, target)
    low, high = draft.micros.min(), draft.micros.max()
    if low is not None and (low < FIRST or high > LAST):  # type: ignore[operator]
        outside = ~draft.micros.is_between(FIRST, LAST).fill_null(True)
        draft = draft.refuse("out_of_range", outside, "time outside the years 1 to 9999")
    values = draft.micros.cast(pl.Datetime("us", UTC if target.base == "timestamptz" else None))
    return Attempt(values.cast(target.wire), draft.heals, draft.refused)


def _drop_time(draft: _Draft, reading: Reading, target: Target) -> _Draft:
    if reading.timed is False:
        return draft
    if reading.ends_day is not None:  # 24:00 is a time of the day that it ends
        draft = replace(draft, micros=draft.micros - reading.ends_day.cast(pl.Int64))
    lost = draft.micros % DAY != 0
    if reading.nanos is not None:
        lost |= reading.nanos != 0
    lost = lost.fill_null(False)
    timed = draft.micros.is_not_null() if reading.timed is True else reading.timed
    draft = draft.heal("midnight_dropped", timed & ~lost)
    if "drop_time" in target.allow:
        return draft.heal("time_dropped", lost, lossy=True) if lost.any() else draft
    return draft.refuse(
        "would_drop_time", lost, "time of day that a date cannot hold; --allow drop_time would drop it"
    )


def _fit_precision(draft: _Draft, nanos: pl.Series | None, target: Target) -> _Draft:
    unit = 10 ** (6 - target.digits)
    if nanos is None and unit == 1:
        return draft
    rest = (draft.micros % unit) * 1000
    if nanos is not None:
        rest += nanos.cast(pl.Int64)
    lost = (rest != 0).fill_null(False)
    if not lost.any():
        return draft
    if "subsecond" not in target.allow:
        attempt = (
            f"more than {target.digits} digits of a second; --allow subsecond would round to the nearest"
        )
        return draft.refuse("would_round", lost, attempt)
    up = (rest * 2 >= unit * 1000).cast(pl.Int64)
    micros = draft.micros - draft.micros % unit + up * unit
    return replace(draft, micros=micros).heal("subsecond", lost, lossy=True)


def _place_wall(draft: _Draft, offset: pl.Series | int | None, target: Target) -> _Draft:
    """For timestamp: naive as written; with an offset only where nothing is guessed by dropping it."""
    if offset is None:
        return draft
    offsets = _column(offset, draft.micros)
    aware = offsets.is_not_null() & draft.micros.is_not_null()
    if not aware.any():
        return draft
    if target.zone is not None and not target.assumed:
        local = to_local(draft.micros - offsets * SECOND, target.zone)
        return replace(draft, micros=local.zip_with(aware, draft.micros)).heal("zone_dropped", aware)
    lost = aware & (offsets != 0).fill_null(False)
    draft = draft.heal("zone_dropped", aware & ~lost, assumption=True)
    return draft.refuse(
        "would_drop_zone",
        lost,
        "offset that a timestamp cannot hold; --timezone names the zone of its wall clock",
    )


def _place_instant(draft: _Draft, offset: pl.Series | int | None, target: Target) -> _Draft:
    """For timestamptz: the instant, naive times in the zone of the column."""
    if isinstance(offset, int):
        return replace(draft, micros=draft.micros - offset * SECOND) if offset else draft
    naive = draft.micros.is_not_null()
    if offset is not None:
        naive &= offset.is_null()
    if not naive.any():
        return (
            draft if offset is None else replace(draft, micros=draft.micros - _column(offset, naive) * SECOND)
        )
    if target.zone is None:
        attempt = "time without offset beside several offsets; --timezone says in which zone it is"
        return _aware_only(draft, offset).refuse("ambiguous", naive, attempt)
    return _place_naive(draft, offset, naive, target)


def _place_naive(draft: _Draft, offset: pl.Series | None, naive: pl.Series, target: Target) -> _Draft:
    assert target.zone is not None
    local = from_local(draft.micros, target.zone)
    micros = (
        local.micros if offset is None else local.micros.zip_with(naive, _aware_only(draft, offset).micros)
    )
    placed = replace(draft, micros=micros)
    placed = placed.refuse("dst_gap", local.gap & naive, f"time that clocks in {target.zone} skipped")
    placed = placed.refuse("dst_fold", local.fold & naive, f"time that clocks in {target.zone} showed twice")
    if not target.assumed:
        return placed
    return placed.heal("naive_time_zone", naive & placed.micros.is_not_null(), assumption=True)


def _aware_only(draft: _Draft, offset: pl.Series | None) -> _Draft:
    if offset is None:
        return draft
    shifted = draft.micros - _column(offset, draft.micros) * SECOND
    return replace(draft, micros=shifted.zip_with(offset.is_not_null(), draft.micros))


def _column(offset: pl.Series | int, like: pl.Series) -> pl.Series:
    if isinstance(offset, int):
        return constant(offset, len(like), pl.Int64)
    return offset.cast(pl.Int64)

"""date, timestamp and timestamptz from texts and typed columns; `temporal_time` has the times of day."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from heal_cli.convert import temporal_time
from heal_cli.convert.residue import Attempt, Healer, heal_residue, nothing
from heal_cli.convert.temporal_decide import decide_epoch, decide_orders, decide_zone
from heal_cli.convert.temporal_healers import healers
from heal_cli.convert.temporal_layouts import cast_layouts
from heal_cli.convert.temporal_serial import counts_days
from heal_cli.convert.temporal_settle import WIRES, Target, settle
from heal_cli.convert.temporal_shapes import Reading
from heal_cli.convert.temporal_zones import UTC, check_zone, utc_offsets
from heal_cli.model import ColumnFormat, Converted, PgType, ValueOptions

TIMES_OF_DAY: Final = ("time", "timetz")


def wire(type: PgType) -> pl.DataType:
    """Date, Datetime('us'), Datetime('us', 'UTC') or Time; timetz travels as ISO text."""
    return temporal_time.wire(type) if type.base in TIMES_OF_DAY else WIRES[type.base]


def decide(values: pl.Series, type: PgType, options: ValueOptions, base: ColumnFormat) -> ColumnFormat:
    """`base` with date order, epoch unit and zone, and with the question where the values leave one open.

    Raises:
        UsageError: `options.timezone` is no known zone.
    """
    if options.timezone is not None:
        check_zone(options.timezone)
    values = values.unique()  # how often a text stands there says nothing
    questions: list[str | None] = []
    if type.base not in TIMES_OF_DAY and options.date_order is None:
        orders, question = decide_orders(values)
        base = replace(base, date_orders=orders)
        questions.append(question)
    if type.base not in TIMES_OF_DAY:
        unit, question = decide_epoch(values)
        base = replace(base, epoch=unit, serial=counts_days(values))
        questions.append(question)
    if type.base in ("timestamptz", "timetz") and options.timezone is None:
        zone, question = decide_zone(values)
        base = replace(base, timezone=zone, timezone_assumed=zone is not None)
        questions.append(question)
    return replace(base, question="; ".join(filter(None, questions)) or None)


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Texts as times: a strict cast for most of a clean column, the other shapes for what is left."""
    if type.base in TIMES_OF_DAY:
        return temporal_time.to_typed(values, type, format, allow)
    target = Target.of(type, format, allow)
    strict = cast_layouts(values, target, format)
    ways = healers(target, format)
    return heal_residue(values, strict.values, ways, nulls=format.nulls, heals=strict.heals)


def from_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Dates, datetimes, times and epoch numbers of a typed source; what has no time in it fails."""
    if values.dtype.is_integer() or values.dtype.is_float():
        return _from_numbers(values, type, format, allow)
    if isinstance(values.dtype, pl.Categorical | pl.Enum):
        return to_typed(values.cast(pl.String), type, format, allow)
    if type.base in TIMES_OF_DAY:
        return temporal_time.from_typed(values, type, format, allow)
    target = Target.of(type, _with_zone(format), allow)
    attempt = f"{values.dtype} as {type.name}"
    read = Healer(attempt, lambda cells: _settle_typed(cells, target))
    return heal_residue(values, nothing(values, target.wire).values, (read,))


def _with_zone(format: ColumnFormat) -> ColumnFormat:
    """Typed columns have no texts to decide from: a naive time is in UTC unless the user said so."""
    return format if format.timezone else replace(format, timezone=UTC, timezone_assumed=True)


def _from_numbers(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Numbers as epoch numbers; their text is exact, a float's is the shortest that gives it back."""
    whole = values.cast(pl.Int64, strict=False)
    exact = (whole == values) if values.dtype.is_float() else whole.is_not_null()
    texts = whole.cast(pl.String).zip_with(exact, values.cast(pl.String))
    if format.epoch is None and type.base not in TIMES_OF_DAY:
        format = replace(format, epoch=decide_epoch(texts.drop_nulls())[0])
    return to_typed(texts, type, _with_zone(replace(format, nulls=())), allow)


def _settle_typed(values: pl.Series, target: Target) -> Attempt:
    if values.dtype == pl.Date:
        return settle(Reading(values.cast(pl.Datetime("us")), timed=False), target)
    if not isinstance(values.dtype, pl.Datetime):
        return nothing(values, target.wire)
    nanos = values.to_physical() % 1000 if values.dtype.time_unit == "ns" else None
    offset = None
    if values.dtype.time_zone is not None:
        offset = utc_offsets(values)
        values = values.dt.replace_time_zone(None)
    return settle(Reading(values.cast(pl.Datetime("us")), timed=True, nanos=nanos, offset=offset), target)

"""The values of one target column in one batch, before conversion: direct, fallback or default."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from heal_cli.convert import wire_dtype
from heal_cli.model import Batch, Candidate, ColumnPlan, HealMask, Kind, Plan, Tier

NAMESPACE = uuid.UUID("6865616c-0000-5000-8000-000000000000")
"""Name space of the UUIDv5 that a default 'uuid' makes: the same row always gets the same one."""


class Gathered(NamedTuple):
    """Source values of one target column."""

    values: pl.Series
    present: pl.Series | None  # Boolean; None: the source has a value or a null in every row
    heals: tuple[HealMask, ...]
    losers: tuple[tuple[str, pl.Series], ...]  # fallback column, rows where it differs from the direct one


def gather(batch: Batch, column: ColumnPlan) -> Gathered:
    """Values of the direct source, filled from its fallbacks in rows that lack it.

    A direct key counts as lacking where JSON has no such key, or where the CSV cell is empty.
    """
    frame = batch.frame
    winner = column.match.winner
    source = column.source
    assert source is not None  # a default has no source and does not come here
    if source in frame.columns:
        values = frame[source]
        absent = batch.absent.get(source)
    else:
        values = pl.Series(source, [None], pl.String).new_from_index(0, frame.height)
        absent = pl.repeat(True, frame.height, eager=True)
    heals = list(_rename_heal(winner, values))
    losers = []
    lacking = absent
    for fallback in column.match.fallbacks:
        name = fallback.source
        if name is None or name not in frame.columns:
            continue
        other = frame[name]
        if other.dtype != values.dtype:  # a cast might lose something: 12.75 beside whole numbers
            values, other = as_text(values), as_text(other)
        if lacking is None:
            lacking = _lacking(batch, source)
        used = lacking & ~_lacking(batch, name)
        if used.any():
            values = values.zip_with(~used, other)
            if fallback.tier is not Tier.EXACT:  # another spelling of the same name is no heal
                heals.append(HealMask(fallback.pattern or fallback.tier.value, used & other.is_not_null()))
            lacking = lacking & ~used
        losers.append((name, other.is_not_null() & ~used & other.ne_missing(values)))
    present = None if absent is None or lacking is None else ~lacking
    return Gathered(values, present, tuple(heals), tuple(losers))


def _lacking(batch: Batch, name: str) -> pl.Series:
    """Rows without that source: for JSON only absent keys lack one, a null is a value."""
    if not batch.kinds:
        return batch.frame[name].is_null()
    absent = batch.absent.get(name)
    return pl.repeat(False, batch.frame.height, eager=True) if absent is None else absent


def _rename_heal(winner: Candidate, values: pl.Series) -> Iterator[HealMask]:
    """A column placed by more than its own name is a heal in every row that has a value."""
    if winner.tier is not Tier.EXACT:
        yield HealMask(winner.pattern or f"{winner.tier.value}_{winner.kind.value}", values.is_not_null())


def default_values(plan: Plan, column: ColumnPlan, rows: pl.Series, digest: str) -> pl.Series:
    """The value of a default pattern for every row, in the target's wire dtype.

    Args:
        rows: Row numbers.
        digest: Content hash of the batch, so that a made UUID depends on the content alone.
    """
    candidate = column.match.winner
    assert candidate.kind is Kind.DEFAULT
    dtype = wire_dtype(column.column.type)
    if candidate.value == "now":
        return pl.Series([plan.now]).dt.cast_time_unit("us").cast(dtype).new_from_index(0, rows.len())
    if candidate.value == "uuid":
        # No expression makes UUIDs; this path is taken only where the file has no key at all.
        made = [str(uuid.uuid5(NAMESPACE, f"{digest}/{row}")) for row in rows]
        return pl.Series(made, dtype=pl.String).cast(dtype)
    return pl.Series([candidate.value], dtype=pl.String).cast(dtype).new_from_index(0, rows.len())


def as_text(values: pl.Series) -> pl.Series:
    """Values as a person or a reject shows them: nested ones as JSON, bytes as `\\x` and hex, no idle zeros."""
    if values.dtype.is_nested():
        encoded = values.to_frame().select(pl.struct(pl.all()).struct.json_encode())
        inner = encoded.to_series().str.slice(len(f'{{"{values.name}":')).str.head(-1)
        return inner.to_frame().select(pl.when(values.is_not_null()).then(pl.all())).to_series()
    if values.dtype == pl.Binary:
        return pl.select(pl.concat_str(pl.lit("\\x"), values.bin.encode("hex"))).to_series()
    if isinstance(values.dtype, pl.Datetime):
        offset = "%:z" if values.dtype.time_zone else ""
        return values.dt.to_string(f"%Y-%m-%d %H:%M:%S%.f{offset}")
    return values.cast(pl.String)

"""Whether two source columns tell the same story, row by row."""

from __future__ import annotations

from typing import Final

import polars as pl

_VOCABULARY: Final = 50  # distinct values up to which a column counts as a closed vocabulary
_SHARED: Final = 0.5


def never_contradict(sample: pl.DataFrame, one: str, other: str) -> bool:
    """True when no row has both columns filled with different values."""
    conflicts, _ = _compare(sample, one, other)
    return conflicts == 0


def may_fill_in(sample: pl.DataFrame, direct: str, other: str) -> bool:
    """True when `other` may stand in for `direct` in rows where that one is empty.

    Rows with both and differing values speak against it, unless they are no more than the rows that
    `other` alone fills, or `other` speaks the closed vocabulary of `direct` (`user`, `assistant`): a
    column of names that is filled beside `role` in every row is no second `role`.
    """
    conflicts, alone = _compare(sample, direct, other)
    return conflicts <= alone or _shared_vocabulary(sample[direct], sample[other]) >= _SHARED


def _compare(sample: pl.DataFrame, direct: str, other: str) -> tuple[int, int]:
    """Rows with both filled and different; rows that only `other` fills."""
    direct_text, other_text = _text(sample[direct]), _text(sample[other])
    conflicts = (direct_text != other_text).sum()  # null when either is: not counted
    alone = (direct_text.is_null() & other_text.is_not_null()).sum()
    return int(conflicts), int(alone)


def _shared_vocabulary(direct: pl.Series, other: pl.Series) -> float:
    """Share of `other`'s values that `direct` has too, where that one has few distinct values."""
    known = _text(direct).drop_nulls().unique()
    said = _text(other).drop_nulls()
    if not 0 < known.len() <= _VOCABULARY or known.len() * 2 > direct.len() or not said.len():
        return 0.0
    return int(said.is_in(known.implode()).sum()) / said.len()


def _text(values: pl.Series) -> pl.Series:
    """Values as trimmed text, blank ones null; nested values by their JSON."""
    if values.dtype.is_nested():
        frame = values.to_frame("v").select(pl.struct("v").struct.json_encode())
        text = frame.to_series().set(values.is_null(), None)
    elif values.dtype == pl.Binary:
        text = values.bin.encode("hex")
    else:
        text = values.cast(pl.String).str.strip_chars()
    return text.set(text == "", None)

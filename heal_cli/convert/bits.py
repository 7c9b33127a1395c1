"""bit and varbit: texts of 0 and 1, and the ways in which other systems write them."""

from __future__ import annotations

from typing import Final

import polars as pl

from heal_cli.convert import text
from heal_cli.convert.residue import Attempt, Healer, heal_residue
from heal_cli.convert.text import decide, wire
from heal_cli.model import ColumnFormat, Converted, HealMask, PgType

__all__ = ["decide", "from_typed", "to_typed", "wire"]

RULE: Final = "bit_literal"

_MARKED: Final = r"^(?:[bB]'([01]*)'|0[bB]([01]+))$"
_HEX: Final = r"^(?:[xX]'([0-9A-Fa-f]*)'|0[xX]([0-9A-Fa-f]+))$"
_FOUR: Final = {f"{digit:x}": f"{digit:04b}" for digit in range(16)}
_WORDS: Final = {"true": "1", "false": "0"}


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Zeros and ones as they are; B'101', 0b101, X'1F', 0x1F, and true or false for a single bit."""
    plain = values.str.contains("^[01]*$").fill_null(True)
    if plain.all():
        return text.to_typed(values, type, format, allow)
    typed = text.where(values, plain)
    healers = (
        Healer("", lambda cells: _literals(cells, is_single=type.base == "bit" and type.length == 1)),
        # What is left is for the server to refuse, in its own words.
        Healer("", lambda cells: Attempt(cells)),
    )
    return heal_residue(values, typed, healers, nulls=format.nulls)


def from_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """A truth value is a bit; all else as its text."""
    made = text.from_typed(values, type, format, allow)
    if values.dtype != pl.Boolean:
        return made
    return to_typed(made.values, type, format, allow)


def _literals(texts: pl.Series, *, is_single: bool) -> Attempt:
    stripped = texts.str.strip_chars()
    marked = _group(stripped, _MARKED)
    hex = _group(stripped, _HEX).str.to_lowercase().str.replace_many(_FOUR)
    made = marked.zip_with(marked.is_not_null(), hex)
    if is_single:
        word = stripped.str.to_lowercase().replace_strict(_WORDS, default=None, return_dtype=pl.String)
        made = made.zip_with(made.is_not_null(), word)
    return Attempt(made, (HealMask(RULE, made.is_not_null()),))


def _group(texts: pl.Series, pattern: str) -> pl.Series:
    """The one group of the pattern that is there."""
    return texts.str.extract_groups(pattern).struct.unnest().select(pl.coalesce(pl.all())).to_series()

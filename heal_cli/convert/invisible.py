"""Characters without width in values of types that have no place for them: copied along, never meant."""

from __future__ import annotations

from typing import Final

import polars as pl

RULE: Final = "invisible_characters"

PATTERN: Final = "[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
"""Soft hyphen, zero-width blanks and joiners, marks of direction, byte order marks."""


def take_out(texts: pl.Series) -> pl.Series:
    """The texts without characters that nobody sees."""
    return texts.str.replace_all(PATTERN, "") if texts.str.contains(PATTERN).any() else texts

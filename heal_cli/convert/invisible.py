"""Characters without width in values of types that have no place for them: copied along, never meant."""

from __future__ import annotations

from typing import Final

import polars as pl

from heal_cli.convert.read_again import Dirt

RULE: Final = "invisible_characters"

_WIDTHLESS: Final = "[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
"""Soft hyphen, zero-width blanks and joiners, marks of direction, byte order marks."""


def take_out(texts: pl.Series) -> pl.Series:
    """The texts without characters that nobody sees."""
    if texts.str.len_bytes().sum() == texts.str.len_chars().sum():
        return texts  # ASCII has none: a fifth of the price of the regular expression
    return texts.str.replace_all(_WIDTHLESS, "") if texts.str.contains(_WIDTHLESS).any() else texts


DIRT: Final = Dirt(_WIDTHLESS, RULE, take_out)

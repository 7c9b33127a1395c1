"""What makes a spreadsheet take a value as text: `="00123"`, and an apostrophe before it; no part of the value."""

from __future__ import annotations

from typing import Final, Literal

import polars as pl

from heal_cli.convert.read_again import Dirt
from heal_cli.model import HealMask

RULE: Final = "sheet_text"

SheetText = Literal["formula", "apostrophe"]

# Told by themselves: a formula that is nothing but a text.
_FORMULA: Final = r'^="[^"]*"$'

# Told by the whole column, of what would be a number, a date or a formula: `'90s` is a word.
_APOSTROPHE: Final = r"^'(?:[0-9][0-9.,:/ -]*|[=+@-][^']*)$"
_ENOUGH: Final = 2


_MARKED: Final = rf"{_FORMULA}|^'[^']+$"
"""Marked values of types that are no text, where neither mark can be a part of the value."""


def take_out(texts: pl.Series) -> pl.Series:
    """The same texts without their marks."""
    return texts.str.replace(r'^="([^"]*)"$', "${1}").str.strip_prefix("'")


DIRT: Final = Dirt(_MARKED, RULE, take_out)


def without_marks(texts: pl.Series) -> pl.Series:
    """Values of such types, marked or not, as the marked ones were meant."""
    marked = texts.str.contains(_MARKED)
    return take_out(texts).zip_with(marked, texts) if marked.any() else texts


def find_marks(texts: pl.Series) -> SheetText | None:
    """How values of a column of text are marked, from some of them."""
    if texts.str.contains(_FORMULA).any():
        return "formula"
    if len(texts) >= _ENOUGH and texts[0].startswith("'") and texts.str.contains(_APOSTROPHE).all():
        return "apostrophe"
    return None


def take_off(texts: pl.Series, marks: SheetText) -> tuple[pl.Series, HealMask]:
    """The texts without their marks, and where they had some."""
    is_formula = marks == "formula"
    marked = texts.str.contains(_FORMULA if is_formula else _APOSTROPHE).fill_null(False)
    bare = texts.str.strip_prefix('="').str.strip_suffix('"') if is_formula else texts.str.strip_prefix("'")
    return bare.zip_with(marked, texts), HealMask(RULE, marked)

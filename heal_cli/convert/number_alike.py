"""Numbers written alike, of which one says as much as all about how their column is to be read."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from heal_cli.convert.spread import spread_sample

_FEW: Final = 128
"""First cells, and others from all over the column, whose layouts are looked for in all of it."""

_MOST: Final = 64
"""Layouts in one pattern, and signs in a layout; beyond, hardly two cells of the column are alike."""

_DIGIT: Final = re.compile("(?<![A-Za-z])[0-9]")
"""Behind a letter it may be part of a unit, m2."""


def one_of_each(texts: pl.Series) -> pl.Series:
    """The texts, and of all that have the layout of one of a few cells only that one.

    Whether a text is a number, in which dress and with which marks, does not depend on its digits, but for a zero in
    front; what it is worth does.

    Args:
        texts: No nulls.
    """
    if len(texts) <= 2 * _FEW:
        return texts
    found: dict[str, str] = {}
    for text in (*texts.head(_FEW), *spread_sample(texts, _FEW)):
        found.setdefault(_layout(text), text)
    if len(found) > _MOST or max(map(len, found.values())) > _MOST:
        return texts
    others = texts.filter(~texts.str.contains(rf"\A(?:{'|'.join(found)})\z"))
    return pl.concat([pl.Series(texts.name, found.values(), dtype=pl.String), others])


def _layout(text: str) -> str:
    """A pattern of the text, with any digits for its own."""
    pattern = re.escape(text)
    first = _DIGIT.search(pattern)
    if first is None:
        return pattern
    leading = "0" if first[0] == "0" else "[1-9]"
    return pattern[: first.start()] + leading + _DIGIT.sub("[0-9]", pattern[first.end() :])

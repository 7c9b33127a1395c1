"""Lists whose elements stay as they are written, as array literals: rewritten by columns, never taken apart."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from heal_cli.convert.array_delimited import RULE, Mark
from heal_cli.convert.residue import Attempt
from heal_cli.model import ColumnFormat, HealMask, PgType

_MORE_DIGITS: Final = {"int2": 3, "int4": 8, "int8": 17}
"""Digits after the first that surely fit."""

_TEXTS: Final = frozenset({"text", "varchar", "citext"})

_STRING: Final = r'"[^",\\\x00-\x1f]*"'
"""A string of JSON whose commas all stand between elements."""


def read_plain(texts: pl.Series, element: PgType, format: ColumnFormat) -> Attempt:
    """Cells with nothing to convert in them, lists of JSON and delimited ones; null for all others.

    Args:
        texts: No nulls and no null tokens.
    """
    made = pl.repeat(None, len(texts), dtype=pl.String, eager=True)
    listed = pl.repeat(False, len(texts), dtype=pl.Boolean, eager=True)
    for pattern, mark in _patterns(element, format):
        found = texts.str.contains(pattern)
        if not found.any():
            continue
        cells = texts if found.all() else texts.filter(found)
        if mark is None:
            cells = cells.str.strip_chars("[]{}")
        is_quoted = mark is None and element.base in _TEXTS
        literals = _literals(cells, mark or ",", is_quoted=is_quoted)
        made = literals if len(literals) == len(texts) else made.scatter(found.arg_true(), literals)
        if mark is not None:
            listed = found
    return Attempt(made, (HealMask(RULE, listed),))


def _patterns(element: PgType, format: ColumnFormat) -> list[tuple[str, Mark | None]]:
    """What such cells look like, and the mark between the elements of those that are no list by themselves."""
    mark = format.list_mark
    if element.base in _MORE_DIGITS:
        number = rf"(?:0|-?[1-9][0-9]{{0,{_MORE_DIGITS[element.base]}}})"
        spelt = rf"^(?:\[{number}(?:, ?{number})*\]|\{{{number}(?:,{number})*\}})$"
        return [(spelt, None), *([(_delimited(number, number, mark), mark)] if mark else [])]
    if element.kind != "b" or element.base not in _TEXTS or element.length or format.sheet_text:
        return []
    spelt = rf"^\[{_STRING}(?:, ?{_STRING})*\]$"
    if mark is None:
        return [(spelt, None)]
    inner = rf'"\\\x00-\x1f{re.escape(mark)}'
    more = rf"(?:[^{inner}]*[^\s{inner}])?"
    return [
        (spelt, None),
        (_delimited(rf"[^\s{inner}\[{{]{more}", rf"[^\s{inner}]{more}", mark), mark),
    ]


def _delimited(first: str, other: str, mark: Mark) -> str:
    return rf"^{first}(?:[{mark}] ?{other})*$"


def _literals(cells: pl.Series, mark: Mark, *, is_quoted: bool) -> pl.Series:
    """Elements with marks between them as literals, every element in quotation marks."""
    inner = pl.col("text").str.replace_all(f"{mark} ", mark, literal=True)
    if is_quoted:
        made = pl.concat_str(pl.lit("{"), inner, pl.lit("}"))
    else:
        quoted = inner.str.replace_all(mark, '","', literal=True)
        made = pl.concat_str(pl.lit('{"'), quoted, pl.lit('"}'))
    return cells.alias("text").to_frame().select(made).to_series()

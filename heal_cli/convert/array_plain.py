"""Lists whose elements stay as they are written, as array literals: rewritten by columns, never taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import polars as pl

from heal_cli.convert.array_delimited import RULE as DELIMITED
from heal_cli.convert.array_delimited import Mark
from heal_cli.convert.constant import constant
from heal_cli.convert.json_layouts import PYTHON_RULE as PYTHON
from heal_cli.convert.residue import Attempt
from heal_cli.model import ColumnFormat, HealMask, PgType

_MORE_DIGITS: Final = {"int2": 3, "int4": 8, "int8": 17}
"""Digits after the first that surely fit."""

_TEXTS: Final = frozenset({"text", "varchar", "citext"})

_STRINGS: Final = (
    ('"', r'"[^",\\\x00-\x1f]*"', None),
    ("'", r"""'[^'",\\\x00-\x1f]*'""", PYTHON),
)
"""Strings of JSON and of Python whose commas all stand between elements: their quotation mark, pattern and rule."""


class _Form(NamedTuple):
    """One way to write such a list."""

    pattern: str
    mark: Mark = ","  # between its elements
    quote: str = ""  # around each of them
    rule: str | None = None  # the heal that reading it counts as


def read_plain(texts: pl.Series, element: PgType, format: ColumnFormat) -> Attempt:
    """Cells with nothing to convert in them: lists of JSON, of Python and delimited ones; null for all others.

    Args:
        texts: No nulls and no null tokens.
    """
    made = constant(None, len(texts), pl.String)
    heals: list[HealMask] = []
    for form in _forms(element, format):
        found = texts.str.contains(form.pattern)
        if not found.any():
            continue
        literals = _literals(texts if found.all() else texts.filter(found), form)
        made = literals if len(literals) == len(texts) else made.scatter(found.arg_true(), literals)
        if form.rule:
            heals.append(HealMask(form.rule, found))
        if not made.null_count():
            break
    return Attempt(made, tuple(heals))


def tell_nothing(texts: pl.Series, element: PgType, format: ColumnFormat) -> bool:
    """True where no element says how the others are read, as far as that is seen at a glance; False says nothing.

    Whole numbers without marks do not, nor do strings without the marks that spreadsheets put before texts.
    """
    pattern = "|".join(form.pattern for form in _forms(element, format))
    if not pattern or not texts.str.contains(pattern).all():
        return False
    return element.base in _MORE_DIGITS or not texts.str.contains("'", literal=True).any()


def _forms(element: PgType, format: ColumnFormat) -> Iterator[_Form]:
    """What such cells look like, of which no text can be two."""
    mark = format.list_mark
    if element.base in _MORE_DIGITS:
        number = rf"(?:0|-?[1-9][0-9]{{0,{_MORE_DIGITS[element.base]}}})"
        yield _Form(rf"^(?:\[{number}(?:, ?{number})*\]|\{{{number}(?:,{number})*\}})$")
        if mark is not None:
            yield _delimited(number, number, mark)
    elif element.kind == "b" and element.base in _TEXTS and not (element.length or format.sheet_text):
        if mark is not None:  # then most cells are such lists
            inner = rf'"\\\x00-\x1f{re.escape(mark)}'
            more = rf"(?:[^{inner}]*[^\s{inner}])?"
            yield _delimited(rf"[^\s{inner}\[{{]{more}", rf"[^\s{inner}]{more}", mark)
        for quote, string, rule in _STRINGS:
            yield _Form(rf"^\[{string}(?:, ?{string})*\]$", quote=quote, rule=rule)


def _delimited(first: str, other: str, mark: Mark) -> _Form:
    return _Form(rf"^{first}(?:[{mark}] ?{other})*$", mark, rule=DELIMITED)


def _literals(cells: pl.Series, form: _Form) -> pl.Series:
    """The lists as literals, every element in quotation marks."""
    bare = cells if form.rule == DELIMITED else cells.str.strip_chars("[]{}")
    inner = pl.col("text").str.replace_all(f"{form.mark} ", form.mark, literal=True)
    if form.quote:
        quoted = inner if form.quote == '"' else inner.str.replace_all(form.quote, '"', literal=True)
        made = pl.concat_str(pl.lit("{"), quoted, pl.lit("}"))
    else:
        made = pl.concat_str(
            pl.lit('{"'), inner.str.replace_all(form.mark, '","', literal=True), pl.lit('"}')
        )
    return bare.alias("text").to_frame().select(made).to_series()

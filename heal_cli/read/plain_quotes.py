"""Records with escaped quotes, or quotes of two kinds, as records with doubled quotes of one kind.

Polars knows only the latter. What cannot be put so without a doubt is left for the exact splitter.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, NamedTuple

import polars as pl

from heal_cli.read import backslash
from heal_cli.read.fields import LINE_ENDS, Grammar

# Stand for an escaped escape and an escaped quote, and before an escaped line end, until the cells are apart.
_ESCAPE, _QUOTE, _BEFORE_END = "\x0e", "\x0f", "\x10"

_SIGNS: Final = f"[{_ESCAPE}{_QUOTE}{_BEFORE_END}]"


class Plain(NamedTuple):
    """Texts in doubled quotes of one kind."""

    texts: pl.Series
    is_sure: (
        pl.Series
    )  # Boolean: read by `plain_grammar` and restored, the cells are those of the text as it was


def is_plain(grammar: Grammar) -> bool:
    """Quotes are of one kind and doubled."""
    return not (grammar.escape or grammar.second_quote or grammar.is_bracketed)


def plain_grammar(grammar: Grammar) -> Grammar:
    """The grammar of texts that `make_plain` has made."""
    return replace(grammar, escape=None, second_quote="", is_bracketed=False)


def make_plain(texts: pl.Series, grammar: Grammar) -> Plain:
    """Whole records, one or many in a text, without escapes and second quotes; a null is not sure."""
    if grammar.is_backslashed:
        end = grammar.terminator.decode()
        is_sure = backslash.is_sound(texts, grammar.delimiter, end).fill_null(False)
        return Plain(backslash.bare(texts, grammar.delimiter, end), is_sure)
    is_sure = pl.repeat(True, len(texts), dtype=pl.Boolean, eager=True)
    texts = grammar.unbracket(texts)
    if grammar.escape and grammar.quote:
        is_sure &= ~texts.str.contains(_SIGNS)
        texts = _without_escapes(texts, grammar)
        bare = texts.str.replace_all(grammar.quoted_pattern, "")
        is_sure &= ~bare.str.contains(_SIGNS)  # outside of quotes an escape is text
        is_sure &= grammar.escape != grammar.quote
    if grammar.second_quote:
        texts, is_told = _with_one_quote(texts, grammar)
        is_sure &= is_told
    return Plain(texts, is_sure.fill_null(False))


def restore(frame: pl.DataFrame, grammar: Grammar) -> pl.DataFrame:
    """The cells with what was escaped in them."""
    if grammar.is_backslashed:
        return backslash.decode(frame, grammar.delimiter, grammar.terminator.decode())
    if not (grammar.escape and grammar.quote):
        return frame
    cells = pl.col(pl.String).str.replace_all(_ESCAPE, grammar.escape, literal=True)
    cells = cells.str.replace_all(_BEFORE_END, "", literal=True)
    return frame.with_columns(cells.str.replace_all(_QUOTE, grammar.quote, literal=True))


def _without_escapes(texts: pl.Series, grammar: Grammar) -> pl.Series:
    """From left to right: of a row of backslashes two and two belong together."""
    escape = grammar.escape or ""
    texts = texts.str.replace_all(escape * 2, _ESCAPE, literal=True)
    for end in LINE_ENDS:
        texts = texts.str.replace_all(escape + end, _BEFORE_END + end, literal=True)
    return texts.str.replace_all(escape + grammar.quote, _QUOTE, literal=True)


def _with_one_quote(texts: pl.Series, grammar: Grammar) -> tuple[pl.Series, pl.Series]:
    """The texts with every cell in the first quote, and where that is sure.

    It is where the second quote stands beside a delimiter or a line end only to open or close a cell.
    """
    if grammar.is_long or not grammar.quote:
        return texts, pl.repeat(False, len(texts), dtype=pl.Boolean, eager=True)
    is_sure = texts.str.contains(_apart_pattern(grammar))
    quote, second, end = grammar.quote, grammar.second_quote, grammar.terminator.decode()
    texts = texts.str.replace(f"^{re.escape(second)}", quote).str.replace(f"{re.escape(second)}$", quote)
    for edge in (grammar.mark, end):
        texts = texts.str.replace_all(edge + second, edge + quote, literal=True)
    for edge in (grammar.mark, end, "\r\n"):
        texts = texts.str.replace_all(second + edge, quote + edge, literal=True)
    return texts.str.replace_all(second * 2, second, literal=True), is_sure


def _apart_pattern(grammar: Grammar) -> str:
    """Records in which the second quote is at the edge of cells or well inside of them."""
    q, s = re.escape(grammar.quote), re.escape(grammar.second_quote)
    d, end = re.escape(grammar.mark), grammar.terminator.decode()
    plain, inner, edge = f"[^{q}{s}{d}{end}]", f"[^{q}{s}{end}]", f"[{d}{end}]+"
    first = f"{q}(?:(?:{edge}|{s})?(?:{plain}|{q}{q}))*(?:{edge}|{s})?{q}"
    second = f"{s}(?:{inner}*{plain}{s}{s}(?:{plain}(?:{inner}*{plain})?{s}{s})*{plain})?{inner}*{s}"
    bare = f"(?:{plain}+(?:{s}{plain}+)*)?"
    cell = f"(?:{first}|{second}|{bare})"
    record = f"{cell}(?:{d}{cell})*\r?"
    return f"^(?:{record}{end})*(?:{record})?$"

"""The quotes of whole records, told from the bytes beside them: whether each opens a cell, closes it, or is doubled."""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

from heal_cli.read.fields import Grammar
from heal_cli.read.octets import before, behind, count, places

_CR: Final = 0x0D


class Quotes(NamedTuple):
    """Those of a text in which all of them are sound."""

    total: int
    doubled: int  # twos of them that are one in a cell


NO_QUOTES: Final = Quotes(0, 0)


def find_quotes(octets: pl.Series, grammar: Grammar) -> Quotes | None:
    """The quotes of a text of whole records; None if one of them is not sound, or if that takes more than a look.

    From one to the next they open and close by turns. What opens stands where a cell begins, what closes where it
    ends; where they stand right beside each other instead, the two are one inside the cell, which goes on.
    """
    if not grammar.quote:
        return NO_QUOTES
    return judge_quotes(octets, octets == ord(grammar.quote), grammar)


def judge_quotes(octets: pl.Series, is_quote: pl.Series, grammar: Grammar) -> Quotes | None:
    """The same where one knows already which of the bytes are quotes."""
    total = count(is_quote)
    if not total:
        return NO_QUOTES
    if total % 2 or len(grammar.mark.encode()) != 1:
        return None
    end = grammar.terminator[0]
    opens = before(octets, is_quote, end=end).gather_every(2)
    closes = behind(octets, is_quote, 1, end=end).gather_every(2, offset=1)
    edges = (ord(grammar.mark), end, ord(grammar.quote))
    is_sound = _is_one_of(closes, edges)
    if end != _CR and count(closes == _CR):
        next_but_one = behind(octets, is_quote, 2, end=end).gather_every(2, offset=1)
        is_sound |= (closes == _CR) & (next_but_one == end)
    if not (is_sound.all() and _is_one_of(opens, edges).all()):
        return None
    return Quotes(total, count(closes == ord(grammar.quote)))


def cross_lines(is_quote: pl.Series, is_end: pl.Series) -> bool:
    """Some line has an odd number of quotes, so that it goes on in the next one, or is broken."""
    if count(is_quote) % 2:
        return True
    ends = places(~is_quote.filter(is_quote | is_end))
    before_each = ends - pl.int_range(len(ends), dtype=pl.Int64, eager=True)
    return count((before_each & 1) == 1) > 0


def _is_one_of(octets: pl.Series, signs: tuple[int, int, int]) -> pl.Series:
    one, two, three = signs
    return (octets == one) | (octets == two) | (octets == three)

"""Healthy CSV bytes to a frame of text, by polars, or nothing where polars and the bytes may disagree."""

from __future__ import annotations

import codecs
import re
from typing import Final

import polars as pl

from heal_cli.read.cut import BLANK
from heal_cli.read.fields import STAND_IN, Grammar
from heal_cli.read.octets import count, octets_of
from heal_cli.read.plain_quotes import make_plain, plain_grammar, restore
from heal_cli.read.quotes import Quotes, find_quotes

_FEW_CELLS: Final = 1 << 20
_CR: Final = 0x0D


def parse_fast(
    data: bytes, grammar: Grammar, rows: int, *, quotes: Quotes | None, multiline: bool, blanks: int
) -> pl.DataFrame | None:
    """The cells of `rows` records: bare empty ones null, quoted empty ones ''.

    Args:
        quotes: None if nobody has looked, or if some are not sound.

    Returns:
        Columns '0', '1', ...; None if any record is not sound, for the exact path to sort out.
    """
    if _has_own_quotes(data, grammar):
        return _parse_translated(data, grammar, rows, multiline=multiline, blanks=blanks)
    if b"\0" in data or data.startswith(codecs.BOM_UTF8) or (blanks and multiline):
        return None  # polars would end a value at the NUL, and take the mark off one (2.1)
    if blanks:
        data = BLANK[grammar.terminator].sub(b"", data)
    if grammar.is_long:
        if STAND_IN.encode() in data:
            return None
        data = data.replace(grammar.delimiter.encode(), STAND_IN.encode())
    if grammar.terminator == b"\n" and data.endswith(b"\r"):
        data += b"\n"  # a last CR is half a line end; polars takes off two of them (2.1)
    if _hides_carriage_return(data, grammar):
        return None
    frame = _read(data, grammar)
    if frame is None or frame.height != rows:
        return None
    octets = octets_of(data)
    # Polars reads `"a"b"c"` as `abc` and says nothing (2.1).
    quotes = quotes or find_quotes(octets, grammar)
    if quotes is None:
        return None
    # A thread of polars begins somewhere, which may be in a quoted cell of many lines.
    is_doubtful = bool(quotes.total) and multiline
    if (is_doubtful or _may_have_short_rows(frame)) and _is_amiss(frame, data, octets, grammar, quotes):
        return None
    if grammar.is_long:
        frame = frame.with_columns(pl.all().str.replace_all(STAND_IN, grammar.delimiter, literal=True))
    return frame


def _has_own_quotes(data: bytes, grammar: Grammar) -> bool:
    """Something is escaped, or in quotes of the second kind or in brackets; an empty cell may be where a null is escaped."""
    if grammar.is_backslashed or grammar.is_bracketed:
        return True
    signs = (grammar.escape, grammar.second_quote)
    return any(sign.encode() in data for sign in signs if sign)


def _parse_translated(
    data: bytes, grammar: Grammar, rows: int, *, multiline: bool, blanks: int
) -> pl.DataFrame | None:
    """The same by way of doubled quotes of one kind."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    plain = make_plain(pl.Series([text]), grammar)
    if not plain.is_sure.item():
        return None
    frame = parse_fast(
        plain.texts.item().encode(),
        plain_grammar(grammar),
        rows,
        quotes=None,
        multiline=multiline,
        blanks=blanks,
    )
    return None if frame is None else restore(frame, grammar)


def _hides_carriage_return(data: bytes, grammar: Grammar) -> bool:
    """Polars drops a CR before a delimiter or another CR outside quotes (2.1), which would change the value."""
    if grammar.terminator == b"\r" or b"\r" not in data:
        return False
    return re.search(f"\r(?:\r|{re.escape(grammar.mark)})".encode(), data) is not None


def _read(data: bytes, grammar: Grammar) -> pl.DataFrame | None:
    try:
        frame = pl.read_csv(
            data,
            has_header=False,
            separator=grammar.mark,
            quote_char=grammar.quote or None,
            eol_char=grammar.terminator.decode(),
            schema={str(i): pl.String() for i in range(grammar.width)},
            infer_schema=False,
        )
    except pl.exceptions.PolarsError:  # a defect in some record, whichever
        return None
    # What comes after would go over each chunk by itself; of more cells the copy costs too much memory.
    return frame.rechunk() if frame.height * frame.width <= _FEW_CELLS else frame


def _may_have_short_rows(frame: pl.DataFrame) -> bool:
    """Polars fills missing fields with nulls."""
    return frame.width > 1 and frame[frame.columns[-1]].null_count() > 0


def _is_amiss(frame: pl.DataFrame, data: bytes, octets: pl.Series, grammar: Grammar, quotes: Quotes) -> bool:
    """There are other delimiters between the cells than there should be, as where polars has filled short rows.

    All bytes that are in no cell are delimiters, line ends and quotes. A CR may be in one, which is told by counting.
    """
    between = frame.height * (grammar.width - 1)
    if not quotes.total:
        return count(octets == ord(grammar.mark)) != between
    kept = sum(frame.select_seq(pl.all().str.len_bytes().sum()).row(0))
    ends = frame.height - (not data.endswith(grammar.terminator))
    ends += count(octets == _CR) if grammar.terminator == b"\n" and b"\r" in data else 0
    if len(data) == kept + between + ends + quotes.total - quotes.doubled:
        return False
    if b"\r" not in data:
        return True
    counts = frame.select(pl.all().str.count_matches(grammar.mark, literal=True).sum())
    in_cells = int(sum(counts.row(0)))
    return count(octets == ord(grammar.mark)) - in_cells != between

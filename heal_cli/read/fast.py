"""Healthy CSV bytes to a frame of text, by polars, or nothing where polars and the bytes may disagree."""

from __future__ import annotations

import re

import polars as pl

from heal_cli.read.cut import BLANK
from heal_cli.read.fields import STAND_IN, WIDEST_PATTERN, Grammar


def parse_fast(
    data: bytes, grammar: Grammar, rows: int, *, has_quotes: bool, multiline: bool, blanks: int
) -> pl.DataFrame | None:
    """The cells of `rows` records: bare empty ones null, quoted empty ones ''.

    Returns:
        Columns '0', '1', ...; None if any record is not sound, for the exact path to sort out.
    """
    if b"\0" in data or (grammar.escape and grammar.escape.encode() in data) or (blanks and multiline):
        return None
    if blanks:
        data = BLANK[grammar.terminator].sub(b"", data)
    if len(grammar.delimiter) > 1:
        if STAND_IN.encode() in data:
            return None
        data = data.replace(grammar.delimiter.encode(), STAND_IN.encode())
    if grammar.terminator == b"\n" and data.endswith(b"\r"):
        data += b"\n"  # a last CR is half a line end; polars takes off two of them (2.1)
    if _hides_carriage_return(data, grammar) or (has_quotes and not _is_strict(data, grammar)):
        return None
    frame = _read(data, grammar)
    if frame is None or frame.height != rows or _has_short_rows(frame, data, grammar, has_quotes):
        return None
    if len(grammar.delimiter) > 1:
        frame = frame.with_columns(pl.all().str.replace_all(STAND_IN, grammar.delimiter, literal=True))
    return frame


def _hides_carriage_return(data: bytes, grammar: Grammar) -> bool:
    """Polars drops a CR before a delimiter or another CR outside quotes (2.1), which would change the value."""
    if grammar.terminator == b"\r" or b"\r" not in data:
        return False
    return re.search(f"\r(?:\r|{re.escape(grammar.mark)})".encode(), data) is not None


def _is_strict(data: bytes, grammar: Grammar) -> bool:
    """Every quote is sound. Polars reads `"a"b"c"` as `abc` and says nothing (2.1)."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return bool(pl.Series([text]).str.contains(grammar.all_strict_pattern).item())


def _read(data: bytes, grammar: Grammar) -> pl.DataFrame | None:
    try:
        return pl.read_csv(
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


def _has_short_rows(frame: pl.DataFrame, data: bytes, grammar: Grammar, has_quotes: bool) -> bool:
    """Polars fills missing fields with nulls: there are fewer delimiters between cells than there should be."""
    is_counted = grammar.width == 1 or (has_quotes and grammar.width <= WIDEST_PATTERN)
    if is_counted or not frame[frame.columns[-1]].null_count():
        return False
    between = data.count(grammar.mark.encode())
    if has_quotes:
        counts = frame.select(pl.all().str.count_matches(grammar.mark, literal=True).sum())
        between -= sum(counts.row(0))
    return between != frame.height * (grammar.width - 1)

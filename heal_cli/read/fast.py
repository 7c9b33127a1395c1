"""Healthy CSV bytes to a frame of text, by polars, or nothing where polars and the bytes disagree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from heal_cli.read.cut import BLANK
from heal_cli.read.fields import STAND_IN, Grammar

# One more column behind the last. Of a stray quote in the last field of a line polars says nothing and drops
# the quotes (2.1; the tests try every short record); in any other field it raises. So no field is the last.
_GUARD: Final = "guard"


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
    ending = _ending(data, grammar)
    guarded = _guard(data, ending, grammar.mark.encode()) if has_quotes else data
    names = [str(i) for i in range(grammar.width)] + [_GUARD] * has_quotes
    frame = None if _hides_carriage_return(guarded, grammar) else _read(guarded, grammar, names)
    if frame is None or frame.height != rows or _has_short_rows(frame, guarded, grammar, has_quotes):
        return None
    if has_quotes:
        if frame[_GUARD].null_count() != rows or not _ends_alike(frame, data, ending, rows):
            return None
        frame = frame.drop(_GUARD)
    return _restore(frame, grammar, ending if multiline else None)


def _ending(data: bytes, grammar: Grammar) -> bytes:
    """What ends the records, judged by the first."""
    first = data.find(grammar.terminator)
    is_pair = grammar.terminator == b"\n" and data[first - 1 : first] == b"\r"
    return b"\r\n" if is_pair else grammar.terminator


def _guard(data: bytes, ending: bytes, mark: bytes) -> bytes:
    guarded = data.replace(ending, mark + ending)
    return guarded if data.endswith(ending) else guarded + mark


def _read(data: bytes, grammar: Grammar, names: Sequence[str]) -> pl.DataFrame | None:
    try:
        return pl.read_csv(
            data,
            has_header=False,
            separator=grammar.mark,
            quote_char=grammar.quote or None,
            eol_char=grammar.terminator.decode(),
            schema=dict.fromkeys(names, pl.String()),
            infer_schema=False,
        )
    except pl.exceptions.PolarsError:  # a defect in some record, whichever
        return None


def _has_short_rows(frame: pl.DataFrame, data: bytes, grammar: Grammar, has_quotes: bool) -> bool:
    """Polars fills missing fields with nulls: there are fewer delimiters between cells than there should be."""
    last = frame[str(grammar.width - 1)]
    if not last.null_count() or len(frame.columns) == 1:
        return False
    between = data.count(grammar.mark.encode())
    if has_quotes:
        counts = frame.select(pl.all().str.count_matches(grammar.mark, literal=True).sum())
        between -= sum(counts.row(0))
    return between != frame.height * (len(frame.columns) - 1)


def _hides_carriage_return(data: bytes, grammar: Grammar) -> bool:
    """Polars drops a CR that stands before a delimiter outside quotes (2.1), which would change the value."""
    return b"\r" in data and re.search(re.escape(f"\r{grammar.mark}").encode(), data) is not None


def _ends_alike(frame: pl.DataFrame, data: bytes, ending: bytes, rows: int) -> bool:
    """Every record ends as the first does, so that every one got its guard."""
    if ending != b"\r\n" or data.count(b"\n") == data.count(b"\r\n"):
        return True
    pairs = data.count(b"\r\n") + (not data.endswith(b"\r\n"))
    inside = frame.select(pl.all().str.count_matches("\r\n", literal=True).sum())
    return pairs - sum(inside.row(0)) == rows


def _restore(frame: pl.DataFrame, grammar: Grammar, ending: bytes | None) -> pl.DataFrame:
    """Take the guards out of cells with several lines, and the stand-ins out of all."""
    replacements = []
    if ending:
        replacements.append((grammar.mark + ending.decode(), ending.decode()))
    if len(grammar.delimiter) > 1:
        replacements.append((STAND_IN, grammar.delimiter))
    for old, new in replacements:
        found = frame.select(pl.all().str.contains(old, literal=True).any()).row(0)
        columns = [name for name, has in zip(frame.columns, found, strict=True) if has]
        frame = frame.with_columns(pl.col(columns).str.replace_all(old, new, literal=True))
    return frame

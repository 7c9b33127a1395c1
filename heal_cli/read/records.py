"""Where the records of a stretch of CSV bytes begin and end, an unclosed quote costing only its own line."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import polars as pl

from heal_cli.read.backslash import goes_on, holds_escaped_end
from heal_cli.read.beginnings import Beginnings
from heal_cli.read.fields import Grammar
from heal_cli.read.octets import is_utf8, octets_of
from heal_cli.read.quote_pairs import Lines, pair_quotes
from heal_cli.read.quotes import NO_QUOTES, Quotes, cross_lines, judge_quotes

_LF: Final = 0x0A
_CR: Final = 0x0D


class Layout(NamedTuple):
    """The records of some bytes."""

    stop: int  # bytes that hold whole records
    lines: int  # physical lines in them
    rows: int  # records in them
    blanks: int  # lines that are no record
    multiline: bool = False  # some record has several lines
    broken: bool = False  # some line has an unpaired quote
    quotes: Quotes | None = None  # None: nobody has found them all sound
    records: pl.DataFrame | None = None  # line (0-based), start, stop (without terminator) of each record
    asides: pl.DataFrame | None = (
        None  # line (0-based), start, stop, text of each comment and repeated header
    )
    has_words: bool = False  # some line does not begin with a number, as all records do
    is_plain: bool = False  # each record is one line, and ends with nothing but LF


def lay_out(data: bytes, grammar: Grammar, *, final: bool, details: bool = False) -> Layout:
    """Find the records of `data`, which begins where a record begins.

    Args:
        final: Nothing follows; else a last line without terminator, and a cell still open, are left out.
        details: Also say where each record is.
    """
    lines = _split_lines(data, grammar, final=final)
    inside, broken = _inside(lines, grammar, final=final)
    height = len(inside)
    lines = Lines(*(column.head(height) for column in lines))
    is_record = ~(inside | lines.blank)
    blanks = int((lines.blank & ~inside).sum())
    end = 0 if not height else min(int(lines.ends[-1]) + 1, len(data))
    records = _positions(lines, is_record, inside, grammar.terminator) if details else None
    asides = _asides(lines, inside) if details else None
    return Layout(
        end,
        height,
        int(is_record.sum()),
        blanks,
        multiline=bool(inside.any()),
        broken=bool(broken),
        records=records,
        asides=asides,
    )


def _inside(lines: Lines, grammar: Grammar, *, final: bool) -> tuple[pl.Series, list[int]]:
    """Boolean, for the lines up to which that is certain: the line goes on with the one before; and broken lines."""
    if not grammar.is_backslashed:
        odd = _odd_lines(lines.text, grammar)
        if grammar.is_wrapped:  # whatever is in its cell, the line has one
            grammar = replace(grammar, width=1, machine=())
        broken, height = pair_quotes(lines, odd, grammar, final=final)
        return _continuation(odd.head(height), broken), broken
    inside = goes_on(lines.text).shift(1, fill_value=False)
    if not final and len(lines.text) and goes_on(lines.text.tail(1)).item():
        starts = (~inside).arg_true()
        inside = inside.head(starts[-1])
    return inside, []


def lay_out_lines(data: bytes, grammar: Grammar) -> Layout | None:
    """The records of `data` where each line is one or empty, at a sixth of the cost of `lay_out`; else None.

    Args:
        data: Whole lines; the last may lack its terminator at the end of the source.
    """
    if grammar.terminator != b"\n" or grammar.width == 1:
        return None
    if grammar.escape and (not grammar.is_backslashed or holds_escaped_end(data, b"\n")):
        return None
    has_returns = b"\r" in data
    if has_returns and b"\r\r" in data:  # one byte is looked for twenty times as fast as two
        return None
    octets = octets_of(data)
    is_end = octets == _LF
    begins = Beginnings.of(octets, is_end)
    has_words = grammar.is_numbered and begins.have_words
    # Of bytes that are no text others look for words in another way.
    if (
        begins.may_be_aside(grammar)
        or (has_returns and begins.have(_CR))
        or (has_words and not is_utf8(data))
    ):
        lines = read_lines(data)
        if lines is None or grammar.has_aside(lines):
            return None
        blanks = int((lines == "").sum())
    else:
        blanks = begins.count(_LF)
    quotes: Quotes | None = NO_QUOTES
    if grammar.quote and grammar.quote.encode() in data:
        is_quote = octets == ord(grammar.quote)
        if cross_lines(is_quote, is_end):
            return None
        quotes = judge_quotes(octets, is_quote, grammar)
    return Layout(
        len(data),
        begins.lines,
        begins.lines - blanks,
        blanks,
        quotes=quotes,
        has_words=has_words,
        is_plain=not (blanks or has_returns),
    )


def read_lines(data: bytes) -> pl.Series | None:
    """The lines without LF or CRLF, at a quarter of the cost of a split; None for bytes that are no UTF-8."""
    try:
        return pl.read_lines(data).to_series()
    except pl.exceptions.ComputeError:
        return None


def _split_lines(data: bytes, grammar: Grammar, *, final: bool) -> Lines:
    """All complete lines. Invalid UTF-8 is read byte by character, which moves no quote and no length."""
    in_bytes = True
    terminator = grammar.terminator.decode()
    lines = read_lines(data) if terminator == "\n" and data and b"\r" not in data else None
    if lines is not None:
        keep = len(lines) - (not final and not data.endswith(b"\n"))
    else:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text, in_bytes = data.decode("latin-1"), False
        lines = pl.Series("line", [text]).str.split(terminator).explode()
        keep = len(lines) - (not final or text.endswith(terminator) or not text)
    lines = lines.head(keep)
    lengths = lines.str.len_bytes() if in_bytes else lines.str.len_chars()
    ends = (lengths.cast(pl.Int64) + 1).cum_sum() - 1
    blank = lengths == 0
    if terminator == "\n":
        blank |= lines.str.strip_chars_end("\r") == ""
    if grammar.width == 1:
        blank &= False
    if grammar.may_have_asides(data):
        blank |= grammar.is_aside(lines)
    return Lines(lines, ends, blank)


def _odd_lines(lines: pl.Series, grammar: Grammar) -> pl.Series:
    """Boolean: the line has an odd number of quotes."""
    if not grammar.quote:
        return pl.repeat(False, len(lines), dtype=pl.Boolean, eager=True)
    bare = grammar.unescape(lines) if grammar.escape else lines
    return (bare.str.count_matches(grammar.quote, literal=True) & 1) == 1


def _continuation(odd: pl.Series, broken: list[int]) -> pl.Series:
    """Boolean: the line goes on with a cell that a line before it opened."""
    toggle = odd.cast(pl.Int64)
    if broken:
        toggle = toggle.scatter(broken, 0)
    return (toggle.cum_sum() - toggle) % 2 == 1


def _asides(lines: Lines, inside: pl.Series) -> pl.DataFrame:
    """Lines that are no record and not empty either."""
    frame = pl.DataFrame(
        {
            "line": pl.int_range(len(lines.text), dtype=pl.Int64, eager=True),
            "start": lines.ends.shift(1, fill_value=-1) + 1,
            "stop": lines.ends,
            "text": lines.text,
        }
    )
    return frame.filter(lines.blank & ~inside & (lines.text.str.strip_chars_end("\r") != ""))


def _positions(lines: Lines, is_record: pl.Series, inside: pl.Series, terminator: bytes) -> pl.DataFrame:
    # Text written twice through a translation of line ends has CR CR LF.
    bare = lines.text.str.strip_chars_end("\r") if terminator == b"\n" else lines.text
    carriage = (lines.text.str.len_bytes() - bare.str.len_bytes()).cast(pl.Int64)
    frame = pl.DataFrame(
        {
            "line": pl.int_range(len(lines.text), dtype=pl.Int64, eager=True),
            "start": lines.ends.shift(1, fill_value=-1) + 1,
            "stop": lines.ends - carriage,
            "is_record": is_record,
            "inside": inside,
        }
    )
    if not inside.any():
        return frame.filter("is_record").select("line", "start", "stop")
    frame = frame.filter(pl.col("is_record") | pl.col("inside"))
    record = pl.col("is_record").cum_sum().alias("record")
    spans = frame.group_by(record, maintain_order=True).agg(
        pl.col("line", "start").first(), pl.col("stop").last()
    )
    return spans.select("line", "start", "stop")

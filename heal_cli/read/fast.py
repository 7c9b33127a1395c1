"""Healthy CSV bytes to a frame of text, by polars, or nothing where polars and the bytes may disagree."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from heal_cli.read.cut import BLANK
from heal_cli.read.fields import STAND_IN, WIDEST_PATTERN, Grammar
from heal_cli.read.plain_quotes import make_plain, plain_grammar, restore

_PART_BYTES: Final = 1 << 20
_FEW_CELLS: Final = 1 << 20


def parse_fast(
    data: bytes, grammar: Grammar, rows: int, *, quotes: int | None, multiline: bool, blanks: int
) -> pl.DataFrame | None:
    """The cells of `rows` records: bare empty ones null, quoted empty ones ''.

    Args:
        quotes: How many there are, None if nobody has counted.

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
    if quotes == 0:
        is_sound = not _has_short_rows(frame, data, grammar, in_cells=False)
    else:
        is_paired = _are_paired(frame, data, grammar, quotes, multiline=multiline)
        is_sound = is_paired or _is_strict(frame, data, grammar)
    if not is_sound:
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


def _are_paired(
    frame: pl.DataFrame, data: bytes, grammar: Grammar, quotes: int | None, *, multiline: bool
) -> bool:
    """Every quote opens a cell or closes it, told from what polars took away at half the cost of `_is_strict`.

    All bytes that are in no cell are delimiters, line ends and quotes, so no cell holds a quote; polars keeps
    the quotes of cells that do not begin with one, so each quote is in a cell that does. There the first
    opens, and the one that comes next closes if a delimiter or a line end follows.
    """
    quote = grammar.quote.encode()
    expected = data.count(quote) if quotes is None else quotes
    if grammar.terminator != b"\n":
        return False
    kept = sum(frame.select_seq(pl.all().str.len_bytes().sum()).row(0))
    between = frame.height * (grammar.width - 1) + frame.height - (not data.endswith(b"\n"))
    returns = (
        data.count(b"\r") if b"\r" in data else 0
    )  # to count a byte costs forty times as much as to miss it
    if len(data) - kept - between != expected + returns:
        return False
    stops = [len(data)] if multiline else list(_stops(data))
    return 2 * _count(data, stops, grammar.paired_pattern) == expected


def _stops(data: bytes) -> Iterator[int]:
    """Where lines end, about a MiB apart: as one long text they take four times their memory."""
    stop = 0
    while stop < len(data):
        stop = data.find(b"\n", stop + _PART_BYTES) + 1 or len(data)
        yield stop


def _count(data: bytes, stops: Sequence[int], pattern: str) -> int:
    """Matches in the texts that end there, which costs half of what their lines cost one by one."""
    starts = (0, *stops[:-1])
    return sum(_matches(data[start:stop], pattern) for start, stop in zip(starts, stops, strict=True))


def _matches(data: bytes, pattern: str) -> int:
    text = pl.Series([data], dtype=pl.Binary).cast(pl.String)
    return int(text.str.count_matches(pattern).item())


def _is_strict(frame: pl.DataFrame, data: bytes, grammar: Grammar) -> bool:
    """Every quote is sound, doubled ones too. Polars reads `"a"b"c"` as `abc` and says nothing (2.1)."""
    text = pl.Series([data], dtype=pl.Binary).cast(pl.String)  # polars has found it to be UTF-8
    if not text.str.contains(grammar.all_strict_pattern).item():
        return False
    return grammar.width <= WIDEST_PATTERN or not _has_short_rows(frame, data, grammar, in_cells=True)


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


def _has_short_rows(frame: pl.DataFrame, data: bytes, grammar: Grammar, *, in_cells: bool) -> bool:
    """Polars fills missing fields with nulls: there are fewer delimiters between cells than there should be.

    Args:
        in_cells: Cells may hold delimiters too.
    """
    if grammar.width == 1 or not frame[frame.columns[-1]].null_count():
        return False
    between = data.count(grammar.mark.encode())
    if in_cells:
        counts = frame.select(pl.all().str.count_matches(grammar.mark, literal=True).sum())
        between -= sum(counts.row(0))
    return between != frame.height * (grammar.width - 1)

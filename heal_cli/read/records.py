"""Where the records of a stretch of CSV bytes begin and end, an unclosed quote costing only its own line.

A line with an even number of quotes is a record. A line with an odd number opens a cell that the next such
line closes, if the lines together are a sound record; if they are not, or if the lines between are whole
records by themselves, the first line is broken, alone, and reading goes on right after it. Whether a line
is broken depends on nothing behind its closing line, so a file may be cut at any record boundary.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

from heal_cli.read.backslash import goes_on, holds_escaped_end
from heal_cli.read.fields import Grammar

MAX_RECORD_BYTES: Final = 128 * 2**20
"""A longer cell would not fit the memory that a load is promised to keep to."""

# Lines looked at before lines that stand by themselves decide that a quote is not closed on purpose.
_LOOK_LINES: Final = 64

# Lines of a cell that may be records to look at: one who was sent some quotes them; far fewer than are looked at.
_FEW_LINES: Final = 16

# Weight of standing lines (see Grammar.standing_strength) that it takes.
_ENOUGH: Final = 3.0

# Digits, signs and quotes are below it, letters above.
_BEYOND_NUMBERS: Final = ":"


class Layout(NamedTuple):
    """The records of some bytes."""

    stop: int  # bytes that hold whole records
    lines: int  # physical lines in them
    rows: int  # records in them
    blanks: int  # lines that are no record
    multiline: bool  # some record has several lines
    broken: bool  # some line has an unpaired quote
    quotes: int | None = None  # None: not counted
    records: pl.DataFrame | None = None  # line (0-based), start, stop (without terminator) of each record
    asides: pl.DataFrame | None = (
        None  # line (0-based), start, stop, text of each comment and repeated header
    )
    has_words: bool = False  # some line does not begin with a number, as all records do
    ends: pl.Series | None = (
        None  # Int64, of records that are one line each: offset one past its LF; None: not known
    )


class _Lines(NamedTuple):
    text: pl.Series
    ends: pl.Series  # offset one past each line, terminator left out
    blank: pl.Series  # Boolean: no record, unless inside a quoted cell


def lay_out(data: bytes, grammar: Grammar, *, final: bool, details: bool = False) -> Layout:
    """Find the records of `data`, which begins where a record begins.

    Args:
        final: Nothing follows; else a last line without terminator, and a cell still open, are left out.
        details: Also say where each record is.
    """
    lines = _split_lines(data, grammar, final=final)
    inside, broken = _inside(lines, grammar, final=final)
    height = len(inside)
    lines = _Lines(*(column.head(height) for column in lines))
    is_record = ~(inside | lines.blank)
    blanks = int((lines.blank & ~inside).sum())
    end = 0 if not height else min(int(lines.ends[-1]) + 1, len(data))
    records = _positions(lines, is_record, inside, grammar.terminator) if details else None
    asides = _asides(lines, inside) if details else None
    return Layout(
        end, height, int(is_record.sum()), blanks, bool(inside.any()), bool(broken), None, records, asides
    )


def _inside(lines: _Lines, grammar: Grammar, *, final: bool) -> tuple[pl.Series, list[int]]:
    """Boolean, for the lines up to which that is certain: the line goes on with the one before; and broken lines."""
    if not grammar.is_backslashed:
        odd = _odd_lines(lines.text, grammar)
        broken, height = _pair(lines, odd, grammar, final=final)
        return _continuation(odd.head(height), broken), broken
    inside = goes_on(lines.text).shift(1, fill_value=False)
    if not final and len(lines.text) and goes_on(lines.text.tail(1)).item():
        starts = (~inside).arg_true()
        inside = inside.head(starts[-1])
    return inside, []


def lay_out_lines(data: bytes, grammar: Grammar) -> Layout | None:
    """The records of `data` where each line is one or empty, at a third of the cost of `lay_out`; else None.

    Args:
        data: Whole lines; the last may lack its terminator at the end of the source.
    """
    if grammar.terminator != b"\n" or grammar.width == 1:
        return None
    if grammar.escape and (not grammar.is_backslashed or holds_escaped_end(data, b"\n")):
        return None
    if b"\r" in data and b"\r\r" in data:  # one byte is looked for twenty times as fast as two
        return None
    lines = read_lines(data)
    if lines is None or grammar.has_aside(lines):
        return None
    quotes = 0
    if grammar.quote and grammar.quote.encode() in data:
        each = lines.str.count_matches(grammar.quote, literal=True)
        if ((each & 1) == 1).any():
            return None
        quotes = int(each.sum())
    blanks = int((lines == "").sum())
    has_words = grammar.is_numbered and bool((lines > _BEYOND_NUMBERS).any())
    is_plain = not blanks and b"\r" not in data  # each line is a record, and ends with nothing but LF
    return Layout(
        *(len(data), len(lines), len(lines) - blanks, blanks, False, False, quotes),
        has_words=has_words,
        ends=(lines.str.len_bytes().cast(pl.Int64) + 1).cum_sum() if is_plain else None,
    )


def read_lines(data: bytes) -> pl.Series | None:
    """The lines without LF or CRLF, at a quarter of the cost of a split; None for bytes that are no UTF-8."""
    try:
        return pl.read_lines(data).to_series()
    except pl.exceptions.ComputeError:
        return None


def _split_lines(data: bytes, grammar: Grammar, *, final: bool) -> _Lines:
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
    return _Lines(lines, ends, blank)


def _odd_lines(lines: pl.Series, grammar: Grammar) -> pl.Series:
    """Boolean: the line has an odd number of quotes."""
    if not grammar.quote:
        return pl.repeat(False, len(lines), dtype=pl.Boolean, eager=True)
    bare = grammar.unescape(lines) if grammar.escape else lines
    return (bare.str.count_matches(grammar.quote, literal=True) & 1) == 1


def _pair(lines: _Lines, odd: pl.Series, grammar: Grammar, *, final: bool) -> tuple[list[int], int]:
    """Lines whose quote nothing closes, and the number of lines up to which that is certain."""
    at = odd.arg_true().to_list()
    first = _judge(lines.text, at, grammar)
    if len(at) % 2 == 0 and all(first):
        return [], len(odd)
    second = _judge(lines.text, at[1:], grammar)
    broken: list[int] = []
    k = 0
    while k < len(at):
        if k + 1 == len(at) and not final and not _is_hopeless(lines, at[k], grammar):
            return broken, at[k]
        is_sound = k + 1 < len(at) and (second if k % 2 else first)[k // 2]
        if not is_sound:
            broken.append(at[k])
        k += 2 if is_sound else 1
    return broken, len(odd)


def _judge(text: pl.Series, at: list[int], grammar: Grammar) -> list[bool]:
    """For each two lines in a row of `at`: they and what lies between are one record."""
    at = at[: len(at) // 2 * 2]
    if not at:
        return []
    pairs = _Pairs.of(text, at)
    sound = ~_swallows(pairs, grammar)
    # The rest looks at every line, which a quote left open far above would make the whole stretch.
    pairs = pairs.keep(sound)
    if len(pairs.text):
        fits = pairs.sum(grammar.count_delimiters(_prefix(pairs, grammar))) == grammar.width - 1
        if not fits.all():
            fits |= ~_holds_whole(pairs, grammar)
        sound = sound.scatter(sound.arg_true(), fits & _is_sound(pairs, grammar))
    return sound.to_list()


class _Pairs(NamedTuple):
    """The lines of all pairs, one pair after the other."""

    text: pl.Series
    place: pl.Series  # number of the line within its pair, 0 for the first
    closes: pl.Series  # Boolean: the last line of its pair

    @classmethod
    def of(cls, text: pl.Series, at: list[int]) -> _Pairs:
        toggle = pl.repeat(0, len(text), dtype=pl.Int64, eager=True).scatter(at, 1)
        frame = pl.DataFrame({"text": text, "toggle": toggle, "inside": toggle.cum_sum() % 2 == 1})
        frame = frame.with_row_index("line").filter((pl.col("toggle") == 1) | pl.col("inside"))
        opening = pl.when((pl.col("toggle") == 1) & pl.col("inside")).then("line").forward_fill()
        frame = frame.select("text", place=pl.col("line") - opening, closes=~pl.col("inside"))
        return cls(frame["text"].str.strip_chars_end("\r"), frame["place"], frame["closes"])

    def keep(self, wanted: pl.Series) -> _Pairs:
        """Only the pairs that are `wanted`."""
        if wanted.all():
            return self
        number = self.closes.cast(pl.Int64).cum_sum() - self.closes
        kept = wanted[number]
        return _Pairs(*(column.filter(kept) for column in self))

    def sum(self, values: pl.Series) -> pl.Series:
        """Sum of `values`, one for each line, over each pair."""
        total = values.cast(pl.Int64).cum_sum().filter(self.closes)
        return total - total.shift(1, fill_value=0)


def _prefix(pairs: _Pairs, grammar: Grammar) -> pl.Series:
    """The lines, with the quote that they begin inside of."""
    lines = pl.select(text=grammar.unescape(pairs.text), place=pairs.place)
    quoted = pl.lit(grammar.quote) + pl.col("text")
    return lines.select(pl.when(pl.col("place") == 0).then("text").otherwise(quoted)).to_series()


def _is_sound(pairs: _Pairs, grammar: Grammar) -> pl.Series:
    """For each pair: every quote in it opens, closes or is doubled, and it is no longer than allowed."""
    prefixed = _prefix(pairs, grammar)
    closed, still_open = grammar.is_strict(prefixed), prefixed.str.contains(grammar.open_pattern)
    faults = (pairs.closes & ~closed) | (~pairs.closes & ~still_open)
    return (pairs.sum(faults) == 0) & (pairs.sum(pairs.text.str.len_bytes()) <= MAX_RECORD_BYTES)


def _swallows(pairs: _Pairs, grammar: Grammar) -> pl.Series:
    """For each pair: most lines between the two are whole records by themselves, and enough of them.

    A few lines do not prove it against a last one with too few fields for a record, which needs a cell to end in it.
    """
    near = ~pairs.closes & (pairs.place > 0) & (pairs.place <= _LOOK_LINES)
    stands = near.clone()
    stands = stands.scatter(near.arg_true(), grammar.stands(grammar.unescape(pairs.text.filter(near))))
    standing = pairs.sum(stands)
    swallows = (standing * 2 > pairs.sum(near)) & (standing * grammar.standing_strength >= _ENOUGH)
    if not swallows.any():
        return swallows
    last = grammar.unescape(pairs.text.filter(pairs.closes))
    is_part = last.str.count_matches(grammar.mark, literal=True) + 1 < grammar.width
    return swallows & ~(is_part & (pairs.sum(~pairs.closes) <= _FEW_LINES))


def _holds_whole(pairs: _Pairs, grammar: Grammar) -> pl.Series:
    """For each pair: a line after its first has as many fields as a record."""
    whole = grammar.count_fields(grammar.unescape(pairs.text)) == grammar.width
    return pairs.sum(whole & (pairs.place > 0)) > 0


def _is_hopeless(lines: _Lines, at: int, grammar: Grammar) -> bool:
    """The quote that line `at` leaves open, with no candidate to close it yet, is not open on purpose."""
    if int(lines.ends[-1]) - int(lines.ends[at]) > MAX_RECORD_BYTES:
        return True
    after = lines.text.slice(at + 1, _LOOK_LINES)
    if len(after) < _LOOK_LINES:
        return False
    standing = int(grammar.stands(grammar.unescape(after)).sum())
    return standing * 2 > len(after) and standing * grammar.standing_strength >= _ENOUGH


def _continuation(odd: pl.Series, broken: list[int]) -> pl.Series:
    """Boolean: the line goes on with a cell that a line before it opened."""
    toggle = odd.cast(pl.Int64)
    if broken:
        toggle = toggle.scatter(broken, 0)
    return (toggle.cum_sum() - toggle) % 2 == 1


def _asides(lines: _Lines, inside: pl.Series) -> pl.DataFrame:
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


def _positions(lines: _Lines, is_record: pl.Series, inside: pl.Series, terminator: bytes) -> pl.DataFrame:
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

"""Which lines with an odd number of quotes open and close a cell, and which are broken, alone.

A line with an odd number of quotes opens a cell that the next such line closes, if the lines together are a
sound record; if they are not, or if the lines between are whole records by themselves, the first line is
broken, alone, and reading goes on right after it. Whether a line is broken depends on nothing behind its
closing line, so a file may be cut at any record boundary.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

from heal_cli.read.fields import Grammar

MAX_RECORD_BYTES: Final = 128 * 2**20
"""A longer cell would not fit the memory that a load is promised to keep to."""

# Lines looked at before lines that stand by themselves decide that a quote is not closed on purpose.
_LOOK_LINES: Final = 64

# Lines of a cell that may be records to look at: one who was sent some quotes them; far fewer than are looked at.
_FEW_LINES: Final = 16

# Weight of standing lines (see Grammar.standing_strength) that it takes.
_ENOUGH: Final = 3.0


class Lines(NamedTuple):
    """All whole lines of a stretch of bytes."""

    text: pl.Series
    ends: pl.Series  # offset one past each line, terminator left out
    blank: pl.Series  # Boolean: no record, unless inside a quoted cell


def pair_quotes(lines: Lines, odd: pl.Series, grammar: Grammar, *, final: bool) -> tuple[list[int], int]:
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


def _is_hopeless(lines: Lines, at: int, grammar: Grammar) -> bool:
    """The quote that line `at` leaves open, with no candidate to close it yet, is not open on purpose."""
    if int(lines.ends[-1]) - int(lines.ends[at]) > MAX_RECORD_BYTES:
        return True
    after = lines.text.slice(at + 1, _LOOK_LINES)
    if len(after) < _LOOK_LINES:
        return False
    standing = int(grammar.stands(grammar.unescape(after)).sum())
    return standing * 2 > len(after) and standing * grammar.standing_strength >= _ENOUGH

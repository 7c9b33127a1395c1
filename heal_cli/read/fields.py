"""What the fields of a CSV record are: the patterns of a sound one, and the patient splitter for the others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import Final, NamedTuple

import polars as pl

from heal_cli.read.backslash import ESCAPE, split_cells
from heal_cli.read.wrapped import unwrap

# Stands for a delimiter of several characters while patterns look at a record.
STAND_IN: Final = "\x1f"

# What `cat` leaves before each of several files but the first.
_MARK: Final = "\ufeff"

# Lines of nothing else are empty to the eye.
_SPACES: Final = " \t\f\v"

# Spaces and control characters are below it.
_VISIBLE: Final = "!"

# The time of a web server's log, which has a blank in it and brackets for quotes.
_BRACKETED: Final = r"\[([0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8} [+-][0-9]{4})\]"

# In quotes an escape stands before them, too: MySQL writes it so.
LINE_ENDS: Final = ("\n", "\r")

# What machines write: numbers, money, dates and times, yes/no, UUIDs. Prose rarely looks like this.
MACHINE: Final = (
    r"(?:[-+(]?[$€£¥]? ?[0-9][-0-9.,:/+TZ eE%)]*|(?i:true|false|yes|no)"
    r"|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})"
)

# Wider tables are recognised by their delimiters alone, and their pattern would be too large to compile.
WIDEST_PATTERN: Final = 64


class Split(NamedTuple):
    """The cells of a record (None for a bare empty one), or why it has none."""

    cells: list[str | None]
    fault: str | None = None  # 'unclosed_quote', 'stray_quote' or 'unknown_escape'
    at: int = 0  # field, 1-based, that has the fault


@dataclass(frozen=True)
class Grammar:
    """How the records of one CSV source are written.

    Args:
        delimiter: One or several characters.
        quote: One character, '' for none.
        escape: One character before a quote inside quotes; None where quotes are doubled. A backslash where there
            are no quotes is before whatever is special, as COPY writes it.
        terminator: Byte that ends a line, LF (CRs before it go too) or CR.
        width: Number of fields.
        machine: 0-based columns that are always filled, and with what machines write.
        second_quote: Another character that some columns have around their cells, '' for none.
        comment: Begins lines that are no records, unless they have as many fields as one; '' for none.
        is_comment_told: They are none even then.
        has_spaces: Some cells begin with a space.
        is_numbered: All records begin with a digit.
        is_bracketed: Times are in brackets, as web servers log them.
        is_padded: Blanks behind a cell are none of it.
        set_off: 0-based columns of which each cell has a blank before it that is none of it either.
        groups: 0-based columns without a name that headings and sums of groups alone stand in.
        is_wrapped: Each record is a quoted cell of its own; see `read.wrapped`.
        heading: The line that names the columns, wherever it comes again; '' for none.
        blank: A record without a value, as spreadsheets write rows that were only formatted; '' where it is one.
    """

    delimiter: str
    quote: str
    escape: str | None
    terminator: bytes
    width: int
    machine: tuple[int, ...] = ()
    second_quote: str = ""
    comment: str = ""
    is_comment_told: bool = False
    heading: str = ""
    blank: str = ""
    has_spaces: bool = False
    is_numbered: bool = False
    is_bracketed: bool = False
    is_padded: bool = False
    set_off: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    is_wrapped: bool = False

    @cached_property
    def mark(self) -> str:
        """The delimiter as patterns see it, one byte."""
        return STAND_IN if self.is_long else self.delimiter

    @property
    def is_long(self) -> bool:
        """The delimiter has more than one byte, as polars and the patterns cannot have it."""
        return len(self.delimiter.encode()) > 1

    @cached_property
    def spaces(self) -> str:
        """Characters of which a line alone is no record; of one column it may be a value."""
        if self.width == 1 or self.is_backslashed:
            return ""
        return "".join(sign for sign in _SPACES if sign not in self.delimiter)

    @property
    def is_backslashed(self) -> bool:
        """Cells have no quotes but backslashes; see `read.backslash`."""
        return self.escape == ESCAPE and not self.quote

    @cached_property
    def quoted_pattern(self) -> str:
        """A whole cell in quotes, which are doubled inside; nothing where there are no quotes."""
        if not self.quote:
            return r"[^\x00-\x{10FFFF}]"  # matches nothing
        q = re.escape(self.quote)
        return f"{q}(?:[^{q}]|{q}{q})*{q}"

    @cached_property
    def strict_pattern(self) -> str:
        """A record whose every quote opens, closes or is doubled."""
        q, d = re.escape(self.quote), re.escape(self.mark)
        bare = f"[^{q}{d}]*"
        return rf"^(?:{self.quoted_pattern}|{bare})(?:{d}(?:{self.quoted_pattern}|{bare}))*$"

    @cached_property
    def open_pattern(self) -> str:
        """The beginning of a sound record that ends inside a quoted cell."""
        q, d = re.escape(self.quote), re.escape(self.mark)
        return rf"^(?:(?:{self.quoted_pattern}|[^{q}{d}]*){d})*{q}(?:[^{q}]|{q}{q})*$"

    @cached_property
    def _standing_pattern(self) -> str | None:
        if self.width > WIDEST_PATTERN:
            return None
        d, q = re.escape(self.mark), re.escape(self.quote)
        free = f"(?:{self.quoted_pattern}|[^{q}{d}][^{d}]*|)"
        machine = f"(?:{q}{MACHINE}{q}|{MACHINE})" if q else MACHINE
        cells = (machine if i in self.machine else free for i in range(self.width))
        return f"^{d.join(cells)}\r*$"

    @cached_property
    def standing_strength(self) -> float:
        """How much one line that looks like a whole record says, against it being prose inside a cell."""
        return len(self.machine) + (self.width - 1) / 2

    def unescape(self, texts: pl.Series) -> pl.Series:
        """Texts as the patterns want them: one-character delimiters, escaped characters out of the way."""
        texts = self.unbracket(texts)
        if self.escape:
            texts = texts.str.replace_all(f"(?s){re.escape(self.escape)}.", "_")
        if self.is_long:
            texts = texts.str.replace_all(self.delimiter, STAND_IN, literal=True)
        return texts

    def unbracket(self, texts: pl.Series) -> pl.Series:
        """Texts with quotes in place of the brackets around times."""
        if not self.is_bracketed:
            return texts
        return texts.str.replace_all(_BRACKETED, f"{self.quote}${{1}}{self.quote}")

    def is_strict(self, unescaped: pl.Series) -> pl.Series:
        """Boolean: the quotes of the record are sound."""
        return unescaped.str.contains(self.strict_pattern)

    def may_have_asides(self, data: bytes) -> bool:
        """Some line of `data` begins as an aside does; a sign that is nowhere is looked for at memchr's speed."""
        if self.blank and data.endswith(self.terminator + self.blank.encode()):
            return True
        has_return = b"\r" in data
        return any(
            sign in data and (data.startswith(sign) or self.terminator + sign in data)
            for sign in self.aside_signs
            if has_return or b"\r" not in sign
        )

    def has_aside(self, lines: pl.Series) -> bool:
        """Some of the lines, without their ends and none of them inside a quoted cell, is an aside."""
        whole = (self.heading, self.blank, self.heading and _MARK + self.heading)
        signs = [lines == sign for sign in whole if sign]
        if self.spaces:
            signs.append((lines < _VISIBLE) & (lines != ""))
        if self.comment:
            signs.append(lines.str.starts_with(self.comment))
        begins = reduce(or_, signs, pl.Series([False])).arg_true()
        return bool(len(begins)) and bool(self.is_aside(lines.gather(begins)).any())

    @cached_property
    def aside_signs(self) -> tuple[bytes, ...]:
        """What lines begin with that may be asides; rows without a value with their line end, since many begin so."""
        ends = (b"\n", b"\r\n") if self.terminator == b"\n" else (b"\r",)
        blanks = [self.blank.encode() + end for end in ends if self.blank]
        heads = (self.heading, _MARK + self.heading) if self.heading else ()
        return (*(sign.encode() for sign in (self.comment, *heads, *self.spaces) if sign), *blanks)

    def is_aside(self, lines: pl.Series) -> pl.Series:
        """Boolean: outside of a quoted cell the line is no record but a comment, the header again, or spaces alone."""
        aside = pl.repeat(False, len(lines), dtype=pl.Boolean, eager=True)
        if self.heading:
            aside |= lines.str.strip_chars_end("\r").str.strip_prefix(_MARK) == self.heading
        if self.blank:
            aside |= lines.str.strip_chars_end("\r") == self.blank
        if self.spaces:
            bare = lines.str.strip_chars_end("\r")
            aside |= (bare != "") & (bare.str.strip_chars(self.spaces) == "")
        if self.comment:
            marked = lines.str.starts_with(self.comment)
            if marked.any():
                plain = self.unescape(lines.filter(marked))
                other = (self.count_fields(plain) != self.width) | self.is_comment_told
                if self.quote:
                    other &= (plain.str.count_matches(self.quote, literal=True) & 1) == 0
                aside = aside.scatter(marked.arg_true().filter(other), True)
        return aside

    def count_fields(self, unescaped: pl.Series) -> pl.Series:
        """Number of fields, delimiters in quoted cells not counted; a quote without partner is text."""
        bare = unescaped.str.replace_all(self.quoted_pattern, "") if self.quote else unescaped
        return bare.str.count_matches(self.mark, literal=True) + 1

    def count_delimiters(self, unescaped: pl.Series) -> pl.Series:
        """Delimiters outside quoted cells, of which the last may still be open."""
        q = re.escape(self.quote)
        bare = unescaped.str.replace_all(f"{q}(?:[^{q}]|{q}{q})*(?:{q}|$)", "")
        return bare.str.count_matches(self.mark, literal=True)

    def stands(self, unescaped: pl.Series) -> pl.Series:
        """Boolean: the line is a whole record by itself."""
        if self._standing_pattern is None:
            return self.count_fields(unescaped) == self.width
        return unescaped.str.contains(self._standing_pattern)

    def split(self, record: str) -> Split:
        """Cells of one record, with a quote inside an unquoted cell taken as it is."""
        if self.is_wrapped:
            record = unwrap(record)
        if self.is_backslashed:
            found = split_cells(record, self.delimiter, self.terminator.decode())
            return Split([], "unknown_escape", found) if isinstance(found, int) else Split(found)
        if self.is_bracketed:
            record = re.sub(_BRACKETED, rf"{self.quote}\1{self.quote}", record)
        cells: list[str | None] = []
        at, end = 0, len(record)
        while True:
            if self.quote and record.startswith(self.quote, at):
                value, at, fault = self._split_quoted(record, at + 1)
                if fault:
                    return Split(cells, fault, len(cells) + 1)
                cells.append(value)
            elif self.second_quote and (match := self._second.match(record, at)):
                cells.append(match[1].replace(self.second_quote * 2, self.second_quote))
                at = match.end()
            else:
                stop = record.find(self.delimiter, at)
                stop = end if stop < 0 else stop
                cells.append(record[at:stop] or None)
                at = stop
            if at >= end:
                return Split(cells)
            at += len(self.delimiter)

    def _split_quoted(self, record: str, at: int) -> tuple[str, int, str | None]:
        """Value of the quoted cell whose text begins at `at`, and where it ends."""
        parts: list[str] = []
        special = self._special
        begin = at
        while found := special.search(record, at):
            at = found.end()
            parts.append(record[begin : found.start()])
            token = found[0]
            if token == self.quote:
                sound = at == len(record) or record.startswith(self.delimiter, at)
                return "".join(parts), at, None if sound else "stray_quote"
            # The second of a doubled quote or an escaped one, as are line ends; a backslash before all else is text.
            parts.append(token[1:] if token[1:] in self._escaped else token)
            begin = at
        return "", at, "unclosed_quote"

    @cached_property
    def _second(self) -> re.Pattern[str]:
        """A whole cell in the second quote."""
        q = re.escape(self.second_quote)
        return re.compile(rf"{q}((?:[^{q}]|{q}{q})*){q}(?={re.escape(self.delimiter)}|\Z)")

    @cached_property
    def _escaped(self) -> tuple[str | None, ...]:
        ends = LINE_ENDS if self.escape != self.quote else ()
        return (self.quote, self.escape, *ends)

    @cached_property
    def _special(self) -> re.Pattern[str]:
        q = re.escape(self.quote)
        escaped = f"{re.escape(self.escape)}." if self.escape else ""
        return re.compile("|".join(filter(None, (escaped, q + q, q))), re.DOTALL)


def machine_columns(rows: Sequence[Sequence[str]], width: int) -> tuple[int, ...]:
    """0-based columns of which nearly every value in `rows` is what machines write, and none is empty.

    Rows that are empty altogether say nothing.
    """
    whole = [row for row in rows if len(row) == width and any(row)]
    if not whole:
        return ()
    pattern = re.compile(MACHINE)
    hits = [sum(1 for row in whole if pattern.fullmatch(row[i])) for i in range(width)]
    return tuple(i for i, hit in enumerate(hits) if hit >= 0.95 * len(whole))

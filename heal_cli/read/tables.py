"""Where a further table begins among the records: below an empty line, or with names that are those of no record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import polars as pl

from heal_cli.read.fields import MACHINE, Grammar, machine_columns
from heal_cli.read.header_lines import NOTHING, are_names, are_values
from heal_cli.read.records import lay_out, read_lines

# What columns are called: no sentence.
_NAME: Final = re.compile(r"[^\W\d]\w*(?:[ ./-]\w+){0,3}[ .]?(?:\(.{1,12}\))?")

_UNSEEN: Final = b"\r \t\f\v"
"""Of these a line may be and still be empty to the eye."""

LOOK_ROWS: Final = 5
"""So many records, the names among them, say whether a table begins."""


class NextTable(NamedTuple):
    """A further table."""

    start: int  # offset of its first line, which may be a title
    header: int  # offset of its header
    names: str  # its header as it stands


class _Records(NamedTuple):
    """The records of some bytes, cut but not split."""

    data: bytes
    lines: list[int]  # 0-based physical line of each
    starts: list[int]
    stops: list[int]

    @classmethod
    def of(cls, data: bytes, grammar: Grammar) -> _Records:
        records = lay_out(data, grammar, final=True, details=True).records
        assert records is not None
        return cls(data, *(records[name].to_list() for name in ("line", "start", "stop")))

    def text(self, i: int) -> str:
        return self.data[self.starts[i] : self.stops[i]].decode(errors="replace")

    def rows(self, first: int, count: int, grammar: Grammar) -> list[list[str]]:
        """Cells of the records from `first` on, none for one with a fault."""
        splits = [grammar.split(self.text(i)) for i in range(first, min(first + count, len(self.starts)))]
        return [[] if split.fault else [cell or "" for cell in split.cells] for split in splits]


def find_table(
    data: bytes, grammar: Grammar, columns: Sequence[str], *, has_blanks: bool, look: int, has_words: bool
) -> NextTable | None:
    """Where a further table begins, None for nowhere.

    Args:
        columns: Names of the table that the records are of.
        has_blanks: Some lines are empty.
        look: Bytes of which every line is looked at.
        has_words: Some line begins like a name where records begin with a number.
    """
    named = _named_lines(data if has_words else data[:look], grammar)
    if not (has_blanks or named):
        return None
    records = _Records.of(data, grammar)
    found = [_below_blank(records, grammar)] if has_blanks else []
    found.append(_without_blank(records, named, grammar, columns))
    return min(filter(None, found), default=None)


# --------------------------------------------------------------------------- below an empty line


def _below_blank(records: _Records, grammar: Grammar) -> NextTable | None:
    """It has another number of columns in several lines, or the names of others over values."""
    starts, stops = records.starts, records.stops
    empty = grammar.terminator * 2
    # The bytes between two records are a line end, or more.
    wide = (pl.Series(starts) - pl.Series(stops).shift(1, fill_value=0) > 1).arg_true().to_list()
    between = {i: records.data[stops[i - 1] : starts[i]].translate(None, _UNSEEN) for i in wide if i}
    gaps = {i for i, gap in between.items() if empty in gap}
    for at in _not_records(sorted(gaps), records, grammar):
        rows = records.rows(at, LOOK_ROWS, grammar)
        title = int(len(rows) > 2 and len(rows[0]) == 1)
        block = [row for i, row in enumerate(rows[title:], at + title) if i < at + title + 2 or i not in gaps]
        if _begins_table(block, grammar):
            return NextTable(starts[at], starts[at + title], records.text(at + title))
    return None


def _not_records(places: Sequence[int], records: _Records, grammar: Grammar) -> list[int]:
    """Those of the places where what stands is no record of the table, told for all at once."""
    texts = pl.Series([records.text(i) for i in places], dtype=pl.String)
    stands = grammar.stands(grammar.unescape(texts))
    return [place for place, is_record in zip(places, stands, strict=True) if not is_record]


def _begins_table(rows: list[list[str]], grammar: Grammar) -> bool:
    """A header with at least one record under it, neither of which belongs to the table above."""
    if len(rows) < 2 or len(rows[0]) != len(rows[1]):
        return False
    names, values = rows[0], rows[1]
    is_header = not any(NOTHING.fullmatch(cell) for cell in names) and not are_values(names)
    over_values = are_values(values)
    if len(names) != grammar.width:
        return len(names) > 1 and is_header and (over_values or len(rows) > 2)
    strange = len(grammar.machine) > 1 and all(names[i].strip() for i in grammar.machine)
    return is_header and over_values and strange


# --------------------------------------------------------------------------- right below a record


def _named_lines(data: bytes, grammar: Grammar) -> frozenset[int]:
    """0-based lines of which every cell begins like a name; without columns of values names prove nothing."""
    if not data or not grammar.machine or grammar.terminator != b"\n" or grammar.is_long:
        return frozenset()
    lines = read_lines(data)
    if lines is None:
        return frozenset()
    d, q = re.escape(grammar.delimiter), re.escape(grammar.quote)
    cell = rf"{q}?[\pL_][^{d}{q}]*{q}?" if q else rf"[\pL_][^{d}]*"
    named = lines.str.contains(rf"^{cell}(?:{d}{cell})+$")
    return frozenset(named.arg_true().to_list())


def _without_blank(
    records: _Records, named: frozenset[int], grammar: Grammar, columns: Sequence[str]
) -> NextTable | None:
    for i in _places(records, named):
        if i and begins_another(records.rows(i, LOOK_ROWS, grammar), grammar, columns):
            title = i > 1 and len(*records.rows(i - 1, 1, grammar)) == 1
            return NextTable(records.starts[i - title], records.starts[i], records.text(i))
    return None


def _places(records: _Records, named: frozenset[int]) -> Iterator[int]:
    return (i for i, line in enumerate(records.lines) if line in named) if named else iter(())


def begins_another(rows: Sequence[Sequence[str]], grammar: Grammar, columns: Sequence[str]) -> bool:
    """Names stand where all records have values, and what is under them is another table's.

    It is by its number of fields, by names that are partly those of this table (the first, or half of them), or by
    values where this table has none, none where it has them. A lone record of words proves nothing.
    """
    names, *below = rows
    if not are_names(names) or len(below) < 2 or any(len(row) != len(names) for row in below):
        return False
    if not any(i < len(names) for i in grammar.machine) or not machine_columns(below, len(names)):
        return False
    if len(names) != grammar.width:
        return True
    given, known = _folded(names), _folded(columns)
    if given == known:
        return False  # the header again, written otherwise
    shared = len(set(given) & set(known))
    if (shared > 1 and shared * 2 >= len(given)) or given[0] == known[0]:
        return all(map(_NAME.fullmatch, given))
    has_none = [i for i in grammar.machine if not any(re.fullmatch(MACHINE, row[i]) for row in below)]
    return len(grammar.machine) > 1 and bool(has_none)


def _folded(names: Sequence[str]) -> list[str]:
    return [name.strip().casefold() for name in names]

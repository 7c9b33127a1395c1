"""The fields of a record that is not sound, where only one reading of it gives a record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from heal_cli.read.backslash import ESCAPE
from heal_cli.read.fields import MACHINE, Grammar
from heal_cli.read.wrapped import QUOTE, unwrap

# Cells tried out before a record is given up as a riddle.
_MOST_STEPS: Final = 2_000

Cells = list[str | None]


def mend(record: str, grammar: Grammar) -> Cells | None:
    """Its cells, if exactly one way to read it has the right number of fields and values where values belong."""
    split = grammar.split(record)
    if grammar.is_backslashed:
        return None  # its writer escapes what could be read in two ways
    if split.fault:
        return _by_quotes(record, grammar) or _by_unwrapping(record, grammar)
    if len(split.cells) == 1:
        return _by_unwrapping(record, grammar)
    return _by_spaces(split.cells, grammar) or _by_bare_delimiter(record, grammar)


def _by_unwrapping(record: str, grammar: Grammar) -> Cells | None:
    """`"1,""a, b"",3"`: a record that a spreadsheet took for one cell; prose has spaces behind its commas."""
    inner = unwrap(record)
    if grammar.quote != QUOTE or grammar.escape or inner == record:
        return None
    split = grammar.split(inner)
    is_prose = any(cell.startswith(" ") for cell in split.cells if cell)
    is_sure = not is_prose and (bool(grammar.machine) or QUOTE in inner)
    if split.fault or len(split.cells) != grammar.width or not is_sure:
        return None
    return split.cells if _fits(split.cells, grammar) else None


def _by_quotes(record: str, grammar: Grammar) -> Cells | None:
    """`1,"he said "hi"",3`: a quote ends a cell only before a delimiter, whichever of those it may be."""
    if grammar.escape or ESCAPE + grammar.quote in record:
        return None  # the backslash may be one of the text, or stand for the quote behind it
    found = _readings(record, grammar)
    if len(found) != 1:
        return None
    opening = grammar.delimiter + grammar.quote
    if any(opening in (cell or "") for cell in found[0]):
        return None  # perhaps two quoted cells, of which one is too many
    return found[0] if _fits(found[0], grammar) else None


def _readings(record: str, grammar: Grammar) -> list[Cells]:
    """Ways to cut the record into `width` cells, each quoted one ending at a quote before a delimiter.

    Two are enough to know that there is not one; none where finding out would take too long.
    """
    found: list[Cells] = []
    stack: list[tuple[int, Cells]] = [(0, [])]
    for _ in range(_MOST_STEPS):
        if not stack or len(found) > 1:
            return found
        at, cells = stack.pop()
        for value, end in _cells_at(record, at, grammar):
            row = [*cells, value]
            if end < len(record) and len(row) < grammar.width:
                stack.append((end + len(grammar.delimiter), row))
            elif end == len(record) and len(row) == grammar.width and row not in found:
                found.append(row)
    return []


def _cells_at(record: str, at: int, grammar: Grammar) -> Iterator[tuple[str | None, int]]:
    """The cells that may begin at `at`: value and where the cell ends."""
    quote, delimiter = grammar.quote, grammar.delimiter
    if not record.startswith(quote, at):
        stop = record.find(delimiter, at)
        stop = len(record) if stop < 0 else stop
        yield record[at:stop] or None, stop
        return
    end = at + 1
    while (end := record.find(quote, end)) >= 0:
        end += 1
        if end == len(record) or record.startswith(delimiter, end):
            yield record[at + 1 : end - 1].replace(quote * 2, quote), end


def _by_spaces(fields: Cells, grammar: Grammar) -> Cells | None:
    """`1,Smith, John,3`: a delimiter before a space is prose, in a file that has no space after others."""
    if grammar.has_spaces or not grammar.delimiter.strip(" ") or len(fields) <= grammar.width:
        return None
    cells: Cells = []
    for cell in fields:
        if cells and cells[-1] and cell and cell.startswith(" ") and cell.strip():
            if len(cells) - 1 in grammar.machine:
                return None
            cells[-1] = f"{cells[-1]}{grammar.delimiter}{cell}"
        else:
            cells.append(cell)
    return cells if len(cells) == grammar.width and _fits(cells, grammar) else None


def _by_bare_delimiter(record: str, grammar: Grammar) -> Cells | None:
    """`1,, 3` in a file delimited by a comma and a space: an empty cell has no space to come after it."""
    bare = grammar.delimiter.strip(" ")
    if len(bare) != 1 or bare == grammar.delimiter or (grammar.quote and grammar.quote in record):
        return None
    cells: Cells = [cell.strip(" ") or None for cell in record.split(bare)]
    return cells if len(cells) == grammar.width and _fits(cells, grammar) else None


def _fits(cells: Sequence[str | None], grammar: Grammar) -> bool:
    """Columns that always hold values hold them here too."""
    return all(re.fullmatch(MACHINE, cells[i] or "") for i in grammar.machine)

"""Files that a spreadsheet saved twice: each record is one quoted cell, its own quotes doubled once more.

A program that takes another delimiter opens each line as a single cell: `1,"a, b",3` comes out as `"1,""a, b"",3"`,
perhaps with empty cells of its own behind. Lines without a quote or a delimiter of that program stay as they are.
"""

from __future__ import annotations

import re
from typing import Final

import polars as pl

QUOTE: Final = '"'

_RECORD: Final = r'"((?:[^"]|"")*)"[;,\t]*'
_LINES: Final = re.compile(rf"^{_RECORD}$", re.MULTILINE)
_ONE: Final = re.compile(_RECORD)
_ALL: Final = rf"(?s)^{_RECORD}$"


def unwrap(record: str) -> str:
    """The record that the one cell of this one holds; one of another form as it is."""
    found = _ONE.fullmatch(record)
    return record if found is None else found[1].replace(QUOTE * 2, QUOTE)


def unwrap_all(records: pl.Series) -> pl.Series:
    """The same for many; a null stays null."""
    inner = records.str.extract(_ALL).str.replace_all(QUOTE * 2, QUOTE, literal=True)
    return inner.zip_with(inner.is_not_null(), records)


def unwrap_lines(text: str) -> str | None:
    """The lines of a sample, each unwrapped; None where most of them are not wrapped."""
    if not text.startswith(QUOTE) and f"\n{QUOTE}" not in text:
        return None
    cells = [found[1] for found in _LINES.finditer(text)]
    lines = sum(1 for line in text.split("\n") if line) - sum(cell.count("\n") for cell in cells)
    if 2 * len(cells) <= lines:
        return None
    return _LINES.sub(lambda found: unwrap(found[0]), text)

"""Whether records begin with a row number for which their header has no name, as R and pandas write it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from heal_cli.read.fields import machine_columns

ROW_NUMBERS: Final = "row numbers"
"""What the finding is called."""

# What a column of numbers one after the other is called.
_NUMBER_NAME: Final = re.compile(
    r"(?i)#|(?:.*[ _.-])?(?:id|nr|no|num|number|row|index|key|pk|seq|pos|nummer)\.?|.*[a-z]I[dD]"
)

_FRONT: Final = re.compile(r"[-+(]?[^\w\s.,()]?\s*[1-9][0-9]{0,2}")
_GROUP: Final = re.compile(r"[0-9]{3}(?:\.[0-9]*)?[-)%]?")


def begin_with_numbers(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """The first fields are numbers one after the other, and no name is theirs.

    Args:
        rows: All one field wider than the names.
    """
    return _are_numbered([row[0] for row in rows]) and not _has_number_name(names, rows)


def split_number(rows: Sequence[Sequence[str]], delimiter: str) -> str | None:
    """A number that the delimiter may have cut at its thousands mark, `1,234.50`; None where not all rows have one there.

    Behind the first field alone: that it runs from 1 to the last row is no accident.
    """
    if delimiter != ",":
        return None
    for front in range(1, len(rows[0]) - 1):
        if all(_FRONT.fullmatch(row[front]) and _GROUP.fullmatch(row[front + 1]) for row in rows):
            return f"{rows[0][front]},{rows[0][front + 1]}"
    return None


def _are_numbered(cells: Sequence[str]) -> bool:
    """1, 2, 3 or 0, 1, 2: what R and pandas write before each record."""
    return any(list(cells) == [str(i) for i in range(start, start + len(cells))] for start in (0, 1))


def _has_number_name(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """The first name is one of numbers, and the second fields are none: then it goes with the first."""
    machine = machine_columns(rows, len(names) + 1)
    return _NUMBER_NAME.fullmatch(names[0].strip()) is not None and 1 not in machine

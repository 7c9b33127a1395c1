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

# What stands before a decimal comma and behind it: `3,50`, `EUR -12,5`.
_WHOLE: Final = re.compile(r"(?:\D*[^\w.,)])?[0-9]+")
_DECIMALS: Final = re.compile(r"[0-9]+(?:[^\w.,(]\D*)?")


def begin_with_numbers(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """The first fields are numbers one after the other, and no name is theirs.

    Args:
        rows: All one field wider than the names.
    """
    return _are_numbered([row[0] for row in rows]) and not _has_number_name(names, rows)


def split_number(names: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str) -> str | None:
    """A number that the delimiter may have cut at its thousands mark or decimal comma, `1,234.50` or `3,50`.

    Behind the first field alone: that it runs from 1 to the last row is no accident. None where not all rows have one
    there, or only whole numbers side by side.
    """
    if delimiter != ",":
        return None
    is_named = _NUMBER_NAME.fullmatch(names[0].strip()) is not None
    for front in range(1, len(rows[0]) - 1):
        pairs = [(row[front], row[front + 1]) for row in rows]
        if all(_FRONT.fullmatch(a) and _GROUP.fullmatch(b) for a, b in pairs) or _are_decimals(
            pairs, is_named=is_named
        ):
            return ",".join(pairs[0])
    return None


def _are_decimals(pairs: Sequence[tuple[str, str]], *, is_named: bool) -> bool:
    """As many digits behind each comma, or a zero that begins no whole number; any digits where the first name is one of numbers."""
    if not all(_WHOLE.fullmatch(a) and _DECIMALS.fullmatch(b) for a, b in pairs):
        return False
    lengths = {len(b) for _, b in pairs}
    begins_zero = any(len(b) > 1 and b.startswith("0") for _, b in pairs)
    return is_named or begins_zero or lengths == {2}


def _are_numbered(cells: Sequence[str]) -> bool:
    """1, 2, 3 or 0, 1, 2: what R and pandas write before each record."""
    return any(list(cells) == [str(i) for i in range(start, start + len(cells))] for start in (0, 1))


def _has_number_name(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """The first name is one of numbers, and the second fields are none: then it goes with the first."""
    machine = machine_columns(rows, len(names) + 1)
    return _NUMBER_NAME.fullmatch(names[0].strip()) is not None and 1 not in machine

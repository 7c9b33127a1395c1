"""Files of fixed width, which are no CSV: told from text with blanks, and what cuts them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Final

from heal_cli.errors import SourceError

_FEWEST_LINES: Final = 3
_MOST_LINES: Final = 200
_MOST_TITLES: Final = 5
_MARK: Final = "|"
_MOST_GROUPS: Final = 9  # that sed can refer to


def refuse_fixed_width(lines: Sequence[str], name: str) -> None:
    """Nothing, unless these first lines are aligned by blanks that stand in the same places in all of them.

    Raises:
        SourceError: They are; with the command that puts a delimiter between the columns.
    """
    rows = [line.rstrip() for line in lines[:_MOST_LINES] if line.strip()]
    titles = range(min(_MOST_TITLES, (len(rows) - _FEWEST_LINES) // 2) + 1)
    starts = max((_starts(rows[count:]) for count in titles), key=len, default=())
    if not starts:
        return
    places = ", ".join(str(start + 1) for start in starts[:-1])
    raise SourceError(
        f"{name!r} is of fixed width: no delimiter is regular, and in all lines columns begin at the characters"
        f" {places} and {starts[-1] + 1}",
        hint=f"Put delimiters there: {_command(starts, name)} | heal load - --delimiter '{_MARK}' --table TABLE;"
        " if each line is one value, say --delimiter ,",
    )


def _starts(rows: Sequence[str]) -> tuple[int, ...]:
    """0-based characters where columns begin; none unless blanks part them that no prose has."""
    if len(rows) < _FEWEST_LINES or any("\t" in row for row in rows):
        return ()
    width = max(map(len, rows))
    padded = [row.ljust(width) for row in rows]
    gaps = [gap.span() for gap in re.finditer(" +", "".join(_shadow(padded)))]
    first = gaps[0][1] if gaps and gaps[0][0] == 0 else 0
    inner = [stop for start, stop in gaps if start > 0 and _is_padded(padded, start, stop)]
    filled = [
        stop for stop, end in zip(inner, [*inner[1:], width], strict=False) if _is_filled(padded, stop, end)
    ]
    return (first, *filled) if filled else ()


def _shadow(padded: Sequence[str]) -> Iterator[str]:
    """For each place a blank if all lines have one there, else a mark."""
    for column in zip(*padded, strict=True):
        yield " " if set(column) == {" "} else _MARK


def _is_padded(padded: Sequence[str], start: int, stop: int) -> bool:
    """Some line has more blanks at the gap than prose would: its value is shorter than another's."""
    return any(row[max(start - 1, 0) : stop + 1].count("  ") for row in padded)


def _is_filled(padded: Sequence[str], start: int, stop: int) -> bool:
    """Most lines have a value there: it is no second word of a column that mostly has one."""
    return sum(1 for row in padded if row[start:stop].strip()) * 2 > len(padded)


def _command(starts: Sequence[int], name: str) -> str:
    cuts = starts[1:][:_MOST_GROUPS]
    widths = [stop - start for start, stop in zip((0, *cuts), cuts, strict=False)]
    groups = "".join(f"(.{{{width}}})" for width in widths)
    refer = "".join(f"\\{i}{_MARK}" for i in range(1, len(widths) + 1))
    script = f"s/^{groups}/{refer}/; s/ *[{_MARK}] */{_MARK}/g; s/^ +| +$//g"
    return f"sed -E {shlex.quote(script)} {shlex.quote(name)}"

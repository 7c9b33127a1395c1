"""Whether the first rows of a table name its columns, and how many of them do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from heal_cli.read.fields import MACHINE, machine_columns

# Under the names: (kg), [m/s], or nothing; and the line that tables of text are ruled with.
_UNIT: Final = re.compile(r"\s*(?:[\[(].*[\])])?\s*")
_RULE: Final = re.compile(r"\s*:?[-=+|]{2,}:?\s*")

# What columns are of, as databases, pandas and Spark call it.
_TYPE: Final = re.compile(
    r"(?i)\s*(?:(?:tiny|small|big|u)?int(?:eger)?[0-9]*|(?:big)?serial|long|short|byte|float[0-9]*|double(?: precision)?|real"
    r"|(?:numeric|decimal|number|n?varchar2?|n?char|character(?: varying)?|string|str|text)(?:\([0-9, ]+\))?|bool(?:ean)?|date"
    r"|(?:date)?time(?:stamp)?(?:tz|64(?:\[\w+\])?| with(?:out)? time zone)?|uuid|jsonb?|object|category|bytes|bytea|blob)\s*"
)

# What stands for no value: in the first record it must not pass for a second line of names.
NOTHING: Final = re.compile(
    r"(?i)\s*(?:[-.?*_]*|\\N|[(<#]?(?:n/?a|nan|nil|null|none|undefined|unknown|missing|no data|not available)[)>]?)\s*"
)

# Values, and names: `No` of a number, `Yes` of votes.
_WORD: Final = re.compile(r"(?i)yes|no|true|false")

# What SurveyMonkey writes under its questions.
_ANSWERS: Final = frozenset({"response", "open-ended response"})

# Years and dates that name columns: `Country,2020,2021`.
_YEAR: Final = re.compile(r"\s*(?:1[89]|2[01])[0-9]{2}\s*")
_DAY: Final = re.compile(
    r"\s*(?:[0-9]{4}[-/][0-9]{1,2}(?:[-/][0-9]{1,2})?|[0-9]{1,2}([-/.])[0-9]{1,2}\1[0-9]{2,4}|[0-9]{1,2}/[0-9]{4})\s*"
)

# So many records say enough about what their columns hold.
_ENOUGH: Final = 3

# More would say no more, and take longer than the rest of the detection.
_LOOK_ROWS: Final = 50

# Names, their meaning, their units, how they were measured: no known logger or survey tool writes more.
_MOST_LINES: Final = 4


def tell_header(rows: Sequence[Sequence[str]], told: bool | None) -> tuple[bool, str]:
    """Whether the first row names the columns, and why."""
    if told is not None:
        return told, "as told"
    first, rest = rows[0], rows[1:]
    if count_lines(rows) > 1:
        return True, "the first lines have no values where all others have"
    if are_labels(first, rest):
        return True, "years or dates over other values"
    machine = [i for i in machine_columns(rest, len(first)) if i < len(first)]
    if machine:
        named = [i for i in machine if not _is_value(first[i], i, rest)]
        if len(named) * 2 > len(machine):
            return True, f"column {named[0] + 1} has values in all rows but the first"
        return False, "the first row has values where the others have"
    values = sum(1 for i, cell in enumerate(first) if _is_value(cell, i, rest))
    again = [cell for i, cell in enumerate(first) if cell and _recurs(cell, i, first, rest)]
    # One word of several may be a name and a value; without header it would be loaded.
    if not values and len(again) >= (2 if len(first) > 2 else 1):
        return False, f"{again[0]!r} of the first row comes again below it"
    return values == 0, f"{values} cells of the first row look like values"


def are_labels(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """The values in the first row are years in regular steps, or dates, over what is neither."""
    values = [i for i, cell in enumerate(first) if re.fullmatch(MACHINE, cell.strip())]
    if len(values) < 2 or len(values) == len(first):
        return False
    labels = [first[i].strip() for i in values]
    if all(_YEAR.fullmatch(label) for label in labels):
        kind, steps = _YEAR, {int(b) - int(a) for a, b in pairwise(labels)}
        is_regular = len(steps) == 1 and 0 < abs(steps.pop()) <= 10
    else:
        kind, is_regular = _DAY, len(set(labels)) == len(labels)
        is_regular &= all(_DAY.fullmatch(label) for label in labels)
    below = [row[i] for row in rest if len(row) == len(first) for i in values if row[i].strip()]
    return is_regular and sum(1 for cell in below if kind.fullmatch(cell)) * 2 < len(below)


def _is_value(cell: str, column: int, rest: Sequence[Sequence[str]]) -> bool:
    """What machines write; yes and no are names where everything below has digits."""
    if not re.fullmatch(MACHINE, cell) or not _WORD.fullmatch(cell):
        return re.fullmatch(MACHINE, cell) is not None
    below = [row[column] for row in rest[:_LOOK_ROWS] if len(row) > column and row[column].strip()]
    return not below or not all(re.search(r"\d", text) for text in below)


def _recurs(cell: str, column: int, first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    return any(row[column] == cell and row != first for row in rest if len(row) == len(first))


def are_values(cells: Sequence[str]) -> bool:
    """Some cell is what machines write."""
    return any(re.fullmatch(MACHINE, cell) for cell in cells)


def are_names(cells: Sequence[str]) -> bool:
    """All cells differ, and none could be a value or stand for none."""
    bare = {cell.strip().casefold() for cell in cells if not NOTHING.fullmatch(cell)}
    return len(bare) == len(cells) and not are_values(cells)


def count_lines(rows: Sequence[Sequence[str]]) -> int:
    """Lines of the header, names included."""
    rows = rows[:_LOOK_ROWS]
    for depth in range(min(_MOST_LINES, len(rows) - 1), 1, -1):
        further, rest = rows[2:depth], rows[depth:]
        if depth == 3 and _names_index(rows) and machine_columns(rest, len(rows[0])):
            return depth
        if _is_second(rows[0], rows[1], rest) and all(_says_more(row, rest) for row in further):
            return depth
    return 1


def _names_index(rows: Sequence[Sequence[str]]) -> bool:
    """The third line names the column beside the groups and nothing else, as pandas writes it."""
    groups, names, index = rows[:3]
    is_whole = all(cell.strip() for cell in (*groups[1:], *names[1:])) and _repeats(groups[1:])
    is_name = bool(index[0].strip()) and not are_values(index)
    return is_whole and is_name and not any(cell.strip() for cell in index[1:])


def name_by_lines(rows: Sequence[Sequence[str]], depth: int, *, joined: bool) -> list[str]:
    """Names of the columns from the `depth` lines of a header."""
    if not joined:
        return list(rows[0])
    if depth == 3 and _names_index(rows):  # what stands above the column's name are names of the lines
        return [rows[2][0].strip(), *join_names(rows[0][1:], rows[1][1:])]
    return join_names(*rows[:2])


def is_joined(rows: Sequence[Sequence[str]], width: int) -> bool:
    """The second line completes the names of the first, which has gaps or says them again."""
    if count_lines(rows) == 1:
        return False
    first, second = rows[0], rows[1]
    if not len(first) == len(second) == width:
        return False
    gaps = [i for i, cell in enumerate(first) if not cell.strip()]
    if gaps and all(second[i].strip() for i in gaps):
        return True
    alone = [second[i] for i, cell in enumerate(first) if _fold(first).count(cell.strip().casefold()) == 1]
    is_told = _repeats(second) or not any(cell.strip() for cell in alone)
    return _repeats(first) and is_told and not _repeats(join_names(first, second))


def join_names(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Names of a header in two lines, group and name where the first line has gaps."""
    group, names = "", []
    for above, below in zip(first, second, strict=True):
        group = above.strip() or group
        names.append(" ".join(filter(None, [group, below.strip()])))
    return names


def has_groups(first: Sequence[str], second: Sequence[str]) -> bool:
    """The second line has names more than once, and those above it, which go on to the right, tell them apart."""
    if len(first) != len(second) or not all(cell.strip() for cell in second) or are_values(second):
        return False
    above = [cell for cell in first if cell.strip()]
    is_group = len(above) > 1 and (len(above) < len(first) or _repeats(above))
    named = all(_YEAR.fullmatch(cell) or not re.fullmatch(MACHINE, cell.strip()) for cell in above)
    return is_group and named and _repeats(second) and not _repeats(join_names(first, second))


def _repeats(cells: Sequence[str]) -> bool:
    folded = [cell for cell in _fold(cells) if cell]
    return len(set(folded)) < len(folded)


def _fold(cells: Sequence[str]) -> list[str]:
    return [cell.strip().casefold() for cell in cells]


def _is_second(first: Sequence[str], second: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """The second row is no record: units, a rule, or words in several columns that hold values below."""
    if len(second) not in (1, len(first)):
        return False
    if is_rule(second):
        return True
    machine = machine_columns(rest, len(first)) if len(second) == len(first) else ()
    if not machine and rest and has_groups(first, second):
        return not any(_recurs(cell, i, second, rest) for i, cell in enumerate(second))
    if not machine or any(re.fullmatch(MACHINE, second[i]) for i in machine):
        return False
    if has_groups(first, second) or (len(second) > 1 and all(_TYPE.fullmatch(cell) for cell in second)):
        return True
    if all(_UNIT.fullmatch(cell) for cell in second):
        return any(not NOTHING.fullmatch(second[i]) for i in machine)
    gaps = [second[i].strip() for i, cell in enumerate(first) if not cell.strip()]
    # A group of years, `2023,,2024,`, is no name by itself.
    named = any(gaps) or not any(re.fullmatch(MACHINE, cell) for cell in first)
    told = [cell.strip().casefold() for cell in second]
    if _ANSWERS & set(told) and all(told[i] in {"", *_ANSWERS} for i in machine):
        return True
    # The row numbers of pandas have no name in any line.
    complete = all(second[i].strip() or first[i].strip() for i in machine if i or not _repeats(second))
    whole = sum(1 for row in rest if len(row) == len(first))
    return named and complete and whole >= _ENOUGH and _has_words(first, second, machine, gaps)


def is_rule(cells: Sequence[str]) -> bool:
    """A line of dashes; `|----|----|` has nothing outside of its pipes."""
    ruled = [cell for cell in cells if cell.strip()]
    return bool(ruled) and all(map(_RULE.fullmatch, ruled)) and len(ruled) * 2 >= len(cells)


def _has_words(first: Sequence[str], second: Sequence[str], machine: Sequence[int], gaps: list[str]) -> bool:
    """The second row says so much in columns of values that no record would: it fills all gaps, or differs enough."""
    if len(gaps) > 1 and all(gaps):
        return True
    # A record that lacks its values has nothing there, or one word for all of them.
    words = {second[i] for i in machine if not NOTHING.fullmatch(second[i])}
    # Two words may be chance in a record that has text elsewhere; three are none, nor is a name said again.
    elsewhere = any(cell.strip() for i, cell in enumerate(second) if i not in machine and first[i].strip())
    is_sure = any(gaps) or not elsewhere or any(map(_is_same_name, first, second))
    return len(words) >= (2 if is_sure else 3)


def _is_same_name(one: str, other: str) -> bool:
    return _letters(one) == _letters(other) != ""


def _letters(name: str) -> str:
    return re.sub(r"\W|_", "", name).casefold()


def _says_more(row: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """A row under the second line of a header has words where all below have values."""
    machine = machine_columns(rest, len(row))
    words = [row[i] for i in machine if not NOTHING.fullmatch(row[i])]
    return len(words) > 0 and len(rest) >= _ENOUGH and not any(re.fullmatch(MACHINE, row[i]) for i in machine)

"""Which lines above the records name the columns, and the names that come of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from heal_cli.errors import SourceError, UsageError
from heal_cli.model import ROW, Finding, ReadOptions
from heal_cli.read.delimiter import Trial
from heal_cli.read.endings import may_be_sum
from heal_cli.read.fields import MACHINE, machine_columns
from heal_cli.read.header_lines import (
    NOTHING,
    are_labels,
    are_values,
    count_lines,
    has_groups,
    is_joined,
    name_by_lines,
    tell_header,
)
from heal_cli.read.region import Record
from heal_cli.read.row_names import ROW_NUMBERS, begin_with_numbers, split_number
from heal_cli.wording import counted

MAX_COLUMNS: Final = 10_000
"""PostgreSQL stops at 1,600; far more is a file read with the wrong delimiter."""

# Fewer records than this do not outvote a header about the number of columns.
_ENOUGH: Final = 3

_MOST_BYTES: Final = 63
"""Of a name in PostgreSQL."""

# Lines of a preamble, and records under it, that are looked at.
_MOST_PAIRS: Final = 20
_LOOK_ROWS: Final = 50

_ORDINALS: Final = ("second", "third", "fourth")

_FLAG: Final = "--header/--no-header"


class Heading(NamedTuple):
    """What stands above the records."""

    names: tuple[
        str, ...
    ]  # unique; one fewer than `width` where the last column is only a trailing delimiter
    width: int  # fields of a record
    first: int  # index of the first record among the trial's
    line: str  # the header as it stands, where it is one line; '' without
    begin: int  # index of the trial's first record that is no title; `first` without header
    findings: tuple[Finding, ...]


def read_heading(trial: Trial, options: ReadOptions, name: str, *, skipped: int) -> Heading:
    """The header of the table that `trial` found.

    Args:
        skipped: Lines of the file above the sample.

    Raises:
        SourceError: The header has more or fewer names than the records have fields, and nothing says which.
        UsageError: `options.columns` does not fit.
    """
    begin = _begin(trial, options)
    rows = _cells(trial, begin)
    is_header, why = tell_header(rows, options.header)
    if not is_header:
        return _without(trial, options, name, begin, why)
    depth, joined = count_lines(rows), is_joined(rows, trial.width)
    names, width, row_names = _align(
        name_by_lines(rows, depth, joined=joined), rows[depth:], trial, options, name
    )
    is_trailing = _is_trailing(rows[depth:], names, width)
    names = names[: width - is_trailing]
    columns, renamed = name_columns(_told(options, len(names), name) or names, len(names))
    line = skipped + trial.records[begin].line + 1
    findings = [Finding("header", "yes" if line == 1 else f"line {line}", _FLAG, why)]
    findings += _further_lines(trial.records[begin + 1 : begin + depth], skipped, joined=joined)
    if row_names:
        findings.append(Finding(ROW_NUMBERS, columns[0], "--columns", "the header has no name for them"))
    if is_trailing:
        why = "no record has a value behind the last delimiter"
        findings.append(Finding("trailing delimiter", "yes", "--columns", why))
    record = trial.records[begin]
    is_line = record.after == record.line + 1
    findings += renamed if not row_names else renamed[1:]
    return Heading(columns, width, begin + depth, record.text if is_line else "", begin, tuple(findings))


def _further_lines(records: Sequence[Record], skipped: int, *, joined: bool) -> Iterator[Finding]:
    for i, (ordinal, record) in enumerate(zip(_ORDINALS, records, strict=False)):
        what, where = f"{ordinal} header line", f"line {skipped + record.line + 1}"
        if joined and (i == 0 or not any(record.cells[1:])):
            yield Finding(what, where, _FLAG, "goes with the names")
        else:
            lines = record.after - record.line
            yield Finding(what, where, _FLAG, f"passed over: {record.text}", lines=lines)


def _cells(trial: Trial, begin: int) -> list[list[str]]:
    """The table's lines, but for those below that are no records: the header again, sums."""
    first, *rest = (record.cells for record in trial.records[begin : trial.region.last])
    return [first, *(row for row in rest if row != first and not may_be_sum(row))]


def _begin(trial: Trial, options: ReadOptions) -> int:
    """Index of the record that is the header, if there is one: the table's first, or the one above it."""
    first, records = trial.region.first, trial.records
    if options.skip_rows is not None:
        return next((i for i, record in enumerate(records) if record.text.strip()), 0)
    blank = next((i for i, row in enumerate(trial.rows) if any(cell.strip() for cell in row)), 0)
    if trial.width > 2 and (titles := _titles(trial.rows[blank:])):
        return first + blank + titles
    if blank and trial.width > 1:
        return first + blank
    if trial.width == 2 and (pairs := _pairs(records[first : trial.region.last])):
        return first + pairs
    if first == 0 or records[first].follows_blank:
        return first
    above = records[first - 1].cells
    near = abs(len(above) - trial.width) == 1 or _are_empty_behind(trial.rows, len(above))
    if len(above) > 1 and near and not are_values(above) and not tell_header(trial.rows, None)[0]:
        return first - 1
    return first


def _titles(rows: Sequence[Sequence[str]]) -> int:
    """Lines at the top with a cell or a pair filled, over a whole line of names: titles of a spreadsheet."""
    for i, row in enumerate(rows):
        filled = [cell for cell in row if cell.strip()]
        is_named = not are_values(row) or are_labels(row, rows[i + 1 :])
        if i and len(filled) == len(row) and is_named:
            is_over = _are_told(rows[:i]) or machine_columns(rows[i + 1 :], len(row))
            return i - has_groups(rows[i - 1], row) if is_over else 0
        if len(filled) * 2 > len(row) or (len(filled) < 2 and are_values(filled)):
            return 0
    return 0


def _are_told(titles: Sequence[Sequence[str]]) -> bool:
    """Each has a first cell alone, such as `Operator: jd`, or none."""
    said = [row[0] for row in titles if row[0].strip()]
    return (
        bool(said)
        and all(":" in text for text in said)
        and not any(cell for row in titles for cell in row[1:])
    )


def _pairs(records: Sequence[Record]) -> int:
    """Lines of name and value at the top, over a line of names: `Date,2024-01-01` over `id,amount`.

    They have to be apart: by an empty line, by a colon behind each name, or by words where all values below are
    none. Else they may be records.
    """
    for i, record in enumerate(records[: _MOST_PAIRS + 1]):
        if len(record.cells) != 2:
            return 0
        rows = [other.cells for other in records[i + 1 : i + 1 + _LOOK_ROWS]]
        if i == 0 or not _are_names(record.cells, rows):
            continue
        above = [other.cells for other in records[:i]]
        if all(cells[0].rstrip().endswith(":") for cells in above):
            return i
        machine = machine_columns(rows, 2)
        strange = all(any(not re.fullmatch(MACHINE, cells[k]) for k in machine) for cells in above)
        if record.follows_blank and (strange or i < _ENOUGH):
            return i
        is_told = not any(re.search(r"\d", cells[0]) for cells in above)
        if strange and is_told and are_values([cells[1] for cells in above]):
            return i
    return 0


def _are_names(cells: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Two words over enough records with values, of which no first one ends with a colon."""
    is_over = len(rows) >= _ENOUGH and bool(machine_columns(rows, 2))
    is_over &= not any(row[0].rstrip().endswith(":") for row in rows)
    is_over &= not are_values(cells) and cells[0] != cells[1]
    return is_over and not any(NOTHING.fullmatch(cell) for cell in cells)


def _without(trial: Trial, options: ReadOptions, name: str, begin: int, why: str) -> Heading:
    width = len(options.columns) or trial.width
    rows = [record.cells for record in trial.records[begin:]]
    # COPY ends no line with a delimiter: the last column is one, whatever it holds.
    is_free = width == trial.width and not trial.grammar.is_backslashed
    is_trailing = bool(rows) and is_free and _is_trailing(rows, [""] * width, width)
    count = trial.width - is_trailing
    columns, _ = name_columns(_told(options, count, name), count)
    return Heading(columns, trial.width, begin, "", begin, (Finding("header", "no", _FLAG, why),))


def _told(options: ReadOptions, count: int, name: str) -> tuple[str, ...]:
    if options.columns and len(options.columns) != count:
        raise UsageError(
            f"--columns has {counted(len(options.columns), 'name')} and {name!r} has {counted(count, 'column')}",
            hint="Give one name for each column",
        )
    return options.columns


def check_width(trial: Trial, name: str) -> None:
    """Raise where the delimiter makes more columns than any table has."""
    width = max(trial.width, len(trial.rows[0]))
    if width > MAX_COLUMNS:
        raise SourceError(
            f"{name!r} would have {width:,} columns, delimited by {trial.grammar.delimiter!r};"
            f" at most {MAX_COLUMNS:,} can be read",
            hint="Give the delimiter with --delimiter",
        )


# --------------------------------------------------------------------------- as many names as fields


def _align(
    names: list[str], rows: Sequence[Sequence[str]], trial: Trial, options: ReadOptions, name: str
) -> tuple[list[str], int, bool]:
    """Names for the fields, the number of fields, and whether the first one is a row number without a name."""
    width, given = trial.width, len(names)
    fits = sum(1 for row in rows if len(row) == given)
    if given == width or fits or trial.region.hits < _ENOUGH or options.header:
        return names, given, False
    if options.columns:
        return list(options.columns), width, False
    if given == width + 1 and not names[-1].strip():
        return names[:width], width, False
    whole = [row for row in rows if len(row) == width]
    if _are_empty_behind(whole, given):
        return [*names, *[""] * (width - given)], width, False
    if given == width - 1 and begin_with_numbers(names, whole):
        _check_whole_numbers(whole, trial, name, names)
        return ["", *names], width, True
    guess = [*names, *(f"column_{i}" for i in range(given + 1, width + 1))][:width]
    raise SourceError(
        f"The header of {name!r} has {counted(given, 'name')} and its records have {counted(width, 'field')}; nothing says which name is"
        f" {'missing' if given < width else 'too many'}",
        hint=f"Name the fields in their order, as in --columns {','.join(guess)}",
    )


def _are_empty_behind(rows: Sequence[Sequence[str]], count: int) -> bool:
    """All rows have more fields than that, and nothing in those behind."""
    return all(len(row) > count and not any(row[count:]) for row in rows)


def _check_whole_numbers(
    rows: Sequence[Sequence[str]], trial: Trial, name: str, names: Sequence[str]
) -> None:
    """Raise where a number may be in two pieces instead; in front of quoted row names nothing is missing."""
    quote = trial.grammar.quote
    cut = split_number(names, rows, trial.grammar.delimiter)
    if cut is None or (quote and trial.records[trial.region.last - 1].text.startswith(quote)):
        return
    raise SourceError(
        f"The header of {name!r} has {counted(len(names), 'name')} and its records have {trial.width} fields: either"
        f" {rows[0][0]!r} is a row number without a name, or {cut!r} is one number",
        hint="Quote such numbers, or name the fields in their order, as in --columns row," + ",".join(names),
    )


def _is_trailing(rows: Sequence[Sequence[str]], names: Sequence[str], width: int) -> bool:
    """The last column has neither a name nor a value."""
    whole = [row for row in rows if len(row) == width]
    return width > 1 and len(whole) > 0 and not names[width - 1].strip() and not any(row[-1] for row in whole)


def name_columns(names: Sequence[str], width: int) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Stable, unique, non-empty names: as they are where they can be, and what had to change.

    A second `id` is `id_2`, a nameless third column `column_3`; no name is longer than PostgreSQL's may be.
    """
    given = [*names[:width], *[""] * (width - len(names))]
    taken = {ROW, *(_cut(name, _MOST_BYTES) for name in given if name)}
    used: set[str] = {ROW}
    columns: list[str] = []
    findings: list[Finding] = []
    for place, name in enumerate(given, 1):
        base = _cut(name, _MOST_BYTES) or f"column_{place}"
        column, number = base, 2
        while column in used or (column != base and column in taken):
            suffix = f"_{number}"
            column = _cut(base, _MOST_BYTES - len(suffix)) + suffix
            number += 1
        used.add(column)
        columns.append(column)
        if names and column != name:
            why = "the header leaves it empty" if not name else "the header repeats it"
            if name and base != name:
                why = f"PostgreSQL takes {_MOST_BYTES} bytes of {name!r}"
            findings.append(Finding("column name", column, "--columns", f"column {place}: {why}"))
    return tuple(columns), tuple(findings)


def _cut(name: str, most: int) -> str:
    """The whole characters of the name that fit so many bytes."""
    encoded = name.encode()
    return name if len(encoded) <= most else encoded[:most].decode(errors="ignore").rstrip()

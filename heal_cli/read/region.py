"""Where the first table of a sample stands, as one delimiter reads it: titles before it, totals and tables after."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from heal_cli.read.fields import MACHINE, machine_columns
from heal_cli.read.header_lines import are_names, are_values

# A block of this many rows of one width is a table even if a longer one follows.
_TABLE_ROWS: Final = 3

# `Report;Sales` over `Date;2024`: so many lines of two filled fields before something wider are a title.
_MOST_PAIRS: Final = 10


class Record(NamedTuple):
    """One record of the sample."""

    line: int  # 0-based physical line
    after: int  # physical line after its last
    cells: list[str]
    follows_blank: bool
    text: str


class Region(NamedTuple):
    """The first table of a sample."""

    first: int  # index of its first record
    last: int  # one past its last
    width: int  # most common number of fields
    hits: int  # records that have it


class _Block(NamedTuple):
    first: int
    last: int
    width: int
    hits: int


def find_region(records: Sequence[Record]) -> Region:
    """The table: the first stretch of records of one width, with lines of other widths within it."""
    blocks = _blocks(records)
    at = _main(blocks, records)
    block = blocks[at]
    last = block.last
    for other in blocks[at + 1 :]:
        if not any(len(record.cells) == block.width for record in records[other.first : other.last]):
            break
        last = other.last
    first = block.first
    if block.width > 1:
        first = next(i for i in range(first, last) if len(records[i].cells) == block.width)
        last = next(i for i in range(last, first, -1) if len(records[i - 1].cells) > 1)
    hits = sum(1 for record in records[first:last] if len(record.cells) == block.width)
    return Region(first, last, block.width, hits)


def reach_up(region: Region, records: Sequence[Record]) -> Region:
    """The table with what is right above it: records of another width, and a line that names their columns.

    Titles have no values where all records have; a table that has a header of its own has no records above it.
    """
    rows = [record.cells for record in records[region.first : region.last]]
    machine = machine_columns(rows, region.width)
    if not _has_values(rows[0], machine):
        return region
    first = region.first
    while first and not records[first].follows_blank and _has_values(records[first - 1].cells, machine):
        first -= 1
    if first == region.first:
        return region
    if first and not records[first].follows_blank:
        above = records[first - 1].cells
        first -= len(above) > 1 and are_names(above)
    return region._replace(first=first)


def _has_values(cells: Sequence[str], columns: Sequence[int]) -> bool:
    """Several cells, and values in those of the columns that it has."""
    values = [cells[i] for i in columns if i < len(cells)]
    return len(cells) > 1 and bool(values) and all(re.fullmatch(MACHINE, value) for value in values)


def _blocks(records: Sequence[Record]) -> list[_Block]:
    """The records between empty lines or records; neighbours of one width are one block."""
    starts = [0, *(i for i in range(1, len(records)) if _starts_block(records, i))]
    blocks: list[_Block] = []
    for first, last in zip(starts, [*starts[1:], len(records)], strict=True):
        block = _Block(first, last, *_common_width(records[first:last]))
        if blocks and blocks[-1].width == block.width:
            before = blocks.pop()
            block = _Block(before.first, last, block.width, before.hits + block.hits)
        blocks.append(block)
    return blocks


def _starts_block(records: Sequence[Record], i: int) -> bool:
    """An empty line or record is above it, or a table of another width that it begins to name the columns of."""
    above, cells = records[i - 1].cells, records[i].cells
    if records[i].follows_blank or not any(above):
        return True
    if len(cells) == len(above) or min(len(cells), len(above)) < 2 or not are_names(cells):
        return False
    widths = [{len(record.cells) for record in records[a:b]} for a, b in ((max(i - 3, 0), i), (i, i + 3))]
    below = records[i + 1 : i + 3]
    return (
        widths == [{len(above)}, {len(cells)}]
        and len(below) > 1
        and any(are_values(record.cells) for record in below)
    )


def _common_width(records: Sequence[Record]) -> tuple[int, int]:
    """The most common number of fields above one, else one, and how many records have it."""
    counts = Counter(len(record.cells) for record in records)
    several = {width: count for width, count in counts.items() if width > 1}
    return max((several or counts).items(), key=lambda item: (item[1], item[0]))


def _main(blocks: Sequence[_Block], records: Sequence[Record]) -> int:
    """Index of the first block that is a table, else of the largest."""
    for i, block in enumerate(blocks):
        wider = any(other.width > block.width and other.hits > 1 for other in blocks[i + 1 :])
        is_pairs = wider and block.hits <= _MOST_PAIRS and _are_pairs(records[block.first : block.last])
        if block.width > 1 and block.hits >= _TABLE_ROWS and not is_pairs:
            return i
    return max(range(len(blocks)), key=lambda i: (blocks[i].width > 1, blocks[i].hits, -i))


def _are_pairs(records: Sequence[Record]) -> bool:
    return all(sum(1 for cell in record.cells if cell) <= 2 for record in records)

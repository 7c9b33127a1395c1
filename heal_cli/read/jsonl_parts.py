"""Rows of one batch that were read in different ways, put together in file order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import polars as pl

from heal_cli.model import ROW
from heal_cli.read.jsonl_regex import Template
from heal_cli.read.jsonl_slow import Records
from heal_cli.read.jsonl_values import Cells, cells_of, read_tokens

# Marks travel with their rows under names that no column can have.
_MARK: Final = "\0"
_QUOTED: Final = f"{_MARK}quoted:"
_PRESENT: Final = f"{_MARK}present:"


@dataclass(frozen=True, slots=True)
class Part:
    """Rows with the columns that at least one of them has."""

    rows: pl.Series  # ROW of each, ascending
    cells: Mapping[str, Cells]
    present: Mapping[str, pl.Series] = field(default_factory=dict)  # mask, for columns that some rows lack
    template: Template | None = None  # that fits them
    first: Mapping[str, int] = field(
        default_factory=dict
    )  # ROW that had it first, if not the first of `rows`


class Merged(NamedTuple):
    """All rows of a batch; the fields are those of `model.Batch`."""

    frame: pl.DataFrame
    absent: dict[str, pl.Series]
    quoted: dict[str, pl.Series]
    kinds: dict[str, str]


def part_of_records(rows: pl.Series, records: Records) -> Part | None:
    """The records that were read one by one, `rows` being the numbers of their lines; None if there is none.

    The tokens of all columns are read as one: with a thousand columns, a call for each would be the cost.
    """
    if not records.lines:
        return None
    rows = rows.gather(records.lines)
    tokens = [token for cell in records.columns.values() for token in cell.tokens]
    values, kinds, doubtful = read_tokens(pl.Series(tokens, dtype=pl.Binary).cast(pl.String), checked=True)
    assert doubtful is None
    nulls = pl.repeat(None, len(rows), dtype=pl.String, eager=True)
    nowhere = pl.repeat(value=False, n=len(rows), dtype=pl.Boolean, eager=True)
    codes, cells, present, start = kinds.to_list(), {}, {}, 0
    for name, cell in records.columns.items():
        places = pl.Series(cell.rows, dtype=pl.UInt32)
        here = slice(start, start + len(places))
        found = cells_of(values[here], kinds[here], set(codes[here]))
        start = here.stop
        if len(places) < len(rows):
            present[name] = nowhere.clone().scatter(places, values=True)
            found = found._replace(
                values=nulls.clone().scatter(places, found.values),
                quoted=None if found.quoted is None else nowhere.clone().scatter(places, found.quoted),
            )
        cells[name] = found
    return Part(
        rows, cells, present, first={name: rows[cell.rows[0]] for name, cell in records.columns.items()}
    )


def merge(parts: Sequence[Part], known: Sequence[str]) -> Merged:
    """One frame of ROW, the known columns, then those first seen here in order of first appearance."""
    names = _names(parts, known)
    kinds = {name: _kind(parts, name) for name in names}
    mixed = [name for name in names if kinds[name] == "mixed"]
    ragged = [name for name in names if any(name in part.present or name not in part.cells for part in parts)]
    frames = [_frame(part, mixed, ragged) for part in parts] or [pl.DataFrame(schema={ROW: pl.Int64})]
    whole = frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal").sort(ROW)
    columns = {series.name: series for series in whole}
    nulls = pl.repeat(None, whole.height, dtype=pl.String, eager=True)
    everywhere = pl.repeat(value=True, n=whole.height, dtype=pl.Boolean, eager=True)
    marks = whole.select(pl.col(name).fill_null(value=False) for name in columns if name.startswith(_MARK))
    absent = {name: ~marks[_PRESENT + name] if name in columns else everywhere for name in ragged}
    quoted = {name: marks[_QUOTED + name] & columns[name].is_not_null() for name in mixed}
    return Merged(
        pl.DataFrame({name: columns.get(name, nulls) for name in [ROW, *names]}),
        {name: mask.alias(name) for name, mask in absent.items()},
        {name: mask.alias(name) for name, mask in quoted.items()},
        {name: kind for name, kind in kinds.items() if kind is not None},
    )


def _names(parts: Sequence[Part], known: Sequence[str]) -> list[str]:
    first: dict[str, tuple[int, int]] = {}
    for part in parts:
        for position, name in enumerate(part.cells):
            row = part.first.get(name, part.rows[0])
            first[name] = min(first.get(name, (row, position)), (row, position))
    fresh = sorted(first.keys() - set(known), key=first.__getitem__)
    return [*known, *fresh]


def _kind(parts: Sequence[Part], name: str) -> str | None:
    kinds = {part.cells[name].kind for part in parts if name in part.cells} - {None}
    return "mixed" if len(kinds) > 1 else next(iter(kinds), None)


def _frame(part: Part, mixed: Sequence[str], ragged: Sequence[str]) -> pl.DataFrame:
    frame = pl.DataFrame({ROW: part.rows} | {name: cells.values for name, cells in part.cells.items()})
    return frame.with_columns(
        *(_quoted(part.cells[name]).alias(_QUOTED + name) for name in mixed if name in part.cells),
        *(_present(part, name).alias(_PRESENT + name) for name in ragged if name in part.cells),
    )


def _quoted(cells: Cells) -> pl.Series | pl.Expr:
    return pl.lit(value=cells.kind == "string") if cells.quoted is None else cells.quoted


def _present(part: Part, name: str) -> pl.Series | pl.Expr:
    return part.present.get(name, pl.lit(value=True))

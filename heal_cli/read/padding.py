"""Blanks that make the cells of a column equally wide, as reports and terminals print tables: not part of the values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from heal_cli.read.fields import Grammar

_ENOUGH: Final = 2


def find_padding(grammar: Grammar, rows: Sequence[Sequence[str]], *, first: int, is_ruled: bool) -> Grammar:
    """The grammar, told whether cells are padded: under a rule, or where names and all values are equally wide.

    Args:
        rows: The header and what is below it.
        first: Index of the first record among them.
        is_ruled: A line of dashes is under the names.
    """
    records = [row for row in rows[first:] if len(row) == grammar.width]
    if first == 0 or not records or not (is_ruled or _are_aligned(rows[0], records)):
        return grammar
    columns = [[row[i] for row in records if row[i]] for i in range(grammar.width)]
    set_off = [i for i, cells in enumerate(columns) if cells and all(cell.startswith(" ") for cell in cells)]
    return replace(grammar, is_padded=True, set_off=tuple(set_off))


def _are_aligned(names: Sequence[str], records: Sequence[Sequence[str]]) -> bool:
    """No name would end with a blank that pads nothing."""
    widths = [len(name) for name in names]
    is_padded = any(name.endswith(" ") and name.strip() for name in names)
    return is_padded and len(records) >= _ENOUGH and all(list(map(len, row)) == widths for row in records)


def strip_padding(frame: pl.DataFrame, grammar: Grammar) -> pl.DataFrame:
    """The cells '0', '1', ... without what pads them; one of blanks alone is empty."""
    return frame.with_columns(
        _bare(pl.col(str(i)), is_set_off=i in grammar.set_off)
        for i in range(grammar.width)
        if str(i) in frame
    )


def _bare(cells: pl.Expr, *, is_set_off: bool) -> pl.Expr:
    bare = (cells.str.strip_prefix(" ") if is_set_off else cells).str.strip_chars_end(" ")
    return pl.when((bare == "") & (cells != "")).then(None).otherwise(bare).name.keep()

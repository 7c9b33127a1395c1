"""Headings and sums of groups between the records, in columns of their own without a name, as ledgers are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from heal_cli.model import ROW
from heal_cli.read.endings import BEGINS_SUM, may_be_sum
from heal_cli.read.fields import Grammar


def find_groups(grammar: Grammar, names: Sequence[str], rows: Sequence[Sequence[str]]) -> Grammar:
    """The grammar, told which columns hold nothing but headings and sums of groups.

    Args:
        names: As the header has them.
        rows: The records.
    """
    whole = [row for row in rows if len(row) == grammar.width]
    nameless = [i for i, name in enumerate(names) if not name.strip() and i < grammar.width]
    heads = [row for row in whole if any(row[i].strip() for i in nameless)]
    if not heads or not any(_filled(row) > 1 for row in whole if row not in heads):
        return grammar
    if not all(_filled(row) == 1 or may_be_sum(row) for row in heads):
        return grammar
    return replace(grammar, groups=tuple(nameless))


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def group_lines(frame: pl.DataFrame, grammar: Grammar) -> pl.Series:
    """Where records are headings or sums of groups; the columns are called '0', '1', ..."""
    head = pl.concat_str(pl.col(str(i)).fill_null("") for i in grammar.groups).str.strip_chars()
    filled = pl.sum_horizontal(pl.exclude(ROW).fill_null("").str.strip_chars() != "")
    is_sum = head.str.contains(f"^(?:{BEGINS_SUM.pattern})")
    is_one = (head != "") & ((filled == 1) | is_sum)
    return frame.select(is_one.alias("group")).to_series()

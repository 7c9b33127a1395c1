"""Source columns x target columns -> one `Matching`.

What is certain goes first and is no matter of degree: `--map`, then equal names, then names equal but
for case, separators and accents. All others are one assignment over all pairs, after which every pair
still has to stand out from its rivals.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from heal_cli.match.board import Board
from heal_cli.match.by_pattern import Pattern
from heal_cli.match.certain import (
    place_by_position,
    place_explicit,
    place_made,
    place_named,
    place_normalised,
)
from heal_cli.match.leftover import add_fallbacks, place_defaults
from heal_cli.match.likely import place_assigned
from heal_cli.match.meaning import Nearness, add_meaning
from heal_cli.match.past import NO_PAST, Past
from heal_cli.match.values import Fit
from heal_cli.model import Matching, MatchOptions, TableSchema


def match_columns(
    sample: pl.DataFrame,
    table: TableSchema,
    *,
    patterns: Iterable[Pattern],
    options: MatchOptions,
    fit: Fit,
    past: Past = NO_PAST,
    nearness: Nearness | None = None,
    is_nameless: bool = False,
) -> Matching:
    """Where every target column gets its values, and which columns stay open.

    Args:
        sample: ROW and source columns; all values of the rows at hand, text or typed.
        patterns: The catalogue's entries; only renames, mappings and defaults matter here. Not looked at where all
            columns are certain without them.
        fit: Share of a series' non-null values that convert to a type.
        nearness: A model of language, asked about columns that all else leaves open on both sides.
        is_nameless: The source has no header, so that only the order of its columns says what they are.

    Returns:
        Matches in the table's order; `refused` holds one question for each open target column that
        has a candidate, the reason last in the evidence of its `winner`.

    Raises:
        UsageError: `options.renames` names a column that is missing, twice used or not writable.
    """
    board = Board(sample, table, patterns, options, fit, past)
    place_explicit(board)
    if is_nameless and not options.renames:
        place_by_position(board)
    place_named(board)
    place_made(board)
    place_normalised(board)
    place_assigned(board)
    add_fallbacks(board)
    place_defaults(board)
    matching = board.matching()
    return matching if nearness is None else add_meaning(matching, board, nearness)

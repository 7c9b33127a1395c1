"""Words that tools write for NULL and that are texts to PostgreSQL: nothing is changed, the user is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from heal_cli.model import Matching, TableSchema, ValueOptions

_TEXTS: Final = frozenset({"text", "varchar", "bpchar", "citext"})

_WORDS: Final = ("NULL", "(null)", "<NA>", "NaN")
"""As SQL clients, Java, and pandas write it; nobody's text, but who knows."""


def null_notes(
    matching: Matching, table: TableSchema, values: pl.DataFrame, options: ValueOptions
) -> Iterator[str]:
    """A sentence for each such word that columns of text would take, with the flag that makes it a NULL."""
    sources = {
        match.target: values[match.winner.source]
        for match in matching.matches
        if match.winner.source is not None and table.column(match.target).type.base in _TEXTS
    }
    texts = {target: column for target, column in sources.items() if column.dtype == pl.String}
    for word in _WORDS:
        counts = {target: int((column == word).sum()) for target, column in texts.items()}
        found = [target for target, count in counts.items() if count]
        if found and word not in options.nulls:
            named = ", ".join(map(repr, found[:3])) + (
                f" and {len(found) - 3} more" if len(found) > 3 else ""
            )
            yield f"The text {word!r} stays text in {named}; --null '{word}' makes it NULL"

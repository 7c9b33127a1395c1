"""The parts of a batch in an order in which, of two changes of one row, the later in the source comes last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import polars as pl

from heal_cli.model import ROW, TableSchema
from heal_cli.write.facts import Unique

_PART: Final = "part"
_TURN: Final = "turn"


def _as_it_is(value: pl.Expr) -> pl.Expr:
    return value


def _without_blanks(value: pl.Expr) -> pl.Expr:
    return value.str.strip_chars_end(" ")  # those past a length are cut, and char(n) compares without them


_LIKE: Final[Mapping[str, Callable[[pl.Expr], pl.Expr]]] = {
    **dict.fromkeys(("int2", "int4", "int8", "bool", "date", "uuid"), _as_it_is),
    **dict.fromkeys(("text", "varchar", "bpchar"), _without_blanks),
    "citext": lambda value: _without_blanks(value.str.to_lowercase()),
    "numeric": lambda value: value.cast(pl.Float64, strict=False),
}
"""Base type -> what values have in common that the server may hold for equal; others may have it in common, too."""

_READS_TEXT: Final = frozenset({"uuid", "text", "varchar", "bpchar", "citext", "numeric"})
"""Types whose values may travel as text here."""


def in_sequence(
    parts: Sequence[pl.DataFrame], table: TableSchema, unique: Unique
) -> tuple[pl.DataFrame, ...]:
    """The same rows in frames of the same columns, none of them before an earlier row that has its key.

    Args:
        parts: ROW + target columns, rows rising within each.
        unique: Its columns tell which rows are changes of one. Keys that only may be equal count as equal.
    """
    if len(parts) < 2:
        return tuple(parts)
    columns = _comparable(parts, table, unique)
    keys = [pl.lit(0), *(pl.col(_PART + name) for name in columns)]
    marked = pl.concat(
        [
            part.select(
                ROW,
                *(_LIKE[table.column(name).type.base](pl.col(name)).alias(_PART + name) for name in columns),
                pl.lit(at).alias(_PART),
            )
            for at, part in enumerate(parts)
        ]
    ).sort(ROW)
    switches = (pl.col(_PART) != pl.col(_PART).shift().over(keys)).fill_null(False)
    marked = marked.select(ROW, switches.cast(pl.Int64).cum_sum().over(keys).alias(_TURN))
    cut = [
        (number, at, frame.drop(_TURN))
        for at, part in enumerate(parts)
        for (number,), frame in part.join(marked, on=ROW, maintain_order="left")
        .partition_by(_TURN, as_dict=True, maintain_order=True)
        .items()
    ]
    return tuple(frame for _, _, frame in sorted(cut, key=lambda each: each[:2]))


def _comparable(parts: Sequence[pl.DataFrame], table: TableSchema, unique: Unique) -> list[str]:
    """Columns of the key that every part has, and whose equal values can be told without the server."""
    return [
        name
        for name, key in zip(unique.columns, unique.keys, strict=True)
        if key.is_bytewise
        and table.column(name).type.base in _LIKE
        and all(
            name in part.columns
            and (part[name].dtype != pl.String or table.column(name).type.base in _READS_TEXT)
            for part in parts
        )
    ]

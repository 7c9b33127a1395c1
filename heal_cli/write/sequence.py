"""The parts of a batch in an order in which, of two changes of one row, the later in the source comes last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import polars as pl

from heal_cli.model import ROW, TableSchema
from heal_cli.write.facts import Unique

_PART: Final = "part"
_GROUP: Final = "group"
_TURN: Final = "turn"


def _as_it_is(value: pl.Expr) -> pl.Expr:
    return value


def _without_blanks(value: pl.Expr) -> pl.Expr:
    return value.str.strip_chars_end(" ")  # those past a length are cut, and char(n) compares without them


_LIKE: Final[Mapping[str, Callable[[pl.Expr], pl.Expr]]] = {
    **dict.fromkeys(("int2", "int4", "int8", "bool", "date", "uuid"), _as_it_is),
    **dict.fromkeys(("text", "varchar", "bpchar"), _without_blanks),
    "numeric": lambda value: value.cast(pl.Float64, strict=False),
}
"""Base type -> what values have in common that the server may hold for equal; others may have it in common, too.

Not citext: what is the lower case of a text, only the server's locale says.
"""

_READS_TEXT: Final = frozenset({"uuid", "text", "varchar", "bpchar", "numeric"})
"""Types whose values may travel as text here."""

Ask = Callable[[pl.DataFrame], Mapping[int, int] | None]
"""(rows with the columns of the key) -> row -> its group, of those that share their key; None where nobody can tell."""


def in_sequence(
    parts: Sequence[pl.DataFrame], table: TableSchema, unique: Unique, ask: Ask
) -> tuple[pl.DataFrame, ...]:
    """The same rows in frames of the same columns, none of them before an earlier row that has its key.

    Args:
        parts: ROW + target columns, rows rising within each.
        unique: Its columns tell which rows are changes of one. Keys that only may be equal count as equal.
        ask: The server, for keys that only it can compare.
    """
    if len(parts) < 2:
        return tuple(parts)
    places = [part.select(ROW, pl.lit(at).alias(_PART)) for at, part in enumerate(parts)]
    marked = pl.concat(places).join(_groups(parts, table, unique, ask), on=ROW, how="left").sort(ROW)
    # Rows without a group have a key of their own. Within a turn the parts are written in their order.
    own = pl.coalesce(pl.col(_GROUP), -pl.col(ROW))
    is_back = (pl.col(_PART) < pl.col(_PART).shift().over(own)).fill_null(False)
    marked = marked.select(ROW, is_back.cast(pl.Int64).cum_sum().over(own).alias(_TURN))
    cut = [
        (turn, at, frame.drop(_TURN))
        for at, part in enumerate(parts)
        for (turn,), frame in part.join(marked, on=ROW, maintain_order="left")
        .partition_by(_TURN, as_dict=True, maintain_order=True)
        .items()
    ]
    return tuple(frame for _, _, frame in sorted(cut, key=lambda each: each[:2]))


def _groups(parts: Sequence[pl.DataFrame], table: TableSchema, unique: Unique, ask: Ask) -> pl.DataFrame:
    """ROW and group of rows that may share their key: the least row of them, or 0 where nobody can tell."""
    # The server makes a key where an object has nothing of one.
    keyed = [part for part in parts if set(unique.columns) & set(part.columns)]
    columns = [name for name in unique.columns if all(name in part.columns for part in keyed)]
    if not keyed:
        return pl.DataFrame(schema={ROW: pl.Int64, _GROUP: pl.Int64})
    rows = pl.concat([part.select(ROW, *columns) for part in keyed]).sort(ROW)
    likes = [
        _LIKE[table.column(name).type.base](pl.col(name)).alias(f"{_GROUP} {at}")
        for at, name in enumerate(columns)
        if _is_comparable(rows[name].dtype, table, unique, name)
    ]
    if len(likes) < len(unique.columns) == len(columns) and (shared := ask(rows)) is not None:
        return pl.DataFrame(list(shared.items()), schema={ROW: pl.Int64, _GROUP: pl.Int64}, orient="row")
    if not likes:
        return rows.select(ROW, pl.lit(0, pl.Int64).alias(_GROUP))
    return rows.select(ROW, pl.col(ROW).min().over(likes).alias(_GROUP))


def _is_comparable(dtype: pl.DataType, table: TableSchema, unique: Unique, name: str) -> bool:
    """Equal values of the column can be told without the server."""
    base = table.column(name).type.base
    key = unique.keys[unique.columns.index(name)]
    return key.is_bytewise and base in _LIKE and (dtype != pl.String or base in _READS_TEXT)

"""Rows of which every cell has to be converted, as people write them and as PostgreSQL does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from heal_cli.model import PgType

ENUM: Final = ("new", "in_progress", "cancelled")
_BEGAN: Final = 1_700_000_000  # seconds
_FIRST_DAY: Final = 19_000  # days since 1970

Written = Callable[[pl.Expr], tuple[pl.Expr, pl.Expr]]
"""The row's number -> the cell as people write it, and as PostgreSQL does."""


@dataclass(frozen=True)
class Made:
    """A column: its name in file and table, its type, and what stands in it."""

    name: str
    pg_type: str
    write: Written
    units: tuple[str, ...] = ()

    @property
    def type(self) -> PgType:
        """The type as a schema would tell it."""
        return _TYPES.get(self.pg_type) or PgType(0, self.pg_type, self.pg_type, "b")


def rows_of(start: int, rows: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """So many rows from that number on: as written, and as meant."""
    number = pl.int_range(start, start + rows, dtype=pl.Int64)
    cells = [(column.name, *column.write(number)) for column in COLUMNS]
    written = pl.select(cell.cast(pl.String).alias(name) for name, cell, _ in cells)
    return written, pl.select(cell.cast(pl.String).alias(name) for name, _, cell in cells)


def _one_of(number: pl.Expr, texts: Sequence[str]) -> pl.Expr:
    return number.mod(len(texts)).replace_strict(dict(enumerate(texts)), return_dtype=pl.String)


def _two(number: pl.Expr) -> pl.Expr:
    return number.cast(pl.String).str.zfill(2)


def _cents(number: pl.Expr, factor: int) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Thousands, the three digits below them and the cents of an amount from 1,000.00 to 999,999.99."""
    cents = 100_000 + number * factor % 99_899_999
    return cents // 100_000, (cents // 100 % 1000).cast(pl.String).str.zfill(3), _two(cents % 100)


def _plain(parts: tuple[pl.Expr, pl.Expr, pl.Expr]) -> pl.Expr:
    return pl.format("{}{}.{}", *parts)


def _money(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    parts = _cents(number, 1237)
    return pl.format("${},{}.{}", *parts), _plain(parts)


def _european(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    parts = _cents(number, 7919)
    return pl.format("{}.{},{} €", *parts), _plain(parts)


def _percent(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    tenths = number * 31 % 1000
    plain = pl.format("{}.{}", tenths // 10, tenths % 10)
    return plain + "%", plain


def _accounting(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    parts = _cents(number, 104_729)
    is_debt = number % 2 == 0
    written = pl.format("{},{}.{}", *parts)
    return (
        pl.when(is_debt).then("(" + written + ")").otherwise(written),
        pl.when(is_debt).then("-" + _plain(parts)).otherwise(_plain(parts)),
    )


def _yes_no(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    return _one_of(number, ("ja", "nein", "nein")), _one_of(number, ("true", "false", "false"))


def _day(number: pl.Expr) -> pl.Expr:
    return (_FIRST_DAY + number * 13 % 2000).cast(pl.Int32).cast(pl.Date)


def _day_first(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    return _day(number).dt.strftime("%d/%m/%Y"), _day(number)


def _month_name(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    return _day(number).dt.strftime("%d %b %Y"), _day(number)


def _serial(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    return _day(number).cast(pl.Int32) + 25_569, _day(number)


def _instant(number: pl.Expr) -> pl.Expr:
    return ((_BEGAN + number * 17) * 1_000_000).cast(pl.Datetime("us"))


def _zoned(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    local = _instant(number) + pl.duration(hours=2)
    return local.dt.strftime("%Y-%m-%d %H:%M:%S+0200"), _instant(number).dt.strftime("%Y-%m-%d %H:%M:%S+00")


def _day_first_time(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    return _instant(number).dt.strftime("%d.%m.%Y %H:%M"), _instant(number).dt.strftime("%Y-%m-%d %H:%M:00")


def _epoch(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    return _BEGAN + number * 17, _instant(number).dt.strftime("%Y-%m-%d %H:%M:%S+00")


def _interval(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    parts = 2 + number % 1000, _two(number % 24), _two(number // 24 % 60), _two(number % 60)
    return pl.format("{} days, {}:{}:{}", *parts), pl.format("{} days {}:{}:{}", *parts)


def _uuid(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    meant = pl.format("550e8400-e29b-41d4-a716-{}", number.cast(pl.String).str.zfill(12))
    return _braced("<" + meant.str.to_uppercase() + ">"), meant


def _python(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    written = pl.format("<'id': {}, 'tags': ['a', 'b'], 'ok': True, 'score': {}.5>", number, number % 100)
    meant = pl.format('<"id": {}, "ok": true, "tags": ["a", "b"], "score": {}.5>', number, number % 100)
    return _braced(written), _braced(meant)


def _braced(cell: pl.Expr) -> pl.Expr:
    """With braces, which mean something else to `pl.format`."""
    return cell.str.replace("<", "{", literal=True).str.replace(">", "}", literal=True)


def _label(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    return _one_of(number, ("New", "In Progress", "canceled")), _one_of(number, ENUM)


def _tags(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    colour = _one_of(number, ("red", "green", "blue", "dark grey"))
    meant = pl.format('<"{}",n{}>', colour, number)
    return pl.format("{};n{}", colour, number), _braced(meant)


def _list(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    numbers = number % 10, number % 100, number
    return pl.format("[{}, {}, {}]", *numbers), _braced(pl.format("<{},{},{}>", *numbers))


def _weight(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    plain = pl.format("{}.{}", number % 200, number % 10)
    return plain + " kg", plain


def _stock(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    is_missing, counted = number % 5 == 0, (number * 31 % 4097).cast(pl.String)
    return pl.when(is_missing).then(pl.lit("N/A")).otherwise(counted), pl.when(~is_missing).then(counted)


def _address(number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    plain = pl.format("10.{}.{}.{}", number % 256, number // 256 % 256, 1 + number % 250)
    return " " + plain, plain


COLUMNS: Final = (
    Made("id", "bigint", lambda number: (number + 1, number + 1)),
    Made("money", "numeric(12,2)", _money),
    Made("european", "numeric(12,2)", _european),
    Made("discount_percent", "numeric(5,1)", _percent),
    Made("balance", "numeric(12,2)", _accounting),
    Made("is_paid", "boolean", _yes_no),
    Made("ordered_on", "date", _day_first),
    Made("shipped_on", "date", _month_name),
    Made("counted_on", "date", _serial),
    Made("changed_at", "timestamptz", _zoned),
    Made("met_at", "timestamp", _day_first_time),
    Made("seen_at", "timestamptz", _epoch),
    Made("lasted", "interval", _interval),
    Made("token", "uuid", _uuid),
    Made("details", "jsonb", _python),
    Made("state", "order_state", _label),
    Made("tags", "text[]", _tags),
    Made("scores", "integer[]", _list),
    Made("weight_kg", "numeric(6,1)", _weight, units=("kg",)),
    Made("stock", "integer", _stock),
    Made("address", "inet", _address),
)

_WHOLE: Final = PgType(0, "integer", "int4", "b")
_TEXT: Final = PgType(0, "text", "text", "b")
_TYPES: Final = {
    "bigint": PgType(0, "bigint", "int8", "b"),
    "integer": _WHOLE,
    "boolean": PgType(0, "boolean", "bool", "b"),
    "integer[]": PgType(0, "integer[]", "_int4", "b", element=_WHOLE),
    "text[]": PgType(0, "text[]", "_text", "b", element=_TEXT),
    "order_state": PgType(0, "order_state", "order_state", "e", labels=ENUM),
    "numeric(12,2)": PgType(0, "numeric(12,2)", "numeric", "b", 12, 2),
    "numeric(6,1)": PgType(0, "numeric(6,1)", "numeric", "b", 6, 1),
    "numeric(5,1)": PgType(0, "numeric(5,1)", "numeric", "b", 5, 1),
}

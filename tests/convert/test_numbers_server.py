"""Numbers against the server: what heal makes of a text is what PostgreSQL makes of it, where both read it."""

from __future__ import annotations

import polars as pl
import psycopg
import pytest
from psycopg import sql

from heal_cli.convert import convert, decide_format, wire_dtype
from heal_cli.model import Converted, PgType, ValueOptions

TEXTS = [
    "0", "1", "-1", "+5", " 5 ", "\t7\n", "0012", "-0", "2147483647", "2147483648", "-2147483648", "9223372036854775807",
    "9223372036854775808", "32767", "32768", "1.5", "1.", ".5", "-.5", "1e3", "1E-3", "1.5e+2", "1e400", "1e-400", "1e30",
    "0.1", "0.30000000000000004", "9007199254740993", "123456789012345678901234567890.123", "3.4028236e38", "1e-46", "1e39",
    "1.00000017881393432617187499", "7.038531e-26", "NaN", "nan", "inf", "-Infinity", "+inf", "infinity", "1.2345",
    "1.23450", "999999.9999", "1000000", "0x1F", "0o17", "0b101", "1_000", "-0x10", "16777217", "", "abc", "1 2", "--1",
    "1e", "e1", ".", "+", "0e0", "00", "1.0", "12.500", "99999999999999999999999999999999999999", "0.00001", "-0.0",
]  # fmt: skip

TYPES = [
    PgType(21, "smallint", "int2", "b"),
    PgType(23, "integer", "int4", "b"),
    PgType(20, "bigint", "int8", "b"),
    PgType(700, "real", "float4", "b"),
    PgType(701, "double precision", "float8", "b"),
    PgType(1700, "numeric", "numeric", "b"),
    PgType(1700, "numeric(10,4)", "numeric", "b", 10, 4),
    PgType(1700, "numeric(38,10)", "numeric", "b", 38, 10),
    PgType(1700, "numeric(50,5)", "numeric", "b", 50, 5),
    PgType(1700, "numeric(6,-2)", "numeric", "b", 6, -2),
]


def _convert(values: list[str], type: PgType, *allow: str) -> Converted:
    texts = pl.Series("c", values)
    return convert(texts, type, decide_format(texts, type, ValueOptions()), allow=frozenset(allow))


def _server(conn: psycopg.Connection[tuple[object, ...]], values: list[str], type: PgType) -> list[object]:
    """What the server reads each text as, in text; None where it refuses."""
    query = sql.SQL(
        "select case when pg_input_is_valid(v, {name}) then v end from unnest(%s::text[]) with ordinality t(v, i) order by i"
    ).format(name=sql.Literal(type.name))
    valid = [row[0] for row in conn.execute(query, [values])]
    cast = sql.SQL(
        "select v::{type}::text from unnest(%s::text[]) with ordinality t(v, i) order by i"
    ).format(
        type=sql.SQL(type.name)  # type: ignore[arg-type]
    )
    return [row[0] for row in conn.execute(cast, [valid])]


@pytest.mark.parametrize("type", TYPES, ids=lambda type: type.name)
def test_what_both_read_is_the_same_value(type: PgType, conn: psycopg.Connection[tuple[object, ...]]) -> None:
    """A text that PostgreSQL reads is read by heal to the same value, or refused because it would be rounded."""
    made = _convert(TEXTS, type, "round")
    ours = _server(conn, [str(value) if value is not None else "" for value in made.values.to_list()], type)
    theirs = _server(conn, TEXTS, type)
    not_carried = {"NaN", "nan"} if isinstance(wire_dtype(type), pl.Decimal) else set()
    if type.scale is not None and type.scale < 0:
        not_carried = {"0x1F", "0o17", "0b101", "-0x10"}
    both = [
        (text, mine, other)
        for text, mine, other in zip(TEXTS, ours, theirs, strict=True)
        if other is not None and text not in not_carried
    ]
    assert [(text, mine) for text, mine, _ in both] == [(text, other) for text, _, other in both]


@pytest.mark.parametrize("type", TYPES, ids=lambda type: type.name)
def test_the_server_takes_all_that_heal_lets_through(
    type: PgType, conn: psycopg.Connection[tuple[object, ...]]
) -> None:
    """Nothing that was converted is refused by the server."""
    made = _convert([*TEXTS, "$1,234", "(5)", "5-", "12 EUR", "\u0663"], type)
    values = [str(value) for value in made.values.drop_nulls().to_list()]
    assert None not in _server(conn, values, type)


def test_money_is_sent_as_a_plain_number(conn: psycopg.Connection[tuple[object, ...]]) -> None:
    """Amounts reach money through numeric, so that no server locale reads them."""
    made = _convert(["$1,234.50", "-3", "(0.25)"], PgType(790, "money", "money", "b"))
    query = "select array_agg(v::numeric::money::numeric::text) from unnest(%s::text[]) v"
    assert conn.execute(query, [made.values.to_list()]).fetchone() == (["1234.50", "-3.00", "-0.25"],)

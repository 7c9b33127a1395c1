"""Composite types from JSON objects: by the names of their keys, exactly or not at all."""

from __future__ import annotations

from typing import Any

import polars as pl
import psycopg
import pytest

from heal_cli.convert import convert, decide_format
from heal_cli.model import Converted, PgType, ValueOptions
from heal_cli.schema import introspect


def _type(base: str, *, scale: int | None = None, length: int | None = None) -> PgType:
    return PgType(0, base, base, "b", scale=scale, length=length)


ADDRESS = PgType(
    0, "address", "address", "c",
    attributes=(("street", _type("text")), ("zip_code", _type("varchar", length=5)), ("since", _type("date")),
                ("at", _type("timestamptz")), ("floors", _type("int4")), ("more", _type("jsonb"))),
)  # fmt: skip


def _convert(values: list[str | None] | pl.Series, type: PgType = ADDRESS) -> Converted:
    column = values if isinstance(values, pl.Series) else pl.Series("c", values, dtype=pl.String)
    return convert(column, type, decide_format(column, type, ValueOptions()), allow=frozenset())


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ('{"street": "X, \\"1\\"", "zip_code": "01067"}', '("X, ""1""","01067",,,,)'),
        ('{"zipCode": "1", "floors": 3, "street": null}', '(,"1",,,"3",)'),
        ('{"since": "2024-01-02", "more": {"a": "b"}}', '(,,"2024-01-02",,,"{""a"": ""b""}")'),
        ('{"at": "2024-01-02T03:04:05+01:00"}', '(,,,"2024-01-02 02:04:05.000000+00",,)'),
        ("{}", "(,,,,,)"),
        ('("X",1,,,,)', '("X","1",,,,)'),
        (' (X Y,"1",2024-01-02,,"3","{""a"": 1}")', '("X Y","1","2024-01-02",,"3","{""a"": 1}")'),
        ("no record", "no record"),
        (None, None),
    ],
)
def test_objects_become_records(text: str | None, record: str | None) -> None:
    """Keys find their attributes up to case and separators; a missing one is NULL. Fields have their places."""
    made = _convert([text])
    assert (made.values.to_list(), made.faults) == ([record], ())


@pytest.mark.parametrize(
    ("text", "attempt"),
    [
        ('{"street": "X", "city": "Y"}', "address: no attribute is called 'city'"),
        ('{"street": "X", "street": "Y"}', "address: an attribute is there twice"),
        ('{"zip_code": "1", "zipCode": "2"}', "address: an attribute is there twice"),
        ('{"street": ', "address: no JSON object"),
        ("(X,1)", "address: no record of 6 attributes"),
        ('("X,1,,,,)', "address: no record of 6 attributes"),
        ("(X,010670,,,,)", "zip_code: varchar: longer than it holds; cut it with --allow truncate"),
        ('{"zip_code": "010670"}', "zip_code: varchar: longer than it holds; cut it with --allow truncate"),
    ],
)
def test_what_is_no_such_record_says_why(text: str, attempt: str) -> None:
    """Nothing of an object is left out in silence; its neighbours are loaded."""
    made = _convert([text, "{}"])
    assert made.values.to_list() == [None, "(,,,,,)"]
    assert [attempt for fault in made.faults for attempt in fault.attempts] == [attempt]


def test_typed_structs_become_records() -> None:
    """A Parquet struct is a record, too."""
    pair = PgType(0, "pair", "pair", "c", attributes=(("a", _type("int4")), ("b", _type("text"))))
    assert _convert(pl.Series("c", [{"a": 1, "b": "x"}, None]), pair).values.to_list() == ['("1","x")', None]


def test_lists_of_objects_become_arrays_of_records(conn: psycopg.Connection[tuple[object, ...]]) -> None:
    """The server reads what was written, whatever stands in it."""
    conn.execute("create type pair as (a int, b text)")
    pair = PgType(0, "pair", "pair", "c", attributes=(("a", _type("int4")), ("b", _type("text"))))
    made = _convert(
        ['[{"a": 1, "b": "x, (\\"y\\\\\\\\\\") {z}"}, {"b": "", "a": null}]'],
        PgType(0, "pair[]", "_pair", "b", element=pair),
    )
    assert made.faults == ()
    read = conn.execute("select (e).a, (e).b from unnest(%s::pair[]) e", made.values.to_list()).fetchall()
    assert read == [(1, 'x, ("y\\\\") {z}'), (None, "")]


def test_an_amount_keeps_its_currency_unless_told() -> None:
    """No batch knows which currencies the other records of the column hold, so no sign is dropped unasked."""
    made = _convert(['{"floors": "$3"}'])
    (fault,) = made.faults
    assert (fault.reason, made.values.to_list()) == ("ambiguous", [None])
    assert fault.attempts[-1] == (
        "floors: Which currency is meant? The column holds USD and amounts without a sign;"
        " drop the signs with --allow mixed_currencies"
    )


@pytest.mark.parametrize(
    ("text", "inner", "reason"),
    [
        ("(1.239)", PgType(0, "numeric(8,2)", "numeric", "b", 8, 2), "would_round"),
        ("(2024-01-01 00:00:00.7)", PgType(0, "timestamp(0)", "timestamp", "b", scale=0), "would_round"),
        ("(03/04/2024)", _type("date"), "ambiguous"),
    ],
)
def test_a_literal_hides_no_change(text: str, inner: PgType, reason: str) -> None:
    """What the server would round, or read by its own order of dates, is a reject as it is outside of a record."""
    made = _convert([text], PgType(0, "one", "one", "c", attributes=(("a", inner),)))
    assert ([fault.reason for fault in made.faults], made.values.to_list()) == ([reason], [None])


PRINTED = (
    ("int", "-1"), ("numeric", "1.50"), ("numeric(8,2)", "12.30"), ("float8", "1.5e300"), ("bool", "t"),
    ("text", ' "a\\\'\' ,(b) '), ("text", ""), ("char(3)", "ab "), ("date", "2024-02-29"), ("time", "10:00:00.5"),
    ("timestamp", "2024-01-01 10:00:00.123"), ("timestamptz", "2024-01-01 10:00:00.1+00"),
    ("interval", "1 day 02:00:00"), ("uuid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    ("jsonb", '{"a": ["b", 1.0]}'), ("bytea", r"\x00ff"), ("int[]", "{1,NULL}"), ("text[]", '{"a \\"b",""}'),
    ("int4range", "[1,5)"), ("tstzrange", '["2024-01-01 00:00:00+00",)'), ("bit(3)", "101"), ("inet", "10.0.0.1"),
    ("point", "(1,2.5)"), ("pair", '(1,"x y")'), ("pair[]", '{"(1,\\"x y\\")"}'),
)  # fmt: skip


def test_records_as_the_server_prints_them_stay(conn: psycopg.Connection[tuple[Any, ...]]) -> None:
    """No attribute that PostgreSQL itself has written is healed, refused or changed."""
    conn.execute("create type pair as (a int, b text)")
    for i, (type, value) in enumerate(PRINTED):
        conn.execute(f"create type r{i} as (a text, b {type}, c int); create table t{i} (m r{i})")  # type: ignore[arg-type]
        conn.execute(f"insert into t{i} values (('x', %s::{type}, 1)), (('', null, null)), (null)", [value])  # type: ignore[arg-type]
        texts = [row[0] for row in conn.execute(f"select m::text from t{i}")]  # type: ignore[arg-type]
        made = _convert(texts, introspect(conn, f"t{i}").columns[0].type)
        assert (made.faults, made.heals) == ((), ()), type
        again = conn.execute(f"select v::r{i}::text from unnest(%s::text[]) v", [made.values.to_list()])  # type: ignore[arg-type]
        assert [row[0] for row in again] == texts

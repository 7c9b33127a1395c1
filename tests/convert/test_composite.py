"""Composite types from JSON objects: by the names of their keys, exactly or not at all."""

from __future__ import annotations

import polars as pl
import psycopg
import pytest

from heal_cli.convert import convert, decide_format
from heal_cli.model import Converted, PgType, ValueOptions


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
        ('("X",1,,,,)', '("X",1,,,,)'),
        (None, None),
    ],
)
def test_objects_become_records(text: str | None, record: str | None) -> None:
    """Keys find their attributes up to case and separators; a missing one is NULL, a literal stays."""
    made = _convert([text])
    assert (made.values.to_list(), made.faults) == ([record], ())


@pytest.mark.parametrize(
    ("text", "attempt"),
    [
        ('{"street": "X", "city": "Y"}', "address: no attribute is called 'city'"),
        ('{"street": "X", "street": "Y"}', "address: an attribute is there twice"),
        ('{"zip_code": "1", "zipCode": "2"}', "address: an attribute is there twice"),
        ('{"street": ', "address: no JSON object"),
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

"""`--create` makes a table that takes the source as it is."""

from __future__ import annotations

import polars as pl
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from heal_cli.errors import SchemaError
from heal_cli.model import ROW, column_names
from heal_cli.schema import create_table, introspect
from heal_cli.schema.create import plan_table

SAMPLE = pl.DataFrame({ROW: [1], "Order ID": ["17"], "userName": ["ann"], "Paid?": ["yes"], "Größe": ["1.5"]})


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["userName", "HTTPStatus", "user2Name"], ["user_name", "http_status", "user2_name"]),
        (["Order ID", "order-id", "ORDER_ID"], ["order_id_2", "order_id_3", "order_id"]),
        (["A", "a"], ["a_2", "a"]),
        (["a", "a_2", "A"], ["a", "a_2", "a_3"]),
        (["", "%", " x "], ["column_1", "column_2", "x"]),
        (["2024 sales", "select", "Größe", "名前"], ["_2024_sales", "select", "größe", "名前"]),
        (["xmin", "ctid"], ["xmin_2", "ctid_2"]),
        (["é" * 40, "é" * 40], ["é" * 31, "é" * 30 + "_2"]),
    ],
)
def test_column_names(sources: list[str], expected: list[str]) -> None:
    """Snake case, unique, and within PostgreSQL's limits."""
    assert column_names(sources) == expected


@given(st.lists(st.text(), max_size=20))
def test_any_names_become_columns(sources: list[str]) -> None:
    """As many, none twice, none empty or longer than 63 bytes."""
    names = column_names(sources)
    assert len(set(names)) == len(sources)
    assert all(0 < len(name.encode()) <= 63 for name in names)


def test_the_sql_is_returned_and_was_run(conn: psycopg.Connection) -> None:
    """What is shown is what was made."""
    assert create_table(conn, "Orders", SAMPLE, key=["Order ID"]) == (
        'CREATE TABLE "orders" (\n    "order_id" bigint,\n    "user_name" text,\n    "paid" boolean,\n'
        '    "größe" numeric,\n    PRIMARY KEY ("order_id")\n)'
    )
    found = introspect(conn, "Orders")
    assert [(c.name, c.type.base) for c in found.columns] == [
        ("order_id", "int8"),
        ("user_name", "text"),
        ("paid", "bool"),
        ("größe", "numeric"),
    ]


@pytest.mark.parametrize(
    "names", [['a"; drop table x; --', "%s", "{}", "\\", "'"], ["select", "from", "ü" * 60]]
)
def test_hostile_names(conn: psycopg.Connection, names: list[str]) -> None:
    """Names from a file never become SQL."""
    create_table(conn, '"we""ird; --"', pl.DataFrame({name: ["x"] for name in names}))
    assert len(introspect(conn, '"we""ird; --"').columns) == len(names)


def test_in_a_schema(conn: psycopg.Connection, schema: str) -> None:
    """A schema may be named."""
    create_table(conn, f"{schema}.made", SAMPLE)
    assert introspect(conn, "made").schema == schema


def test_every_inferred_type_exists(conn: psycopg.Connection) -> None:
    """The server knows each type that a polars dtype turns into."""
    dtypes = [
        pl.Int128, pl.UInt64, pl.Float32, pl.Float64, pl.Boolean, pl.Date, pl.Time, pl.Duration, pl.Binary,
        pl.Datetime("us"), pl.Datetime("us", "UTC"), pl.Decimal(38, 10), pl.List(pl.Boolean), pl.Array(pl.Date, 3),
    ]  # fmt: skip
    create_table(conn, "made", pl.DataFrame(schema={f"c{n}": dtype for n, dtype in enumerate(dtypes)}))
    assert len(introspect(conn, "made").columns) == len(dtypes)


def test_an_existing_table_is_left_alone(conn: psycopg.Connection) -> None:
    """What is there is never made again."""
    conn.execute("create table made (a int)")
    with pytest.raises(SchemaError) as error:
        create_table(conn, "made", SAMPLE)
    assert str(error.value) == "Table 'made' exists already. Leave --create out to load into it"


def test_a_schema_that_is_missing(conn: psycopg.Connection) -> None:
    """The schema is not made unasked."""
    with pytest.raises(SchemaError) as error:
        create_table(conn, "nowhere.made", SAMPLE)
    assert str(error.value) == (
        "Table 'nowhere.made' cannot be made: schema \"nowhere\" does not exist. Make the schema first"
    )


def test_without_the_right(conn: psycopg.Connection, role: str, schema: str) -> None:
    """Who may not make tables is told what to ask for."""
    conn.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
    with pytest.raises(SchemaError) as error:
        create_table(conn, f"{schema}.made", SAMPLE)
    assert (
        error.value.message == f"Table '{schema}.made' cannot be made: permission denied for schema {schema}"
    )


def test_an_unknown_key() -> None:
    """A key has to be a column of the source."""
    with pytest.raises(SchemaError) as error:
        plan_table("made", SAMPLE, key=["order_idd"])
    assert error.value.message == "Key column 'order_idd' is not in the source; nearest is 'Order ID' (0.82)"


@pytest.mark.parametrize(
    ("width", "message"), [(0, "has no columns"), (1601, "has 1601 columns, PostgreSQL takes 1600")]
)
def test_too_few_or_too_many_columns(width: int, message: str) -> None:
    """What no table can be is said before the server is asked."""
    frame = pl.DataFrame(schema={f"c{n}": pl.String for n in range(width)})
    with pytest.raises(SchemaError, match=message):
        plan_table("made", frame)


@pytest.mark.parametrize("name", ["a.b.c.d", "a.b.", ".a"])
def test_dots_that_part_nothing_are_refused(name: str) -> None:
    """Nobody means a table called 'a.b.c.d' without saying so. Previously it was made."""
    with pytest.raises(SchemaError) as caught:
        plan_table(name, SAMPLE)
    assert str(caught.value) == (
        f"Table {name!r} is not made: its dots part no schema and table. "
        f"Name it SCHEMA.TABLE, or in double quotes if the dots are meant: '\"{name}\"'"
    )
    assert f'CREATE TABLE "{name}"' in plan_table(f'"{name}"', SAMPLE).as_string(None)

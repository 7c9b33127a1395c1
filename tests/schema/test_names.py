"""A table is found as its name was typed, and a name that is not there leads to the ones that are."""

from __future__ import annotations

import psycopg
import pytest

from heal_cli.errors import SchemaError
from heal_cli.model import cut
from heal_cli.schema.names import TypedName, find_table, parse_name
from heal_cli.schema.nearest import type_name


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("messages", TypedName("messages")),
        (" messages ", TypedName("messages")),
        ("app.messages", TypedName("messages", schema="app")),
        ("db.app.messages", TypedName("messages", schema="app", database="db")),
        ('"Odd.Name"', TypedName("Odd.Name", True)),
        ('app."Odd ""one"""', TypedName('Odd "one"', True, "app")),
        ('"S".t', TypedName("t", False, "S", True)),
        ("two words", TypedName("two words")),
        ("a.b.c.d", TypedName("a.b.c.d")),
        ('open"quote', TypedName('open"quote')),
        ("dot.", TypedName("dot.")),
        ("x" * 70, TypedName("x" * 63)),
    ],
)
def test_parse_name(typed: str, expected: TypedName) -> None:
    """SQL's rules for identifiers; whatever does not follow them is one name."""
    assert parse_name(typed) == expected


@pytest.mark.parametrize("typed", ["", "  ", "a\0b"])
def test_what_cannot_be_a_name(typed: str) -> None:
    """Nothing, and a NUL, are told before the server is asked."""
    with pytest.raises(SchemaError) as error:
        parse_name(typed)
    assert error.value.message == f"{typed!r} cannot be a table's name"


def test_cut_keeps_characters_whole() -> None:
    """63 bytes of two-byte letters are 31 letters."""
    assert cut("é" * 40) == "é" * 31


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Messages", "Messages"),
        ("messages", "messages"),
        ("MESSAGES", "messages"),
        ('"Messages"', "Messages"),
        ("LOGS", "Logs"),
        ("odd.name", "Odd.Name"),
        ('"Odd.Name"', "Odd.Name"),
        ("x" * 80, "x" * 63),
    ],
)
def test_exact_before_folded(conn: psycopg.Connection, typed: str, name: str) -> None:
    """The name as typed, then as SQL would fold it, then in another case."""
    conn.execute(
        f'create table "Messages" (a int); create table messages (a int); create table "Logs" (a int);'
        f'create table "Odd.Name" (a int); create table {"x" * 63} (a int)'
    )
    assert find_table(conn, typed).name == name


@pytest.mark.parametrize("typed", ["{schema}.t", "{SCHEMA}.T", '"{schema}"."t"', "heal_db.{schema}.t"])
def test_with_a_schema(conn: psycopg.Connection, schema: str, typed: str) -> None:
    """A schema is found by the same rules, and the database may be named if it is this one."""
    conn.execute("create table t (a int)")
    database = conn.info.dbname
    typed = typed.format(schema=schema, SCHEMA=schema.upper()).replace("heal_db", database)
    assert find_table(conn, typed).schema == schema


def test_by_search_path(conn: psycopg.Connection, schema: str) -> None:
    """The first schema of the path that holds the name wins, and a temporary table before all."""
    conn.execute("create table t (a int); create table public.t (a int)")
    assert find_table(conn, "t").schema == schema
    conn.execute("create temp table t (a int)")
    assert find_table(conn, "t").schema == find_table(conn, "pg_temp.t").schema != schema
    conn.execute("drop table public.t")


def test_names_that_differ_in_case_only(conn: psycopg.Connection, schema: str) -> None:
    """A tie is a question."""
    conn.execute('create table "Logs" (a int); create table "LOGs" (a int)')
    with pytest.raises(SchemaError) as error:
        find_table(conn, "logs")
    assert error.value.message == (
        f"'logs' means more than one table: '{schema}.LOGs', '{schema}.Logs' differ in case only"
    )


def test_nearest_names(conn: psycopg.Connection, schema: str) -> None:
    """What may have been meant, how near it is, and what to type."""
    conn.execute("create table messages (a int); create table orders (a int)")
    with pytest.raises(SchemaError) as error:
        find_table(conn, "mesages")
    assert str(error.value) == (
        f"Table 'mesages' does not exist in the search path ('{schema}', 'public'); "
        "nearest is 'messages' (0.93). Try --table messages, or make it with --create or --ddl FILE"
    )


def test_nothing_near(conn: psycopg.Connection, schema: str) -> None:
    """Without a likeness only the ways to make the table are left."""
    with pytest.raises(SchemaError) as error:
        find_table(conn, "mesages")
    assert str(error.value) == (
        f"Table 'mesages' does not exist in the search path ('{schema}', 'public'). "
        "Make it with --create or --ddl FILE"
    )


def test_a_table_of_another_schema(conn: psycopg.Connection, schema: str) -> None:
    """The same name outside the search path is shown with its schema."""
    conn.execute("create table orders (a int); set search_path = public")
    with pytest.raises(SchemaError) as error:
        find_table(conn, "Orders")
    assert str(error.value) == (
        f"Table 'Orders' does not exist in the search path ('public'); there is '{schema}.orders'. "
        f"Try --table {schema}.orders"
    )


def test_a_schema_that_holds_nothing(conn: psycopg.Connection, schema: str) -> None:
    """A schema that is misspelt is said to be empty, and the table's real home is named."""
    conn.execute("create table orders (a int)")
    with pytest.raises(SchemaError) as error:
        find_table(conn, "sale.orders")
    assert str(error.value) == (
        f"Table 'orders' does not exist in schema 'sale', which holds no table; there is '{schema}.orders'. "
        f"Try --table {schema}.orders"
    )


def test_another_database(conn: psycopg.Connection) -> None:
    """A connection reaches one database only."""
    with pytest.raises(SchemaError) as error:
        find_table(conn, "sales.public.orders")
    assert error.value.message == (
        f"Table 'sales.public.orders' is in database 'sales', this connection is to '{conn.info.dbname}'"
    )


@pytest.mark.parametrize(
    ("ddl", "kind"), [("create sequence x", "a sequence"), ("create type x as (a int)", "a composite type")]
)
def test_what_is_no_table(conn: psycopg.Connection, schema: str, ddl: str, kind: str) -> None:
    """A relation that holds no rows is named for what it is."""
    conn.execute(ddl)
    with pytest.raises(SchemaError) as error:
        find_table(conn, "x")
    assert error.value.message == f"'{schema}.x' is {kind}, not a table"


def test_system_catalogs_are_refused(conn: psycopg.Connection) -> None:
    """Nobody loads rows into pg_class."""
    with pytest.raises(SchemaError, match="belongs to PostgreSQL itself"):
        find_table(conn, "pg_class")


@pytest.mark.parametrize(
    ("schema", "name", "typed"),
    [
        (None, "messages", "messages"),
        ("app", "messages", "app.messages"),
        (None, "Odd.Name", "'\"Odd.Name\"'"),
        (None, "two words", "'two words'"),
        ("a'b", "t", "'a'\"'\"'b.t'"),
    ],
)
def test_type_name(schema: str | None, name: str, typed: str) -> None:
    """A suggestion can be pasted into a shell."""
    assert type_name(schema, name) == typed

"""Types come out of the catalog with their modifiers decoded and their domains unwrapped."""

from __future__ import annotations

import psycopg
import pytest

from heal_cli.model import Column, PgType
from heal_cli.schema import introspect
from heal_cli.schema.types import decode_typmod

# As declared: name, base, precision, scale, length.
DECLARED = {
    "int": ("integer", "int4", None, None, None),
    "numeric": ("numeric", "numeric", None, None, None),
    "numeric(10,4)": ("numeric(10,4)", "numeric", 10, 4, None),
    "numeric(5)": ("numeric(5,0)", "numeric", 5, 0, None),
    "numeric(3,-2)": ("numeric(3,-2)", "numeric", 3, -2, None),
    "numeric(2,5)": ("numeric(2,5)", "numeric", 2, 5, None),
    "numeric(1000,1000)": ("numeric(1000,1000)", "numeric", 1000, 1000, None),
    "varchar(7)": ("character varying(7)", "varchar", None, None, 7),
    "varchar": ("character varying", "varchar", None, None, None),
    "char(3)": ("character(3)", "bpchar", None, None, 3),
    "char": ("character(1)", "bpchar", None, None, 1),
    '"char"': ('"char"', "char", None, None, None),
    "bit(8)": ("bit(8)", "bit", None, None, 8),
    "varbit(8)": ("bit varying(8)", "varbit", None, None, 8),
    "timestamp(3)": ("timestamp(3) without time zone", "timestamp", None, 3, None),
    "timestamptz": ("timestamp with time zone", "timestamptz", None, None, None),
    "time(0)": ("time(0) without time zone", "time", None, 0, None),
    "interval": ("interval", "interval", None, None, None),
    "interval day to second(2)": ("interval day to second(2)", "interval", None, 2, None),
    "interval year": ("interval year", "interval", None, None, None),
    "int4range": ("int4range", "int4range", None, None, None),
    "int2vector": ("int2vector", "int2vector", None, None, None),
    "point": ("point", "point", None, None, None),
}


def only(conn: psycopg.Connection, column: str) -> Column:
    """The single column of a table made with that column definition."""
    conn.execute(f"create table one ({column})")
    (found,) = introspect(conn, "one").columns
    return found


def facts(found: PgType) -> tuple[str, str, int | None, int | None, int | None]:
    """What a table of cases says of a type."""
    return found.name, found.base, found.precision, found.scale, found.length


def test_types(conn: psycopg.Connection) -> None:
    """Modifiers are decoded, the name is as PostgreSQL writes it, nothing but an array has elements."""
    conn.execute(f"create table t ({', '.join(f'c{n} {declared}' for n, declared in enumerate(DECLARED))})")
    columns = introspect(conn, "t").columns
    assert {declared: facts(c.type) for declared, c in zip(DECLARED, columns, strict=True)} == DECLARED
    assert not any(c.type.element for c in columns)


@pytest.mark.parametrize("base", ["int4", "text", "geometry", "numeric", "interval", "varchar"])
def test_no_modifier(base: str) -> None:
    """-1 is none for every type, those of extensions too."""
    assert decode_typmod(base, -1) == (None, None, None)


def test_a_foreign_modifier_means_nothing() -> None:
    """Only the type's own code knows what its modifier says."""
    assert decode_typmod("vector", 3) == (None, None, None)


def test_arrays(conn: psycopg.Connection) -> None:
    """An array's element has the modifier; dimensions mean nothing to PostgreSQL."""
    found = only(conn, "a numeric(8,2)[][]").type
    assert (found.name, found.base, found.kind, found.precision) == ("numeric(8,2)[]", "_numeric", "b", None)
    assert found.element is not None
    assert (found.element.base, found.element.precision, found.element.scale) == ("numeric", 8, 2)


def test_enums(conn: psycopg.Connection, schema: str) -> None:
    """Labels come in their order, not in that of their making."""
    conn.execute("create type mood as enum ('ok', 'good'); alter type mood add value 'bad' before 'ok'")
    found = only(conn, "a mood").type
    assert (found.name, found.base, found.kind) == (f"{schema}.mood", f"{schema}.mood", "e")
    assert found.labels == ("bad", "ok", "good")


def test_domains_over_domains(conn: psycopg.Connection, schema: str) -> None:
    """The base type under all domains, the outermost name, NOT NULL and default of any of them."""
    conn.execute(
        "create domain inner_one as numeric(6,2) not null default 7; create domain outer_one as inner_one"
    )
    found = only(conn, "a outer_one")
    assert (found.type.name, found.type.base, found.type.scale) == ("numeric(6,2)", "numeric", 2)
    assert (found.type.domain, found.nullable, found.default) == (f"{schema}.outer_one", False, "7")
    assert not found.is_required


def test_arrays_of_domains(conn: psycopg.Connection, schema: str) -> None:
    """Elements that are domains show their base type too; their NOT NULL is not the column's."""
    conn.execute("create domain short as varchar(3) not null")
    found = only(conn, "a short[]")
    assert found.nullable
    assert found.type.element is not None
    assert (found.type.element.base, found.type.element.length) == ("varchar", 3)
    assert found.type.element.domain == f"{schema}.short"


def test_domains_over_arrays_and_enums(conn: psycopg.Connection) -> None:
    """What a domain stands on keeps its labels and elements."""
    conn.execute("create type mood as enum ('a'); create domain moods as mood[]")
    found = only(conn, "a moods").type
    assert found.base == "_mood"
    assert found.element is not None
    assert found.element.labels == ("a",)


def test_composites_and_multiranges(conn: psycopg.Connection) -> None:
    """Their kinds are PostgreSQL's own letters."""
    conn.execute("create type pair as (x int, y int); create table t (a pair, b int4multirange, c pair[])")
    assert [c.type.kind for c in introspect(conn, "t").columns] == ["c", "m", "b"]

"""Names that other loaders stumble over, wide tables, dropped columns, and what a session leaves behind."""

from __future__ import annotations

from typing import Any, Final

import psycopg
import pytest
from psycopg import sql

HOSTILE: Final = [
    'say "hi"', "it's", "100%", "%s", "%(id)s", "a:b", ":name", "a b", " lead", "back\\slash", "semi;colon", "{}", "{0}",
    "Mixed", "select", "größe", "列", "e\u0301", "🙂", "$1", "a\tb", "line\nbreak", "x" * 63, "y" * 62 + "é"[:1],
    "--", "/* */", "a.b", "a,b", "(a)", "[0]", "#", "row", "heal_row", "s", "value", "excluded",
]  # fmt: skip
"""As column names; the last few are names that heal's own SQL uses."""


@pytest.mark.parametrize("path", ["copy", "screen", "insert", "values"])
def test_hostile_columns(lab: Any, path: str) -> None:
    """Every name works as a column, in keys, checks and references, on every way into the table."""
    names = [name for name in HOSTILE if len(name.encode()) <= 63]
    columns = [
        sql.SQL("{} int unique check ({} <> 7)").format(sql.Identifier(name), sql.Identifier(name))
        for name in names
    ]
    lab.conn.execute(sql.SQL("create table t (id int primary key, {})").format(sql.SQL(", ").join(columns)))
    rows = 20 if path == "screen" else 2
    source: dict[str, Any] = {"id": range(rows), **{name: range(100, 100 + rows) for name in names}}
    if path == "screen":
        source |= {name: [100, 100, 7, *range(103, 100 + rows)] for name in names[:3]}
    loaded = lab.load(source, on_conflict="update" if path == "insert" else "reject")
    assert set(loaded.reasons) == ({2, 3} if path == "screen" else set())
    total = sql.SQL(" + ").join(map(sql.Identifier, names))
    ((found,),) = lab.rows(sql.SQL("select sum({}) from t where id = 0").format(total))
    assert found == 100 * len(names)


@pytest.mark.parametrize("name", ['my "t"', "100%s", "Mixed Case", "größe.列", "t:1", "x" * 63])
def test_hostile_tables(lab: Any, name: str) -> None:
    """Every name works as a table's, in the way that psql would take it."""
    quoted = sql.Identifier(name)
    lab.conn.execute(sql.SQL("create table {} (id int primary key)").format(quoted))
    typed = quoted.as_string(lab.conn)
    report = lab.load({"id": [*range(20), 3]}, table=typed).report
    assert (report.rows.loaded, report.rows.rejected) == (20, 1)


def test_dropped_columns_and_temporary_namesakes(lab: Any) -> None:
    """A dropped column is no column; a table of another schema with the same name is another table."""
    lab.conn.execute(
        "create table t (a int, id int primary key, b int, v text); alter table t drop a, drop b"
    )
    lab.load({"id": [1, 1], "v": ["x", "y"]})
    assert lab.rows() == [(1, "x")]


def test_expressions_mean_what_the_catalog_says(lab: Any) -> None:
    """Functions and types of the table's schema work in its checks, defaults and indexes, whatever search_path says."""
    lab.conn.execute(
        """create function odd(int) returns bool language sql immutable as 'select $1 % 2 = 1';
        create type mood as enum ('a', 'b');
        create table t (id int check (odd(id)), m mood default 'a'); create unique index on t ((not odd(id + 1)), id)"""
    )
    lab.dsn = psycopg.conninfo.make_conninfo(lab.dsn, options="-c search_path=pg_catalog")
    loaded = lab.load({"id": range(1, 21)}, table=f"{lab.schema}.t")
    assert set(loaded.reasons) == set(range(2, 21, 2))
    assert {m for _, m in lab.rows()} == {"a"}


def test_1600_columns(lab: Any) -> None:
    """A table as wide as PostgreSQL has them loads, and its bad row is found."""
    names = [f"c{at}" for at in range(1599)]
    lab.conn.execute(f"create table t (id int primary key, {', '.join(f'{name} int' for name in names)})")
    loaded = lab.load({"id": [*range(11), 3], **{name: [5] * 12 for name in names}})
    assert loaded.reasons == {12: "unique_violation"}
    assert lab.rows("select sum(c1598) from t") == [(55,)]

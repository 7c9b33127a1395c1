"""What the planner's statistics tell of a table's values."""

from __future__ import annotations

import psycopg

from heal_cli.model import KnownValues
from heal_cli.schema import introspect, read_statistics


def test_values_of_the_table_and_of_its_foreign_keys(conn: psycopg.Connection) -> None:
    """A column's own commonest values; where it has none yet, those of the key it refers to."""
    conn.execute("create table units (code text primary key, name text)")
    conn.execute("insert into units select 'u' || n, 'x' from generate_series(1, 300) n")
    conn.execute("create table parts (unit text references units, grade text, at date)")
    conn.execute("analyze units")
    assert read_statistics(conn, introspect(conn, "parts")) == {
        "unit": KnownValues(common=(), low="u1", high="u99")
    }
    conn.execute(
        "insert into parts select 'u' || n, case n % 2 when 0 then 'fine' else 'poor' end from generate_series(1, 90) n"
    )
    conn.execute("analyze parts")
    grade = read_statistics(conn, introspect(conn, "parts"))["grade"]
    assert (set(grade.common), grade.is_complete, grade.low) == ({"fine", "poor"}, True, None)


def test_they_are_no_part_of_the_version(conn: psycopg.Connection) -> None:
    """ANALYZE changes nothing that a plan is bound to."""
    conn.execute("create table t (a text)")
    before = introspect(conn, "t")
    conn.execute("insert into t select 'x' from generate_series(1, 50)")
    conn.execute("analyze t")
    assert introspect(conn, "t") == before
    assert set(read_statistics(conn, before)) == {"a"}

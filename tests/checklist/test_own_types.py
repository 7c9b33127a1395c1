"""Types of people's own that are called as others are: what heal knows of those is not true of these."""

from __future__ import annotations

import pytest

PAIR = "(a int, b int)"


@pytest.mark.parametrize(
    ("name", "definition", "text"),
    [
        ("inet", PAIR, "(1,2)"),
        ("numeric", PAIR, "(1,2)"),
        ("interval", PAIR, "(1,2)"),
        ("int4", PAIR, "(1,2)"),
        ("jsonb", PAIR, "(1,2)"),
        ("hstore", PAIR, "(1,2)"),
        ("citext", PAIR, "(1,2)"),
        ("text", "enum ('10.0.0.1', 'b')", "10.0.0.1"),
        ("inet", "enum ('10.0.0.1', 'b')", "10.0.0.1"),
        ("numeric", "enum ('1.50', 'b')", "1.50"),
        ("date", "enum ('01/02/2026', 'b')", "01/02/2026"),
        ("bool", "enum ('yes', 'no')", "yes"),
        ("uuid", "enum ('a0eebc999c0b4ef8bb6d6bb9bd380a11')", "a0eebc999c0b4ef8bb6d6bb9bd380a11"),
        ("bytea", "enum ('\\x00', 'b')", "\\x00"),
        ("interval", "range (subtype = int4)", "[1,2)"),
        ("macaddr", "range (subtype = int4)", "[1,2)"),
    ],
)
def test_a_type_that_is_called_as_another_takes_what_it_takes(lab, name, definition, text) -> None:
    """Previously 'inet' and others were sent in the binary form of PostgreSQL's own, and converted as that."""
    lab.conn.execute(
        f'create type "{name}" as {definition}; create table t (id int, v {lab.schema}."{name}")'
    )
    loaded = lab.load({"id": [1, 2], "v": [text, None]})
    assert lab.rows("select id, v::text from t order by 1") == [(1, text), (2, None)], loaded.records


@pytest.mark.parametrize(
    ("name", "under", "text", "found"),
    [("inet", "text", "10.0.0.1", "10.0.0.1"), ("text", "numeric", "1,234.50", "1234.50")],
)
def test_a_domain_is_what_it_stands_on(lab, name, under, text, found) -> None:
    """Whatever it is called."""
    lab.conn.execute(f'create domain "{name}" as {under}; create table t (id int, v {lab.schema}."{name}")')
    lab.load({"id": [1], "v": [text]})
    assert lab.rows("select id, v::text from t") == [(1, found)]


def test_an_array_of_such_a_type_travels_as_text(lab) -> None:
    """Its elements are of no OID that a binary form knows."""
    lab.conn.execute(f"create type int4 as enum ('1', '2'); create table t (id int, v {lab.schema}.int4[])")
    lab.load({"id": [1], "v": ['{"1","2"}']})
    assert lab.rows("select id, v::text from t") == [(1, "{1,2}")]

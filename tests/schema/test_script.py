"""A script is cut at the semicolons that end a statement, and at no others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.errors import SchemaError
from heal_cli.schema.script import Statement, split_statements


@pytest.mark.parametrize(
    "statement",
    [
        "select ';'",
        "select 'it''s; so'",
        r"select E'\';'",
        'select 1 as "a;b""c;"',
        "select $$;$$",
        "select $tag$ $$;$$ ; $tag$",
        "select $größe$;$größe$",
        "select 1 /* ; /* ; */ ; */ + 1",
        "select 1 -- ; 'quote\n + 1",
        "create rule r as on insert to t do (select 1; select 2)",
        "create function f() returns int language sql begin atomic select case when true then 1 end; select 2; end",
        "create table t (a int check (case when a > 0 then true end))",
        "select case when true then 1 end",
        "select a$b$c from t",
        "select '\n;\n'",
    ],
)
def test_a_statement_stays_whole(statement: str) -> None:
    """Quotes, comments, parentheses and bodies hide semicolons; both neighbours are found."""
    script = f"-- first;\nselect 0;\n\n{statement};\nselect 9"
    assert [found.sql for found in split_statements(script, "f.sql")] == ["select 0", statement, "select 9"]


def test_lines() -> None:
    """A statement stands where its first word does."""
    script = "\n-- a comment\nselect 1;\n\n/* two\nlines */ select 2; select 3;"
    assert split_statements(script, "f.sql") == [
        Statement("select 1", 3),
        Statement("select 2", 6),
        Statement("select 3", 6),
    ]


@pytest.mark.parametrize(
    "script", ["", "  \n", ";;", "-- nothing", "/* open", "\\restrict abc\n\\unrestrict abc"]
)
def test_nothing_to_run(script: str) -> None:
    """Blanks, comments and what pg_dump writes for psql are no statements."""
    assert split_statements(script, "f.sql") == []


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("select 1;\n\\connect other", "Line 2 of 'f.sql' is the psql command '\\\\connect other', not SQL"),
        ("select 1 \\gexec", "Line 1 of 'f.sql' is the psql command '\\\\gexec', not SQL"),
        (
            "create table t (a int);\n\nCOPY t (a) FROM stdin;\n1\n\\.\n",
            "Line 3 of 'f.sql' brings rows along (COPY ... FROM stdin), only psql can run that",
        ),
    ],
)
def test_what_needs_psql(script: str, message: str) -> None:
    """A script that only psql can run is refused before anything is run."""
    with pytest.raises(SchemaError) as error:
        split_statements(script, "f.sql")
    assert error.value.message == message


@given(st.text(alphabet="ab ;'\"$-/*()\n"))
def test_any_text_is_cut_without_loss(script: str) -> None:
    """Every statement is a piece of the script, in order; what is in none is blanks, semicolons and comments."""
    position, between = 0, ""
    for statement in split_statements(script, "f.sql"):
        start = script.index(statement.sql, position)
        between, position = between + script[position:start], start + len(statement.sql)
    between += script[position:]
    assert not between.strip(" \n;") or "--" in between or "/*" in between

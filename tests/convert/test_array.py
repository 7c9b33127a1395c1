"""Arrays of all families."""

from __future__ import annotations

from typing import Any

import polars as pl
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.convert import convert, decide_format
from heal_cli.model import Converted, PgType, ValueOptions


def _type(element: str, **more: Any) -> PgType:
    inner = PgType(oid=0, name=element, base=element, kind="b", **more)
    return PgType(oid=0, name=f"{element}[]", base=f"_{element}", kind="b", element=inner)


def _convert(values: pl.Series | list[str | None], element: str, **said: Any) -> Converted:
    values = values if isinstance(values, pl.Series) else pl.Series("c", values, dtype=pl.String)
    format = decide_format(values, _type(element), ValueOptions(**said))
    return convert(values, _type(element), format, allow=frozenset())


LITERALS = [
    ("int4", "{1,2}", '{"1","2"}'),
    ("int4", "[1, 2]", '{"1","2"}'),
    ("int4", "{1,NULL}", '{"1",NULL}'),
    ("int4", "[1,null]", '{"1",NULL}'),
    ("int4", "{}", "{}"),
    ("int4", "[]", "{}"),
    ("int4", "[[1,2],[3,4]]", '{{"1","2"},{"3","4"}}'),
    ("int4", "{{1,2},{3,4}}", '{{"1","2"},{"3","4"}}'),
    ("int4", "[[[1]],[[2]]]", '{{{"1"}},{{"2"}}}'),
    ("text", "{a,b}", '{"a","b"}'),
    ("text", '["a","b, c","NULL",null]', '{"a","b, c","NULL",NULL}'),
    ("text", '{"NULL",NULL,null}', '{"NULL",NULL,NULL}'),
    ("text", '["a\\"q","b\\\\s","\\u00e9"]', '{"a\\"q","b\\\\s","é"}'),
    ("text", "{ a , b c }", '{"a","b c"}'),
    ("text", '{"a\\"b","c\\\\"}', '{"a\\"b","c\\\\"}'),
    ("text", "{a\\,b}", '{"a,b"}'),
    ("text", '["{x}",""]', '{"{x}",""}'),
    ("text", '[1.10, true, {"a": 1}]', '{"1.10","true","{\\"a\\": 1}"}'),
    ("date", "{2024-01-31}", '{"2024-01-31"}'),
    ("timestamptz", '["2024-01-31T10:00:00.5Z"]', '{"2024-01-31 10:00:00.500000+00"}'),
    ("time", '["10:00"]', '{"10:00:00.000000"}'),
    ("float8", "{0.1,NaN}", '{"0.1","NaN"}'),
    ("bool", "[true, false]", '{"true","false"}'),
    ("jsonb", '[{"a":1},"x",2]', '{"{\\"a\\":1}","\\"x\\"","2"}'),
]


@pytest.mark.parametrize(("element", "text", "literal"), LITERALS)
def test_literal(element: str, text: str, literal: str) -> None:
    """PostgreSQL literals and JSON lists become a literal with every element quoted, and are no heal."""
    made = _convert([text], element)
    assert (made.values.to_list(), made.failed, made.heals) == ([literal], None, ())


@pytest.mark.parametrize(
    ("element", "text"),
    [
        ("int4", "1,2"), ("int4", "{1,x}"), ("int4", "[1.5]"), ("int4", "{1,2"), ("int4", "{1,,2}"), ("int4", "{1,}"),
        ("int4", "{1}{2}"), ("int4", "[[1],[2,3]]"), ("int4", "[1,[2]]"), ("int4", "[[]]"), ("int4", "{99999999999}"),
        ("int4", "{n/a}"), ("int4", "[2:3]={1,2}"), ("int4", "{{1},2}"), ("text", '{"a}'), ("text", '{a"b"}'),
        ("text", "{a{b}}"), ("text", "['a', (1,)]"), ("text", "[b'a']"), ("int4", "[" * 8 + "1" + "]" * 8),
        ("date", "{2024-02-30}"), ("date", "{01/02/2024}"), ("text", '{"a"b}'),
        ("text", "['a' 'b']"), ("text", "['a'\n 'b']"),
    ],
)  # fmt: skip
def test_what_is_no_array_fails(element: str, text: str) -> None:
    """Malformed or ragged arrays fail, and so does one element that does not convert."""
    made = _convert([text], element)
    assert made.failed is not None
    assert (made.values.to_list(), made.failed.to_list()) == ([None], [True])
    assert made.faults[0].attempts


def test_elements_heal_by_their_own_rules() -> None:
    """A heal of an element is counted once for its cell; the column's order holds for all elements."""
    made = _convert(['["2024-01-31","31/01/2024","01/02/2024"]', "{2024-02-01}", None], "date")
    assert made.values.to_list() == ['{"2024-01-31","2024-01-31","2024-02-01"}', '{"2024-02-01"}', None]
    assert [(heal.rule, heal.mask.to_list()) for heal in made.heals] == [("date_dmy", [True, False, False])]


def test_python_lists() -> None:
    """Python's repr of a list is read under its own rule, numbers digit for digit."""
    made = _convert(["['a', None, 1.10, True]", "{x}"], "text")
    assert made.values.to_list() == ['{"a",NULL,"1.10","true"}', '{"x"}']
    assert [(heal.rule, heal.mask.to_list()) for heal in made.heals] == [("python_literal", [True, False])]


def test_neighbours_of_a_bad_element() -> None:
    """One bad element costs its own cell only."""
    made = _convert(["{1,2}", "{1,x}", "[3]", "nope", "{{4}}"], "int4")
    assert made.values.to_list() == ['{"1","2"}', None, '{"3"}', None, '{{"4"}}']


def test_bad_elements_are_told_in_their_order() -> None:
    """Of many labels that an enum lacks the first are told one by one, the same ones in every run."""
    values = pl.Series("c", [f"{{sad,bad{place % 60}}}" for place in range(3_000)])
    kind = PgType(oid=0, name="mood", base="mood", kind="e", labels=("sad", "ok"))
    made = convert(
        values,
        PgType(oid=0, name="mood[]", base="_mood", kind="b", element=kind),
        decide_format(values, kind, ValueOptions()),
        allow=frozenset(),
    )
    told = [attempt for fault in made.faults for attempt in fault.attempts if "nearest" in attempt]
    assert [text.split("'")[1] for text in told] == [f"bad{place}" for place in range(20)]


@pytest.mark.parametrize(
    ("values", "element", "literals"),
    [
        (pl.Series([[1, None], [], None]), "int4", ['{"1",NULL}', "{}", None]),
        (pl.Series([[[1, 2], [3, 4]], [[1], [2, 3]]]), "int4", ['{{"1","2"},{"3","4"}}', None]),
        (pl.Series([['a"b', "NULL", "c\\"]]), "text", ['{"a\\"b","NULL","c\\\\"}']),
        (pl.Series([[2**40], [7]]), "int4", [None, '{"7"}']),
        (pl.Series([[1, 2]], dtype=pl.Array(pl.Int64, 2)), "int4", ['{"1","2"}']),
        (pl.Series([[None]], dtype=pl.List(pl.Null)), "int4", ["{NULL}"]),
        (pl.Series([5]), "int4", [None]),
    ],
)
def test_typed_lists(values: pl.Series, element: str, literals: list[str | None]) -> None:
    """Typed lists of any depth become literals; ragged ones and wrong elements fail."""
    assert _convert(values, element).values.to_list() == literals


texts = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=10)


@given(cells=st.lists(st.lists(st.none() | texts, min_size=1, max_size=5), min_size=1, max_size=10))
def test_any_text_survives_its_quoting(cells: list[list[str | None]]) -> None:
    """A literal that we wrote is read back as the same elements."""
    made = _convert(pl.Series(cells, dtype=pl.List(pl.String)), "text")
    again = _convert(made.values, "text")
    assert again.values.to_list() == made.values.to_list()
    assert (made.failed, again.failed) == (None, None)


def test_server_reads_what_was_meant(conn: psycopg.Connection) -> None:
    """The server's arrays hold exactly the elements given: quotes, braces, blanks and the word NULL."""
    cells = [['a"b', "NULL", None, "", " x ", "{y}", "\\", ",", "é\n\t"], ["x"]]
    literals = _convert(pl.Series(cells), "text").values.to_list()
    assert [conn.execute("select %s::text[]", [literal]).fetchone() for literal in literals] == [
        (c,) for c in cells
    ]
    nested = _convert(["[[1,null],[3,4]]"], "int4").values[0]
    assert conn.execute("select %s::int4[]", [nested]).fetchone() == ([[1, None], [3, 4]],)

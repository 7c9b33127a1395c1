"""Which family reads which type, and what the four questions answer."""

from __future__ import annotations

import polars as pl
import pytest

from heal_cli.convert import convert, decide_format, fit, wire_dtype
from heal_cli.convert.families import family_name, family_of
from heal_cli.model import PgType, ValueOptions

INT4 = PgType(23, "integer", "int4", "b")
TYPES = [
    (INT4, "numbers"),
    (PgType(1700, "numeric(4,2)", "numeric", "b", 4, 2), "numbers"),
    (PgType(16, "boolean", "bool", "b"), "boolean"),
    (PgType(2950, "uuid", "uuid", "b"), "uuid"),
    (PgType(1082, "date", "date", "b"), "temporal"),
    (PgType(1184, "timestamp with time zone", "timestamptz", "b"), "temporal"),
    (PgType(1186, "interval", "interval", "b"), "interval"),
    (PgType(3802, "jsonb", "jsonb", "b"), "json"),
    (PgType(1, "mood", "mood", "e", labels=("a",)), "enum"),
    (PgType(1007, "integer[]", "_int4", "b", element=INT4), "array"),
    (PgType(25, "text", "text", "b"), "text"),
    (PgType(869, "inet", "inet", "b"), "text"),
    (PgType(99, "vector(3)", "vector", "b"), "text"),
    (PgType(3904, "int4range", "int4range", "r"), "text"),
    (PgType(98, "pair", "pair", "c"), "text"),
]


@pytest.mark.parametrize(("type", "name"), TYPES)
def test_every_type_has_a_family(type: PgType, name: str) -> None:
    """A family answers all four questions, and its columns keep their dtype even with nothing in them."""
    assert family_name(type) == name
    family = family_of(type)
    assert all(callable(getattr(family, verb)) for verb in ("wire", "decide", "to_typed", "from_typed"))
    for values in (
        pl.Series([], dtype=pl.String),
        pl.Series([None, None]),
        pl.Series([None], dtype=pl.String),
    ):
        format = decide_format(values, type, ValueOptions())
        made = convert(values, type, format, allow=frozenset())
        assert (made.values.dtype, len(made.values), made.failed) == (wire_dtype(type), len(values), None)
        assert fit(values, type, format) == 0.0


@pytest.mark.parametrize(("type", "name"), TYPES)
def test_the_name_of_the_column_stays(type: PgType, name: str) -> None:
    """What comes out bears the name of what went in."""
    values = pl.Series("price", ["1", "x", "n/a"])
    made = convert(values, type, decide_format(values, type, ValueOptions()), allow=frozenset())
    assert made.values.name == "price", name


def test_fit_leaves_nulls_and_null_tokens_out() -> None:
    """Of '1', 'x', 'n/a' and a null, one in two values is an integer."""
    values = pl.Series(["1", "x", "n/a", None])
    assert fit(values, INT4, decide_format(values, INT4, ValueOptions())) == 0.5


def test_the_users_null_tokens_join_the_known_ones() -> None:
    """--null adds a token for every type, whatever its case."""
    format = decide_format(pl.Series(["1"]), INT4, ValueOptions(nulls=("missing",)))
    made = convert(pl.Series(["Missing", "1", r"\N", "#N/A"]), INT4, format, allow=frozenset())
    assert (made.values.to_list(), made.failed) == ([None, 1, None, None], None)


@pytest.mark.parametrize(
    ("base", "token"),
    [("int4", "-999"), ("numeric", "-999"), ("date", "1900-01-01"), ("bool", "f"), ("float8", "nan")],
)
def test_a_named_null_is_null_even_where_it_converts(base: str, token: str) -> None:
    """--null -999 says that -999 is no value: it is NULL, counted, and never loaded as a number."""
    type = PgType(0, base, base, "b")
    values = pl.Series([token, f" {token} "])
    format = decide_format(values, type, ValueOptions(nulls=(token,)))
    made = convert(values, type, format, allow=frozenset())
    assert made.values.to_list() == [None, None]
    assert [(heal.rule, heal.mask.to_list()) for heal in made.heals] == [("null_token", [True, True])]

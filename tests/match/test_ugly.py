"""Nothing that a reader may hand over breaks matching, and no order of columns shows."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.match import coverage, match_columns, notes
from heal_cli.model import MatchOptions
from heal_cli.patterns import load_catalogue

PATTERNS = load_catalogue().patterns
WORDS = [
    "id",
    "user",
    "name",
    "email",
    "created",
    "at",
    "date",
    "amount",
    "amt",
    "Total",
    "no",
    "1",
    "é",
    "-",
    " ",
    "is",
]
HEADERS = st.lists(st.lists(st.sampled_from(WORDS), max_size=3).map("_".join), max_size=6, unique=True)
TYPES = st.sampled_from(["int8", "text", "timestamptz", "bool"])


def run(frame: pl.DataFrame, table):
    """Match with a fit that everything passes."""
    return match_columns(
        frame, table, patterns=PATTERNS, options=MatchOptions(), fit=lambda values, type: 1.0
    )


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([], dtype=pl.String),
        pl.Series([], dtype=pl.Null),
        pl.Series([None, None]),
        pl.Series([1, None]),
        pl.Series([1.5, None]),
        pl.Series([True, False]),
        pl.Series([dt.date(2026, 1, 5), None]),
        pl.Series([b"\xff", None]),
        pl.Series([[1, 2], None]),
        pl.Series([{"a": 1}, None]),
        pl.Series([[], [None]], dtype=pl.List(pl.Int64)),
        pl.Series(["", " "]),
        pl.Series(["a"], dtype=pl.Categorical),
    ],
    ids=lambda values: str(values.dtype),
)
def test_every_dtype_is_taken(values, make_table) -> None:
    """Columns of any dtype are judged, stand in, and are compared with each other."""
    frame = pl.DataFrame(dict.fromkeys(("role", "sender", "message", "text", "E-Mail", "qty"), values))
    table = make_table(
        "messages", "role text in a|b", "content jsonb required", "email text key", "quantity int4"
    )
    matching = run(frame, table)
    assert coverage(matching, table) is None or matching.unmatched_target
    assert notes(matching, table, MatchOptions()) == ()


def test_nothing_against_nothing_is_nothing(make_table) -> None:
    """No columns on either side."""
    assert run(pl.DataFrame(), make_table("t")).matches == ()


@given(header=HEADERS, columns=HEADERS, data=st.data())
def test_every_column_ends_in_one_place(make_table, header, columns, data) -> None:
    """Sources: direct, fallback or unmatched. Targets: matched or unmatched; questions only for those. In any order."""
    names = [f'"{name or "x"}" {data.draw(TYPES)}' for name in columns]
    table = make_table("users", *names)
    frame = pl.DataFrame({name: ["1", "2"] for name in header})
    matching = run(frame, table)
    used = [c.source for match in matching.matches for c in (match.winner, *match.fallbacks) if c.source]
    assert sorted((*used, *matching.unmatched_source)) == sorted(header)
    targets = [match.target for match in matching.matches]
    assert sorted((*targets, *matching.unmatched_target)) == sorted(column.name for column in table.columns)
    assert {match.target for match in matching.refused} <= set(matching.unmatched_target)
    again = run(frame.select(reversed(header)), make_table("users", *reversed(names)))
    assert set(again.matches) == set(matching.matches)
    assert set(again.refused) == set(matching.refused)

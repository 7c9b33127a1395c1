"""The order in which the parts of a batch are written, where rows change others."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.model import ROW, Column, PgType, TableSchema
from heal_cli.write.facts import Key, Unique
from heal_cli.write.sequence import in_sequence

KEY = Key("id", None, True, True, "OPERATOR(pg_catalog.=)")
UNIQUE = Unique("t_pkey", "t_pkey", True, False, (), None, False, ("id",), (KEY,))


def table_of(base: str) -> TableSchema:
    """A table with a key of that type."""
    columns = (Column("id", 1, PgType(23, base, base, "b"), nullable=False),)
    return TableSchema.of("t", columns)


def parts_of(rows: list[tuple[object, int]]) -> list[pl.DataFrame]:
    """(key, part) row by row -> the parts, each with a column of its own."""
    frame = pl.DataFrame({"id": [key for key, _ in rows], "at": [at for _, at in rows]}).with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(ROW)
    )
    return [
        part.select(ROW, "id", pl.lit(1).alias(f"v{at}"))
        for (at,), part in frame.partition_by("at", as_dict=True, maintain_order=True).items()
    ]


def unasked(rows: pl.DataFrame) -> None:
    """Keys that can be compared here are no question to the server."""
    raise AssertionError(rows)


@given(rows=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=40))
def test_no_row_comes_before_an_earlier_one_of_its_key(rows) -> None:
    """Each row is there once, and those of a key are in the order of the source."""
    ordered = in_sequence(parts_of(rows), table_of("int4"), UNIQUE, unasked)
    assert all(part[ROW].is_sorted() for part in ordered)
    written = [row for part in ordered for row in part.select(ROW, "id").rows()]
    assert sorted(row for row, _ in written) == list(range(1, len(rows) + 1))
    for key in {key for key, _ in rows}:
        of_key = [row for row, its in written if its == key]
        assert of_key == sorted(of_key)


def test_keys_of_their_own_cost_no_cut() -> None:
    """Parts that have no key in common are written as they are."""
    parts = parts_of([(number, number % 3) for number in range(30)])
    assert [part.height for part in in_sequence(parts, table_of("int4"), UNIQUE, unasked)] == [10, 10, 10]


@pytest.mark.parametrize(
    ("base", "keys"),
    [
        ("varchar", ["a", "a  "]),
        ("citext", ["A", "a"]),
        ("citext", ["ΟΔΟΣ", "οδοσ"]),  # a lower case of its own at the end of words, which the server has not
        ("numeric", ["1.0", "1"]),
        ("inet", ["10.0.0.1", "10.0.0.1/32"]),
    ],
)
def test_what_the_server_may_hold_for_equal_keeps_its_order(base, keys) -> None:
    """Other spellings of a key are the same key, and of some types only the server knows."""
    ordered = in_sequence(
        parts_of([("z", 1), (keys[0], 0), (keys[1], 1)]), table_of(base), UNIQUE, lambda rows: None
    )
    written = [row for part in ordered for row in part[ROW]]
    assert written.index(2) < written.index(3)


def test_a_collation_that_ignores_case_is_the_servers_to_judge() -> None:
    """Under it nobody here knows which keys are one, so all rows keep their order."""
    unique = replace(UNIQUE, keys=(replace(KEY, is_bytewise=False),))
    ordered = in_sequence(
        parts_of([("Z", 1), ("a", 0), ("A", 1)]), table_of("text"), unique, lambda rows: None
    )
    assert [row for part in ordered for row in part[ROW]] == [1, 2, 3]


def test_only_the_server_knows_some_keys() -> None:
    """It is asked once for all rows, and those that share nothing are not cut."""
    parts = parts_of([("z", 1), ("10.0.0.1", 0), ("10.0.0.1/32", 1), ("10.0.0.1", 0), ("y", 0)])
    ordered = in_sequence(parts, table_of("inet"), UNIQUE, lambda rows: {2: 2, 3: 2, 4: 2})
    assert [part[ROW].to_list() for part in ordered] == [[1], [2, 5], [3], [4]]


def test_objects_without_a_key_get_one_of_their_own() -> None:
    """Whatever else they leave out, their order changes nothing."""
    parts = parts_of([(at % 5, at % 4) for at in range(40)])
    parts[1:3] = [part.drop("id") for part in parts[1:3]]
    assert len(in_sequence(parts, table_of("int4"), UNIQUE, unasked)) < 12

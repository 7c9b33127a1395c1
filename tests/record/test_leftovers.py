"""Promises of the leftovers file."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from heal_cli.model import ROW
from heal_cli.record import LeftoverWriter, drop_uncommitted, leftovers_path


def test_values_are_kept_by_row_and_column(tmp_path: Path) -> None:
    """Rows that hold nothing are left out; a column may have any name."""
    frame = pl.DataFrame({ROW: [1, 2, 3], "row": ["x", None, ""], 'a"b': [None, None, "\x00é"]})
    path = leftovers_path(str(tmp_path), "public.t", "r1")
    writer = LeftoverWriter(path, "r1")
    writer.write(frame, source="a.csv", batch=4, attempt=1)
    writer.close()
    assert path.name == "public.t.r1.leftovers.jsonl"
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"run": "r1", "source": "a.csv", "batch": 4, "attempt": 1},
        {"rows": [1, 1], "values": {"row": "x", 'a"b': None}},
        {"rows": [3, 3], "values": {"row": "", 'a"b': "\x00é"}},
    ]


def test_rows_in_a_row_with_the_same_values_share_a_line(tmp_path: Path) -> None:
    """Rows between them that hold nothing, or another null, part them."""
    frame = pl.DataFrame(
        {ROW: [1, 2, 4, 5, 6, 7], "a": ["x"] * 5 + [None], "b": ["y", "y", "y", None, None, "y"]}
    )
    writer = LeftoverWriter(leftovers_path(str(tmp_path), "t", "r1"), "r1")
    writer.write(frame, source="a.csv", batch=0, attempt=1)
    assert [tuple(json.loads(line)["rows"]) for line in writer.path.read_text().splitlines()[1:]] == [
        (1, 2),
        (4, 4),
        (5, 6),
        (7, 7),
    ]


def test_numbers_that_are_equal_but_written_differently_are_kept(tmp_path: Path) -> None:
    """0.0 and -0.0 of a typed source each have their line."""
    writer = LeftoverWriter(leftovers_path(str(tmp_path), "t", "r1"), "r1")
    writer.write(pl.DataFrame({ROW: [1, 2], "a": [0.0, -0.0]}), source="a", batch=0, attempt=1)
    assert [json.loads(line)["values"]["a"] for line in writer.path.read_text().splitlines()[1:]] == [
        0.0,
        -0.0,
    ]
    assert "-0.0" in writer.path.read_text()


def test_lines_of_attempts_that_never_committed_are_dropped(tmp_path: Path) -> None:
    """A block goes with its origin line; blocks that were committed stay as they are."""
    path = leftovers_path(str(tmp_path), "t", "r1")
    writer = LeftoverWriter(path, "r1")
    for attempt in (1, 2):
        writer.write(pl.DataFrame({ROW: [1, 2], "x": ["a", "b"]}), source="a", batch=0, attempt=attempt)
    before = path.read_text().splitlines()
    assert drop_uncommitted(path, run="r1", source="a", committed={("a", 0, 2)}) == 3
    assert path.read_text().splitlines() == before[3:]
    writer.write(pl.DataFrame({ROW: [3], "x": ["c"]}), source="a", batch=1, attempt=1)
    writer.close()
    assert len(path.read_text().splitlines()) == 5


def test_nothing_left_over_makes_no_file(tmp_path: Path) -> None:
    """Neither without columns nor without values."""
    writer = LeftoverWriter(leftovers_path(str(tmp_path), "t", "r1"), "r1")
    writer.write(pl.DataFrame({ROW: [1]}), source="a", batch=0, attempt=1)
    writer.write(pl.DataFrame({ROW: [1], "a": [None]}), source="a", batch=0, attempt=1)
    assert not writer.path.exists()

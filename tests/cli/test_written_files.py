"""Files that a command writes where it is told: a slip of a flag costs nobody a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

CONTENT = "id,name\n1,a\nx,b\n"


@pytest.fixture
def source(conninfo: str, tmp_path: Path) -> Path:
    """A file, and a table for it."""
    with psycopg.connect(conninfo) as connection:
        connection.execute("drop table if exists people; create table people (id int, name text)")
    path = tmp_path / "a.csv"
    path.write_text(CONTENT)
    return path


def test_a_plan_is_never_saved_over_something_else(heal: Any, conninfo: str, source: Path) -> None:
    """--save with the name of the source is refused; a plan that is there is written anew."""
    result = heal("plan", str(source), "-t", "people", "-d", conninfo, "--save", str(source))
    assert (result.code, result.err.splitlines()[0]) == (
        2,
        f"heal: {str(source)!r} is there and is not a plan.",
    )
    assert source.read_text() == CONTENT
    plan = str(source.with_suffix(".toml"))
    for _ in range(2):
        assert heal("plan", str(source), "-t", "people", "-d", conninfo, "--save", plan).code == 0


def test_nor_are_settings(heal: Any, source: Path) -> None:
    """heal init --yes writes anew what was one, and nothing else."""
    result = heal("init", str(source), "--yes")
    assert (result.code, result.err.splitlines()[0]) == (
        2,
        f"heal: {str(source)!r} is there and is not TOML.",
    )
    assert source.read_text() == CONTENT
    for _ in range(2):
        assert heal("init", "x.toml", "--yes").code == 0


def test_nor_is_what_was_learned(heal: Any, conninfo: str, source: Path) -> None:
    """heal patterns export takes its own file and a new one."""
    assert heal("patterns", "export", str(source), "-d", conninfo).code == 2
    assert source.read_text() == CONTENT
    for _ in range(2):
        assert heal("patterns", "export", "learned.toml", "-d", conninfo).code == 0


@pytest.mark.parametrize("content", [CONTENT, '{"id": 1}\n{"id": "x"}\n', "x", "\0" * 20])
def test_rejects_go_into_no_file_of_something_else(
    heal: Any, conninfo: str, source: Path, content: str
) -> None:
    """--rejects with the name of the source, or of any other file, is refused before a row is read."""
    other = source.with_name("other")
    other.write_text(content)
    for path in (other, source.parent):
        result = heal("load", str(source), "-t", "people", "-d", conninfo, "--rejects", str(path))
        assert (result.code, result.out) == (1, "")
    assert other.read_text() == content
    assert heal("load", str(source), "-t", "people", "-d", conninfo).code == 3


def test_rejects_of_rejects(heal: Any, conninfo: str, source: Path) -> None:
    """A rejects file that is loaded itself takes none; that of another run goes on."""
    options = ("-t", "people", "-d", conninfo, "--rejects", "r.jsonl")
    assert heal("load", str(source), *options).code == 3
    before = Path("r.jsonl").read_text()
    result = heal("load", "r.jsonl", *options)
    assert (result.code, result.err.splitlines()[0]) == (
        2, "heal: --rejects 'r.jsonl' is the source 'r.jsonl' itself.",
    )  # fmt: skip
    assert heal("load", str(source), *options, "--again").code == 3
    assert Path("r.jsonl").read_text().startswith(before)

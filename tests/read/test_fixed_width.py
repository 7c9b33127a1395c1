"""Files of fixed width are told from text, and the command that cuts them is one that works."""

from __future__ import annotations

import io
import subprocess

import pytest

from heal_cli.errors import SourceError
from heal_cli.model import ROW, ReadOptions
from heal_cli.read import open_source

ROWS = [
    ("id", "name", "born", "amount"),
    ("1", "Ann Smith", "2001-02-03", "12.50"),
    ("2", "Bob", "1999-12-31", "3.00"),
    ("13", "Cid van Dyk", "2000-01-01", "1234.75"),
    ("104", "Dan", "1987-05-06", "0.10"),
]
WIDTHS = (5, 14, 12, 10)


def fixed(rows, right: tuple[int, ...] = ()) -> str:
    """The rows padded with blanks."""
    lines = (
        "".join(
            cell.rjust(w) if i in right else cell.ljust(w)
            for i, (cell, w) in enumerate(zip(row, WIDTHS, strict=True))
        )
        for row in rows
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def read(text: str, **options):
    """A reader of this text as standard input."""
    return open_source("-", ReadOptions(**options), stdin=io.BytesIO(text.encode()))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (fixed(ROWS), "1, 6, 20 and 32"),
        (fixed(ROWS, right=(3,)), "1, 6, 20 and 35"),
        (f"Customers of 2024\n\n{fixed(ROWS)}", "1, 6, 20 and 32"),
    ],
)
def test_columns_aligned_by_blanks_are_told(text, places) -> None:
    """The error says where columns begin."""
    with pytest.raises(SourceError, match=rf"^'-' is of fixed width: .* begin at the characters {places}\."):
        read(text)


def test_the_command_cuts_the_file(tmp_path) -> None:
    """Its output is read as the rows that were padded."""
    (tmp_path / "it's.txt").write_text(fixed(ROWS))
    with pytest.raises(SourceError) as told:
        open_source(str(tmp_path / "it's.txt"), ReadOptions())
    command = str(told.value.hint).removeprefix("Put delimiters there: ").split(" | heal load")[0]
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    reader = read(done.stdout, delimiter="|")
    assert [reader.source.columns, *reader.sample().frame.drop(ROW).rows()] == ROWS


@pytest.mark.parametrize(
    "text",
    [
        "message\nHello, you\nBye, me\n",
        "message\nit is over\nit is late\nit is dark\n",
        "code\nA 1\nB 2\nC 3\nD 4\n",
        "a b\n1 2\n3 4\n5 6\n",
    ],
)
def test_text_with_blanks_is_text(text) -> None:
    """Prose, and words parted by one blank, are read as they are."""
    assert read(text).sample().frame.height == text.count("\n") - 1


def test_it_is_one_column_when_told() -> None:
    """--delimiter says that each line is a value."""
    assert read(fixed(ROWS), delimiter=",").sample().frame.width == 2

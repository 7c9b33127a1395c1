"""What the tests of ugly files share: a file and its right answer, read without a flag."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

from fuzz import check_conserved

from heal_cli.model import ROW, ReadOptions
from heal_cli.read.bytes import ByteStream
from heal_cli.read.csv import CsvReader


class Answer(NamedTuple):
    columns: str  # separated by spaces
    rows: list[tuple[str | None, ...]]
    rejects: list[tuple[int, str]]
    found: dict[str, str]  # findings that have to be there


def answer(
    columns: str,
    rows: list[tuple[str | None, ...]] | None = None,
    rejects: list[tuple[int, str]] | None = None,
    **found: str,
) -> Answer:
    """The usual three rows unless others are given."""
    usual: list[tuple[str | None, ...]] = [("1", "x", "3"), ("2", "y", "4"), ("3", "z", "5")]
    return Answer(columns, usual if rows is None else rows, rejects or [], found)


def read(data: bytes, **options: Any) -> CsvReader:
    """A reader of these bytes as standard input."""
    told = ReadOptions(**options)
    return CsvReader(ByteStream("-", stdin=io.BytesIO(data), encoding=told.encoding), "-", told, None)


BODY = "1,x,3\n2,y,4\n3,z,5\n"
PLAIN = "id,name,n\n" + BODY

Ugly = dict[str, tuple[str, Answer]]


def check_right(text: str, right: Answer, *, encoding: str = "utf-8") -> None:
    """Columns, cells, rejects and what was found out about it are right, and no line is lost."""
    reader = read(text.encode(encoding))
    batch = reader.sample()
    assert [column.replace(" ", "_") for column in reader.source.columns] == right.columns.split(" ")
    assert batch.frame.drop(ROW).rows() == right.rows
    assert batch.broken.select(ROW, "reason").rows() == right.rejects
    found = {finding.what: finding.value for finding in reader.source.findings}
    assert found | right.found == found
    assert check_conserved(text.encode()) == "read"

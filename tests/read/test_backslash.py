"""Text as COPY and MySQL's SELECT INTO OUTFILE write it."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from ugly import read

from heal_cli.model import ROW
from heal_cli.read import read_alone, shape_of

COPY = "1\ta\\tb\t\\N\n2\tc\\nd\\\\e\t\n3\tf\\bg\th\n\\.\n"
MYSQL = "1\ta\\\tb\t\\N\n2\tc\\\nd\\\\e\t\n3\tf\\0g\th\n"


def rows(data: bytes, **options: object) -> list[tuple[str | None, ...]]:
    """All rows of the file as standard input; none of it may be a reject."""
    reader = read(data, **options)
    batches = [reader.parse(chunk) for chunk in reader.chunks()]
    assert not any(batch.broken.height for batch in batches)
    return [row for batch in batches for row in batch.frame.drop(ROW).rows()]


def test_copy_is_decoded() -> None:
    """Escapes are what they stand for, a null is no empty text, and the last line is passed over."""
    assert rows(COPY.encode()) == [("1", "a\tb", None), ("2", "c\nd\\e", ""), ("3", "f\bg", "h")]
    found = {finding.what: finding.value for finding in read(COPY.encode()).source.findings}
    assert found["escape"] == "backslash"
    assert found["quote"] == "none"


def test_mysql_is_decoded() -> None:
    """A backslash before a tab or a line end makes it part of the cell."""
    assert rows(MYSQL.encode()) == [("1", "a\tb", None), ("2", "c\nd\\e", ""), ("3", "f\0g", "h")]


@pytest.mark.parametrize(
    "text",
    [
        "id\tpath\n1\tC:\\new\\table\n2\tD:\\temp\\b\n",
        "id\tpath\tn\n1\tC:\\new\\table\t\\N\n2\tD:\\temp\\b\t4\n",
        "id\tpath\tn\n1\tx\\q\t\\N\n2\ty\t4\n",
        'id\tname\tn\n1\t"x\\ty"\t\\N\n2\ty\t4\n',
        "id,name\n1,x\\ty\n2,\\N\n",
    ],
)
def test_other_backslashes_are_text(text: str) -> None:
    """Paths of Windows, quoted cells and other delimiters than a tab keep their backslashes."""
    kept = [cell for row in rows(text.encode()) for cell in row if cell and "\\" in cell]
    assert kept
    assert all(cell in text for cell in kept)


def test_escape_says_otherwise() -> None:
    """An empty --escape takes backslashes as text, and one without quotes decodes any delimiter."""
    assert rows(b"1\ta\\tb\t\\N\n2\tb\tc\n", escape="")[0] == ("1", "a\\tb", "\\N")
    assert rows(b"1|a\\|b|\\N\n2|b|c\n", escape="\\", quote="", delimiter="|")[0] == ("1", "a|b", None)


def test_unknown_escape_is_a_reject() -> None:
    """A backslash that none of the two writes, below the lines that were looked at, rejects its row only."""
    text = "".join(f"{i}\tname {i}\t\\N\n" for i in range(9000)) + "x\tC:\\Users\ty\n9\t\\\\z\tk\n"
    reader = read(text.encode())
    batch = reader.sample()
    assert batch.broken.select(ROW, "reason").rows() == [(9001, "unknown_escape")]
    assert batch.frame.drop(ROW).rows()[-2:] == [("8999", "name 8999", None), ("9", "\\z", "k")]


CELLS = st.none() | st.text(st.sampled_from("ab1\\\t\n\x0e\x0f\x1dNtn. #é\r"), max_size=6)


def escape(cell: str | None, *, mysql: bool) -> str:
    """A cell as the one or the other writes it."""
    if cell is None:
        return "\\N"
    letters = (
        {"\\": "\\\\", "\t": "\\\t", "\n": "\\\n"} if mysql else {"\\": "\\\\", "\t": "\\t", "\n": "\\n"}
    )
    return cell.translate(str.maketrans(letters | ({} if mysql else {"\r": "\\r"})))


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8), st.booleans(), st.sampled_from([60, 10**6]))
def test_what_is_written_is_read(table: list[tuple[str | None, str | None]], mysql: bool, size: int) -> None:
    """Every table that they write is read as it was, however it is cut; MySQL leaves a CR as it is."""
    assume(not mysql or "\r" not in str(table).replace("\\r", "\r"))
    told = {"header": False, "escape": "\\", "quote": "", "comment": "", "delimiter": "\t"}
    head = [("first", "1", None), ("second", "2", "x")] * 5
    table3 = [*head, *(("k", *row) for row in table)]
    text = "".join("\t".join(escape(cell, mysql=mysql) for cell in row) + "\n" for row in table3)
    assert rows(text.encode(), batch_bytes=size, **told) == table3


def test_the_characters_of_a_null_are_told_from_a_null() -> None:
    r"""`\\N` is text and `\N` none, alone and when a reject is read again."""
    reader = read(b"1\t\\\\N\n2\t\\N\n3\tx\n")
    batch = reader.sample()
    assert batch.frame.drop(ROW).rows() == [("1", "\\N"), ("2", None), ("3", "x")]
    again = read_alone([b"1\t\\\\N"], [1], shape_of(reader.options), batch.chunk)
    assert [each.quoted["column_2"].to_list() for each in (batch, again)] == [[True, False, False], [True]]

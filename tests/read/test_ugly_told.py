"""What flags, batches and headers that do not fit change about ugly files."""

from __future__ import annotations

from typing import Any

import pytest
from ugly import BODY, read

from heal_cli.errors import SourceError
from heal_cli.model import ROW


@pytest.mark.parametrize("batch_bytes", [1024, 2**20])
def test_lines_between_are_told_whatever_the_batch(batch_bytes: int) -> None:
    """Comments, headers again and the footer keep their line numbers over many batches."""
    body = "".join(f"{i},x,{i}\n" for i in range(500))
    text = f"id,name,n\n{body}# half way\n{body}id,name,n\n{body}\n(1500 rows)\n"
    reader = read(text.encode(), batch_bytes=batch_bytes)
    batches = [reader.parse(chunk) for chunk in reader.chunks()]
    assert sum(batch.frame.height for batch in batches) == 1500
    assert sum(batch.broken.height for batch in batches) == 0
    found = {finding.what: finding.value for finding in reader.source.findings}
    assert (found["comment"], found["repeated header"]) == ("line 502", "line 1,003")
    assert found["footer"] == "line 1,505"


@pytest.mark.parametrize("batch_bytes", [4096, 2**23])
def test_another_table_far_below_is_found_without_an_empty_line(batch_bytes: int) -> None:
    """Its header begins with a letter where every record begins with a number; whatever the batch."""
    body = "".join(f"{i},some more text,{i}\n" for i in range(60_000))
    reader = read(f"id,name,n\n{body}id,city,pop\n{body}".encode(), batch_bytes=batch_bytes)
    assert sum(reader.parse(chunk).frame.height for chunk in reader.chunks()) == 60_000
    found = {finding.what: finding.value for finding in reader.source.findings}
    assert found["another table"] == "lines 60,002-120,002"


@pytest.mark.parametrize(
    ("data", "options", "columns", "first"),
    [
        (b"Total\na,b\n1,2\n3,4\n", {"skip_rows": 1}, ("a", "b"), ("1", "2")),
        (b"a,b\n1,2\n(1 row)\n", {"footer": 0, "header": True}, ("a", "b"), ("1", "2")),
        (b"%c\na,b\n%c\n1,2\n3,4\n", {"comment": "%"}, ("a", "b"), ("1", "2")),
        (b"a,b\n#1,2\n3,4\n5,6\n", {"comment": "#"}, ("a", "b"), ("3", "4")),
        (b"a\n#1\n3\n5\n", {"comment": "#"}, ("a",), ("3",)),
        (b"a,b\n1,2\n3,4\nx,y\n", {"footer": 1}, ("a", "b"), ("1", "2")),
        (b"a,b\n1,2,9\n3,4,9\n5,6,9\n", {"columns": ("a", "b", "c")}, ("a", "b", "c"), ("1", "2", "9")),
    ],
)
def test_flags_have_the_last_word(
    data: bytes, options: dict[str, Any], columns: tuple[str, ...], first: tuple[str, ...]
) -> None:
    """--skip-rows, --footer, --comment and --columns are taken as told."""
    reader = read(data, **options)
    assert reader.source.columns == columns
    assert reader.sample().frame.drop(ROW).row(0) == first


@pytest.mark.parametrize(
    ("header", "records", "message"),
    [
        (
            "id,name,n,more",
            BODY,
            "The header of '-' has 4 names and its records have 3 fields; nothing says which name is too many. "
            "Name the fields in their order, as in --columns id,name,n",
        ),
        (
            "id,day,n",
            "1,Jan 5, 2024,9\n2,Feb 6, 2024,8\n3,Mar 7, 2024,7\n",
            "The header of '-' has 3 names and its records have 4 fields; nothing says which name is missing. "
            "Name the fields in their order, as in --columns id,day,n,column_4",
        ),
        (
            "id,name",
            BODY.replace("1,", "9,"),
            "The header of '-' has 2 names and its records have 3 fields; nothing says which name is missing. "
            "Name the fields in their order, as in --columns id,name,column_3",
        ),
        (
            "id,v",
            "1,1,234.50\n2,22,345.60\n3,3,000\n",
            "The header of '-' has 2 names and its records have 3 fields: either '1' is a row number without a name, "
            "or '1,234.50' is one number. "
            "Quote such numbers, or name the fields in their order, as in --columns row,id,v",
        ),
        (
            "id,price,name",
            "1,3,50,a\n2,4,25,b\n3,5,75,c\n",
            "The header of '-' has 3 names and its records have 4 fields: either '1' is a row number without a name, "
            "or '3,50' is one number. "
            "Quote such numbers, or name the fields in their order, as in --columns row,id,price,name",
        ),
        (
            "id,n",
            "1,12,5\n2,30,6\n3,25,70\n",
            "The header of '-' has 2 names and its records have 3 fields: either '1' is a row number without a name, "
            "or '12,5' is one number. "
            "Quote such numbers, or name the fields in their order, as in --columns row,id,n",
        ),
        (
            "id,name,n",
            BODY.replace(",", ";"),
            "Line 1 of '-' may name the columns, but is not delimited or quoted as its records are: 'id,name,n'. "
            "Say --columns id,name,n if it does, --no-header if it does not",
        ),
        (
            '"id,name,n',
            BODY,
            "Line 1 of '-' may name the columns, but is not delimited or quoted as its records are: '\"id,name,n'. "
            "Say --columns id,name,n if it does, --no-header if it does not",
        ),
        (
            "id,first,last",
            "1,x\n2,y\n3,z\n",
            "The header of '-' has 3 names and its records have 2 fields; nothing says which name is too many. "
            "Name the fields in their order, as in --columns id,first",
        ),
    ],
)
def test_a_header_that_does_not_fit_is_a_question(header: str, records: str, message: str) -> None:
    """Names are never shifted over values on a guess; the message has the guess and the flag."""
    with pytest.raises(SourceError) as caught:
        read(f"{header}\n{records}".encode())
    assert str(caught.value) == message

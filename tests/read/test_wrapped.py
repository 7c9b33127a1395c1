"""Files that a spreadsheet saved twice, each with its right answer."""

from __future__ import annotations

import pytest
from ugly import Answer, Ugly, answer, check_right, read

from heal_cli.model import LOCATIONS, ROW

TWICE = {"saved twice": "yes"}
WRAPPED: Ugly = {
    "quotes in it": (
        '"id,name,""n"""\n"1,x,""3"""\n"2,y,4"\n"3,z,5"\n',
        answer("id name n", **TWICE),
    ),
    "no quotes in it": ('"id,name,n"\n"1,x,3"\n"2,y,4"\n"3,z,5"\n', answer("id name n", **TWICE)),
    "empty cells behind": (
        '"id,name,n";;\r\n"1,""x"",3";;\r\n"2,y,4";;\r\n"3,z,5";;\r\n',
        answer("id name n", **TWICE),
    ),
    "cells of several lines": (
        '"id,name,n"\n"1,""a\nb, c"",3"\n"2,y,4"\n"3,z,5"\n',
        answer("id name n", [("1", "a\nb, c", "3"), ("2", "y", "4"), ("3", "z", "5")], **TWICE),
    ),
    "the header again and a sum": (
        '"id,name,""n"""\n"1,x,3"\n"id,name,""n"""\n"2,y,4"\n"3,z,5"\n"Total,,12"\n',
        answer("id name n", **TWICE, footer="line 6", **{"repeated header": "line 3"}),
    ),
    "the header again with empty cells behind": (
        '"id,name,n";\n"1,""x"",3";\n"id,name,n";\n"2,y,4";\n"3,z,5";\n',
        answer("id name n", **TWICE, **{"repeated header": "line 3"}),
    ),
    "records that have too few and too many fields": (
        '"id,name,n"\n"1,""x"",3"\n"2,y"\n"3,z,5"\n"4,z,5,6"\n"5,z,5"\n"6,z,5"\n',
        answer(
            "id name n",
            [("1", "x", "3"), ("3", "z", "5"), ("5", "z", "5"), ("6", "z", "5")],
            [(2, "too_few_fields"), (4, "too_many_fields")],
            **TWICE,
        ),
    ),
    "some records alone": (
        'id,name,n\n1,x,3\n"2,""a, b"",4"\n3,z,5\n',
        answer("id name n", [("1", "x", "3"), ("2", "a, b", "4"), ("3", "z", "5")]),
    ),
    "a lone cell of prose is a record too short": (
        'name,city\nx,y\n"Roe, Jane"\ny,z\nz,w\n',
        answer("name city", [("x", "y"), ("y", "z"), ("z", "w")], [(2, "too_few_fields")]),
    ),
    "one column of prose": (
        '"City, State"\n"Dallas, TX"\n"Boston, MA"\n',
        answer("City,_State", [("Dallas, TX",), ("Boston, MA",)]),
    ),
}


@pytest.mark.parametrize(("text", "right"), WRAPPED.values(), ids=WRAPPED.keys())
def test_records_in_one_cell_are_read(text: str, right: Answer) -> None:
    """What the one cell of each line holds is the record; a column of prose stays one."""
    check_right(text, right)


def test_a_told_quote_takes_the_line_for_one_cell() -> None:
    """--quote has the last word."""
    assert read(b'"id,n"\n"1,3"\n"2,4"\n', quote='"').source.columns == ("id,n",)


def test_a_reject_keeps_its_bytes_as_the_file_has_them() -> None:
    """The raw record has its doubled quotes, so that it can be found in the file."""
    reader = read(b'"id,name,n"\n"1,""x"",3"\n"2,""y"""\n"3,z,5"\n"4,z,5"\n')
    batch = reader.sample()
    assert batch.broken[ROW].to_list() == [2]
    assert batch.locate(batch.broken[ROW])["raw"].to_list() == [b'"2,""y"""']
    assert batch.locate(batch.broken[ROW]).schema == LOCATIONS

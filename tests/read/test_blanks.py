"""Blanks between quotes and delimiters, each file with its right answer."""

from __future__ import annotations

import pytest
from ugly import Answer, Ugly, answer, check_right

BLANKS: Ugly = {
    "behind one quote": ('id,name,n\n1,"x",3\n2,"y" ,4\n3,"z",5\n', answer("id name n")),
    "behind all of one record": (
        '"id","name","n"\n"1","x","3"\n"2" ,"y"  ,"4" \n"3","z","5"\n',
        answer("id name n"),
    ),
    "before a quote": (
        'id,name,n\n1,x,3\n2, "a, b",4\n3,z,5\n',
        answer("id name n", [("1", "x", "3"), ("2", "a, b", "4"), ("3", "z", "5")]),
    ),
    "up to the width of the column": (
        '"id"  ,"name" ,"n"\n"1"   ,"a, b" ,"3"\n"2"   ,"y"    ,"4"\n"3"   ,"z"    ,"5"\n',
        answer("id name n", [("1", "a, b", "3"), ("2", "y", "4"), ("3", "z", "5")], delimiter="comma"),
    ),
    "behind quotes of few records, under a title": (
        'Trees\n\nid,name,n\n1,"a, b"  ,3\n2,y,4\n3,z,5\n',
        answer("id name n", [("1", "a, b", "3"), ("2", "y", "4"), ("3", "z", "5")], preamble="line 1"),
    ),
    "behind every quote": (
        'id;name;n\n1;"x; a"  ;3\n2;"y" ;4\n3;"z"  ;5\n4;q;6\n',
        answer("id name n", [("1", "x; a", "3"), ("2", "y", "4"), ("3", "z", "5"), ("4", "q", "6")]),
    ),
    "between text and quotes that are text": (
        'id,name,n\n1,say "x" now,3\n2,"y",4\n3, "a" and "b",5\n',
        answer("id name n", [("1", 'say "x" now', "3"), ("2", "y", "4"), ("3", ' "a" and "b"', "5")]),
    ),
    "in records of another length": (
        'id,name,n\n1,"x" ,3\n2,"y" ,4,5\n3,"z" \n4,"q",5\n5,q,6\n',
        answer(
            "id name n",
            [("1", "x", "3"), ("4", "q", "5"), ("5", "q", "6")],
            [(2, "stray_quote"), (3, "stray_quote")],
        ),
    ),
}


@pytest.mark.parametrize(("text", "right"), BLANKS.values(), ids=BLANKS.keys())
def test_blanks_around_quotes_are_no_value(text: str, right: Answer) -> None:
    """The quotes tell where the cell is; blanks outside of them are none of it."""
    check_right(text, right)

"""Delimiters, quotes, line ends and names as people have them, each with its right answer."""

from __future__ import annotations

import pytest
from ugly import BODY, PLAIN, Ugly, answer, check_right

PROSE = "why?? so; a, b!! no&& no;; or** not\n" * 25

DIALECTS: Ugly = {
    "times are no columns": (
        "10:00:00\n10:00:01\n10:00:02\n",
        answer("column_1", [("10:00:00",), ("10:00:01",), ("10:00:02",)]),
    ),
    "objects that nothing quotes": (
        'id,payload\n1,{"a": 1, "b": 2}\n2,{"a": 3, "b": 4}\n',
        answer("id payload", [("1", '{"a": 1, "b": 2}'), ("2", '{"a": 3, "b": 4}')]),
    ),
    "semicolon": (PLAIN.replace(",", ";"), answer("id name n", delimiter="semicolon")),
    "tab": (PLAIN.replace(",", "\t"), answer("id name n", delimiter="tab")),
    "pipe": (PLAIN.replace(",", "|"), answer("id name n", delimiter="pipe")),
    "space": (PLAIN.replace(",", " "), answer("id name n", delimiter="space")),
    "colon": (PLAIN.replace(",", ":"), answer("id name n", delimiter="colon")),
    "unit separator": (PLAIN.replace(",", "\x1f"), answer("id name n", delimiter=r"'\x1f'")),
    "start of heading": (PLAIN.replace(",", "\x01"), answer("id name n", delimiter=r"'\x01'")),
    "two pipes": (PLAIN.replace(",", "||"), answer("id name n", delimiter="'||'")),
    "tilde pipe tilde": (PLAIN.replace(",", "~|~"), answer("id name n", delimiter="'~|~'")),
    "two colons": (PLAIN.replace(",", "::"), answer("id name n", delimiter="'::'")),
    "pipe in spaces": (PLAIN.replace(",", " | "), answer("id name n", delimiter="' | '")),
    "comma and space": (
        'id, name, n\n1, "a, b", 3\n2, y, 4\n3, z, 5\n2,, 6\n',
        answer("id name n", [("1", "a, b", "3"), ("2", "y", "4"), ("3", "z", "5"), ("2", None, "6")]),
    ),
    "empty cells between two pipes": (
        "a||b||c\n1||||3\n2||||\n",
        answer("a b c", [("1", None, "3"), ("2", None, None)]),
    ),
    "sep= line": (
        "sep=;\r\nid;name;n\r\n1;x;3\r\n2;y;4\r\n3;z;5\r\n",
        answer("id name n", delimiter="semicolon"),
    ),
    "CR": (PLAIN.replace("\n", "\r"), answer("id name n", **{"line end": "CR"})),
    "LF and CRLF": (PLAIN.replace("4\n", "4\r\n"), answer("id name n", **{"line end": "LF and CRLF mixed"})),
    "single quotes": (
        "'id','name','n'\n'1','x, y','3'\n'2','it''s','4'\n",
        answer("id name n", [("1", "x, y", "3"), ("2", "it's", "4")], quote="single"),
    ),
    "double quotes inside of single ones": (
        "'id','name','n'\n'1','x,\"y\",\nz','3'\n'2','it''s\n\"so\"','4'\n'3','z, z','5'\n",
        answer(
            "id name n",
            [("1", 'x,"y",\nz', "3"), ("2", 'it\'s\n"so"', "4"), ("3", "z, z", "5")],
            quote="single",
        ),
    ),
    "a quote for each column": (
        "id,name,note\n1,'a, b',\"c, d\"\n2,'e','f'\n3,'g',\"h\"\n",
        answer(
            "id name note",
            [("1", "a, b", "c, d"), ("2", "e", "f"), ("3", "g", "h")],
            quote="double and single",
        ),
    ),
    "no quotes": (
        'id|size\n1|"5\n2|"6\n3|7"\n4|"8\n',
        answer("id size", [("1", '"5'), ("2", '"6'), ("3", '7"'), ("4", '"8')], quote="none"),
    ),
    "backslash escapes": (
        'id,t\n1,"say \\"hi\\", you"\n2,"C:\\new"\n',
        answer("id t", [("1", 'say "hi", you'), ("2", "C:\\new")], escape="backslash"),
    ),
    "a cell that nothing closes": (
        'id,note\n0,zero\n1,"x\n',
        answer("id note", [("0", "zero")], [(2, "unclosed_quote")], quote="double"),
    ),
    "backslash escapes in a file that has none": (
        'id,t,n\n1,"C:\\dir\\",3\n2,"D:\\x\\",4\n3,"say \\"hi\\"",5\n',
        answer("id t n", [("1", "C:\\dir\\", "3"), ("2", "D:\\x\\", "4")], [(3, "stray_quote")]),
    ),
    "doubled quotes": (
        'id,t\n1,"say ""hi"", you"\n2,x\n',
        answer("id t", [("1", 'say "hi", you'), ("2", "x")]),
    ),
    "bare quotes in a cell": (
        PLAIN.replace("x", 'the "x" pipe'),
        answer("id name n", [("1", 'the "x" pipe', "3"), ("2", "y", "4"), ("3", "z", "5")]),
    ),
    "stray quotes in a quoted cell": (
        PLAIN.replace("x", '"he said "hi, you" to me"'),
        answer("id name n", [("1", 'he said "hi, you" to me', "3"), ("2", "y", "4"), ("3", "z", "5")]),
    ),
    "prose with a bare comma": (
        PLAIN.replace("x", "Smith, John"),
        answer("id name n", [("1", "Smith, John", "3"), ("2", "y", "4"), ("3", "z", "5")]),
    ),
    "cells of several lines": (
        PLAIN.replace("y", '"a\n\nb,c\n"'),
        answer("id name n", [("1", "x", "3"), ("2", "a\n\nb,c\n", "4"), ("3", "z", "5")]),
    ),
    "a record quoted in a cell of several lines": (
        PLAIN.replace("y", '"see:\n1,x,3\n2,y,4\nthanks"'),
        answer("id name n", [("1", "x", "3"), ("2", "see:\n1,x,3\n2,y,4\nthanks", "4"), ("3", "z", "5")]),
    ),
    "a quote left open, and another one further down": (
        'id,name,n\n1,"x,3\n2,y,4\n3,z",5\n4,w,6\n',
        answer("id name n", [("2", "y", "4"), ("3", 'z"', "5"), ("4", "w", "6")], [(1, "unclosed_quote")]),
    ),
    "cells of several lines in most records": (
        'id,text,n\n1,"a\nb, c\nd",5\n2,"x\ny",6\n3,"z\nz",7\n',
        answer("id text n", [("1", "a\nb, c\nd", "5"), ("2", "x\ny", "6"), ("3", "z\nz", "7")]),
    ),
    "CR CR LF": (
        'id,name,n\r\r\n1,x,3\r\r\n\r\r\n2,"y",4\r\r\n3,z,"5"\r\r\n',
        answer("id name n", **{"line end": "CRLF"}),
    ),
    "names twice and empty": ("id,id,\n" + BODY, answer("id id_2 column_3", **{"column name": "column_3"})),
    "names that are too long": (
        f"{'é' * 40}1,{'é' * 40}2,n\n" + BODY,
        answer(f"{'é' * 31} {'é' * 30}_2 n", **{"column name": f"{'é' * 30}_2"}),
    ),
    "several characters, and one cell in single quotes over two lines": (
        "id||name||n\n1||x||3\n2||'y\nz'||4\n3||z||5\n4||z||6\n5||z||7\n6||z||8\n7||z||9\n8||z||9\n",
        answer(
            "id name n",
            [("1", "x", "3"), ("2", "y\nz", "4"), *((str(i), "z", str(min(i + 2, 9))) for i in range(3, 9))],
            delimiter="'||'",
            quote="single",
        ),
    ),
    "words that begin and end with an apostrophe, lines apart": (
        "id,text,n\n1,'tis so,3\n2,plain,4\n3,the kids',5\n",
        answer("id text n", [("1", "'tis so", "3"), ("2", "plain", "4"), ("3", "the kids'", "5")]),
    ),
    "several characters, and long texts in quotes full of others": (
        f'"id"::"text"::"n"\n"1"::"{PROSE}"::"1"\n"2"::"{PROSE}"::"2"\n',
        answer("id text n", [("1", PROSE, "1"), ("2", PROSE, "2")], delimiter="'::'"),
    ),
    "UTF-16": (PLAIN.replace(",", ";"), answer("id name n", delimiter="semicolon")),
    "one column": ("message\nHello, you\nBye, me\n", answer("message", [("Hello, you",), ("Bye, me",)])),
    "decimal commas": (
        "a;b\n1,5;2,5\n3,5;4,5\n",
        answer("a b", [("1,5", "2,5"), ("3,5", "4,5")], delimiter="semicolon"),
    ),
    "times": (
        "at,n\n2024-01-01 10:00:00,1\n2024-01-01 11:00:00,2\n",
        answer("at n", [("2024-01-01 10:00:00", "1"), ("2024-01-01 11:00:00", "2")], delimiter="comma"),
    ),
    "prose with commas between semicolons": (
        "id;text;n\n1;Hello, world, foo;3\n2;a, b, c;4\n",
        answer("id text n", [("1", "Hello, world, foo", "3"), ("2", "a, b, c", "4")], delimiter="semicolon"),
    ),
    "mostly CR": (
        "a,b\r1,x\r2,y\r3,z\n4,w\r",
        answer("a b", [("1", "x"), ("2", "y")], [(3, "too_many_fields")], **{"line end": "CR and LF mixed"}),
    ),
}


@pytest.mark.parametrize("name", DIALECTS)
def test_it_is_read_right(name: str) -> None:
    """Columns, cells, rejects and findings, each line in a record or counted."""
    text, right = DIALECTS[name]
    check_right(text, right, encoding="utf-16" if name == "UTF-16" else "utf-8")

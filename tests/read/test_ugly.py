"""Ugly files as people have them, each with its right answer, read without a flag."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from heal_cli.errors import SourceError
from heal_cli.model import ROW, ReadOptions
from heal_cli.read.bytes import ByteStream
from heal_cli.read.csv import CsvReader

sys.path.insert(0, str(Path(__file__).parent))

from fuzz import check_conserved


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

UGLY: dict[str, tuple[str, Answer]] = {
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
    "cells of several lines in most records": (
        'id,text,n\n1,"a\nb, c\nd",5\n2,"x\ny",6\n3,"z\nz",7\n',
        answer("id text n", [("1", "a\nb, c\nd", "5"), ("2", "x\ny", "6"), ("3", "z\nz", "7")]),
    ),
    "CR CR LF": (
        'id,name,n\r\r\n1,x,3\r\r\n\r\r\n2,"y",4\r\r\n3,z,"5"\r\r\n',
        answer("id name n", **{"line end": "CRLF"}),
    ),
    "title and date above": (
        "Sales report\nmade 2024-01-01, by Bob\n\n" + PLAIN,
        answer("id name n", preamble="lines 1-2", header="line 4"),
    ),
    "title without empty line": ("Sales\n" + PLAIN, answer("id name n", preamble="line 1", header="line 2")),
    "pairs above": (
        "Report:;Sales\nDate:;2024-01-01\n\n" + PLAIN.replace(",", ";"),
        answer("id name n", preamble="lines 1-2", header="line 4"),
    ),
    "title padded with delimiters": (
        "Report,,\n,,\n" + PLAIN,
        answer("id name n", preamble="lines 1-2", header="line 3"),
    ),
    "pairs above that end with a delimiter": (
        '"Account:";"DE12";\n"From:";"2024-01-01";\n"To:";"2024-01-31";\n"Sum:";"4,5";\n\n'
        '"day";"text";"amount";"kind";\n"1";"a; b";"-4";"x";\n"2";"c";"5";"y";\n"3";"d";"6";"z";\n',
        answer(
            "day text amount kind",
            [("1", "a; b", "-4", "x"), ("2", "c", "5", "y"), ("3", "d", "6", "z")],
            preamble="lines 1-4",
        ),
    ),
    "pairs above an empty record": (
        "Made\t\nBy\tme\nOn\tMonday\nFor\tyou\n\t\na\tb\tc\n1\t2\t3\n4\t5\t6\n7\t8\t9\n",
        answer("a b c", [("1", "2", "3"), ("4", "5", "6"), ("7", "8", "9")], preamble="lines 1-4"),
    ),
    "pairs padded with delimiters": (
        "Account:,7,,\nFrom:,2024-01-01,,\n,,,\na,b,c,d\n1,2,3,4\n5,6,7,8\n",
        answer("a b c d", [("1", "2", "3", "4"), ("5", "6", "7", "8")], preamble="lines 1-3"),
    ),
    "comments above values": (
        "#Made: today\n#By: me\n" + BODY,
        answer("column_1 column_2 column_3", header="no", preamble="lines 1-2"),
    ),
    "comments": (
        "# by hand\n" + PLAIN.replace("2,y", "# it's fine, really\n2,y") + "# end\n",
        answer("id name n", preamble="line 1", comment="lines 4, 7"),
    ),
    "header behind a hash": ("#" + PLAIN, answer("#id name n")),
    "colours are no comments": (
        "colour,n\n#fff,1\n#000,2\n#f\n#00f,3\n",
        answer("colour n", [("#fff", "1"), ("#000", "2"), ("#00f", "3")], [(3, "too_few_fields")]),
    ),
    "empty lines": ("\n\n" + PLAIN.replace("\n", "\n\n"), answer("id name n")),
    "units": (
        "id,weight,height\n,(kg),(m)\n1,80,1.8\n2,70,1.7\n",
        answer(
            "id weight height", [("1", "80", "1.8"), ("2", "70", "1.7")], **{"second header line": "line 2"}
        ),
    ),
    "groups over names": (
        "id,2023,,2024,\n,q1,q2,q1,q2\n1,1,2,3,4\n2,5,6,7,8\n3,9,8,7,6\n",
        answer(
            "id 2023_q1 2023_q2 2024_q1 2024_q2",
            [("1", "1", "2", "3", "4"), ("2", "5", "6", "7", "8"), ("3", "9", "8", "7", "6")],
            **{"second header line": "line 2"},
        ),
    ),
    "a first record without values": (
        "name,x,y\nann,,\nbob,1,2\neve,3,4\ndan,5,6\n",
        answer("name x y", [("ann", None, None), ("bob", "1", "2"), ("eve", "3", "4"), ("dan", "5", "6")]),
    ),
    "a first record with a word in brackets": (
        "name,x,y\n(closed),,\nbob,1,2\neve,3,4\ndan,5,6\n",
        answer(
            "name x y", [("(closed)", None, None), ("bob", "1", "2"), ("eve", "3", "4"), ("dan", "5", "6")]
        ),
    ),
    "a first record of words": (
        "name,size,rank\nann,large,first\nbob,1,2\neve,3,4\ndan,5,6\n",
        answer(
            "name size rank",
            [("ann", "large", "first"), ("bob", "1", "2"), ("eve", "3", "4"), ("dan", "5", "6")],
        ),
    ),
    "a first record with a word for no value": (
        "name,x,y\nann,absent,absent\nbob,1,2\neve,3,4\ndan,5,NA\n",
        answer(
            "name x y",
            [("ann", "absent", "absent"), ("bob", "1", "2"), ("eve", "3", "4"), ("dan", "5", "NA")],
        ),
    ),
    "a logger's four header lines": (
        '"TOA5","CR1000","1","2","Std.22","CPU:p"\n"TIME","N","V"\n"TS","RN","Volts"\n"","","Min"\n'
        '"2024-01-01 00:00:00",0,12.5\n"2024-01-01 00:10:00",1,12.6\n"2024-01-01 00:20:00",2,12.7\n',
        answer(
            "TIME N V",
            [
                ("2024-01-01 00:00:00", "0", "12.5"),
                ("2024-01-01 00:10:00", "1", "12.6"),
                ("2024-01-01 00:20:00", "2", "12.7"),
            ],
            **{"second header line": "line 3", "third header line": "line 4"},
        ),
    ),
    "names, questions and ids of a survey": (
        'Start,Progress,Q1\nStart Date,Progress,"Why,\nthen?"\n"{""id"":1}","{""id"":2}","{""id"":3}"\n'
        "2024-01-01,100,so\n2024-01-02,50,\n2024-01-03,100,no\n",
        answer(
            "Start Progress Q1",
            [("2024-01-01", "100", "so"), ("2024-01-02", "50", None), ("2024-01-03", "100", "no")],
            **{"second header line": "line 2", "third header line": "line 4"},
        ),
    ),
    "answers under a question": (
        "id,at,Colours?,,\n,,red,green,blue\n1,2024-01-01,x,,x\n2,2024-01-02,,x,\n3,2024-01-03,,,x\n",
        answer(
            "id at Colours?_red Colours?_green Colours?_blue",
            [
                ("1", "2024-01-01", "x", None, "x"),
                ("2", "2024-01-02", None, "x", None),
                ("3", "2024-01-03", None, None, "x"),
            ],
        ),
    ),
    "years as names": (
        "land,2020,2021\nde,1,2\nfr,3,\n",
        answer("land 2020 2021", [("de", "1", "2"), ("fr", "3", None)], header="yes"),
    ),
    "days as names": (
        "land,lat,1/22/20,1/23/20\nde,1.5,0,5\nfr,2.5,0,6\n",
        answer("land lat 1/22/20 1/23/20", [("de", "1.5", "0", "5"), ("fr", "2.5", "0", "6")], header="yes"),
    ),
    "years as values": (
        "de,2020,2021\nfr,2020,2022\n",
        answer("column_1 column_2 column_3", [("de", "2020", "2021"), ("fr", "2020", "2022")], header="no"),
    ),
    "ruled header": (
        "id|name|n\n--|----|--\n1|x|3\n2|y|4\n3|z|5\n",
        answer("id name n", **{"second header line": "line 2"}),
    ),
    "as psql prints it": (
        " id | name | n\n----+------+---\n 1 | x | 3\n 2 | y | 4\n(2 rows)\n",
        answer("_id name n", [(" 1", "x", "3"), (" 2", "y", "4")], footer="line 5"),
    ),
    "prose with commas between semicolons": (
        "id;text;n\n1;Hello, world, foo;3\n2;a, b, c;4\n",
        answer("id text n", [("1", "Hello, world, foo", "3"), ("2", "a, b, c", "4")], delimiter="semicolon"),
    ),
    "a name of two lines": (
        '"id","long\nname",n\n1,x,3\n2,y,4\n',
        answer("id long\nname n", [("1", "x", "3"), ("2", "y", "4")]),
    ),
    "mostly CR": (
        "a,b\r1,x\r2,y\r3,z\n4,w\r",
        answer("a b", [("1", "x"), ("2", "y")], [(3, "too_many_fields")], **{"line end": "CR and LF mixed"}),
    ),
    "sums below an empty record": (
        PLAIN + ",,\nTotal,,12\nAverage,,4\n",
        answer("id name n", [*answer("").rows, (None, None, None)], footer="lines 6, 7"),
    ),
    "no header, values": (BODY, answer("column_1 column_2 column_3", header="no")),
    "a name that is a value too": (
        "name,status,city\nann,new,rome\nbob,status,oslo\neve,old,bonn\n",
        answer(
            "name status city",
            [("ann", "new", "rome"), ("bob", "status", "oslo"), ("eve", "old", "bonn")],
            header="yes",
        ),
    ),
    "no header, words": (
        "alice,paris\nbob,rome\ncarl,paris\n",
        answer("column_1 column_2", [("alice", "paris"), ("bob", "rome"), ("carl", "paris")], header="no"),
    ),
    "header again": (
        PLAIN + PLAIN,
        answer("id name n", [*answer("").rows] * 2, **{"repeated header": "line 5"}),
    ),
    "another table": (
        PLAIN + "\ncity,pop\nBerlin,3\nParis,2\n",
        answer("id name n", **{"another table": "lines 6-8"}),
    ),
    "another table with a title": (
        PLAIN + "\nCities\ncity,pop\nBerlin,3\n\nx,y,z,q\n1,2,3,4\n",
        answer("id name n", **{"another table": "lines 6-11"}),
    ),
    "another table, as wide": (
        PLAIN + "\nsku,label,price\nA1,foo,9\nA2,bar,8\n",
        answer("id name n", **{"another table": "lines 6-8"}),
    ),
    "sum": (PLAIN + "Total,,12\n", answer("id name n", footer="line 5")),
    "sum in German": ((PLAIN + "Summe:;;12\n").replace(",", ";"), answer("id name n", footer="line 5")),
    "a sum that could be a record": (
        "name,n\nx,1\ny,2\nTotal,3\n",
        answer("name n", [("x", "1"), ("y", "2")], [(3, "doubtful_footer")]),
    ),
    "sums with names": (
        "day,text,n\n2024-01-01,x,1\n2024-01-02,y,2\n\nTotal in,,3\nTotal out,,4\n",
        answer("day text n", [("2024-01-01", "x", "1"), ("2024-01-02", "y", "2")], footer="lines 5, 6"),
    ),
    "a name like a sum": (
        "firm,since,n\nx,2001,1\ny,2002,2\nTotal Wine,,3\n",
        answer("firm since n", [("x", "2001", "1"), ("y", "2002", "2"), ("Total Wine", None, "3")]),
    ),
    "sums of groups": (
        "name,text,n\nx,a,1\nSubtotal,,1\ny,b,2\nSubtotal,,2\nz,c,3\n",
        answer(
            "name text n",
            [
                ("x", "a", "1"),
                ("Subtotal", None, "1"),
                ("y", "b", "2"),
                ("Subtotal", None, "2"),
                ("z", "c", "3"),
            ],
            sums="lines 3, 5",
        ),
    ),
    "notes with commas below": (
        'Title\n\narea,year,n\nx,2020,"1,2"\ny,2020,"3,4"\n\nNotes\n1. Figures, if rounded, may be off, a bit\n',
        answer(
            "area year n",
            [("x", "2020", "1,2"), ("y", "2020", "3,4")],
            [(3, "too_few_fields"), (4, "too_many_fields")],
        ),
    ),
    "ruled all around": (
        "+---+---+\n| a | b |\n+---+---+\n| 1 | x |\n| 2 | y |\n| 3 | z |\n+---+---+\n3 rows in set (0.00 sec)\n",
        answer(
            "column_1 _a_ _b_",
            [(None, " 1 ", " x "), (None, " 2 ", " y "), (None, " 3 ", " z ")],
            footer="lines 7, 8",
        ),
    ),
    "row count of psql": (PLAIN + "(3 rows)\n", answer("id name n", footer="line 5")),
    "notes below": (
        PLAIN + "\nGenerated on 2024-01-01\nconfidential: do not share this please\n",
        answer("id name n", footer="lines 6, 7"),
    ),
    "cut off": (PLAIN + "4,w", answer("id name n", None, [(4, "too_few_fields")])),
    "delimiter at the end of all lines": (
        PLAIN.replace("\n", ",\n"),
        answer("id name n", **{"trailing delimiter": "yes"}),
    ),
    "delimiter at the end of records": (
        "id,name,n\n" + BODY.replace("\n", ",\n"),
        answer("id name n", **{"trailing delimiter": "yes"}),
    ),
    "delimiter at the end of the header": ("id,name,n,\n" + BODY, answer("id name n")),
    "delimiter at the end of one line": (PLAIN.replace("4\n", "4,,\n"), answer("id name n")),
    "row names of R": (
        '"name","n"\n"1","x",5\n"2","y",6\n"3","z",7\n',
        answer(
            "column_1 name n",
            [("1", "x", "5"), ("2", "y", "6"), ("3", "z", "7")],
            **{"row numbers": "column_1"},
        ),
    ),
    "first row short": ("id,name,n\n0,w\n" + BODY, answer("id name n", None, [(1, "too_few_fields")])),
    "middle row long": (
        "id,name,n\n1,x,3\n7,7,7,7\n2,y,4\n3,z,5\n",
        answer("id name n", None, [(2, "too_many_fields")]),
    ),
    "names twice and empty": ("id,id,\n" + BODY, answer("id id_2 column_3", **{"column name": "column_3"})),
    "names that are too long": (
        f"{'é' * 40}1,{'é' * 40}2,n\n" + BODY,
        answer(f"{'é' * 31} {'é' * 30}_2 n", **{"column name": f"{'é' * 30}_2"}),
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
}


@pytest.mark.parametrize("name", UGLY)
def test_an_ugly_file_is_read_right(name: str) -> None:
    """Columns, cells, rejects and what was found out about it."""
    text, right = UGLY[name]
    reader = read(text.encode("utf-16" if name == "UTF-16" else "utf-8"))
    batch = reader.sample()
    assert [column.replace(" ", "_") for column in reader.source.columns] == right.columns.split(" ")
    assert batch.frame.drop(ROW).rows() == right.rows
    assert batch.broken.select(ROW, "reason").rows() == right.rejects
    found = {finding.what: finding.value for finding in reader.source.findings}
    assert found | right.found == found


@pytest.mark.parametrize("name", UGLY)
def test_an_ugly_file_keeps_every_line(name: str) -> None:
    """Each line below the header is in a record or counted by a finding."""
    text, _ = UGLY[name]
    assert check_conserved(text.encode()) == "read"


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
            "id,name",
            BODY.replace("1,", "9,"),
            "The header of '-' has 2 names and its records have 3 fields; nothing says which name is missing. "
            "Name the fields in their order, as in --columns id,name,column_3",
        ),
    ],
)
def test_a_header_that_does_not_fit_is_a_question(header: str, records: str, message: str) -> None:
    """Names are never shifted over values on a guess; the message has the guess and the flag."""
    with pytest.raises(SourceError) as caught:
        read(f"{header}\n{records}".encode())
    assert str(caught.value) == message

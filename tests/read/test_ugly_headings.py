"""What stands above records, or in place of a header, each file with its right answer."""

from __future__ import annotations

import pytest
from ugly import BODY, PLAIN, Ugly, answer, check_right

PAIRS: list[tuple[str | None, ...]] = [("1", "2.5"), ("2", "3"), ("3", "4")]

HEADINGS: Ugly = {
    "title and date above": (
        "Sales report\nmade 2024-01-01, by Bob\n\n" + PLAIN,
        answer("id name n", preamble="lines 1-2", header="line 4"),
    ),
    "title without empty line": ("Sales\n" + PLAIN, answer("id name n", preamble="line 1", header="line 2")),
    "pairs above": (
        "Report:;Sales\nDate:;2024-01-01\n\n" + PLAIN.replace(",", ";"),
        answer("id name n", preamble="lines 1-2", header="line 4"),
    ),
    "pairs above two columns": (
        "Report,Sales\nDate,2024-01-01\n\nid,n\n1,2.5\n2,3\n3,4\n",
        answer("id n", PAIRS, preamble="lines 1-2", header="line 4"),
    ),
    "pairs above two columns, without an empty line": (
        "Station,Oslo\nAltitude,94\nid,n\n1,2.5\n2,3\n3,4\n",
        answer("id n", PAIRS, preamble="lines 1-2", header="line 3"),
    ),
    "pairs with colons above two columns": (
        "Date:,2024-01-01\nBy:,Ann\nname,n\nx,2.5\ny,3\nz,4\n",
        answer("name n", [("x", "2.5"), ("y", "3"), ("z", "4")], preamble="lines 1-2"),
    ),
    "two columns whose first records lack a value": (
        "code,n\nA12,5\nB7,unknown\n100,1\n200,2\n300,3\n",
        answer("code n", [("A12", "5"), ("B7", "unknown"), ("100", "1"), ("200", "2"), ("300", "3")]),
    ),
    "two columns with an empty line": (
        "name,n\nx,1\n\ny,n/a\nz,2\nv,3\nw,4\n",
        answer("name n", [("x", "1"), ("y", "n/a"), ("z", "2"), ("v", "3"), ("w", "4")]),
    ),
    "a table as Markdown has it": (
        "| id | name | n |\n|---:|:-----|---|\n"
        + "".join(f"| {i} | {w} | {i + 2} |\n" for i, w in enumerate("xyz", 1)),
        answer(
            "column_1 id name n",
            [(None, f"{i}", w, f"{i + 2}") for i, w in enumerate("xyz", 1)],
            **{"second header line": "line 2"},
        ),
    ),
    "an empty record above": (",,\n" + PLAIN, answer("id name n", preamble="line 1", header="line 2")),
    "an empty record above two columns": (
        ",\nid,n\n1,2\n3,4\n",
        answer("id n", [("1", "2"), ("3", "4")], preamble="line 1", header="line 2"),
    ),
    "a number of a row that is called no": ("no,name,n\n" + BODY, answer("no name n")),
    "a number of a row that is called No, below a title": (
        "Sales\n\nNo,name,n\n" + BODY,
        answer("No name n", preamble="line 1", header="line 3"),
    ),
    "yes and no over votes": (
        "Place,Yes,No\nA,1,3\nB,2,4\n",
        answer("Place Yes No", [("A", "1", "3"), ("B", "2", "4")]),
    ),
    "no over codes": ("No,name\nA-1,x\nB-2,y\n", answer("No name", [("A-1", "x"), ("B-2", "y")])),
    "a first record of text over broken ones": (
        "a|b|c\nx|y|z\n1|2|3|4\n5|6\n10|11|12\n",
        answer(
            "a b c",
            [("x", "y", "z"), ("10", "11", "12")],
            [(2, "too_many_fields"), (3, "too_few_fields")],
            header="yes",
        ),
    ),
    "no in a first record": (
        "Ann,no\nBob,unknown\nCid,yes\n",
        answer("column_1 column_2", [("Ann", "no"), ("Bob", "unknown"), ("Cid", "yes")], header="no"),
    ),
    "no in a first record of numbers": (
        "1,no,3\n2,7,4\n3,8,5\n",
        answer(
            "column_1 column_2 column_3", [("1", "no", "3"), ("2", "7", "4"), ("3", "8", "5")], header="no"
        ),
    ),
    "what an instrument says above words": (
        "Operator: jd,,\nRun: 7,,\n,,\nid,name,n\n1,x,n.d.\nb,y,<4\n",
        answer("id name n", [("1", "x", "n.d."), ("b", "y", "<4")], preamble="lines 1-3", header="line 4"),
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
        answer("id name n", [("1", "x", "3"), ("2", "y", "4")], footer="line 5"),
    ),
    "answers under the questions of a survey": (
        "Respondent ID,Q1,Q2\n,Open-Ended Response,Response\n118,good,Yes\n119,bad,No\n",
        answer(
            "Respondent_ID Q1 Q2",
            [("118", "good", "Yes"), ("119", "bad", "No")],
            **{"second header line": "line 2"},
        ),
    ),
    "as psql prints it, padded": (
        " id |  name  | n  \n----+--------+----\n  1 | x      |  3\n  2 |        | 14\n  3 |   y    |   \n(3 rows)\n",
        answer(
            "id name n",
            [(" 1", "x", " 3"), (" 2", None, "14"), (" 3", "  y", None)],
            padding="blanks",
        ),
    ),
    "as SAP prints it": (
        "01.02.2024   List   1\n-----------------\n|KUNNR |   MENGE|\n-----------------\n|000123|1.234,00|\n|12    |  12,50-|\n-----------------\n",
        answer(
            "column_1 KUNNR MENGE",
            [(None, "000123", "1.234,00"), (None, "12", "  12,50-")],
            padding="blanks",
            footer="line 7",
        ),
    ),
    "as sqlcmd prints it": (
        "id   ,name  \n-----,------\n    1,x     \n    2,yy    \n\n(2 rows affected)\n",
        answer("id name", [("   1", "x"), ("   2", "yy")], padding="blanks"),
    ),
    "cells as wide as their names": (
        "ACCT  ,NAME  ,N  \n000123,SMITH ,  1\n000124,DOE J ,-12\n",
        answer("ACCT NAME N", [("000123", "SMITH", "  1"), ("000124", "DOE J", "-12")], padding="blanks"),
    ),
    "cells with blanks behind them that are not as wide": (
        "id,name ,n\n1,x ,3\n2,yy ,4\n",
        answer("id name_ n", [("1", "x ", "3"), ("2", "yy ", "4")]),
    ),
    "a name of two lines": (
        '"id","long\nname",n\n1,x,3\n2,y,4\n',
        answer("id long\nname n", [("1", "x", "3"), ("2", "y", "4")]),
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
    "row names of R": (
        '"name","n"\n"1","x",5\n"2","y",6\n"3","z",7\n',
        answer(
            "column_1 name n",
            [("1", "x", "5"), ("2", "y", "6"), ("3", "z", "7")],
            **{"row numbers": "column_1"},
        ),
    ),
    "row names of R before three digits": (
        '"age","n"\n"1",12,500\n"2",30,600\n"3",25,700\n',
        answer(
            "column_1 age n",
            [("1", "12", "500"), ("2", "30", "600"), ("3", "25", "700")],
            **{"row numbers": "column_1"},
        ),
    ),
    "a column that came later": (
        "id,name\n1,x\n2,y\n3,z\n4,w,5\n5,v,6\n6,u,7\n7,t,8\n8,s,9\n",
        answer(
            "id name",
            [("1", "x"), ("2", "y"), ("3", "z")],
            [(row, "too_many_fields") for row in range(4, 9)],
        ),
    ),
    "types under the names": (
        "id,name,amount\nint,varchar(20),numeric\n" + BODY,
        answer("id name amount", **{"second header line": "line 2"}),
    ),
    "what InfluxDB says above": (
        "#datatype,string,long\n#group,false,true\n#default,_result,\n,result,n\n,x,3\n,y,4\n",
        answer("column_1 result n", [(None, "x", "3"), (None, "y", "4")], preamble="lines 1-3"),
    ),
    "delimiters at the end of records, several": (
        "id,name,n\n" + BODY.replace("\n", ",,,\n"),
        answer(
            "id name n column_4 column_5",
            [("1", "x", "3", None, None), ("2", "y", "4", None, None), ("3", "z", "5", None, None)],
            **{"trailing delimiter": "yes"},
        ),
    ),
    "first rows short, no header": (
        "8,x\n9,y\n" + BODY,
        answer(
            "column_1 column_2 column_3",
            [("1", "x", "3"), ("2", "y", "4"), ("3", "z", "5")],
            [(1, "too_few_fields"), (2, "too_few_fields")],
            header="no",
        ),
    ),
    "first row short": ("id,name,n\n0,w\n" + BODY, answer("id name n", None, [(1, "too_few_fields")])),
    "middle row long": (
        "id,name,n\n1,x,3\n7,7,7,7\n2,y,4\n3,z,5\n",
        answer("id name n", None, [(2, "too_many_fields")]),
    ),
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
}


@pytest.mark.parametrize("name", HEADINGS)
def test_it_is_read_right(name: str) -> None:
    """Columns, cells, rejects and findings, each line in a record or counted."""
    text, right = HEADINGS[name]
    check_right(text, right)

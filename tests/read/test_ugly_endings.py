"""What stands between records and below them, each file with its right answer."""

from __future__ import annotations

import pytest
from ugly import BODY, PLAIN, Ugly, answer, check_right

ENDINGS: Ugly = {
    "the end as DOS marks it": (PLAIN + "\x1a", answer("id name n", footer="line 5")),
    "a balance": (
        "day,n\n2024-01-02,5\n2024-01-03,6\nSaldo,11\n",
        answer("day n", [("2024-01-02", "5"), ("2024-01-03", "6")], footer="line 4"),
    ),
    "sums below an empty record": (
        PLAIN + ",,\nTotal,,12\nAverage,,4\n",
        answer("id name n", footer="lines 6, 7", **{"blank row": "line 5"}),
    ),
    "rows that are only formatted": (
        PLAIN + ",,\n,,\n,,",
        answer("id name n", **{"blank row": "lines 5, 6, 7"}),
    ),
    "rows that are only formatted, CRLF": (
        (PLAIN + ",,\n" * 9).replace("\n", "\r\n"),
        answer("id name n", **{"blank row": "lines 5, 6, 7 and 6 more"}),
    ),
    "a row without a value between others": (
        "id,name,n\n1,x,3\n,,\n" + BODY[6:],
        answer("id name n", **{"blank row": "line 3"}),
    ),
    "a sum above rows that are only formatted": (
        PLAIN + "Total,,12\n,,\n,,\n",
        answer("id name n", footer="lines 5, 6, 7"),
    ),
    "delimiters inside of a cell, and a row of empty texts": (
        'id,name,n\n1,"x\n,,\ny",3\n"","",""\n2,y,4\n',
        answer("id name n", [("1", "x\n,,\ny", "3"), ("", "", ""), ("2", "y", "4")]),
    ),
    "lines of spaces and form feeds": (
        "id,name,n\n1,x,3\n   \n2,y,4\n\t\n3,z,5\n\f\n",
        answer("id name n", **{"blank row": "lines 3, 5, 7"}),
    ),
    "lines of spaces among cells of several lines, CRLF": (
        'id,name,n\r\n1,"a\r\n \r\nb",3\r\n  \r\n2,y,4\r\n',
        answer("id name n", [("1", "a\r\n \r\nb", "3"), ("2", "y", "4")], **{"blank row": "line 5"}),
    ),
    "lines of spaces that tabs delimit": (
        "id\tname\tn\n1\tx\t3\n  \n\t\t\n2\ty\t4\n\t\n3\tz\t5\n",
        answer("id name n", None, [(3, "too_few_fields")], **{"blank row": "lines 3, 4"}),
    ),
    "another table below a line of spaces": (
        PLAIN + "  \ncity,pop\nBonn,9\nKiel,8\n",
        answer("id name n", **{"another table": "lines 6-8"}),
    ),
    "the header of a file that was joined, with its mark": (
        "id,name,n\n1,x,3\n\ufeffid,name,n\n2,y,4\n3,z,5\n",
        answer("id name n", **{"repeated header": "line 3"}),
    ),
    "a record of words for no value below an empty line": (
        PLAIN.replace("2,y", "\nn/a,q,n/a\n2,y"),
        answer("id name n", [("1", "x", "3"), ("n/a", "q", "n/a"), ("2", "y", "4"), ("3", "z", "5")]),
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
    "another table right below, wider": (
        PLAIN + "code,label,x,y\nA,aa,1,2\nB,bb,3,4\n",
        answer("id name n", **{"another table": "lines 5-7"}),
    ),
    "another table right below, narrower, its title above": (
        PLAIN + "Cities\ncity,pop\nBerlin,3\nParis,2\n",
        answer("id name n", **{"another table": "lines 5-8"}),
    ),
    "another table right below, of other kinds": (
        PLAIN + "code,label,price\nA,aa,1.5\nB,bb,2.5\n",
        answer("id name n", **{"another table": "lines 5-7"}),
    ),
    "another table right below, of the same kinds": (
        PLAIN + "id,city,inhabitants\n1,Berlin,3\n2,Paris,2\n",
        answer("id name n", **{"another table": "lines 5-7"}),
    ),
    "the same columns in another order": (
        PLAIN + "name,id,n\nx,3,1\ny,2,1\n",
        answer("id name n", **{"another table": "lines 5-7"}),
    ),
    "a longer table right below": (
        PLAIN + "sku,price\n" + "A1,2.5\n" * 9,
        answer("id name n", **{"another table": "lines 5-14"}),
    ),
    "records of words": (
        PLAIN + "unknown,offline,closed\n4,w,6\n",
        answer("id name n", [*answer("").rows, ("unknown", "offline", "closed"), ("4", "w", "6")]),
    ),
    "words in the only column of values, over values elsewhere": (
        "note,n\n" + "x,3\n" * 99 + "hello,pending\n5,open\n7,open\n8,open\n",
        answer(
            "note n",
            [*([("x", "3")] * 99), ("hello", "pending"), ("5", "open"), ("7", "open"), ("8", "open")],
        ),
    ),
    "short records of words": (
        PLAIN + "four,w\n5,v\n",
        answer("id name n", None, [(4, "too_few_fields"), (5, "too_few_fields")]),
    ),
    "sum": (PLAIN + "Total,,12\n", answer("id name n", footer="line 5")),
    "sum as SAP marks it": (PLAIN + "*,,12\n", answer("id name n", footer="line 5")),
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
            "column_1 a b",
            [(None, "1", "x"), (None, "2", "y"), (None, "3", "z")],
            footer="lines 7, 8",
        ),
    ),
    "row count of psql": (PLAIN + "(3 rows)\n", answer("id name n", footer="line 5")),
    "notes below": (
        PLAIN + "\nGenerated on 2024-01-01\nconfidential: do not share this please\n",
        answer("id name n", footer="lines 6, 7"),
    ),
    "cut off": (PLAIN + "4,w", answer("id name n", None, [(4, "too_few_fields")])),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_it_is_read_right(name: str) -> None:
    """Columns, cells, rejects and findings, each line in a record or counted."""
    text, right = ENDINGS[name]
    check_right(text, right)

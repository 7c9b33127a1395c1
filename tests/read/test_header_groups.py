"""Groups above the names of columns, each file with its right answer."""

from __future__ import annotations

import pytest
from ugly import BODY, Answer, Ugly, answer, check_right, read

from heal_cli.model import ROW

ROWS = "N,1,2,3,4\nS,5,6,7,8\nE,9,8,7,6\n"
CELLS: list[tuple[str | None, ...]] = [
    ("N", "1", "2", "3", "4"),
    ("S", "5", "6", "7", "8"),
    ("E", "9", "8", "7", "6"),
]
NAMES = "region Q1_plan Q1_actual Q2_plan Q2_actual"
SECOND = {"second header line": "line 2"}

GROUPS: Ugly = {
    "merged cells": (",Q1,,Q2,\nregion,plan,actual,plan,actual\n" + ROWS, answer(NAMES, CELLS, **SECOND)),
    "no column beside the groups": (
        "Q1,,Q2,\nplan,actual,plan,actual\n1,2,3,4\n5,6,7,8\n",
        answer(NAMES[7:], [("1", "2", "3", "4"), ("5", "6", "7", "8")], **SECOND),
    ),
    "years": (
        ",2023,,2024,\nregion,plan,actual,plan,actual\n" + ROWS,
        answer(NAMES.replace("Q1", "2023").replace("Q2", "2024"), CELLS, **SECOND),
    ),
    "over words": (
        ",Q1,,Q2,\nregion,plan,actual,plan,actual\nN,a,b,c,d\nS,e,f,g,h\n",
        answer(NAMES, [("N", "a", "b", "c", "d"), ("S", "e", "f", "g", "h")], **SECOND),
    ),
    "under a title": (
        "Report 2024,,,,\n,Q1,,Q2,\nregion,plan,actual,plan,actual\n" + ROWS,
        answer(NAMES, CELLS, preamble="line 1", header="line 2"),
    ),
    "said for each column": (
        "region,Q1,Q1,Q2,Q2\n,plan,actual,plan,actual\n" + ROWS,
        answer(NAMES, CELLS, **SECOND),
    ),
    "as pandas writes a pivot table": (
        ",Q1,Q1,Q2,Q2\nkind,plan,actual,plan,actual\nregion,,,,\n" + ROWS,
        answer(NAMES, CELLS, **SECOND, **{"third header line": "line 3"}),
    ),
    "as pandas writes it without a name": (
        ",Q1,Q1,Q2,Q2\n,plan,actual,plan,actual\n" + ROWS,
        answer(NAMES.replace("region", "column_1"), CELLS, **SECOND),
    ),
    "types are no names": (
        "id,name,name\nint,text,text\n" + BODY.replace("x", "7").replace("y", "7").replace("z", "7"),
        answer("id name name_2", [("1", "7", "3"), ("2", "7", "4"), ("3", "7", "5")], **SECOND),
    ),
    "a record of words under names with gaps": (
        "a,,b,\nyes,no,yes,no\nno,no,no,yes\n",
        answer("a column_2 b column_4", [("yes", "no", "yes", "no"), ("no", "no", "no", "yes")]),
    ),
    "a title over names that repeat": (
        "Report,,\nid,n,n\n1,2,3\n4,5,6\n7,8,9\n",
        answer("id n n_2", [("1", "2", "3"), ("4", "5", "6"), ("7", "8", "9")], preamble="line 1"),
    ),
    "CR inside of a name": ("id,na\rme,n\n" + BODY, answer("id na\rme n")),
}


@pytest.mark.parametrize(("text", "right"), GROUPS.values(), ids=GROUPS.keys())
def test_groups_go_with_the_names(text: str, right: Answer) -> None:
    """Where names repeat, what stands above tells them apart; what is no group is a title, types or a record."""
    check_right(text, right)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_header_that_ends_with_cr_is_a_line(end: str) -> None:
    """The first record follows it; a reject's line is the one that an editor shows."""
    reader = read(("id,name,n\r" + BODY + "4,w\n5,v,6\n").replace("\n", end).encode())
    batch = reader.sample()
    assert reader.source.columns == ("id", "name", "n")
    assert batch.frame["id"].to_list() == ["1", "2", "3", "5"]
    place = batch.locate(batch.broken[ROW])
    assert (place["line"].item(), place["raw"].item()) == (5, b"4,w")
    told = {finding.what: finding.value for finding in reader.source.findings}
    assert told["line end"].endswith("LF, CR behind the first line")

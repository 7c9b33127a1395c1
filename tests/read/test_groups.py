"""Headings and sums of groups between the records of a ledger."""

from __future__ import annotations

import pytest
from ugly import read

from heal_cli.model import ROW

LEDGER = """,Type,Date,Name,Amount
Income,,,,
,Invoice,01/15/2024,Acme,100.00
,Invoice,01/18/2024,Bolt,200.00
Total Income,,,,300.00
Expense,,,,
,Bill,01/20/2024,Paper Co,50.00
Total Expense,,,,50.00
"""


@pytest.mark.parametrize("end", ["", "TOTAL,,,,250.00\n"])
def test_groups_of_a_ledger_are_no_rows(end: str) -> None:
    """Each heading and each sum is a reject with its line; the records between them are loaded."""
    batch = read((LEDGER + end).encode()).sample()
    assert batch.frame["Name"].to_list() == ["Acme", "Bolt", "Paper Co"]
    reasons = dict(batch.broken.select(ROW, "reason").rows())
    assert set(reasons) == {1, 4, 5, 7} | ({8} if end else set())
    assert [reasons[row] for row in (1, 4, 5)] == ["group_line"] * 3


@pytest.mark.parametrize(
    "text",
    [
        ",a,b\n1,x,2\n2,y,3\n",  # row numbers
        ",a,b\nx,,\ny,,\n",  # nothing but one value in each
        ",a,b\nn,x,2\n,y,3\n",  # a note in a column without a name
        "g,a,b\nIncome,,\n,y,3\n",  # a column with a name
    ],
)
def test_other_columns_without_a_name_hold_values(text: str) -> None:
    """Only what is surely a group is taken for one."""
    batch = read(text.encode()).sample()
    assert (batch.frame.height, batch.broken.height) == (2, 0)

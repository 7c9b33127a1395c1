"""What banks, SAP, spreadsheets and loggers really write, each with its right answer."""

from __future__ import annotations

import pytest
from ugly import Answer, Ugly, answer, check_right, read

from heal_cli.errors import SourceError

RULE = "-" * 24

EXPORTS: Ugly = {
    "a statement below sums with empty cells": (
        'Description,,Summary Amt.\nBeginning balance,,"1,000.00"\nTotal credits,,"2,000.00"\nEnding balance,,"3,000.00"\n\n'
        'Date,Text,Amount,Balance\n01/13/2024,"PAYROLL, ACME","2,000.00","3,000.00"\n01/20/2024,RENT,-500.00,"2,500.00"\n',
        answer(
            "Date Text Amount Balance",
            [
                ("01/13/2024", "PAYROLL, ACME", "2,000.00", "3,000.00"),
                ("01/20/2024", "RENT", "-500.00", "2,500.00"),
            ],
            preamble="lines 1-4",
        ),
    ),
    "few records between rules": (
        f"{RULE}\n|Mat. |Plnt|   Value |\n{RULE}\n|M-01 |1000|  234,50 |\n|M-02 |1000|  500,00-|\n{RULE}\n"
        f"|*    |    |  265,50-|\n{RULE}\n",
        answer(
            "column_1 Mat. Plnt Value",
            [(None, "M-01", "1000", " 234,50"), (None, "M-02", "1000", " 500,00-")],
            footer="lines 6, 7, 8",
            padding="blanks",
        ),
    ),
    "a pivot table of years under a title": (
        "Sum of Amount,Column Labels,,\nRow Labels,2023,2024,All\nNorth,100,200,300\nSouth,50,60,110\nEast,1,2,3\n",
        answer(
            "Row_Labels 2023 2024 All",
            [("North", "100", "200", "300"), ("South", "50", "60", "110"), ("East", "1", "2", "3")],
            preamble="line 1",
        ),
    ),
    "footnotes below an empty line": (
        'Year,Births,Deaths\n2019,"1,000",900\n2020,"1,100",950\n\n* provisional\n[1] Includes, where known, others\n'
        "Source: Office, 2023\n",
        answer(
            "Year Births Deaths",
            [("2019", "1,000", "900"), ("2020", "1,100", "950")],
            footer="lines 5, 6, 7",
        ),
    ),
    "several sums where names stand": (
        "Campaign,Clicks\nBrand,12\nGeneric,3\nTotal: Account,15\nTotal: Search,15\n\nSource: x\n",
        answer(
            "Campaign Clicks",
            [("Brand", "12"), ("Generic", "3")],
            [(3, "doubtful_footer"), (4, "doubtful_footer")],
            footer="line 7",
        ),
    ),
    "a record with a mark below an empty line": (
        "name,n\nx,1\ny,2\n\n* z,3\n",
        answer("name n", [("x", "1"), ("y", "2"), ("* z", "3")]),
    ),
    "a pivot table of years by pandas": (
        ",amount,amount,qty,qty\nyear,2023,2024,2023,2024\nregion,,,,\nN,1.5,2.5,3,4\nS,5.5,6.5,7,8\n",
        answer(
            "region amount_2023 amount_2024 qty_2023 qty_2024",
            [("N", "1.5", "2.5", "3", "4"), ("S", "5.5", "6.5", "7", "8")],
        ),
    ),
}


@pytest.mark.parametrize(("text", "right"), EXPORTS.values(), ids=EXPORTS.keys())
def test_exports_are_read_right(text: str, right: Answer) -> None:
    """Names, cells, and every line in a record or counted."""
    check_right(text, right)


def test_pairs_of_key_and_value_are_refused() -> None:
    """Colons inside of times are no delimiters, and a line of logfmt is no header."""
    text = 'time=2024-01-02T03:04:05Z level=info msg="up: 1"\ntime=2024-01-02T03:04:06Z level=warn msg="x"\n'
    with pytest.raises(SourceError) as told:
        read(text.encode())
    assert told.value.message == (
        "'-' holds pairs of key and value, such as 'time=2024-01-02T03:04:05Z', which is none of the formats"
        " that can be read"
    )

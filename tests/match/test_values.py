"""What values say, asked one by one or all at once."""

from __future__ import annotations

import polars as pl

from heal_cli.match.shapes import LOOKS, NUMERIC
from heal_cli.match.values import Evidence


def test_questions_answered_together_are_answered_as_one_by_one(make_table) -> None:
    """Columns of any height, with nulls, without text: shares are those of each column alone."""
    sample = pl.DataFrame(
        {
            "mail": ["a@b.de", None, "none", " c@d.de "],
            "code": ["1", "22", "3 3", "x"],
            "empty": [None, None, None, ""],
            "nested": [[1], [2], None, []],
        }
    )
    table = make_table("t", "a text")
    together, alone = (Evidence(sample, table, lambda values, type: 1.0) for _ in range(2))
    kinds = ("email", "reference", "naming", "measure", "counting", "mail")
    together.foresee((source, kind) for source in sample.columns for kind in kinds)
    for regex in (LOOKS["email"][0], r"\s", NUMERIC, r"^\d+$"):
        asked = [(evidence.shape(name, regex)) for evidence in (together, alone) for name in sample.columns]
        assert asked[:4] == asked[4:]

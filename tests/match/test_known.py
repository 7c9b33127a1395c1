"""What the table holds already, and what its comments say, as evidence."""

from __future__ import annotations

import polars as pl
import pytest

from heal_cli.match.ranges import near_share
from heal_cli.model import KnownValues

GRADES = KnownValues(common=("fine", "poor", "worn"), is_complete=True)


def _found(matching):
    """Source -> target of all matches with a source."""
    return {m.winner.source: m.target for m in matching.matches if m.winner.source}


def test_values_met_again_place_a_nameless_column(make_table, match) -> None:
    """A column whose values all stand in the table already is that column; without them it stays open."""
    table = make_table("parts", "grade text", "colour text")
    data = {"col1": ["fine", "poor", "fine"], "col2": ["red", "blue", "red"]}
    assert _found(match(data, table)) == {}
    assert _found(match(data, table, known={"grade": GRADES})) == {"col1": "grade"}


def test_strange_values_speak_against_a_name(make_table, match) -> None:
    """A name that is alike is not enough where a column of few values is met with none of them."""
    table = make_table("parts", "part_grade text")
    data = {"Grade of part": [f"{n} C" for n in range(12)]}
    assert _found(match(data, table)) == {"Grade of part": "part_grade"}
    assert _found(match(data, table, known={"part_grade": GRADES})) == {}


@pytest.mark.parametrize("comment", ["Surname", "family name.", "LAST NAME"])
def test_a_comment_is_a_second_name(make_table, match, comment) -> None:
    """A few words of comment say what an opaque column of the table is."""
    table = make_table("people", "nm2 text", comment=comment)
    assert _found(match({"Last Name": ["Lee", "Ray", "Moe"]}, table)) == {"Last Name": "nm2"}


@pytest.mark.parametrize("comment", ["Not the surname", "Deprecated: surname", "see last name; unused", ""])
def test_a_sentence_is_none(make_table, match, comment) -> None:
    """What says more than a name is no name."""
    table = make_table("people", "nm2 text", comment=comment)
    assert _found(match({"Last Name": ["Lee", "Ray", "Moe"]}, table)) == {}


@pytest.mark.parametrize(
    ("type_", "known", "value", "is_near"),
    [
        ("numeric", ("1.5", "60"), "12.25", True),
        ("numeric", ("1.5", "60"), "240", False),
        ("numeric", ("1.5", "60"), "-900", False),
        ("date", ("2024-01-01", "2024-12-31"), "2025-08-01", True),
        ("date", ("2024-01-01", "2024-12-31"), "1961-08-01", False),
        ("timestamptz", ("2024-01-01 00:00:00+00", "2024-12-31 00:00:00+00"), "2024-08-01T10:00:00Z", True),
    ],
)
def test_values_near_those_of_the_table_count(make_table, match, type_, known, value, is_near) -> None:
    """Many values far from the histogram take a fifth of the likeness away; a sure name still stands."""
    table = make_table("parts", f"gross_level {type_}")
    known = {"gross_level": KnownValues((), low=known[0], high=known[1])}
    winner = match({"gross lvl": [value] * 12}, table, known=known).matches[0].winner
    assert any("lie near" in reason for reason in winner.evidence) == is_near
    plain = match({"gross lvl": [value] * 12}, table).matches[0].winner.confidence
    assert winner.confidence == pytest.approx(plain if is_near else 0.8 * plain, abs=1e-4)


@pytest.mark.parametrize("value", ["1,5", "03/04/2024", "tall"])
def test_values_that_are_not_plain_are_not_measured(value) -> None:
    """How they are read is not settled yet."""
    for base in ("numeric", "date"):
        assert near_share(pl.Series([value]), KnownValues((), low="1", high="2"), base) is None

"""What the table holds already, and what its comments say, as evidence."""

from __future__ import annotations

import pytest

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

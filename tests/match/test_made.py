"""Columns that `--create` made, and names that PostgreSQL has cut."""

from __future__ import annotations

import pytest

from heal_cli.model import column_names

LONG = "patient_medical_history_previous_treatment_outcome_descriptions_"
FIRST, SECOND = f"{LONG}first", f"{LONG}second"
CAMEL = "aB" * 31


def found(matching):
    """Source -> target of all matches."""
    return {match.winner.source: match.target for match in matching.matches}


@pytest.mark.parametrize(
    "sources",
    [
        ["id", FIRST, SECOND],
        ["id", SECOND, FIRST],
        ["A", "a", "a b", "a-b"],
        ["ctid", "xmin", "%"],
        [CAMEL, "é" * 40],
    ],
)
def test_a_made_table_takes_the_columns_it_was_made_from(sources, make_table, match) -> None:
    """Each column goes where --create meant it to, whatever was cut or numbered."""
    made = column_names(sources)
    table = make_table("t", *(f"{name} text" for name in made))
    assert found(match({name: ["x", "y"] for name in sources}, table)) == dict(
        zip(sources, made, strict=True)
    )


@pytest.mark.parametrize("source", [FIRST, "x" * 70, CAMEL, "AbCd" * 20])
def test_a_cut_name_is_known_in_any_table(source, make_table, match) -> None:
    """A column called by the first 63 bytes of a name is meant by it, however the name was spelt."""
    for name in {column_names([source])[0], source.lower()[:63]}:
        table = make_table("t", "id int8", f"{name} text", "other text")
        assert found(match({source: ["x"], "id": ["1"]}, table))[source] == name


@pytest.mark.parametrize(
    ("sources", "columns"),
    [
        ([FIRST, SECOND], [LONG[:63]]),
        ([SECOND], [LONG[:63], f"{LONG[:61]}_2"]),
        ([SECOND], [f"{LONG[:61]}_2"]),
    ],
)
def test_two_names_that_are_cut_alike_are_a_question(sources, columns, make_table, match) -> None:
    """Nothing says which of them the column holds, so neither goes there."""
    table = make_table("t", "id int8", *(f"{name} text" for name in columns))
    matching = match({"id": ["1"], **{name: ["x"] for name in sources}}, table)
    assert found(matching) == {"id": "id"}

"""Promises of `heal explain`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from heal_cli.convert import RULES
from heal_cli.record import EXPLANATIONS


@pytest.mark.parametrize(
    ("id", "lines"),
    [
        ("decimal_comma", ["heal", "A decimal comma was read as the decimal point: 12,5 is 12.5."]),
        ("fuzzy_rename", ["heal", "placed by the likeness of names and values; heal plan shows it."]),
        ("round", ["It happens only with --allow round, since it loses something."]),
        ("hex_bytes", ["It happens only with --allow hex_bytes."]),
        ("enum_near_miss", ["It is an assumption: plan and report say so."]),
        ("not_null_violation", ["reason", "ALTER TABLE <table> ALTER COLUMN <column> DROP NOT NULL;"]),
        ("messages_sender_to_role", ["pattern", "all of it: heal patterns show messages_sender_to_role"]),
    ],
)
def test_a_name_in_a_report_is_explained(heal: Any, id: str, lines: list[str]) -> None:
    """Heals, reasons of rejects and patterns each have a sentence and what follows from them."""
    result = heal("explain", id)
    assert (result.code, result.err) == (0, "")
    for line in lines:
        assert line in result.out


@pytest.mark.parametrize("id", [*RULES, *EXPLANATIONS])
def test_every_name_is_known(heal: Any, id: str) -> None:
    """Whatever a report names has an answer, for machines too."""
    result = heal("explain", id, "--json")
    assert json.loads(result.out)["meanings"][0]["what"].endswith((".", ":", "done"))


def test_a_misspelt_name_comes_with_the_nearest(heal: Any) -> None:
    """A name that nothing has is a usage error."""
    result = heal("explain", "decimal_coma")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "heal: There is no heal, reason of rejects or pattern 'decimal_coma'.\n"
        "      Did you mean 'decimal_comma'?\n"
    )


def test_a_run_is_explained_by_its_rejects(heal: Any) -> None:
    """A run's id leads to what kept its rejects out; one without any says so."""
    result = heal("explain", "01a204f1")
    assert (result.code, result.err.splitlines()[0]) == (2, "heal: There is no rejects file '01a204f1'.")

"""Whole shapes against whole tables: what must be matched is, and nothing else ever."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from heal_cli import convert
from heal_cli.match import match_columns
from heal_cli.model import Matching, MatchOptions, PgType, TableSchema, ValueOptions
from heal_cli.patterns import load_catalogue

MIN_RECALL = 0.85

FILES = sorted((Path(__file__).parent / "gold").glob("*.toml"))
CASES: list[dict[str, Any]] = [
    case for file in FILES for case in tomllib.loads(file.read_text("utf-8"))["case"]
]
CATALOGUE = load_catalogue()


def real_fit(values: pl.Series, type: PgType) -> float:
    """Share of values that heal's own conversions take, by the better order of day and month."""
    return convert.best_fit(values, type, ValueOptions())


def matched(case: dict[str, Any], make_table, shuffle: random.Random | None = None) -> Matching:
    """The matching of a case; `shuffle` reorders the columns of both sides."""
    header, columns = list(case["header"]), list(case["columns"])
    if shuffle is not None:
        shuffle.shuffle(header)
        shuffle.shuffle(columns)
    cells = {name: [row[case["header"].index(name)] or None for row in case["rows"]] for name in header}
    table: TableSchema = make_table(case["table"], *columns)
    frame = pl.DataFrame(cells, schema=dict.fromkeys(header, pl.String))
    return match_columns(frame, table, patterns=CATALOGUE.patterns, options=MatchOptions(), fit=real_fit)


def direct(matching: Matching) -> dict[str, str]:
    """Source -> target of every match that has a source."""
    return {match.winner.source: match.target for match in matching.matches if match.winner.source}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_nothing_is_matched_that_should_not_be(case, make_table) -> None:
    """A wrong match is worse than none: precision is 1."""
    wrong = direct(matched(case, make_table)).items() - case["expect"].items()
    assert not wrong


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_fallbacks_are_those_expected(case, make_table) -> None:
    """A second source stands in only where that is right."""
    matching = matched(case, make_table)
    found = {fallback.source: match.target for match in matching.matches for fallback in match.fallbacks}
    assert found == case.get("fallbacks", {})


def test_most_of_what_should_be_matched_is(make_table) -> None:
    """Recall over the corpus is at least 0.85, names that are equal to the letter left out."""
    found = wanted = 0
    for case in CASES:
        expected = {(source, target) for source, target in case["expect"].items() if source != target}
        wanted += len(expected)
        found += len(expected & direct(matched(case, make_table)).items())
    assert found >= MIN_RECALL * wanted, f"{found} of {wanted}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_order_of_columns_never_shows(case, make_table) -> None:
    """Shuffled columns on both sides give the same matches and the same questions."""
    expected = matched(case, make_table)
    for seed in range(5):
        shuffled = matched(case, make_table, random.Random(seed))
        assert set(shuffled.matches) == set(expected.matches)
        assert set(shuffled.refused) == set(expected.refused)

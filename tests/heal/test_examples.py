"""Every example of the catalogue, positive or negative, is what the catalogue does."""

from __future__ import annotations

import polars as pl
import pytest

from heal_cli.heal.examples import run_examples
from heal_cli.patterns import Pattern, load_catalogue

CATALOGUE = load_catalogue()


@pytest.mark.parametrize("pattern", CATALOGUE.patterns, ids=lambda pattern: pattern.id)
def test_a_pattern_does_what_its_examples_say(pattern: Pattern) -> None:
    """A pattern heals its positive examples and leaves its negative ones alone."""
    outcomes = run_examples(pattern, CATALOGUE)
    assert [outcome for outcome in outcomes if not outcome.holds] == []
    assert {outcome.expected for outcome in outcomes} == {True, False}


@pytest.mark.parametrize("pattern", CATALOGUE.patterns, ids=lambda pattern: pattern.id)
def test_a_shape_is_a_regular_expression(pattern: Pattern) -> None:
    """Shapes that ship with heal are not checked when they are read: they are here."""
    pl.Series(["x"]).str.contains(pattern.shape or "")
